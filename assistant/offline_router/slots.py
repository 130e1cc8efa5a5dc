"""Arguments of a tool from the entities of a clause; what was said but cannot be used becomes a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assistant.offline_router import lexicon
from assistant.offline_router.periods import Span, Unit, grouping
from assistant.offline_router.text import Kind, Token

_MAX_HOURS = 24 * 366
_MAX_TRADES = 200
_MAX_PERIODS = 366


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something was said that cannot be used; `question` is what to ask."""

    question: str


def of(tokens: Sequence[Token], kind: Kind) -> list[Token]:
    """The tokens of a kind."""
    return [token for token in tokens if token.kind is kind]


def one_bot(tokens: Sequence[Token]) -> dict[str, Any]:
    """The bot that was named, for a tool that also works without one."""
    bots = of(tokens, Kind.BOT)
    return {"bot": bots[0].value[0]} if len(bots) == 1 and len(bots[0].value) == 1 else {}


def plain_digits(value: Decimal) -> str:
    """Digits without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def profits(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Grouping and count: "this week" is one week, "last 7 days" seven days, "weekly" groups without a count."""
    periods = of(tokens, Kind.PERIOD)
    if not periods:
        return {}
    span: Span = periods[0].value
    count, unit = span.count, span.unit
    if unit is Unit.YEAR:
        unit, count = Unit.MONTH, 12 * count
    if unit in (Unit.MINUTE, Unit.HOUR):
        unit, count = Unit.DAY, max(1, -(-span.minutes // int(Unit.DAY)))
    period = {Unit.DAY: "daily", Unit.WEEK: "weekly", Unit.MONTH: "monthly"}[unit]
    if grouping(periods[0]):
        return {"period": period}
    return {"period": period, "limit": min(count + (1 if span.past else 0), _MAX_PERIODS)}


def trade_history(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Bot and count."""
    numbers = [token.value for token in of(tokens, Kind.NUMBER)]
    arguments: dict[str, Any] = {}
    if numbers and numbers[0] == int(numbers[0]) and numbers[0] > 0:
        arguments["limit"] = int(min(numbers[0], _MAX_TRADES))
    return arguments


def market_price(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The pair; without one the tool's default."""
    found = of(tokens, Kind.SYMBOL)
    if found and found[0].value is None:
        return Unclear(f"{found[0].surface[:20]} is not a pair I have prices for. Which price do you want?")
    return {"symbol": found[0].value} if found else {}


def equity_chart(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Hours back from now."""
    periods = of(tokens, Kind.PERIOD)
    if not periods or grouping(periods[0]):
        return {}
    minutes = periods[0].value.minutes * (2 if periods[0].value.past and periods[0].surface == "yesterday" else 1)
    return {"hours": min(max(1, -(-minutes // 60)), _MAX_HOURS)}


def help_topic(text: str) -> Mapping[str, Any]:
    """The longest glossary term mentioned, or nothing for an overview."""
    words = f" {text} "
    terms = [term for term in lexicon.GLOSSARY if f" {term} " in words]
    return {"topic": max(terms, key=len)} if terms else {}
