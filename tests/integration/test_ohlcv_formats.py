"""CSV, Parquet and Feather files of the same bars are the same market (spec/bots.md, Market data: replay)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from core.adapters.feeds import ohlcv_rows
from core.adapters.feeds.ohlcv_file import read_ohlcv
from core.adapters.feeds.replay import ReplayFeed
from core.domain.errors import InvalidInput, NotFound
from core.domain.market import MarketState, Timeframe
from tests.fakes.pace import VirtualSeconds

START = datetime(2026, 1, 5, tzinfo=UTC)
NAMES = ("open", "high", "low", "close", "volume")
ROWS = [(f"{64_100 + m}.1", f"{64_103 + m}.7", f"{64_099 + m}.3", f"{64_101 + m}.25", f"{m % 3}.123") for m in range(6)]
CORRUPT = [
    ("nan", "2", "1", "1", "1"),
    ("3", "2", "1", "1", "1"),
    ("-1", "2", "1", "1", "1"),
    ("1", "2", "1", "1", "-5"),
]

Write = Callable[[pa.Table, Path], None]
FORMATS: dict[str, Write] = {
    "parquet": parquet.write_table,
    "feather": lambda table, path: feather.write_feather(table, str(path)),
}


def _times(count: int) -> list[datetime]:
    return [START + timedelta(minutes=m) for m in range(count)]


def _millis(count: int) -> list[int]:
    return [int(time.timestamp() * 1000) for time in _times(count)]


def _write_csv(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "BTC_USDT-1m.csv"
    lines = [",".join((str(millis), *row)) for millis, row in zip(_millis(len(rows)), rows, strict=True)]
    path.write_text("\n".join([",".join(("timestamp", *NAMES)), *lines]) + "\n")
    return path


def _table(rows: list[tuple[str, ...]], convert: Callable[[str], Any], times: Any = None, time: str = "timestamp"):  # noqa: ANN401
    opened = pa.array(_millis(len(rows))) if times is None else times
    columns = {name: pa.array([convert(row[n]) for row in rows]) for n, name in enumerate(NAMES)}
    return pa.table({time: opened, **columns})


def _save(folder: Path, ending: str, table: pa.Table, name: str = "BTC_USDT-1m") -> Path:
    path = folder / f"{name}.{ending}"
    FORMATS[ending](table, path)
    return path


async def _states(path: Path) -> tuple[str, int, list[MarketState]]:
    time = VirtualSeconds()
    feed = await ReplayFeed.open(path, 0, None, time.sleep, time.monotonic, 2)
    return feed.source, feed.status().dropped, [state async for state in feed.states("BTC/USDT")]


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("convert", [float, Decimal, str])
async def test_the_same_bars_are_the_same_states_in_every_format(
    tmp_path: Path, ending: str, convert: Callable[[str], Any]
):
    columns = _save(tmp_path, ending, _table(ROWS, convert))
    assert await _states(columns) == await _states(_write_csv(tmp_path, ROWS))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    "times",
    [
        pa.array(_times(6), pa.timestamp("ns", "UTC")),
        pa.array(_times(6), pa.timestamp("s", "Africa/Johannesburg")),
        pa.array([time.replace(tzinfo=None) for time in _times(6)], pa.timestamp("us")),
        pa.array([str(millis) for millis in _millis(6)]),
    ],
)
async def test_opening_times_may_be_timestamps_of_any_kind(tmp_path: Path, ending: str, times: Any):  # noqa: ANN401
    columns = _save(tmp_path, ending, _table(ROWS, float, times, "date"))
    assert await _states(columns) == await _states(_write_csv(tmp_path, ROWS))


@pytest.mark.parametrize("ending", FORMATS)
async def test_days_may_be_dates(tmp_path: Path, ending: str):
    days = pa.array([date(2026, 1, 5 + n) for n in range(6)])
    data = read_ohlcv(_save(tmp_path, ending, _table(ROWS, float, days), "BTC_USDT-1d"))
    assert (data.timeframe, data.dropped) == (Timeframe.D1, 0)
    assert [bar.open_time for bar in data.bars] == [START + timedelta(days=n) for n in range(6)]


@pytest.mark.parametrize("ending", FORMATS)
async def test_corrupt_rows_of_columns_are_left_out_and_counted_as_those_of_a_csv(tmp_path: Path, ending: str):
    rows = [*ROWS[:3], *CORRUPT, *ROWS[3:]]
    columns = _save(tmp_path, ending, _table(rows, float))
    assert read_ohlcv(columns) == read_ohlcv(_write_csv(tmp_path, rows))
    assert read_ohlcv(columns).dropped == len(CORRUPT)


@pytest.mark.parametrize("ending", FORMATS)
async def test_a_missing_value_makes_its_row_corrupt(tmp_path: Path, ending: str):
    table = _table(ROWS, lambda cell: None if cell.startswith("64105") else float(cell))
    assert read_ohlcv(_save(tmp_path, ending, table)).dropped == 3


@pytest.mark.parametrize("ending", FORMATS)
async def test_floats_bring_no_noise_into_prices(tmp_path: Path, ending: str):
    table = _table([("0.1", "0.30000000000000004", "0.1", "0.2", "7")] * 3, float)
    single = table.set_column(1, "open", table.column("open").cast(pa.float32()))
    data = read_ohlcv(_save(tmp_path, ending, single))
    assert {(bar.open, bar.high) for bar in data.bars} == {(Decimal("0.1"), Decimal("0.3"))}
    assert data.instrument.tick_size == Decimal("0.1")


@pytest.mark.parametrize("ending", FORMATS)
async def test_columns_are_found_by_name_and_others_ignored(tmp_path: Path, ending: str):
    table = _table(ROWS, float)
    mixed = table.select([*reversed(NAMES), "timestamp"]).append_column("trades", pa.array([1] * 6))
    assert read_ohlcv(_save(tmp_path, ending, mixed)) == read_ohlcv(_write_csv(tmp_path, ROWS))


@pytest.mark.parametrize("ending", FORMATS)
async def test_columns_that_do_not_say_what_they_hold_are_refused(tmp_path: Path, ending: str):
    table = _table(ROWS, float)
    with pytest.raises(InvalidInput, match="must have the columns timestamp"):
        read_ohlcv(_save(tmp_path, ending, table.drop_columns("low")))
    with pytest.raises(InvalidInput, match="must have the columns timestamp"):
        read_ohlcv(_save(tmp_path, ending, table.append_column("Low", table.column("low"))))
    with pytest.raises(InvalidInput, match="milliseconds since 1970 or timestamps, not double"):
        read_ohlcv(_save(tmp_path, ending, _table(ROWS, float, pa.array([float(m) for m in _millis(6)]))))
    with pytest.raises(InvalidInput, match="0 usable bars"):
        read_ohlcv(_save(tmp_path, ending, table.slice(0, 0)))


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1", b"timestamp,open\n1,2\n"])
async def test_what_is_no_such_file_is_refused_plainly(tmp_path: Path, ending: str, content: bytes):
    path = tmp_path / f"BTC_USDT-1m.{ending}"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"cannot be read .* whole {ending} file"):
        read_ohlcv(path)
    with pytest.raises(NotFound, match="There is no file"):
        read_ohlcv(tmp_path / f"ETH_USDT-1m.{ending}")


@pytest.mark.parametrize("ending", FORMATS)
async def test_too_many_rows_are_refused_before_they_are_replayed(tmp_path: Path, ending: str):
    count = ohlcv_rows.MAX_ROWS + 1
    path = _save(tmp_path, ending, pa.table({name: pa.repeat(1, count) for name in ("timestamp", *NAMES)}))
    with pytest.raises(InvalidInput, match="has more than 1000000 rows"):
        read_ohlcv(path)
