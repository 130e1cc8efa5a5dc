"""The replay: a file's bars come back exactly, corrupt rows never (spec/bots.md, Market data)."""

import csv
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.adapters.feeds.replay import ReplayFeed
from core.domain.bars import BarBuilder
from core.domain.errors import Conflict, InvalidInput, NotFound, ProductError
from core.domain.market import Bar, MarketState, Sampling, Timeframe
from core.ports import MarketFeed
from tests.fakes.pace import VirtualSeconds

DATA = Path(__file__).parents[2].parent / "shared" / "data"
START = datetime(2026, 1, 5, tzinfo=UTC)
HEADER = "timestamp,open,high,low,close,volume"


def _row(minute: int, text: str) -> str:
    return f"{int((START + timedelta(minutes=minute)).timestamp() * 1000)},{text}"


def _write(folder: Path, rows: list[str], name: str = "BTC_USDT-1m.csv", header: str = HEADER) -> Path:
    path = folder / name
    content = "\n".join([header, *rows]) + "\n"
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


def _rows(count: int) -> list[str]:
    return [_row(m, f"{100 + m}.5,{103 + m},{99 + m},{101 + m},{m % 3}.25") for m in range(count)]


async def _open(path: Path, speed: float = 0, position: dict[str, Any] | None = None, warmup: int = 240) -> MarketFeed:
    time = VirtualSeconds()
    return await ReplayFeed.open(path, speed, position, time.sleep, time.monotonic, warmup)


async def _take(states: AsyncIterator[MarketState], count: int) -> list[MarketState]:
    taken = []
    if count:
        async for state in states:
            taken.append(state)
            if len(taken) == count:
                break
    return taken


async def _rest(feed: MarketFeed) -> list[MarketState]:
    return [state async for state in feed.states(feed.symbols[0])]


@pytest.mark.parametrize(
    ("name", "symbol", "timeframe"),
    [
        ("BTC_USDT-1m.csv.gz", "BTC/USDT", Timeframe.M1),
        ("ETH_BTC-5m.csv.gz", "ETH/BTC", Timeframe.M5),
        ("LTC_BTC-5m.csv.gz", "LTC/BTC", Timeframe.M5),
        ("XRP_USDT-5m.csv.gz", "XRP/USDT", Timeframe.M5),
    ],
)
async def test_bars_built_from_a_real_file_are_its_rows(name: str, symbol: str, timeframe: Timeframe):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {name} is not in ../shared/data")
    with gzip.open(path, "rt") as text:
        rows = list(csv.reader(text))[241:1742]
    feed = await _open(path)
    builder, built = BarBuilder(symbol, timeframe), list[Bar]()
    async for state in feed.states(symbol):
        built += builder.on_state(state)
        if len(built) == 1500:
            break
    assert feed.source == f"replay:{name.removesuffix('.csv.gz')}"
    assert feed.status().dropped == builder.dropped == 0
    for bar, row in zip(built, rows, strict=False):
        assert bar.open_time.timestamp() * 1000 == int(row[0])
        prices = [Decimal(cell).quantize(Decimal("1e-8")) for cell in row[1:5]]
        assert [bar.open, bar.high, bar.low, bar.close] == prices
        assert bar.volume == Decimal(row[5])


async def test_a_bar_is_lived_through_open_low_high_close_at_equal_distances(tmp_path: Path):
    feed = await _open(_write(tmp_path, _rows(10)), warmup=3)
    states = await _take(feed.states("BTC/USDT"), 5)
    assert [state.mid for state in states] == [Decimal("103.5"), 102, 106, 104, Decimal("104.5")]
    assert [state.ts - START for state in states] == [timedelta(minutes=3, seconds=15 * k) for k in range(5)]
    assert feed.instrument("BTC/USDT").tick_size == Decimal("0.1")


async def test_the_books_of_a_bar_offer_at_most_a_tenth_of_its_volume(tmp_path: Path):
    path = _write(tmp_path, [_row(m, "50000,50100,49900,50050,40") for m in range(4)])
    for state in await _rest(await _open(path)):
        for side in (state.bids, state.asks):
            assert 0 < sum(level.quantity for level in side) * 4 <= 4
        assert state.volume == 10
        assert (state.ask - state.bid) / state.mid < Decimal("0.0002")


