"""No strategy looks ahead: what comes later changes nothing before, and later data is acted on later (spec/bots.md)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.market import Bar
from core.domain.strategies.catalog import STRATEGIES, make
from tests.strategy_runs import run, walk

#: Short memories, so that a few hundred bars bring many decisions.
QUICK: dict[str, dict[str, int]] = {
    "ema_cross": {"fast": 3, "slow": 7},
    "rsi_reversion": {"period": 5, "oversold": 40},
    "bollinger": {"period": 8, "width": 15},
    "breakout": {"entry": 8, "exit": 4, "stop": 20},
    "grid": {"period": 12, "step": 40},
    "dca": {"interval": 3, "target": 60},
}
NAMES = sorted(STRATEGIES)


def _with_event(bars: list[Bar], at: int) -> list[Bar]:
    """The market with a fall by a twentieth, and a rise by a tenth ten bars later, after which it stays there."""
    factors = [Decimal(1)] * at + [Decimal("0.95")] * 10 + [Decimal("1.05")] * (len(bars) - at - 10)
    return [
        replace(bar, open=bar.open * f, high=bar.high * f, low=bar.low * f, close=bar.close * f)
        for bar, f in zip(bars, factors, strict=True)
    ]


def _later(bars: list[Bar], count: int) -> list[Bar]:
    """The same prices, so many bars later."""
    return [replace(bar, open_time=bar.open_time + timedelta(minutes=count)) for bar in bars]


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), other=st.integers(10_001, 20_000), cut=st.integers(1, 299))
@settings(max_examples=25, deadline=None)
def test_another_future_changes_no_signal_before_it(name: str, seed: int, other: int, cut: int):
    bars, parameters = walk(seed, 300), QUICK.get(name, {})
    another = [*bars[:cut], *walk(other, 300)[cut:]]
    signals = run(make(name, parameters), bars).signals
    assert run(make(name, parameters), another).signals[:cut] == signals[:cut]
    assert run(make(name, parameters), bars[:cut]).signals == signals[:cut]


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), late=st.integers(1, 500))
@settings(max_examples=25, deadline=None)
def test_data_that_comes_later_is_acted_on_exactly_as_much_later(name: str, seed: int, late: int):
    bars, parameters = walk(seed, 300), QUICK.get(name, {})
    now, then = run(make(name, parameters), bars), run(make(name, parameters), _later(bars, late))
    assert then.signals == now.signals


@pytest.mark.parametrize("name", sorted(QUICK))
@given(seed=st.integers(0, 10_000), first=st.integers(100, 180), late=st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_an_event_is_acted_on_no_earlier_than_it_comes(name: str, seed: int, first: int, late: int):
    """Two markets that are one until a fall and rise, which comes so many bars later in one of them."""
    bars, parameters = walk(seed, 300), QUICK[name]
    soon, later = _with_event(bars, first), _with_event(bars, first + late)
    undisturbed = run(make(name, parameters), bars).signals
    for market, at in ((soon, first), (later, first + late)):
        signals = run(make(name, parameters), market).signals
        assert signals[:at] == undisturbed[:at]
        assert signals[at : at + 30] != undisturbed[at : at + 30]


@pytest.mark.parametrize("name", sorted(QUICK))
def test_the_made_markets_do_bring_entries_and_exits(name: str):
    """Else the properties here would hold of nothing."""
    done = run(make(name, QUICK[name]), walk(11, 900))
    assert done.held.entries > 10
    assert done.held.sales > 3
