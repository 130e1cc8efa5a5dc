"""What a bot is made of, read out of a clause: strategy and its parameters, bars, risk mode, exchange.

Each phrase takes its words away, so that a figure of a parameter is no capital and what is left over is seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.offline_router import lexicon, lexicon_bots
from assistant.offline_router.periods import Span, Unit
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Kind, Token
from core.domain.market import Timeframe
from core.domain.strategies.base import Parameter
from core.domain.strategies.catalog import STRATEGIES

TIMEFRAMES = {timeframe.secs // 60: timeframe.value for timeframe in Timeframe}
BARS = f"On which bars should it decide: {', '.join(TIMEFRAMES.values())}?"
_GAP = Token("", "|", Kind.MARK)


_PARAMETER = lexicon_bots.any_of(lexicon_bots.PARAMETERS)
_LINK = r"(?: (?:of|for) BOT| BOT| of| to| at| is| be| equal| by| as| value| period| length| average| ema| parameter)*"
_NUMBERED = re.compile(
    rf"(?<!\S)(?:NUM(?: or more)? (?P<behind>{_PARAMETER})|(?P<before>{_PARAMETER}){_LINK} NUM)(?!\S)"
)
_SHORT = re.compile(
    r"(?<!\S)(?:emas?(?: cross)?(?: of)? (?P<fast>NUM)(?: (?:and|over|by))? NUM|rsi(?: of)? (?P<rsi>NUM))(?!\S)"
)
_BAR_WORD = "|".join(sorted(lexicon_bots.BAR_WORDS))
_FRAMED = re.compile(
    rf"(?<!\S)(?:PER (?:long )?(?:{_BAR_WORD}|chart)|(?:{_BAR_WORD})(?: BOT| of| to| is| at| be)* PER)(?!\S)"
)


@dataclass(frozen=True, slots=True)
class Traits:
    """What was said, as arguments; `left` are the words no trait took, `rest` all but those about parameters."""

    said: Mapping[str, Any]
    left: tuple[Token, ...]
    rest: tuple[Token, ...]

    @property
    def spans(self) -> list[Token]:
        """Stretches of time that are no length of bars."""
        return [token for token in self.left if token.kind is Kind.PERIOD]


class _Taker:
    """Words that phrases take away one by one."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.left = [token for token in tokens if token.kind is not Kind.MARK]
        self.gone: set[int] = set()

    def take(self, pattern: re.Pattern[str]) -> tuple[re.Match[str], list[Token]] | None:
        """The first match and its tokens, which are gone from then on."""
        text = " ".join(token.word for token in self.left)
        match = pattern.search(text)
        if match is None:
            return None
        start = len(text[: match.start()].split())
        end = start + len(match.group().split())
        taken = self.left[start:end]
        self.gone.update(id(token) for token in taken)
        self.left[start:end] = [_GAP]
        return match, taken


def read(tokens: Sequence[Token]) -> Traits | Unclear:
    """All traits that were said, or a question about the first that cannot be used."""
    taker = _Taker(tokens)
    given = _parameters(taker)
    if isinstance(given, Unclear):
        return given
    rest = tuple(token for token in tokens if id(token) not in taker.gone)
    said: dict[str, Any] = {}
    for name, table in (("strategy", lexicon_bots.STRATEGIES), ("risk_mode", lexicon_bots.RISK_MODES)):
        found = _one_of(taker, name, table)
        if isinstance(found, Unclear):
            return found
        said |= found
    for part in (_exchange(taker), _timeframe(taker), _checked(given, said.get("strategy"))):
        if isinstance(part, Unclear):
            return part
        said |= part
    return Traits(said, tuple(token for token in taker.left if token is not _GAP), rest)


def _parameters(taker: _Taker) -> dict[str, int] | Unclear:
    given: dict[str, int] = {}
    while (hit := taker.take(_NUMBERED)) is not None:
        match, taken = hit
        name = lexicon_bots.PARAMETERS[match["behind"] or match["before"]]
        if name in given:
            return Unclear(f"Which {name} should it be?")
        figure = next(token for token in taken if token.kind is Kind.NUMBER)
        if figure.value != int(figure.value):
            return Unclear(f"{name} is a whole number. Which one?")
        given[name] = int(figure.value)
    while (hit := taker.take(_SHORT)) is not None:
        match, taken = hit
        names = ("fast", "slow") if match["fast"] else ("period",)
        figures = [int(token.value) for token in taken if token.kind is Kind.NUMBER]
        given = dict(zip(names, figures, strict=True)) | given
        taker.left.append(Token("", "ema_cross" if match["fast"] else "rsi_reversion"))
    return given


