"""Bars are closed by exchange time; late or duplicate data is dropped and counted (spec/bots.md, Market data)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.bars import BarBuilder, aggregate
from core.domain.errors import InvalidInput
from core.domain.market import Bar, CorruptMarketData, Timeframe
from tests.fakes.market import START, state

BTC = "BTC/USDT"


def _at(secs: int, mid: int, volume: str = "1"):
    return state(BTC, START + timedelta(seconds=secs), Decimal(mid) - 1, Decimal(mid) + 1, volume=volume)


def _bar(minute: int, close: int, timeframe: Timeframe = Timeframe.M1, symbol: str = BTC) -> Bar:
    opened, price = START + timedelta(minutes=minute), Decimal(close)
    return Bar(symbol, timeframe, opened, price - 1, price + 2, price - 3, price, Decimal(2))


def test_a_bar_closes_when_a_state_at_or_after_its_end_arrives():
    builder = BarBuilder(BTC, Timeframe.M1)
    for secs, mid in ((0, 100), (20, 130), (40, 90), (59, 105)):
        assert builder.on_state(_at(secs, mid)) == []
    (bar,) = builder.on_state(_at(60, 106))
    assert (bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume) == (START, 100, 130, 90, 105, 4)


def test_late_and_duplicate_states_are_dropped_and_counted():
    builder = BarBuilder(BTC, Timeframe.M1)
    builder.on_state(_at(30, 100))
    builder.on_state(_at(30, 500))
    builder.on_state(_at(10, 500))
    (bar,) = builder.on_state(_at(60, 101))
    assert bar.high == 100
    assert builder.dropped == 2


def test_an_interval_without_states_gives_no_bar():
    builder = BarBuilder(BTC, Timeframe.M1)
    builder.on_state(_at(0, 100))
    (first,) = builder.on_state(_at(600, 110))
    (second,) = builder.on_state(_at(660, 111))
    assert first.open_time == START
    assert second.open_time == START + timedelta(minutes=10)


def test_a_late_state_cannot_reopen_a_closed_bar():
    builder = BarBuilder(BTC, Timeframe.M1)
    builder.on_state(_at(0, 100))
    builder.on_state(_at(60, 101))
    assert builder.on_state(_at(59, 5)) == []
    (bar,) = builder.on_state(_at(120, 102))
    assert bar.low == 101


def test_a_state_of_another_symbol_is_refused():
    with pytest.raises(CorruptMarketData):
        BarBuilder("ETH/USDT", Timeframe.M1).on_state(_at(0, 100))


def test_a_half_built_bar_is_completed_from_absorbed_history():
    builder = BarBuilder(BTC, Timeframe.M5)
    for minute in range(3):
        assert builder.absorb(_bar(minute, 100 + minute)) == []
    builder.on_state(_at(180, 200))
    (bar,) = builder.on_state(_at(300, 210))
    assert (bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume) == (START, 99, 200, 97, 200, 7)


def test_a_bar_too_long_to_absorb_is_refused():
    with pytest.raises(CorruptMarketData):
        BarBuilder(BTC, Timeframe.M1).absorb(_bar(0, 100, Timeframe.M5))


def test_bigger_bars_are_made_of_complete_intervals_only():
    bars = [_bar(minute, 100 + minute) for minute in range(2, 13)]
    (bar,) = aggregate(bars, Timeframe.M5)
    assert bar.open_time == START + timedelta(minutes=5)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (104, 111, 102, 109, 10)


def test_the_last_interval_counts_once_its_last_minute_is_there():
    bars = [_bar(minute, 100) for minute in range(10)]
    assert len(aggregate(bars, Timeframe.M5)) == 2
    assert len(aggregate(bars[:-1], Timeframe.M5)) == 1


def test_an_interval_with_a_gap_inside_is_still_a_bar():
    bars = [_bar(minute, 100) for minute in (0, 1, 4, 5)]
    assert [bar.volume for bar in aggregate(bars, Timeframe.M5)] == [6]


def test_aggregating_to_the_same_timeframe_changes_nothing():
    bars = [_bar(minute, 100 + minute) for minute in range(4)]
    assert aggregate(bars, Timeframe.M1) == bars
    assert aggregate([], Timeframe.M1) == []


def test_bars_cannot_be_made_smaller():
    with pytest.raises(InvalidInput):
        aggregate([_bar(0, 100, Timeframe.M5)], Timeframe.M1)


@pytest.mark.parametrize("bars", [[_bar(1, 10), _bar(0, 10)], [_bar(0, 10), _bar(0, 10)]])
def test_bars_out_of_order_are_refused(bars: list[Bar]):
    with pytest.raises(CorruptMarketData):
        aggregate(bars, Timeframe.M5)


def test_bars_of_two_symbols_are_refused():
    with pytest.raises(CorruptMarketData):
        aggregate([_bar(0, 10), _bar(1, 10, symbol="ETH/USDT")], Timeframe.M5)
