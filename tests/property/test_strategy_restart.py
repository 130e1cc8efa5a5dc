"""A strategy rebuilt from history acts as if it had never stopped (spec/bots.md, Strategies)."""

from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adapters.indicators import TalibBatch
from core.domain.market import Bar
from core.domain.strategies.base import BarContext
from core.domain.strategies.catalog import STRATEGIES, make
from core.services.bar_source import WARM_BARS
from tests.strategy_runs import recorded, restarted, run, walk

NAMES = sorted(STRATEGIES)
SEEN = 60
"""Bars on which the restarted one is compared."""
RECORDED = ("BTC_USDT-1m.csv.gz", "XRP_USDT-5m.csv.gz", "ETH_BTC-5m.csv.gz")
MARKETS = (*RECORDED, "a walk", "a walk on coarse ticks", "a market that stands still and jumps")


def _market(name: str, count: int = 1950) -> list[Bar]:
    if name in RECORDED:
        return recorded(name, count)
    if name == "a walk":
        return walk(5, count)
    if name == "a walk on coarse ticks":  # averages and closes are often equal
        return walk(6, count, tick="0.1", swing=0.001)
    return walk(7, count, tick="0.7", swing=0.002)


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("warm", ["its memory", "what the engine digests"])
def test_one_restarted_from_past_bars_acts_as_one_that_never_stopped(name: str, market: str, warm: str):
    bars = _market(market)
    never_stopped = run(make(name, {}), bars)
    past = make(name, {}).memory_bars if warm == "its memory" else WARM_BARS
    decided = 0
    for stop in range(past, len(bars) - SEEN, 37):
        seen = slice(stop, stop + SEEN)
        signals = restarted(make(name, {}), bars[stop - past : stop], bars[seen], never_stopped.positions[seen])
        assert signals == never_stopped.signals[seen]
        decided += sum(signal is not None for signal in signals)
    assert decided > 0


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("bollinger", {"period": 5, "min_gain": 10}),
        ("bollinger", {"period": 20, "min_gain": 10}),
        ("grid", {"period": 10, "step": 20}),
    ],
)
def test_a_price_exactly_at_its_average_is_judged_the_same_after_a_restart(name: str, parameters: dict[str, int]):
    """On coarse ticks prices often equal averages, whose last digits depend on where the history began."""
    for seed in range(20):
        bars = walk(seed, 1500, tick="0.1", swing=0.001)
        never_stopped = run(make(name, parameters), bars)
        for stop in range(1000, 1440, 40):
            past, seen = bars[stop - 100 : stop], slice(stop, stop + SEEN)
            signals = restarted(make(name, parameters), past, bars[seen], never_stopped.positions[seen])
            assert signals == never_stopped.signals[seen]


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), stop=st.integers(0, 1900 - WARM_BARS), tick=st.sampled_from(["0.01", "0.1", "1"]))
@settings(max_examples=15, deadline=None)
def test_wherever_it_is_restarted_it_acts_as_one_that_never_stopped(name: str, seed: int, stop: int, tick: str):
    bars = walk(seed, 1950, tick)
    never_stopped = run(make(name, {}), bars)
    seen = slice(stop + WARM_BARS, stop + WARM_BARS + 50)
    signals = restarted(make(name, {}), bars[stop : seen.start], bars[seen], never_stopped.positions[seen])
    assert signals == never_stopped.signals[seen]


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("name", NAMES)
def test_indicators_computed_at_once_make_the_same_signals_as_streamed_ones(name: str, market: str):
    bars, strategy = _market(market), make(name, {})
    streamed = run(make(name, {}), bars)
    columns = TalibBatch().values(strategy.indicators, bars)
    for number, (bar, position) in enumerate(zip(bars, streamed.positions, strict=True)):
        values = {spec: column[number] for spec, column in columns.items() if not isnan(column[number])}
        assert strategy.on_bar(bar, BarContext(values, position)) == streamed.signals[number]
