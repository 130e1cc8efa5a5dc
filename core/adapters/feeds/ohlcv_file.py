"""Reads OHLCV files for replays and backtests: CSV, Parquet, Feather."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.adapters.feeds.ohlcv_columns import column_rows
from core.adapters.feeds.ohlcv_rows import Row, bars_of, rules_for
from core.domain.errors import InvalidInput, NotFound
from core.domain.instrument import Instrument
from core.domain.market import Bar, Timeframe

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")

_ENDING = re.compile(r"\.(csv(\.gz)?|parquet|feather)$")
_STEM = re.compile(r"(?P<base>[A-Za-z0-9]+)_(?P<quote>[A-Za-z0-9]+)-(?P<timeframe>1m|5m|15m|1h|4h|1d)")


@dataclass(frozen=True, slots=True)
class OhlcvFile:
    """What a file holds: the good bars in order, how many rows were left out, and trading rules that fit."""

    stem: str
    instrument: Instrument
    timeframe: Timeframe
    bars: tuple[Bar, ...]
    dropped: int


def stem_of(path: Path) -> str:
    """A file's name without the endings of its format, whatever it is called."""
    return _ENDING.sub("", path.name)


def read_ohlcv(path: Path) -> OhlcvFile:
    """Read a whole file (blocking: call it in a thread; about 10 µs and 1 KB of memory a row).

    Raises:
        NotFound: no such file.
        InvalidInput: a name, format or content that cannot be replayed; the message says what is expected.
    """
    symbol, timeframe = _named(path)
    rows = column_rows if path.suffix in {".parquet", ".feather"} else _csv_rows
    try:
        bars, dropped = bars_of(rows(path), path, symbol, timeframe)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}: the path must name an OHLCV file.") from None
    if len(bars) < 2:  # noqa: PLR2004 - one bar of history and one to replay
        raise InvalidInput(
            f"{path} has {len(bars)} usable bars ({dropped} rows are corrupt); a replay needs two. "
            f"Timestamps must be milliseconds since 1970 at which a {timeframe} bar opens."
        )
    return OhlcvFile(stem_of(path), rules_for(symbol, bars), timeframe, tuple(bars), dropped)


def _named(path: Path) -> tuple[str, Timeframe]:
    match = _STEM.fullmatch(stem_of(path)) if _ENDING.search(path.name) else None
    if match is None:
        raise InvalidInput(
            f"{path.name} does not say what it holds: name the file BASE_QUOTE-TIMEFRAME.csv, .csv.gz, .parquet or "
            f".feather, for example BTC_USDT-1m.csv.gz; timeframes are {', '.join(Timeframe)}."
        )
    return f"{match['base']}/{match['quote']}".upper(), Timeframe(match["timeframe"])


def _csv_rows(path: Path) -> Iterator[Row]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as text:
            rows = csv.reader(text)
            header = next(rows, list(COLUMNS))
            if tuple(cell.strip().lower() for cell in header) != COLUMNS:
                raise InvalidInput(f"{path}: the first line must be {','.join(COLUMNS)}.")
            yield from rows
    except FileNotFoundError:
        raise
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read ({error}): is it a whole CSV or .csv.gz file?") from error