async def test_the_trades_of_a_bar_are_at_its_prices_and_a_tenth_of_its_volume_at_most(tmp_path: Path):
    """spec/pipeline.md, the paper exchange: on bars, at most 10 % of the bar's volume."""
    path = _write(tmp_path, [_row(m, f"50000,50100,49900,50050,{40 + m}.00123") for m in range(6)])
    states = await _rest(await _open(path, warmup=2))
    assert [state.sampling for state in states[:4]] == [Sampling.BAR_OPEN, *[Sampling.BAR_INSIDE] * 3]
    for bar, minute in zip(range(0, len(states), 4), range(2, 6), strict=True):
        trades = [trade for state in states[bar : bar + 4] for trade in state.trades]
        assert [trade.price for trade in trades] == [50000, 49900, 50100, 50050]
        tenth = (minute + 40 + Decimal("0.00123")) / 10
        assert tenth * Decimal("0.99") < sum(trade.quantity for trade in trades) <= tenth


async def test_a_bar_without_volume_has_no_trades_and_still_has_a_book_of_single_lots(tmp_path: Path):
    feed = await _open(_write(tmp_path, [_row(m, "100,101,99,100,0") for m in range(4)]))
    lot = feed.instrument("BTC/USDT").lot_size
    for state in await _rest(feed):
        assert {level.quantity for level in (*state.bids, *state.asks)} == {lot}
        assert (state.volume, state.trades) == (0, ())


async def test_a_price_of_one_tick_is_replayed_exactly(tmp_path: Path):
    path = _write(tmp_path, [_row(m, "0.00000001,0.00000002,0.00000001,0.00000001,5") for m in range(4)])
    mids = {state.mid for state in await _rest(await _open(path))}
    assert mids == {Decimal("0.00000001"), Decimal("0.00000002")}


async def test_corrupt_rows_are_left_out_and_counted(tmp_path: Path):
    corrupt = [
        _row(4, "nan,101,99,100,1"),
        _row(4, "-100,101,99,100,1"),
        _row(4, "0,101,99,100,1"),
        _row(4, "100,99,101,100,1"),  # high below low
        _row(4, "100,101,99,102,1"),  # close above high
        _row(4, "100,101,99,100,-1"),
        _row(4, "100,101,99,100,inf"),
        _row(4, "1e400,1e401,99,100,1"),
        _row(4, "100,101,99"),
        _row(3, "100,101,99,100,1"),  # duplicate
        _row(1, "100,101,99,100,1"),  # late
        _row(4, "100,101,99,100,1").replace("0000,", "0001,", 1),  # no minute opens then
        "tomorrow,100,101,99,100,1",
        "99999999999999999999,100,101,99,100,1",
        "",
    ]
    rows = _rows(8)
    feed = await _open(_write(tmp_path, [*rows[:4], *corrupt, *rows[4:]]), warmup=1)
    assert feed.status().dropped == len(corrupt)
    states = await _rest(feed)
    assert len(states) == 7 * 4
    assert {state.ts.minute for state in states} == {1, 2, 3, 4, 5, 6, 7}


async def test_the_end_of_the_file_ends_the_iterator_and_says_finished(tmp_path: Path):
    feed = await _open(_write(tmp_path, _rows(5)), warmup=2)
    assert not feed.status().finished
    assert len(await _rest(feed)) == 3 * 4
    assert feed.status().finished
    assert feed.now() == START + timedelta(minutes=5)
    assert len(await feed.history("BTC/USDT", Timeframe.M1, 9)) == 5
    restored = await _open(tmp_path / "BTC_USDT-1m.csv", position=feed.status().position)
    assert restored.status().finished
    assert await _rest(restored) == []


async def test_resuming_at_any_state_equals_an_uninterrupted_run(tmp_path: Path):
    path = _write(tmp_path, _rows(6), "BTC_USDT-1m.csv.gz")
    whole = await _rest(await _open(path, warmup=2))
    for given in range(len(whole) + 1):
        before = await _open(path, warmup=2)
        taken = await _take(before.states("BTC/USDT"), given)
        after = await _open(path, position=json.loads(json.dumps(before.status().position)), warmup=4)
        assert after.now() == before.now()
        assert taken + await _rest(after) == whole


async def test_a_position_stored_too_early_can_be_moved_forward(tmp_path: Path):
    """After kill -9 the journal may know a later engine time than the stored position does."""
    path = _write(tmp_path, _rows(6))
    whole = await _rest(await _open(path, warmup=2))
    feed = await _open(path, warmup=2)
    await _take(feed.states("BTC/USDT"), 1)
    for known in (0, 1, 6, len(whole) - 1):
        moved = feed.status().position | {"now": whole[known].ts.isoformat()}
        assert await _rest(await _open(path, position=moved)) == whole[known + 1 :]


