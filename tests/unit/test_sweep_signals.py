"""A sweep knows on which bars each strategy would act as the strategy itself does, and finds touched prices.

Promise (spec/bots.md, Strategies): the same rules everywhere, no look-ahead. The strategies themselves, fed bar by bar,
are the oracle.
"""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.indicators import TalibIndicators
from core.adapters.sweep_signals import SIGNALS, BarValues
from core.adapters.sweep_touch import FirstAbove
from core.domain.market import Bar
from core.domain.strategies import catalog
from core.domain.strategies.base import FLAT, Action, BarContext, PositionView, Signal
from tests.builders import dec
from tests.made_bars import made_bars

PAID = dec("99.7")
CASES = [
    ("ema_cross", {}),
    ("ema_cross", {"fast": 2, "slow": 50}),
    ("rsi_reversion", {"period": 5, "oversold": 40, "exit_level": 60}),
    ("bollinger", {"period": 10, "width": 15, "min_gain": 20}),
    ("bollinger", {"period": 40, "width": 5, "min_gain": 100}),
    ("breakout", {"entry": 10, "exit": 5}),
    ("breakout", {"entry": 12, "exit": 12, "stop": 25}),
]


def _streamed(name: str, parameters: dict[str, int], bars: list[Bar], position: PositionView) -> list[Signal | None]:
    strategy, indicators = catalog.make(name, parameters), TalibIndicators()
    for spec in strategy.indicators:
        indicators.require(spec)
    return [strategy.on_bar(bar, BarContext(indicators.update(bar), position)) for bar in bars]


def _level(price: Decimal | None) -> float:
    return float("nan") if price is None else float(price)


@pytest.mark.parametrize(("name", "parameters"), CASES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_signals_of_all_bars_at_once_are_those_of_the_strategy(name: str, parameters: dict[str, int], seed: int):
    bars = made_bars(seed, 1_500, dec(50))
    signals = SIGNALS[name](BarValues(bars), catalog.kind_of(name).complete(parameters))

    flat = _streamed(name, parameters, bars, FLAT)
    entries = [signal is not None and signal.action is Action.ENTER for signal in flat]
    assert signals.enter.tolist() == entries
    assert any(entries)
    for levels, own in ((signals.target, "target"), (signals.stop, "stop")):
        wanted = [_level(getattr(signal, own)) for signal in flat if signal is not None]
        there = np.full(len(bars), np.nan) if levels is None else levels
        np.testing.assert_allclose(there[signals.enter], wanted, rtol=1e-9, equal_nan=True)

    holding = _streamed(name, parameters, bars, PositionView(dec(1), PAID, dec(1)))
    exits = [signal is not None and signal.action is Action.EXIT for signal in holding]
    leave = signals.leave
    if signals.worth is not None:
        leave = leave | (signals.worth.price >= float(PAID) * (1 + signals.worth.gain_bps / 10_000))
    assert leave.tolist() == exits
    assert any(exits)


@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=70),
    st.lists(st.tuples(st.integers(0, 70), st.integers(-22, 22)), min_size=1, max_size=30),
)
def test_the_first_bar_that_reaches_a_limit_is_found(values: list[int], questions: list[tuple[int, int]]):
    count = len(values)
    asked = [(min(start, count), limit) for start, limit in questions]
    found = FirstAbove(np.array(values)).find(np.array([s for s, _ in asked]), np.array([at for _, at in asked]))

    expected = [next((i for i in range(start, count) if values[i] >= limit), count) for start, limit in asked]
    assert found.tolist() == expected


def test_a_search_for_fractions_finds_what_one_for_whole_numbers_does():
    values = np.array([0.5, -np.inf, 2.5, 1.0])
    search = FirstAbove(values)
    assert search.find(np.array([0, 1, 1, 3]), np.array([0.5, 0.0, 2.6, 1.0])).tolist() == [0, 2, 4, 3]
