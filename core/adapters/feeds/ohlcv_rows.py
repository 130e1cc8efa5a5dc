"""Rows of an OHLCV file as bars; corrupt ones are left out and counted, never repaired."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from core.domain.errors import InvalidInput
from core.domain.instrument import Instrument
from core.domain.market import Bar, CorruptMarketData, Timeframe
from core.domain.money import MAX_AMOUNT

MAX_ROWS = 1_000_000
MAX_DECIMALS = 8
"""Finest price of any exchange; digits beyond it are traces of floats in the file and are rounded away."""

_FIRST_MARKET = datetime(2009, 1, 3, tzinfo=UTC)  # no coin, no market: an earlier time is a wrong unit
_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)
_MIN_NOTIONAL = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.005"), "BNB": Decimal("0.05")}

#: Timestamp in ms, open, high, low, close, volume: texts, as they stand in the file.
Row = Sequence[str]


def refuse_too_many(rows: int, path: Path) -> None:
    """Raise InvalidInput when a file holds more than can be replayed."""
    if rows > MAX_ROWS:
        raise InvalidInput(f"{path} has more than {MAX_ROWS} rows: split it, or use a bigger timeframe.")


def bars_of(rows: Iterable[Row], path: Path, symbol: str, timeframe: Timeframe) -> tuple[list[Bar], int]:
    """The good bars in order, and how many rows were left out.

    Raises:
        InvalidInput: more than MAX_ROWS rows.
    """
    bars: list[Bar] = []
    dropped = 0
    for number, row in enumerate(rows, start=1):
        refuse_too_many(number, path)
        bar = _bar(row, symbol, timeframe)
        if bar is None or (bars and bar.open_time <= bars[-1].open_time):
            dropped += 1
        else:
            bars.append(bar)
    return bars, dropped


def _bar(row: Row, symbol: str, timeframe: Timeframe) -> Bar | None:
    """The row as a bar; None when it cannot be true (also a time that no bar of this timeframe opens at)."""
    try:
        millis, *prices, volume = row
        opened, high, low, close = (Decimal(price).quantize(_FINEST) for price in prices)
        open_time = datetime.fromtimestamp(int(millis) / 1000, UTC)
        amount = Decimal(volume)
        if open_time != timeframe.floor(open_time) or open_time < _FIRST_MARKET or amount > MAX_AMOUNT:
            return None
        bar = Bar(symbol, timeframe, open_time, opened, high, low, close, amount)
    except (ValueError, InvalidOperation, OverflowError, OSError, CorruptMarketData):
        return None
    return bar


def rules_for(symbol: str, bars: Sequence[Bar]) -> Instrument:
    """Trading rules nobody recorded: the tick is the finest step of the prices seen, the rest fits the usual.

    The minimum notional is 5 of a dollar-like quote currency; the lot is at most a tenth of it.
    """
    places = max(_decimals(price) for bar in bars for price in (bar.open, bar.high, bar.low, bar.close))
    min_notional = _MIN_NOTIONAL.get(symbol.split("/")[1], Decimal(5))
    lots_per_unit = bars[0].close / (min_notional / 10)
    lot_places = min(MAX_DECIMALS, max(0, lots_per_unit.adjusted() + 1))
    return Instrument(symbol, Decimal(1).scaleb(-places), Decimal(1).scaleb(-lot_places), min_notional)


def _decimals(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
