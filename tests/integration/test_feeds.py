"""The simulated market: seeded, resumable, continuous with its history (spec/bots.md, Market data)."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from math import log, sqrt
from statistics import pstdev
from typing import Any

import pytest

from core.adapters.feeds.chronicle import Chronicle
from core.adapters.feeds.market_model import ASSETS, MODEL_VERSION
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.indicators import TalibIndicators
from core.domain.bars import BarBuilder
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.market import Bar, MarketState, Sampling, Timeframe
from core.domain.strategies.base import Action, BarContext
from core.domain.strategies.catalog import make
from core.ports import MarketFeed
from tests.fakes.pace import VirtualSeconds

BTC, ETH = "BTC/USDT", "ETH/USDT"
ORIGIN = datetime(2026, 11, 24, 9, 58, 42, tzinfo=UTC)  # within a minute
MIDNIGHT = datetime(2026, 11, 24, 23, 58, 42, tzinfo=UTC)  # just before a day ends


def _feed(
    seed: int = 1, speed: float = 0, position: dict[str, Any] | None = None, origin: datetime = ORIGIN
) -> MarketFeed:
    time = VirtualSeconds()
    return SimulatedFeed(seed, speed, origin, position, time.sleep, time.monotonic)


async def _take(states: AsyncIterator[MarketState], count: int) -> list[MarketState]:
    taken = []
    if count:
        async for state in states:
            taken.append(state)
            if len(taken) == count:
                break
    return taken


async def test_the_same_seed_gives_the_same_states_and_another_seed_others():
    first, again, other = [await _take(_feed(seed).states(ETH), 100) for seed in (1, 1, 2)]
    assert first == again
    assert [state.mid for state in first] != [state.mid for state in other]


async def test_prices_and_books_of_this_model_version_never_change():
    """A stored market goes on with what it would have been; whoever changes this raises MODEL_VERSION."""
    feed, known = _feed(7), sha256()
    for symbol in ASSETS:
        for state in await _take(feed.states(symbol), 40):
            known.update(repr((state.ts, state.bids, state.asks, state.volume)).encode())
    assert (MODEL_VERSION, known.hexdigest()[:16]) == (1, "0ddde761150da0a3")


@pytest.mark.parametrize("symbol", ASSETS)
async def test_a_steps_volume_is_traded_at_the_best_bid_and_the_best_ask(symbol: str):
    shares: list[float] = []
    for state in await _take(_feed().states(symbol), 300):
        assert state.sampling is Sampling.BOOK
        assert sum(trade.quantity for trade in state.trades) == state.volume
        assert {trade.price for trade in state.trades} <= {state.bid, state.ask}
        assert all(trade.quantity % _feed().instrument(symbol).lot_size == 0 for trade in state.trades)
        shares.append(float(sum(t.quantity for t in state.trades if t.price == state.bid) / state.volume))
    assert 0.4 < sum(shares) / len(shares) < 0.6
    assert len(set(shares)) > 200


async def test_the_speed_changes_the_pace_and_not_the_prices():
    time = VirtualSeconds()
    paced = SimulatedFeed(1, 60, ORIGIN, None, time.sleep, time.monotonic)
    assert await _take(paced.states(BTC), 121) == await _take(_feed().states(BTC), 121)
    assert time.elapsed == pytest.approx(120 * 5 / 60)


async def test_a_stall_is_not_made_up_for_by_a_flood_of_states():
    time = VirtualSeconds()
    states = SimulatedFeed(1, 60, ORIGIN, None, time.sleep, time.monotonic).states(BTC)
    await _take(states, 1)
    time.stall(3600)
    await _take(states, 121)
    assert time.elapsed == pytest.approx(3600 + 120 * 5 / 60)


@pytest.mark.parametrize(("origin", "given"), [(ORIGIN, (0, 1, 4, 16)), (MIDNIGHT, (15, 16, 40))])
async def test_resuming_anywhere_equals_an_uninterrupted_run(origin: datetime, given: tuple[int, ...]):
    """Within a minute, at its end, across midnight; the position has been through JSON."""
    feed = _feed(origin=origin)
    positions = [json.dumps(feed.status().position)]
    whole: list[MarketState] = []
    async for state in feed.states(BTC):
        whole.append(state)
        positions.append(json.dumps(feed.status().position))
        if len(whole) == 60:
            break
    for count in given:
        resumed = _feed(position=json.loads(positions[count]), origin=ORIGIN + timedelta(days=999))
        assert await _take(resumed.states(BTC), 60 - count) == whole[count:]
    assert len(positions[-1]) < 25_000
    json.loads(positions[-1], parse_float=lambda number: pytest.fail(f"the position holds a float: {number}"))


async def test_a_position_stored_too_early_can_be_moved_forward():
    """After kill -9 the journal may know a later engine time than the stored position does."""
    whole = await _take(_feed().states(BTC), 60)
    feed = _feed()
    await _take(feed.states(BTC), 10)
    moved = feed.status().position | {"now": whole[29].ts.isoformat()}
    assert await _take(_feed(position=moved).states(BTC), 30) == whole[30:]


async def test_a_restored_market_has_the_same_past():
    before = _feed()
    await _take(before.states(BTC), 30)
    after = _feed(position=before.status().position)
    assert after.now() == before.now()
    for timeframe in Timeframe:
        assert await after.history(BTC, timeframe, 300) == await before.history(BTC, timeframe, 300)


def test_a_market_restored_after_days_has_the_same_past_and_future():
    chronicle = Chronicle.genesis(5, ASSETS[BTC], 29_000_000)
    while chronicle.minute < 29_000_000 + 3 * 1440:
        chronicle.advance()
    restored = Chronicle.restore(5, ASSETS[BTC], json.loads(json.dumps(chronicle.position())))
    while restored.minute < chronicle.minute:
        restored.advance()
    assert restored.steps == chronicle.steps
    for timeframe in Timeframe:
        assert restored.closed(timeframe, 10_000) == chronicle.closed(timeframe, 10_000)
    assert restored.position() == chronicle.position()


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.M5])
async def test_bars_built_from_states_are_the_bars_of_history(timeframe: Timeframe):
    feed = _feed(origin=ORIGIN.replace(minute=0, second=0))
    builder, built = BarBuilder(BTC, timeframe), list[Bar]()
    past = await feed.history(BTC, timeframe, 5)
    async for state in feed.states(BTC):
        built += builder.on_state(state)
        if len(built) == 15:
            break
    assert builder.dropped == 0
    assert await feed.history(BTC, timeframe, 20) == past + built
    assert all(later.open_time - earlier.open_time == timeframe.span for earlier, later in pairwise(past + built))


async def test_history_ends_with_the_newest_closed_bar_at_every_moment():
    feed = _feed()
    async for state in feed.states(BTC):
        (bar,) = await feed.history(BTC, Timeframe.M1, 1)
        assert bar.open_time + bar.timeframe.span == Timeframe.M1.floor(state.ts)
        if state.ts > ORIGIN + timedelta(minutes=3):
            break


async def test_strategies_start_warm_on_every_timeframe():
    feed = _feed()
    counts = {timeframe: len(await feed.history(BTC, timeframe, 5000)) for timeframe in Timeframe}
    assert counts[Timeframe.M1] == 5000
    assert all(counts[timeframe] >= 200 for timeframe in (Timeframe.M5, Timeframe.M15, Timeframe.H1))
    assert all(counts[timeframe] >= 50 for timeframe in (Timeframe.H4, Timeframe.D1))
    for timeframe in Timeframe:
        bars = await feed.history(BTC, timeframe, 300)
        assert all(b.open_time - a.open_time == timeframe.span for a, b in pairwise(bars))


async def test_a_symbol_taken_later_joins_at_the_present_with_the_prices_it_would_have_had():
    feed, from_the_start = _feed(), _feed()
    await _take(feed.states(BTC), 100)
    late = await _take(feed.states(ETH), 20)
    assert late[0].ts == ORIGIN.replace(second=40) + timedelta(seconds=5 * 99)
    assert late == (await _take(from_the_start.states(ETH), 119))[99:]


async def test_engine_time_is_that_of_the_newest_state_and_only_rises():
    feed = _feed()
    assert feed.now() == ORIGIN.replace(second=40)
    times: list[datetime] = []
    async for state in feed.states(BTC):
        assert feed.now() == state.ts
        times.append(state.ts)
        if len(times) == 30:
            break
    assert all(later - earlier == timedelta(seconds=5) for earlier, later in pairwise(times))


@pytest.mark.parametrize("symbol", ASSETS)
async def test_books_are_plausible_and_keep_the_instruments_rules(symbol: str):
    feed = _feed()
    instrument, (calm, wild) = feed.instrument(symbol), ASSETS[symbol].spread_bps
    for state in await _take(feed.states(symbol), 60):
        for side, direction in ((state.bids, -1), (state.asks, 1)):
            assert len(side) == 10
            assert all((b.price - a.price) * direction > 0 for a, b in pairwise(side))
            assert all(level.price % instrument.tick_size == 0 for level in side)
            assert all(level.quantity % instrument.lot_size == 0 for level in side)
        spread, two_ticks = state.ask - state.bid, 2 * instrument.tick_size
        assert float(spread - two_ticks) <= float(state.mid) * wild / 10_000
        assert float(spread + two_ticks) >= float(state.mid) * calm / 10_000
        assert state.volume > 0
        assert state.source == feed.source == "simulated"


@pytest.mark.parametrize("symbol", [BTC, "SOL/USDT"])
async def test_volatility_is_that_of_crypto_and_comes_in_clusters(symbol: str):
    bars = await _feed().history(symbol, Timeframe.M1, 10_000)
    moves = [log(later.close / earlier.close) for earlier, later in pairwise(bars)]
    assert 0.5 < pstdev(moves) * sqrt(365 * 1440) < 1.3
    sizes = [abs(move) for move in moves]
    mean = sum(sizes) / len(sizes)
    covariance = sum((a - mean) * (b - mean) for a, b in pairwise(sizes)) / (len(sizes) - 1)
    assert covariance / pstdev(sizes) ** 2 > 0.1


@pytest.mark.parametrize("seed", range(20))
async def test_a_default_bot_gets_an_entry_within_three_real_minutes_at_60_times(seed: int):
    """spec/product.md, The first ten minutes: 180 minutes of engine time, whatever the machine's speed."""
    feed, strategy, indicators = _feed(seed), make("ema_cross", {}), TalibIndicators()
    for spec in strategy.indicators:
        indicators.require(spec)
    for bar in await feed.history(BTC, Timeframe.M1, 200):
        strategy.on_bar(bar, BarContext(indicators.update(bar)))
    builder = BarBuilder(BTC, Timeframe.M1)
    async for state in feed.states(BTC):
        assert state.ts - ORIGIN <= timedelta(minutes=180)
        signals = [strategy.on_bar(b, BarContext(indicators.update(b))) for b in builder.on_state(state)]
        if any(signal and signal.action is Action.ENTER for signal in signals):
            break


