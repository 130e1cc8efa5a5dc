"""Spans of time: "last 3 days", "this week", "hourly", "5m", "since monday"; unit and count, no clock needed."""

import re
from dataclasses import dataclass
from enum import IntEnum

from assistant.offline_router.text import Kind, Token, entity
from assistant.offline_router.wordlists import words


class Unit(IntEnum):
    """Units of time, valued in minutes (a month counts 30 days)."""

    MINUTE = 1
    HOUR = 60
    DAY = 1_440
    WEEK = 10_080
    MONTH = 43_200
    YEAR = 525_600


@dataclass(frozen=True, slots=True)
class Span:
    """So many of a unit, ending now; `past` when whole past units are meant ("last week", "yesterday")."""

    unit: Unit
    count: int
    past: bool = False

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return int(self.unit) * self.count


_UNITS = {
    "m": Unit.MINUTE, "min": Unit.MINUTE, "mins": Unit.MINUTE, "minute": Unit.MINUTE, "minutes": Unit.MINUTE,
    "h": Unit.HOUR, "hr": Unit.HOUR, "hrs": Unit.HOUR, "hour": Unit.HOUR, "hours": Unit.HOUR,
    "d": Unit.DAY, "day": Unit.DAY, "days": Unit.DAY,
    "w": Unit.WEEK, "week": Unit.WEEK, "weeks": Unit.WEEK,
    "month": Unit.MONTH, "months": Unit.MONTH, "year": Unit.YEAR, "years": Unit.YEAR,
}  # fmt: skip
_WORDS = {
    "today": Span(Unit.DAY, 1), "tonight": Span(Unit.DAY, 1), "yesterday": Span(Unit.DAY, 1, past=True),
    "minutely": Span(Unit.MINUTE, 1), "hourly": Span(Unit.HOUR, 1), "daily": Span(Unit.DAY, 1),
    "weekly": Span(Unit.WEEK, 1), "monthly": Span(Unit.MONTH, 1), "fortnight": Span(Unit.WEEK, 2),
    "yearly": Span(Unit.YEAR, 1), "overnight": Span(Unit.DAY, 1),
}  # fmt: skip
_EACH = frozenset(["daily", "weekly", "monthly"])
_WEEKDAYS = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
_LEADS = words("""
    this last past per each every a an by previous current my
""")
_GLUED = re.compile(r"(\d{1,4})-?([a-z]+)")
PERIOD_WORDS = frozenset(_UNITS) | frozenset(_WORDS) | _WEEKDAYS


def read_periods(tokens: list[Token]) -> list[Token]:
    """Replace spans of time by PERIOD tokens whose value is a Span; plain "daily" keeps its word in `surface`."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        span, used = _at(tokens, i)
        if span is None:
            token = tokens[i]
            unread = token.kind is Kind.RAW_NUMBER
            result.append(entity(Kind.AMOUNT, None, token.surface) if unread else token)
            i += 1
            continue
        result.append(entity(Kind.PERIOD, span, " ".join(token.word for token in tokens[i : i + used])))
        i += used
    return result


def grouping(token: Token) -> bool:
    """Whether a PERIOD token names a grouping ("weekly", "per month") rather than a span of time."""
    words = token.surface.casefold().split()
    return words[-1] in _EACH or words[0] in {"per", "each", "every", "by"}


def _at(tokens: list[Token], i: int) -> tuple[Span | None, int]:  # noqa: PLR0911 - one exit per way to say it
    """A span that starts at token `i` and the number of tokens it takes."""
    word = tokens[i].word
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if tokens[i].kind is Kind.RAW_NUMBER:
        glued = _GLUED.fullmatch(word)
        unit = _UNITS.get(glued[2]) if glued else None
        return (Span(unit, int(glued[1])), 1) if glued and unit and int(glued[1]) else (None, 1)
    if tokens[i].kind is Kind.NUMBER:
        unit = _UNITS.get(after.word) if after else None
        value = tokens[i].value
        whole = unit is not None and value == int(value) and 0 < value < 10_000  # noqa: PLR2004 - nobody counts further
        return (Span(unit, int(value)), 2) if unit and whole else (None, 1)
    if word in _WORDS:
        return _WORDS[word], 1
    if word in _WEEKDAYS:
        return Span(Unit.WEEK, 1), 1
    if word in _LEADS and after is not None:
        unit = _UNITS.get(after.word)
        if unit is not None and len(after.word) > 1:
            return Span(unit, 1, past=word in {"last", "previous"}), 2
    if word in {"last", "past"} and after is not None and after.kind in (Kind.NUMBER, Kind.RAW_NUMBER):
        span, used = _at(tokens, i + 1)
        return (span, used + 1) if span else (None, 1)
    return None, 1
