"""Readable word lists: many words in a block of text."""


def words(text: str) -> frozenset[str]:
    """The words of a text, separated by white space."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """Phrases separated by `|`."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split("|"))
