"""Which bot is meant: exact, misspelt, partial, by position ("the second one") or by symbol ("the btc bot").

A BOT token's value is the tuple of names it may stand for; it is resolved when there is exactly one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.offline_router import lexicon, patterns
from assistant.offline_router.spelling import VOCABULARY, allowance, known
from assistant.offline_router.text import Kind, Token, entity, tokenise
from assistant.plain_text import normalise

_MIN_LENGTH = 4
_MAX_WORDS = 4  # of a misspelt name
_MAX_LOOKUPS = 40  # in one message; bounds the time for pasted text
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
}
_ARTICLES = frozenset(["a", "an", "another", "new"])
_GENERIC = frozenset(["trading", "bot", "bots", "the", "all", "my", "a", "an", "everything", "market", "it"])
_DEFINITE = frozenset(["the", "my", "that", "this", "of", "about", "is", "on"])
_NAME_CONTEXT = patterns.ACTING_VERBS | {
    "bot",
    "is",
    "named",
    "called",
    "of",
    "about",
    "and",
    "has",
    "did",
    "show",
    "with",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Live bot names, prepared for look-up: by their words, by single words, and in order."""

    ordered: tuple[str, ...]
    exact: dict[tuple[str, ...], str]
    by_word: dict[str, tuple[str, ...]]
    by_length: dict[int, dict[str, str]]
    longest: int


@lru_cache(maxsize=256)
def index(names: tuple[str, ...]) -> Names:
    """Look-up tables for a person's bots."""
    exact: dict[tuple[str, ...], str] = {}
    by_word: dict[str, tuple[str, ...]] = {}
    for name in names:
        words = tuple(token.surface.casefold() for token in tokenise(normalise(name)))
        exact.setdefault(words, name)
        for word in set(words):
            by_word[word] = (*by_word.get(word, ()), name)
    exact.pop((), None)
    by_length: dict[int, dict[str, str]] = {}
    for words, name in exact.items():
        by_length.setdefault(len(words), {})[" ".join(words)] = name
    return Names(names, exact, by_word, by_length, max(by_length, default=0))


def mark_exact(tokens: list[Token], names: Names) -> list[Token]:
    """Mask bot names that are spelled right, longest first."""
    result: list[Token] = []
    surfaces = [token.surface.casefold() for token in tokens]
    i = 0
    while i < len(tokens):
        for size in range(min(names.longest, len(tokens) - i), 0, -1):
            name = names.exact.get(tuple(surfaces[i : i + size]))
            if name is not None and _plausible(surfaces, i, size):
                result.append(entity(Kind.BOT, (name,), " ".join(t.surface for t in tokens[i : i + size])))
                i += size
                break
        else:
            quoted = tokens[i].kind is Kind.QUOTE
            words = tuple(t.surface.casefold() for t in tokenise(tokens[i].value)) if quoted else ()
            name = names.exact.get(words) if words else None
            result.append(entity(Kind.BOT, (name,), tokens[i].surface) if name else tokens[i])
            i += 1
    return result


def _plausible(surfaces: Sequence[str], start: int, size: int) -> bool:
    """Whether everyday words ("Pause", "BTC") stand where a name would."""
    words = surfaces[start : start + size]
    before = surfaces[start - 1] if start else ""
    after = surfaces[start + size] if start + size < len(surfaces) else ""
    if after == "bot" and before in _ARTICLES:
        return False  # "a momentum bot" describes; "the momentum bot" may name
    if size > 1:
        return True
    coin = _is_coin(words[0])
    if not coin and not all(word in VOCABULARY for word in words):
        return True
    if coin and before in {"of", "is", "about", "show", "trading"}:
        return after == "bot"
    return before in _NAME_CONTEXT or after == "bot"


def _is_coin(word: str) -> bool:
    return word.upper() in lexicon.COINS or any(word in names for names in lexicon.COINS.values())


