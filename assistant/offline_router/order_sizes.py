"""How much an order is for: coins, money, or all that is held; a share of it is asked about."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from assistant.offline_router.amounts import UNITS
from assistant.offline_router.order_phrases import Part
from assistant.offline_router.slots import plain_digits
from assistant.offline_router.text import Kind, Token

_MOST = Decimal(1_000_000_000)
_BUY = 'How much should be bought? Say it like "buy 0.01 BTC" or "buy BTC for 200 USDT".'
_SELL = 'How much should be sold? Say it like "sell 0.01 BTC" or "sell all my BTC".'
_COINS_ONLY = 'A sale is of coins, not of money. Say it like "sell 0.01 BTC" or "sell all my BTC".'
SAY = 'Say it like "buy 0.01 BTC at 60000, target 65000, stop 57000".'
LEFT_OVER = f"I did not understand all of that order, so I placed nothing. {SAY}"
_POSITIVE = "An amount is above zero."


class Ask(Exception):
    """Something is missing or cannot be used; the message is what to ask."""


def missing_size(tokens: Sequence[Token], *, sells: bool) -> Ask:
    """What to ask when no size was said that can be used."""
    negative = any(t.kind is Kind.AMOUNT and t.value is None and t.surface.startswith(("-", "$-")) for t in tokens)
    asked = _SELL if sells else _BUY
    return Ask(f"{_POSITIVE} {asked}" if negative else asked)


def size(parts: Mapping[Part, list[tuple[Token, ...]]], tokens: Sequence[Token], *, sells: bool) -> dict[str, str]:
    """`quantity` or `amount`; empty for a sale of all that is held.

    Raises:
        Ask: no size, several, a share of what is held, or money where coins are sold.
    """
    said = [(part, phrase) for part in (Part.SPENT, Part.SIZE) for phrase in parts.get(part, [])]
    everything = bool(parts.get(Part.ALL))
    if parts.get(Part.PART) or len(said) + everything != 1 or (everything and not sells):
        raise missing_size(tokens, sells=sells)
    if everything:
        return {}
    part, phrase = said[0]
    figure = next((t for t in phrase if t.kind in (Kind.AMOUNT, Kind.NUMBER)), None)
    value = figure.value if figure else Decimal(1)  # "one bitcoin"
    if value is not None and value <= 0:
        raise Ask(f"{_POSITIVE} {_SELL if sells else _BUY}")
    if value is None or value > _MOST or (part is Part.SPENT and not sells and not _is_money(phrase, figure)):
        raise missing_size(tokens, sells=sells)
    if part is Part.SPENT and sells:
        raise Ask(_COINS_ONLY)
    return {"quantity" if part is Part.SIZE else "amount": plain_digits(value)}


def _is_money(phrase: Sequence[Token], figure: Token | None) -> bool:
    """Whether a figure is plainly money: "200 usdt", "2k worth of", "for 200"; "2k eth" might be coins."""
    words = [t.word for t in phrase]
    typed = figure.surface.casefold() if figure else ""
    unit = any(sign in typed for sign in ("$", "€", "£")) or any(typed.endswith(u) for u in UNITS)
    return unit or bool({"worth", "for", "with", "using", "of", "in", "on", "into"} & set(words))
