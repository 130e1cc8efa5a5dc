"""Reads OHLCV files for the replay; corrupt rows are left out and counted, never repaired."""

import csv
import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from core.domain.errors import InvalidInput, NotFound
from core.domain.instrument import Instrument
from core.domain.market import Bar, CorruptMarketData, Timeframe
from core.domain.money import MAX_AMOUNT

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
MAX_ROWS = 1_000_000
MAX_DECIMALS = 8
"""Finest price of any exchange; digits beyond it are traces of floats in the file and are rounded away."""

_NAME = re.compile(r"(?P<base>[A-Za-z0-9]+)_(?P<quote>[A-Za-z0-9]+)-(?P<timeframe>1m|5m|15m|1h|4h|1d)\.csv(\.gz)?")
_FIRST_MARKET = datetime(2009, 1, 3, tzinfo=UTC)  # no coin, no market: an earlier time is a wrong unit
_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)
_MIN_NOTIONAL = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.005"), "BNB": Decimal("0.05")}


@dataclass(frozen=True, slots=True)
class OhlcvFile:
    """What a file holds: the good bars in order, how many rows were left out, and trading rules that fit."""

    stem: str
    instrument: Instrument
    timeframe: Timeframe
    bars: tuple[Bar, ...]
    dropped: int


def read_ohlcv(path: Path) -> OhlcvFile:
    """Read a whole file (blocking: call it in a thread; about 10 µs and 1 KB of memory a row).

    Raises:
        NotFound: no such file.
        InvalidInput: a name, format or content that cannot be replayed; the message says what is expected.
    """
    stem, symbol, timeframe = _named(path)
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as text:
            bars, dropped = _parse(csv.reader(text), path, symbol, timeframe)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}: MARKET_DATA=replay:<path> must name an OHLCV file.") from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read ({error}): is it a whole CSV or .csv.gz file?") from error
    if len(bars) < 2:  # noqa: PLR2004 - one bar of history and one to replay
        raise InvalidInput(
            f"{path} has {len(bars)} usable bars ({dropped} rows are corrupt); a replay needs two. "
            f"Timestamps must be milliseconds since 1970 at which a {timeframe} bar opens."
        )
    return OhlcvFile(stem, _rules(symbol, bars), timeframe, tuple(bars), dropped)


def _named(path: Path) -> tuple[str, str, Timeframe]:
    if path.suffix.lower() in {".parquet", ".feather"}:
        raise InvalidInput(
            f"{path.suffix} files cannot be replayed yet: convert {path.name} to CSV ({', '.join(COLUMNS)})."
        )
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InvalidInput(
            f"{path.name} does not say what it holds: name the file BASE_QUOTE-TIMEFRAME.csv or .csv.gz, "
            f"for example BTC_USDT-1m.csv.gz; timeframes are {', '.join(Timeframe)}."
        )
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    return stem, f"{match['base']}/{match['quote']}".upper(), Timeframe(match["timeframe"])


def _parse(rows: Iterable[list[str]], path: Path, symbol: str, timeframe: Timeframe) -> tuple[list[Bar], int]:
    bars: list[Bar] = []
    dropped = 0
    for number, row in enumerate(rows):
        if number == 0:
            if tuple(cell.strip().lower() for cell in row) != COLUMNS:
                raise InvalidInput(f"{path}: the first line must be {','.join(COLUMNS)}.")
            continue
        if number > MAX_ROWS:
            raise InvalidInput(f"{path} has more than {MAX_ROWS} rows: split it, or use a bigger timeframe.")
        bar = _bar(row, symbol, timeframe)
        if bar is None or (bars and bar.open_time <= bars[-1].open_time):
            dropped += 1
        else:
            bars.append(bar)
    return bars, dropped


def _bar(row: list[str], symbol: str, timeframe: Timeframe) -> Bar | None:
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


def _rules(symbol: str, bars: list[Bar]) -> Instrument:
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