def mark_misspelt(tokens: list[Token], names: Names) -> list[Token]:
    """Mask unknown words that are nearly a bot's name; two names as near make it doubtful."""
    result: list[Token] = []
    budget = _MAX_LOOKUPS
    i = 0
    while i < len(tokens):
        taken = 1
        replacement = tokens[i]
        for size in range(min(names.longest, len(tokens) - i, _MAX_WORDS), 0, -1):
            window = tokens[i : i + size]
            if budget == 0 or any(t.kind is not Kind.WORD for t in window) or all(known(t.word) for t in window):
                continue
            budget -= 1
            hit = _near(window, names)
            if hit is not None:
                taken, replacement = size, hit
                break
        result.append(replacement)
        i += taken
    return result


def _near(window: list[Token], names: Names) -> Token | None:
    """The name or names nearest to the words typed, within the allowance for their length."""
    listed = names.by_length.get(len(window), {})
    typed = " ".join(t.word for t in window)
    found = process.extract(typed, listed.keys(), scorer=OSA.distance, score_cutoff=2, limit=8)
    hits = [(d, target) for target, d, _ in found if d <= allowance(target) and _same_start(typed, target)]
    hits = [(d, target) for d, target in hits if len(target) >= _MIN_LENGTH]
    if not hits:
        return None
    best = min(hits)[0]
    nearest = tuple(listed[target] for d, target in hits if d == best)
    surface = " ".join(t.surface for t in window)
    return entity(Kind.BOT, nearest, surface, repaired=True, doubtful=len(nearest) > 1)


def _same_start(typed: str, target: str) -> bool:
    """Whether a name begins as typed, a swap of its first letters aside: "zeta" is no misspelt "Beta"."""
    return typed[0] == target[0] or (typed[1:2] == target[:1] and typed[:1] == target[1:2])


def mark_described(tokens: list[Token], names: Names) -> list[Token]:
    """Mask positions, "the btc bot" and words that belong to bot names only."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        used, meant = _described(tokens, i, names)
        if used:
            result.append(entity(Kind.BOT, meant, " ".join(t.surface for t in tokens[i : i + used])))
        else:
            result.append(tokens[i])
        i += used or 1
    return result


def _described(tokens: list[Token], i: int, names: Names) -> tuple[int, tuple[str, ...]]:
    token = tokens[i]
    after = tokens[i + 1].word if i + 1 < len(tokens) else ""
    before = tokens[i - 1].word if i else ""
    position = {**_ORDINALS, "last": len(names.ordered) - 1}.get(token.word)
    if (
        position is not None
        and before not in _ARTICLES
        and after in {"one", "bot"}
        and (before == "the" or names.ordered)
    ):
        return 2, names.ordered[position : position + 1] if position >= 0 else ()
    if token.word in {"bot", "number", "#"} and i + 1 < len(tokens) and tokens[i + 1].kind is Kind.NUMBER:
        number = tokens[i + 1].value
        whole = number == int(number) and 0 < number <= len(names.ordered)
        return (2, names.ordered[int(number) - 1 : int(number)]) if whole else (0, ())
    if after in {"bot", "one"} and (before in _DEFINITE or before in lexicon.BOT_VERBS):
        meant = _with_word(token, names)
        if meant:
            return 2, meant
    commanded = before in lexicon.BOT_VERBS and token.word not in _GENERIC
    if token.kind is Kind.WORD and token.word in names.by_word and (commanded or not known(token.word)):
        return 1, names.by_word[token.word]
    return 0, ()


def _with_word(token: Token, names: Names) -> tuple[str, ...]:
    """Names that contain the word, or any name of the coin."""
    if token.kind is Kind.SYMBOL and token.value:
        base = token.value.split("/")[0]
        words = {base.casefold(), *lexicon.COINS.get(base, ())}
        return tuple(n for n in names.ordered if any(n in names.by_word.get(word, ()) for word in words))
    return names.by_word.get(token.word, ()) if token.kind is Kind.WORD and len(token.word) > 2 else ()  # noqa: PLR2004
