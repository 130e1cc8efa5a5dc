"""Adaptive detects the regime, trend, range or high volatility, from the bars (spec/bots.md, Strategies)."""

from collections.abc import Sequence
from decimal import Decimal
from math import sin

import pytest

from core.adapters.indicators import TalibIndicators
from core.domain.market import Bar
from core.domain.strategies.base import BarContext
from core.domain.strategies.regime import Reading, Regime, RegimeDetector
from tests.strategy_runs import bar_at, walk


def _readings(bars: Sequence[Bar], trend_level: int = 25) -> list[Reading | None]:
    detector, indicators = RegimeDetector(trend_level), TalibIndicators()
    for spec in detector.indicators:
        indicators.require(spec)
    return [detector.on_bar(float(bar.close), BarContext(indicators.update(bar))) for bar in bars]


def _bars(closes: Sequence[float], width: float = 0.5) -> list[Bar]:
    return [
        bar_at(i, *(Decimal(round(p * 100)) / 100 for p in (c, c + width, c - width))) for i, c in enumerate(closes)
    ]


def _last(bars: Sequence[Bar]) -> Reading:
    reading = _readings(bars)[-1]
    assert reading is not None
    return reading


@pytest.mark.parametrize(
    ("slope", "regime"), [(0.4, Regime.RISING), (-0.4, Regime.FALLING)], ids=["upwards", "downwards"]
)
def test_a_steady_move_is_a_trend_with_a_direction(slope: float, regime: Regime):
    reading = _last(_bars([1000 + slope * number for number in range(200)]))
    assert reading.regime is regime
    assert reading.adx > 25


def test_a_price_that_swings_about_its_level_is_a_range():
    assert _last(_bars([1000 + 0.6 * sin(number * 2.3) for number in range(200)])).regime is Regime.RANGE


def test_bars_much_wider_than_usual_are_high_volatility_even_in_a_trend():
    rising = [1000 + 0.4 * number for number in range(215)]
    calm, wild = _bars(rising[:200]), _bars(rising, width=5)[200:]
    assert _last([*calm, *wild]).regime is Regime.VOLATILE
    assert _last([*calm, *wild]).volatility > 1.5


def test_what_was_wild_becomes_usual_after_a_while():
    rising = [1000 + 0.4 * number for number in range(500)]
    readings = _readings([*_bars(rising[:200]), *_bars(rising, width=5)[200:]])
    assert readings[-1] is not None
    assert readings[-1].regime is not Regime.VOLATILE


def test_a_trend_is_left_later_than_it_is_entered_so_that_it_does_not_flicker():
    readings = [reading for reading in _readings(walk(3, 3_000)) if reading and reading.regime is not Regime.VOLATILE]
    trending = [reading.adx for reading in readings if reading.regime is not Regime.RANGE]
    ranging = [reading.adx for reading in readings if reading.regime is Regime.RANGE]
    assert 20 < min(trending) < 25
    assert 20 < max(ranging) <= 25


def test_there_is_no_reading_before_the_last_warmup_bar():
    readings = _readings(walk(5, 130))
    warm = next(number for number, reading in enumerate(readings) if reading is not None)
    assert warm + 1 == RegimeDetector(25).warmup_bars
    assert None not in readings[warm:]


def test_later_bars_never_change_an_earlier_reading():
    bars = walk(7, 600)
    assert _readings(bars[:300]) == _readings(bars)[:300]


def test_a_reading_says_what_it_is_and_why():
    assert Reading(Regime.RANGE, 14.2, 0.001, 0.93).words == "a range (ADX 14, bars 0.9 times as wide as usual)"


def test_bars_that_do_not_move_at_all_are_a_range():
    assert _last([bar_at(number, Decimal(100)) for number in range(200)]).regime is Regime.RANGE
