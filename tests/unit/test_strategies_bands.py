"""Bollinger bands and breakouts enter and leave where they say they do (spec/bots.md, Strategies)."""

from collections.abc import Sequence
from decimal import Decimal

from core.domain.strategies.base import (
    FLAT,
    Action,
    BarContext,
    IndicatorKind,
    IndicatorSpec,
    PositionView,
    Signal,
    Strategy,
)
from core.domain.strategies.catalog import make
from tests.strategy_runs import bar_at

SMA, STDDEV = IndicatorSpec(IndicatorKind.SMA, 20), IndicatorSpec(IndicatorKind.STDDEV, 20)
HIGHEST, LOWEST = IndicatorSpec(IndicatorKind.HIGHEST, 20), IndicatorSpec(IndicatorKind.LOWEST, 10)
ATR = IndicatorSpec(IndicatorKind.ATR, 14)


def _held(average: str) -> PositionView:
    return PositionView(Decimal(1), Decimal(average), Decimal(1))


def _bands(strategy: Strategy, closes: Sequence[str], position: PositionView = FLAT) -> list[Signal | None]:
    """Closes met by an average of 100 and a deviation of 1: bands at 98 and 102."""
    values = {SMA: 100.0, STDDEV: 1.0}
    return [strategy.on_bar(bar_at(i, Decimal(c)), BarContext(values, position)) for i, c in enumerate(closes)]


def _bounds(
    strategy: Strategy, rows: Sequence[tuple[str, float, float]], position: PositionView = FLAT, atr: float = 0.4
) -> list[Signal | None]:
    """Closes, each with the highest and the lowest price after it."""
    return [
        strategy.on_bar(bar_at(i, Decimal(close)), BarContext({HIGHEST: high, LOWEST: low, ATR: atr}, position))
        for i, (close, high, low) in enumerate(rows)
    ]


def _actions(signals: Sequence[Signal | None]) -> list[Action | None]:
    return [signal.action if signal else None for signal in signals]


def test_bollinger_enters_when_the_close_comes_back_through_the_lower_band():
    signals = _bands(make("bollinger", {}), ["99", "97.9", "97", "98", "98.5"])
    assert _actions(signals) == [None, None, None, Action.ENTER, None]
    entry = signals[3]
    assert entry is not None
    assert (entry.size, entry.target, entry.stop) == (1, Decimal(100), None)
    assert "close of 98 is back above the lower band at 98" in entry.reason
    assert "target is the average at 100" in entry.reason


def test_bollinger_leaves_the_target_to_the_risk_mode_where_the_average_is_too_near():
    signals = _bands(make("bollinger", {"width": 4 + 1}), ["99.4", "99.6"])
    assert _actions(signals) == [None, Action.ENTER]
    assert signals[1] is not None
    assert signals[1].target is None
    assert "too near" in signals[1].reason


def test_bollinger_does_not_enter_on_the_first_bar_it_sees_above_the_band():
    assert _bands(make("bollinger", {}), ["98.5", "98.2"]) == [None, None]


def test_bollinger_leaves_at_the_average_once_that_pays():
    assert _actions(_bands(make("bollinger", {}), ["99.9", "100"], _held("99.5"))) == [None, Action.EXIT]
    assert _actions(_bands(make("bollinger", {}), ["100", "100.1"], _held("99.8"))) == [None, None]
    assert _actions(_bands(make("bollinger", {}), ["100.3"], _held("99.8"))) == [Action.EXIT]


def test_bollinger_leaves_at_the_upper_band_also_at_a_loss():
    signals = _bands(make("bollinger", {}), ["101.9", "102"], _held("103"))
    assert _actions(signals) == [None, Action.EXIT]
    assert signals[1] is not None
    assert "upper band at 102; the entry was at 103 on average" in signals[1].reason


def test_bollinger_sees_no_crossing_in_a_market_that_stands_still():
    """A running deviation of equal prices may come out a hair above or below zero."""
    strategy, noise = make("bollinger", {}), (0.0, 1e-14, 0.0, 3e-14)
    values = [{SMA: 100 + n, STDDEV: n} for n in noise]
    signals = [strategy.on_bar(bar_at(i, Decimal(100)), BarContext(v)) for i, v in enumerate(values)]
    assert signals == [None] * 4


def test_breakout_enters_above_the_highest_price_of_the_bars_before():
    rows = [("100", 101, 99), ("101", 101, 99), ("101.1", 101.2, 99), ("101.2", 101.2, 99), ("101.3", 101.3, 99)]
    signals = _bounds(make("breakout", {}), rows)
    assert _actions(signals) == [None, None, Action.ENTER, None, Action.ENTER]
    assert signals[2] is not None
    assert signals[2].reason == "The close of 101.1 is above 101, the highest price of the 20 bars before"
    assert (signals[2].target, signals[2].stop) == (None, None)


def test_breakout_sets_a_stop_in_true_ranges_where_asked_to():
    signals = _bounds(make("breakout", {"stop": 25}), [("100", 101, 99), ("102", 102, 99)])
    assert signals[1] is not None
    assert signals[1].stop == Decimal(101)


def test_breakout_has_no_stop_where_the_range_reaches_below_zero_or_is_none():
    for atr in (50.0, 0.0):
        signals = _bounds(make("breakout", {"stop": 25}), [("100", 101, 99), ("102", 102, 99)], atr=atr)
        assert signals[1] is not None
        assert signals[1].stop is None


def test_breakout_leaves_below_the_lowest_price_of_the_bars_before():
    signals = _bounds(make("breakout", {}), [("100", 101, 99), ("99", 101, 99), ("98.9", 101, 98.9)], _held("100"))
    assert _actions(signals) == [None, None, Action.EXIT]
    assert signals[2] is not None
    assert "below 99, the lowest price of the 10 bars before" in signals[2].reason


def test_breakout_makes_up_for_a_fall_it_could_not_sell_on():
    strategy = make("breakout", {})
    fall = [("100", 101, 99), ("98.5", 101, 98.5)]
    assert _bounds(strategy, fall) == [None, None]
    made_up = _bounds(strategy, [("99", 101, 98.5)] * 10, _held("100"))
    assert _actions(made_up) == [Action.EXIT] * 9 + [None]
    assert made_up[0] is not None
    assert "made up for" in made_up[0].reason


def test_breakout_forgets_a_fall_once_a_breakout_follows():
    strategy = make("breakout", {})
    rows = [("100", 101, 99), ("98.5", 101, 98.5), ("101.5", 101.5, 98.5)]
    assert _actions(_bounds(strategy, rows)) == [None, None, Action.ENTER]
    assert _bounds(strategy, [("101", 101.5, 98.5)], _held("101.5")) == [None]
