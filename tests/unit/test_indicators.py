"""Shared streaming indicators equal TA-Lib's batch results bit for bit (spec/bots.md, Strategies)."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
import talib

from core.adapters.indicators import TalibIndicators
from core.domain.market import Bar, Timeframe
from core.domain.strategies.base import IndicatorKind, IndicatorSpec
from tests.fakes.market import START

SPECS = [IndicatorSpec(kind, period) for kind in IndicatorKind for period in (2, 9, 14, 21, 100)]
BATCH = {IndicatorKind.EMA: talib.EMA, IndicatorKind.RSI: talib.RSI}


def _bars(count: int, seed: int = 7) -> list[Bar]:
    bars: list[Bar] = []
    prices = 50_000 * np.exp(np.random.default_rng(seed).normal(0, 0.001, count).cumsum())
    for minute, price in enumerate(prices):
        close = Decimal(round(price * 100)) / 100
        opened = START + timedelta(minutes=minute)
        bars.append(Bar("BTC/USDT", Timeframe.M1, opened, close, close, close, close, Decimal(1)))
    return bars


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_streaming_equals_batch_bit_for_bit(spec: IndicatorSpec):
    bars, indicators = _bars(400), TalibIndicators()
    indicators.require(spec)
    streamed = [indicators.update(bar).get(spec, float("nan")) for bar in bars]
    batch = BATCH[spec.kind](np.array([float(bar.close) for bar in bars]), spec.period)
    assert np.array(streamed).tobytes() == batch.tobytes()


def test_a_spec_required_later_is_warmed_from_the_bars_before():
    bars, spec = _bars(300), IndicatorSpec(IndicatorKind.EMA, 21)
    early, late = TalibIndicators(), TalibIndicators()
    early.require(spec)
    for bar in bars[:200]:
        early.update(bar)
        late.update(bar)
    late.require(spec)
    for bar in bars[200:]:
        assert late.update(bar) == early.update(bar)


def test_a_spec_required_with_too_few_bars_warms_while_bars_come():
    spec, indicators = IndicatorSpec(IndicatorKind.RSI, 14), TalibIndicators()
    bars = _bars(20)
    for bar in bars[:5]:
        indicators.update(bar)
    indicators.require(spec)
    indicators.require(spec)
    warm = [spec in indicators.update(bar) for bar in bars[5:]]
    assert warm.index(True) == 9  # the 15th bar: 14 changes
    assert all(warm[9:])


def test_a_bar_that_is_not_newer_is_dropped_and_counted():
    spec, indicators = IndicatorSpec(IndicatorKind.EMA, 3), TalibIndicators()
    indicators.require(spec)
    bars = _bars(10)
    values = [indicators.update(bar) for bar in bars]
    assert indicators.update(bars[4]) == values[-1]
    assert indicators.update(bars[-1]) == values[-1]
    assert indicators.dropped == 2