def _checked(given: Mapping[str, int], strategy: str | None) -> dict[str, Any] | Unclear:
    """The parameters, if the strategy (or any, when none was said) has them and allows these figures."""
    kinds = [STRATEGIES[strategy]] if strategy in STRATEGIES else list(STRATEGIES.values())
    for name, value in given.items():
        fitting = [p for kind in kinds for p in kind.parameters if p.name == name]
        if not fitting:
            known = ", ".join(parameter.name for kind in kinds for parameter in kind.parameters)
            return Unclear(f"{kinds[0].title} has no {name}; it has {known}.")
        if not any(p.minimum <= value <= p.maximum for p in fitting):
            return Unclear(f"{value:,} is out of bounds: {_bounds(fitting)}.")
    return {"parameters": dict(given)} if given else {}


def _bounds(parameters: Sequence[Parameter]) -> str:
    low, high = min(p.minimum for p in parameters), max(p.maximum for p in parameters)
    return f"{parameters[0].name} goes from {low} to {high}"


def _one_of(taker: _Taker, name: str, table: Mapping[str, Sequence[str]]) -> dict[str, Any] | Unclear:
    """The one value of a table that was named, in whichever words."""
    pattern = re.compile(rf"(?<!\S)(?:{lexicon_bots.alternatives(table)})(?!\S)")
    found: dict[str, None] = {}
    while (hit := taker.take(pattern)) is not None:
        found[next(value for value, phrases in table.items() if hit[0].group() in phrases)] = None
    if len(found) > 1:
        return Unclear(f"Which {name.replace('_', ' ')} should it be: {' or '.join(found)}?")
    return {name: next(iter(found))} if found else {}


def timeframe(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    """The length of bars alone."""
    return _timeframe(_Taker(tokens))


def _exchange(taker: _Taker) -> dict[str, Any] | Unclear:
    pattern = re.compile(rf"(?<!\S)(?:(?:on|at|via) )?(?P<exchange>{'|'.join(lexicon.EXCHANGES)})(?!\S)")
    found: dict[str, None] = {}
    while (hit := taker.take(pattern)) is not None:
        found[hit[0]["exchange"]] = None
    if len(found) > 1:
        return Unclear(f"Which exchange should it be: {' or '.join(found)}?")
    return {"exchange": next(iter(found))} if found else {}


def _timeframe(taker: _Taker) -> dict[str, Any] | Unclear:
    """The length of bars: a span of time said with bars, else one that is never a stretch of history."""
    framed: list[Token] = []
    while (hit := taker.take(_FRAMED)) is not None:
        framed += [token for token in hit[1] if token.kind is Kind.PERIOD]
    if not framed:
        short = [token for token in taker.left if token.kind is Kind.PERIOD and is_bar_length(token)]
        framed = short[:1]
        taker.left = [token for token in taker.left if token not in framed]
    if not framed:
        return {}
    value = TIMEFRAMES.get(framed[0].value.minutes)
    return Unclear(BARS) if value is None or len(framed) > 1 else {"timeframe": value}


def is_bar_length(token: Token) -> bool:
    """Whether a span of time that stands alone is the length of bars ("1h", "15 minutes", "hourly", "1d")."""
    span: Span = token.value
    if span.past or span.minutes not in TIMEFRAMES:
        return False
    return span.unit in (Unit.MINUTE, Unit.HOUR) or token.surface.casefold() in {"daily", "1d"}


def days(spans: Sequence[Token]) -> int | Unclear | None:
    """The stretch of history in days, rounded up; None when none was said."""
    if len(spans) > 1:
        return Unclear('Over which stretch of time? Say it like "over the last 30 days".')
    return -(-spans[0].value.minutes // int(Unit.DAY)) if spans else None