async def test_history_holds_what_has_closed_and_nothing_of_the_future(tmp_path: Path):
    feed = await _open(_write(tmp_path, _rows(30)), warmup=10)
    assert len(await feed.history("BTC/USDT", Timeframe.M1, 99)) == 10
    async for state in feed.states("BTC/USDT"):
        bars = await feed.history("BTC/USDT", Timeframe.M1, 3)
        assert len(bars) == 3
        assert bars[-1].open_time + timedelta(minutes=1) == Timeframe.M1.floor(state.ts)
        bigger = await feed.history("BTC/USDT", Timeframe.M5, 2)
        assert bigger[-1].open_time + timedelta(minutes=5) == Timeframe.M5.floor(state.ts)
        assert len(bigger) == 2


async def test_history_cannot_be_finer_than_the_file(tmp_path: Path):
    rows = [_row(5 * m, "100,101,99,100,1") for m in range(5)]
    feed = await _open(_write(tmp_path, rows, "BTC_USDT-5m.csv"))
    with pytest.raises(InvalidInput, match="5m"):
        await feed.history("BTC/USDT", Timeframe.M1, 1)


async def test_the_speed_sets_the_pace(tmp_path: Path):
    time = VirtualSeconds()
    feed = await ReplayFeed.open(_write(tmp_path, _rows(10)), 30, None, time.sleep, time.monotonic, 5)
    await _rest(feed)
    assert time.elapsed == pytest.approx((5 * 60 - 15) / 30)


async def test_a_replay_tells_how_far_it_is(tmp_path: Path):
    """spec/bots.md: progress shown. It is the part of the file that lies behind, history included."""
    feed = await _open(_write(tmp_path, _rows(8)), warmup=2)
    assert feed.status().progress == Decimal("0.25")
    seen = [feed.status().progress async for _ in feed.states("BTC/USDT")]
    assert seen == [Decimal(n) / 32 for n in range(9, 33)]
    assert feed.status().progress == 1
    again = await _open(tmp_path / "BTC_USDT-1m.csv", position=feed.status().position)
    assert again.status().progress == 1


async def test_closing_ends_the_iterator_without_finishing(tmp_path: Path):
    feed = await _open(_write(tmp_path, _rows(5)))
    async for _ in feed.states("BTC/USDT"):
        await feed.close()
    assert not feed.status().finished


async def test_there_is_one_consumer_and_one_symbol(tmp_path: Path):
    feed = await _open(_write(tmp_path, _rows(5)))
    states = feed.states("BTC/USDT")
    await _take(states, 1)
    with pytest.raises(Conflict):
        await _take(feed.states("BTC/USDT"), 1)
    with pytest.raises(NotFound, match="BTC/USDT"):
        feed.instrument("ETH/USDT")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("BTC_USDT-1m.parquet.gz", b"PAR1", "name the file"),
        ("prices.csv", b"", "BTC_USDT-1m.csv.gz"),
        ("BTC_USDT-2m.csv", b"", "timeframes are 1m"),
        ("BTC_USDT-1m.csv", b"", "0 usable bars"),
        ("BTC_USDT-1m.csv", b"time,o,h,l,c,v\n", "first line must be"),
        ("BTC_USDT-1m.csv", HEADER.encode() + b"\n1640991660,1,1,1,1,1\n1640991720,1,1,1,1,1\n", "milliseconds"),
        ("BTC_USDT-1m.csv", b"\xff\xfe\x00", "cannot be read"),
        ("BTC_USDT-1m.csv.gz", b"not gzip", "cannot be read"),
        ("BTC_USDT-1m.csv.gz", gzip.compress(HEADER.encode() * 99)[:-20], "cannot be read"),
    ],
)
async def test_a_file_that_cannot_be_replayed_is_refused_plainly(tmp_path: Path, name: str, content: bytes, says: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        await _open(tmp_path / name)


async def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(NotFound, match=r"BTC_USDT-1m\.csv"):
        await _open(tmp_path / "BTC_USDT-1m.csv")


@pytest.mark.parametrize(
    "changed",
    [{"file": "ETH_USDT-1m"}, {"bar": 99}, {"step": 4}, {"open_time": "2020-01-01T00:00:00+00:00"}, {"now": 1}],
)
async def test_a_position_that_does_not_fit_the_file_is_refused(tmp_path: Path, changed: dict[str, Any]):
    path = _write(tmp_path, _rows(5))
    position = (await _open(path)).status().position
    with pytest.raises(ProductError, match="stored position"):
        await _open(path, position=position | changed)
