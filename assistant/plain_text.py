"""Plain text from what a person typed: no invisible characters, one kind of quote."""

import unicodedata

MAX_CHARACTERS = 2_000  # longer messages are cut: nobody commands a bot in more

_DOUBLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"  # typographic quotes and the double prime
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u00b4"
_QUOTES = str.maketrans(dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'"))


def normalise(text: str) -> str:
    """NFKC without zero-width, bidirectional and control characters; line breaks become `;`."""
    folded = unicodedata.normalize("NFKC", text[: 2 * MAX_CHARACTERS]).translate(_QUOTES).strip()
    lines = " ; ".join(line for line in folded.splitlines() if line.strip())
    kept = "".join(c for c in lines if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())[:MAX_CHARACTERS]
