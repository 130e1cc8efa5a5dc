"""Arguments of a tool from the entities of a clause; what was said but cannot be used becomes a question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assistant.offline_router import lexicon
from assistant.offline_router.periods import Span, Unit, grouping
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.wordlists import words
from core.domain.market import Timeframe

_PART_OF_CASH = re.compile(
    r"\b(?:all|whole|rest|entire|remaining)(?: of)?(?: (?:my|the|our))?(?: (?:play|free))?"
    r" (?:money|cash|balance|funds|capital)\b"
)
_MAX_CAPITAL = Decimal(1_000_000_000)
_CAPITAL_LEADS = words("""
    with capital budget of allocate invest put using worth funds at :
""")
_TIMEFRAMES = {timeframe.secs // 60: timeframe.value for timeframe in Timeframe}
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


def create_bot(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Everything said about a new bot; what was not said is left to the tool's defaults."""
    arguments: dict[str, Any] = {}
    for part in (_name(tokens), _symbol(tokens), _capital(tokens), _timeframe(tokens)):
        if isinstance(part, Unclear):
            return part
        arguments |= part
    text = " ".join(token.word for token in tokens if token.kind in (Kind.WORD, Kind.MARK))
    for argument, table in (("strategy", lexicon.STRATEGIES), ("risk_mode", lexicon.RISK_MODES)):
        said = [value for value, names in table.items() if any(f" {name} " in f" {text} " for name in names)]
        if len(said) > 1:
            return Unclear(f"Which {argument.replace('_', ' ')} should it be: {' or '.join(said)}?")
        arguments |= {argument: said[0]} if said else {}
    exchanges = [word for word in lexicon.EXCHANGES if word in text.split()]
    if len(exchanges) > 1:
        return Unclear(f"Which exchange should it be: {' or '.join(exchanges)}?")
    return arguments | ({"exchange": exchanges[0]} if exchanges else {})


def _name(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    names = [token.value for token in of(tokens, Kind.NAME) or of(tokens, Kind.QUOTE)]
    named = [i for i, t in enumerate(tokens) if t.kind is Kind.BOT and i and tokens[i - 1].word in {"called", "named"}]
    names += [tokens[i].surface for i in named]
    if len(names) > 1:
        return Unclear("Which name should the bot have?")
    return {"name": names[0]} if names else {}


def _symbol(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    found = of(tokens, Kind.SYMBOL)
    if any(token.value is None for token in found):
        unknown = next(token.surface for token in found if token.value is None)
        return Unclear(f"{unknown[:20]} is not a pair I have prices for. Which pair should it trade?")
    symbols = list(dict.fromkeys(token.value for token in found))
    if len(symbols) > 1:
        return Unclear(f"One bot trades one pair. Which one: {' or '.join(symbols[:4])}?")
    return {"symbol": symbols[0]} if symbols else {}


def _capital(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    asked = 'How much play money should it get? Say it like "1000 USDT" or "2k".'
    question, positive = Unclear(asked), Unclear(f"An amount is above zero. {asked}")
    text = " ".join(token.word for token in tokens)
    partial = _PART_OF_CASH.search(text) or any(t.word in {"half", "quarter", "third", "everything"} for t in tokens)
    if of(tokens, Kind.PERCENT) or partial:
        return question
    money = of(tokens, Kind.AMOUNT)
    if any(token.value is None for token in money):
        return positive if any(token.surface.startswith(("-", "$-")) for token in money) else question
    plain = of(tokens, Kind.NUMBER)
    led = [t for i, t in enumerate(tokens) if t.kind is Kind.NUMBER and i and tokens[i - 1].word in _CAPITAL_LEADS]
    ranges = [t for i, t in enumerate(tokens[1:-1], 1) if t.word in {"or", "to", "and"} and _between_figures(tokens, i)]
    if ranges:
        return question
    amounts = [token.value for token in money] or [token.value for token in (led or plain)]
    if any(value <= 0 for value in amounts):
        return positive
    if len(set(amounts)) > 1 or any(value > _MAX_CAPITAL for value in amounts):
        return question
    return {"capital": plain_digits(amounts[0])} if amounts else {}


def _between_figures(tokens: Sequence[Token], i: int) -> bool:
    figures = (Kind.AMOUNT, Kind.NUMBER)
    return tokens[i - 1].kind in figures and tokens[i + 1].kind in figures


def plain_digits(value: Decimal) -> str:
    """Digits without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _timeframe(tokens: Sequence[Token]) -> dict[str, Any] | Unclear:
    spans: list[Span] = [token.value for token in of(tokens, Kind.PERIOD)]
    if not spans:
        return {}
    value = _TIMEFRAMES.get(spans[0].minutes)
    if value is None or len(spans) > 1:
        return Unclear(f"On which bars should it decide: {', '.join(_TIMEFRAMES.values())}?")
    return {"timeframe": value}


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
