"""Arguments of a new bot; what was not said is left to the tool's defaults."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from assistant.offline_router import traits
from assistant.offline_router.slots import Unclear, of, plain_digits
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.wordlists import words

_PART_OF_CASH = re.compile(
    r"\b(?:all|whole|rest|entire|remaining)(?: of)?(?: (?:my|the|our))?(?: (?:play|free))?"
    r" (?:money|cash|balance|funds|capital)\b"
)
_MAX_CAPITAL = Decimal(1_000_000_000)
_CAPITAL_LEADS = words("""
    with capital budget of allocate invest put using worth funds at :
""")


def create_bot(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Everything said about a new bot, or a question about the first thing that cannot be used."""
    found = traits.read(tokens)
    if isinstance(found, Unclear):
        return found
    arguments: dict[str, Any] = {}
    for part in (_name(tokens), _symbol(tokens), _capital(found.rest), _bars(found)):
        if isinstance(part, Unclear):
            return part
        arguments |= part
    return {**arguments, **found.said}


def _bars(found: traits.Traits) -> dict[str, Any] | Unclear:
    """The length of bars where it was said as a bare span of time ("a bot that looks every day")."""
    if not found.spans:
        return {}
    if len(found.spans) > 1 or "timeframe" in found.said:
        return Unclear(traits.BARS)
    value = traits.TIMEFRAMES.get(found.spans[0].value.minutes)
    return {"timeframe": value} if value else Unclear(traits.BARS)


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