async def test_there_is_one_consumer_per_symbol():
    feed = _feed()
    states = feed.states(BTC)
    await _take(states, 1)
    with pytest.raises(Conflict):
        await _take(feed.states(BTC), 1)
    assert feed.status().running_symbols == (BTC,)


async def test_closing_ends_the_iterators():
    feed, count = _feed(), 0
    async for _ in feed.states(BTC):
        count += 1
        await feed.close()
    assert count == 1
    assert feed.status().running_symbols == ()


async def test_an_unknown_symbol_is_refused_with_those_there_are():
    with pytest.raises(NotFound, match="BTC/USDT, ETH/USDT"):
        _feed().instrument("DOGE/USDT")
    with pytest.raises(NotFound):
        await _feed().history("DOGE/USDT", Timeframe.M1, 1)


async def test_a_position_of_another_seed_or_an_unreadable_one_is_refused():
    position = _feed(1).status().position
    with pytest.raises(InvalidInput, match="SIMULATION_SEED=1"):
        _feed(2, position=position)
    with pytest.raises(InvalidInput, match="cannot be read"):
        _feed(1, position={"seed": 1, "model": position["model"]})


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf"), 1e9])
def test_a_speed_that_makes_no_sense_is_refused(speed: float):
    with pytest.raises(InvalidInput):
        _feed(speed=speed)
