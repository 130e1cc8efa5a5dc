"""Shared streaming indicators equal TA-Lib's batch results bit for bit (spec/bots.md, Strategies)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from math import isnan

import numpy as np
import pytest
import talib

from core.adapters.indicators import TalibBatch, TalibIndicators
from core.domain.market import Bar, Timeframe
from core.domain.strategies.base import IndicatorKind, IndicatorSpec
from tests.fakes.market import START

SPECS = [IndicatorSpec(kind, period) for kind in IndicatorKind for period in (2, 9, 14, 21, 100)]

#: What each kind means, said with the library's own functions and the prices they are made of.
MEANING: dict[IndicatorKind, tuple[Callable[..., np.ndarray], tuple[str, ...]]] = {
    IndicatorKind.EMA: (talib.EMA, ("close",)),
    IndicatorKind.RSI: (talib.RSI, ("close",)),
    IndicatorKind.SMA: (talib.SMA, ("close",)),
    IndicatorKind.STDDEV: (talib.STDDEV, ("close",)),
    IndicatorKind.ATR: (talib.ATR, ("high", "low", "close")),
    IndicatorKind.ADX: (talib.ADX, ("high", "low", "close")),
    IndicatorKind.HIGHEST: (talib.MAX, ("high",)),
    IndicatorKind.LOWEST: (talib.MIN, ("low",)),
}


def _bars(count: int, seed: int = 7) -> list[Bar]:
    rng = np.random.default_rng(seed)
    bars: list[Bar] = []
    prices = 50_000 * np.exp(rng.normal(0, 0.001, count).cumsum())
    for minute, (price, above, below) in enumerate(zip(prices, rng.random(count), rng.random(count), strict=True)):
        close, high, low = (Decimal(round(p * 100)) / 100 for p in (price, price + above * 40, price - below * 40))
        opened = START + timedelta(minutes=minute)
        bars.append(Bar("BTC/USDT", Timeframe.M1, opened, close, high, low, close, Decimal(1)))
    return bars


def _expected(spec: IndicatorSpec, bars: Sequence[Bar]) -> np.ndarray:
    function, columns = MEANING[spec.kind]
    return function(*[np.array([float(getattr(bar, column)) for bar in bars]) for column in columns], spec.period)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_streaming_equals_batch_bit_for_bit(spec: IndicatorSpec):
    bars, indicators = _bars(400), TalibIndicators()
    indicators.require(spec)
    streamed = [indicators.update(bar).get(spec, float("nan")) for bar in bars]
    batch = TalibBatch().values([spec], bars)[spec]
    assert np.array(streamed).tobytes() == np.array(batch).tobytes() == _expected(spec, bars).tobytes()
    assert not isnan(batch[-1])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_bars_for_a_value_give_none_in_batch(count: int):
    batch = TalibBatch().values(SPECS, _bars(count))
    assert set(batch) == set(SPECS)
    assert all(len(values) == count for values in batch.values())
    assert all(isnan(value) for spec, values in batch.items() if spec.period > count for value in values)


@pytest.mark.parametrize("kind", IndicatorKind)
def test_a_spec_required_later_is_warmed_from_the_bars_before(kind: IndicatorKind):
    bars, spec = _bars(300), IndicatorSpec(kind, 21)
    early, late = TalibIndicators(), TalibIndicators()
    early.require(spec)
    for bar in bars[:200]:
        early.update(bar)
        late.update(bar)
    late.require(spec)
    for bar in bars[200:]:
        assert late.update(bar) == early.update(bar)


@pytest.mark.parametrize(
    ("kind", "needed"), [(IndicatorKind.RSI, 15), (IndicatorKind.ATR, 15), (IndicatorKind.ADX, 28)]
)
def test_a_spec_required_with_too_few_bars_warms_while_bars_come(kind: IndicatorKind, needed: int):
    spec, indicators = IndicatorSpec(kind, 14), TalibIndicators()
    bars = _bars(40)
    for bar in bars[:5]:
        indicators.update(bar)
    indicators.require(spec)
    indicators.require(spec)
    warm = [spec in indicators.update(bar) for bar in bars[5:]]
    assert warm.index(True) == needed - 6
    assert all(warm[needed - 6 :])


def test_a_bar_that_is_not_newer_is_dropped_and_counted():
    spec, indicators = IndicatorSpec(IndicatorKind.EMA, 3), TalibIndicators()
    indicators.require(spec)
    bars = _bars(10)
    values = [indicators.update(bar) for bar in bars]
    assert indicators.update(bars[4]) == values[-1]
    assert indicators.update(bars[-1]) == values[-1]
    assert indicators.dropped == 2
