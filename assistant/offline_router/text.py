"""Tokens of a message: words folded, entities masked, what was typed kept."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_TOKEN = re.compile(
    r"""
      "(?P<double>[^"]{1,120})" | `(?P<tick>[^`]{1,120})` | (?<!\w)'(?P<single>[^']{1,60})'(?!\w)
    | (?P<id>(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w))
    | (?P<number>(?:(?<!\w)-)?(?:[$€£]\s?)?(?:\d|\.\d)\d*(?:[.,']\d+)*[A-Za-z0-9%]*)
    | (?P<word>[^\W\d_](?:\w|['&/+-](?=\w))*)
    | (?P<mark>\S)
    """,
    re.VERBOSE,
)


class Kind(StrEnum):
    """What a token stands for; everything but WORD and MARK is masked before scoring."""

    WORD = "word"
    MARK = "mark"
    RAW_NUMBER = "raw"
    BOT = "BOT"
    SYMBOL = "SYM"
    AMOUNT = "AMT"
    NUMBER = "NUM"
    PERCENT = "PCT"
    PERIOD = "PER"
    NAME = "NAME"
    QUOTE = "QUOTE"
    ORDER = "ID"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a message.

    `word` is folded for words and the mask for entities; `surface` is what was typed; `value` is what an
    entity means (bot name, symbol, Decimal, Span, …; None when it was recognised but could not be read).
    `repaired` says that `word` is a guess at a misspelt word, `doubtful` that there was a rival guess.
    """

    surface: str
    word: str
    kind: Kind = Kind.WORD
    value: Any = None
    repaired: bool = False
    doubtful: bool = False


def entity(kind: Kind, value: object, surface: str, *, repaired: bool = False, doubtful: bool = False) -> Token:
    """A masked token."""
    return Token(surface, kind.value, kind, value, repaired, doubtful)


def tokenise(text: str) -> list[Token]:
    """Tokens of normalised text (`assistant.plain_text.normalise`)."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> Token:
    surface = match.group()
    quoted = match.group("double") or match.group("tick") or match.group("single")
    if quoted is not None:
        return entity(Kind.QUOTE, quoted.strip(), surface)
    if match.group("id") is not None:
        return entity(Kind.ORDER, surface, surface)
    if match.group("number") is not None:
        return Token(surface, surface.casefold(), Kind.RAW_NUMBER)
    if match.group("word") is not None:
        return Token(surface, surface.casefold())
    if surface == "@":
        return Token(surface, "at")
    return Token(surface, surface, Kind.MARK)


def masked(tokens: list[Token]) -> str:
    """The words with entities masked, without punctuation, for patterns and scoring."""
    return " ".join(token.word for token in tokens if token.kind is not Kind.MARK)
