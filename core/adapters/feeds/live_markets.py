"""An exchange's market descriptions as instruments, exact to the last digit."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.instrument import Instrument, split_symbol

NAN = Decimal("NaN")

DECIMAL_PLACES, TICK_SIZE = 2, 4
"""How ccxt states precisions: as a number of decimals (0.01 is 2), or as the smallest step itself."""

_FINEST = Decimal("1E-8")
_QUOTES = ("USDT", "USDC", "USD", "EUR", "ZAR", "BTC")
_BASES = ("BTC", "ETH", "SOL", "XRP", "BNB", "ADA", "DOGE", "LTC")


def exact(value: object) -> Decimal:
    """A number as it was written; a float as its shortest text, NaN for what is no number."""
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return NAN


def moment(milliseconds: object) -> datetime | None:
    """A time stamp in ms since 1970; None when there is none."""
    if not isinstance(milliseconds, int | float | Decimal):
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def instruments_of(markets: Mapping[str, Mapping[str, Any]], mode: int) -> dict[str, Instrument]:
    """The active spot pairs, most usual first; what has no precisions is taken as fine as can be."""
    found: dict[str, Instrument] = {}
    for symbol, market in markets.items():
        if not market.get("spot") or market.get("active") is False or not _plain(symbol):
            continue
        precision: Mapping[str, Any] = market.get("precision") or {}
        limits: Mapping[str, Any] = market.get("limits") or {}
        cost: Mapping[str, Any] = limits.get("cost") or {}
        least = exact(cost.get("min"))
        found[symbol] = Instrument(
            symbol,
            _step(precision.get("price"), mode),
            _step(precision.get("amount"), mode),
            least if least.is_finite() and least > 0 else Decimal(0),
        )
    return {symbol: found[symbol] for symbol in sorted(found, key=_rank)}


def instrument_document(instrument: Instrument) -> dict[str, str]:
    """For storing; `instrument_from` reads it."""
    return {
        "tick_size": str(instrument.tick_size),
        "lot_size": str(instrument.lot_size),
        "min_notional": str(instrument.min_notional),
    }


def instrument_from(symbol: str, document: Mapping[str, str]) -> Instrument:
    """A stored instrument; KeyError or InvalidOperation when it is not one."""
    return Instrument(
        symbol, Decimal(document["tick_size"]), Decimal(document["lot_size"]), Decimal(document["min_notional"])
    )


def _step(value: object, mode: int) -> Decimal:
    given = exact(value)
    if mode == DECIMAL_PLACES and given.is_finite():
        given = Decimal(1).scaleb(-int(given))
    usable = mode in {DECIMAL_PLACES, TICK_SIZE} and given.is_finite() and given > 0
    return given.normalize() if usable else _FINEST


def _plain(symbol: str) -> bool:
    try:
        split_symbol(symbol)
    except InvalidInput:
        return False
    return True


def _rank(symbol: str) -> tuple[int, int, str]:
    base, quote = symbol.split("/")
    return (
        _QUOTES.index(quote) if quote in _QUOTES else len(_QUOTES),
        _BASES.index(base) if base in _BASES else len(_BASES),
        symbol,
    )
