"""On which bars strategies would enter and leave, for whole arrays of bars; each rule is its strategy's `on_bar`.

A strategy is here when its signals depend on bars alone, besides on whether anything is held.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.adapters.indicators import batch_values, price_columns
from core.adapters.sweep_touch import Floats, Ints
from core.domain.market import Bar
from core.domain.strategies.base import IndicatorKind, IndicatorSpec
from core.domain.strategies.breakout import ATR_PERIOD
from core.domain.strategies.levels import SLACK

Mask: TypeAlias = NDArray[np.bool_]

KEPT_VALUES = 32_000_000
"""Values of indicators kept at a time: 256 MB."""

KEPT_AT_LEAST = 8
"""Indicators kept however many bars there are: more than any strategy has."""


class BarValues:
    """Columns of the bars that strategies see, and their indicators, each computed once for all combinations.

    Where so many are asked for that they would fill the memory, the oldest are forgotten and computed again.
    """

    def __init__(self, bars: Sequence[Bar]) -> None:
        self._columns = price_columns(bars)
        self._computed: dict[IndicatorSpec, Floats] = {}
        self._kept = max(KEPT_AT_LEAST, KEPT_VALUES // max(1, len(bars)))
        self.high, self.low, self.close = self._columns

    def indicator(self, kind: IndicatorKind, period: int) -> Floats:
        """The value after each bar; NaN, which compares as false, while it warms up."""
        spec = IndicatorSpec(kind, period)
        values = self._computed.get(spec)
        if values is None:
            if len(self._computed) >= self._kept:
                del self._computed[next(iter(self._computed))]
            values = self._computed[spec] = batch_values(spec, self._columns)
        return values


@dataclass(frozen=True, slots=True)
class Worth:
    """A holding bot leaves after a bar whose `price` lies at least `gain_bps` above what it paid (-inf: after none)."""

    price: Floats
    gain_bps: int


@dataclass(frozen=True, slots=True)
class Signals:
    """Per bar: whether a flat bot would enter after it, whether a holding one would leave.

    `target` and `stop` are prices, NaN where the risk mode's is taken; without an array it always is.
    """

    enter: Mask
    leave: Mask
    worth: Worth | None = None
    target: Floats | None = None
    stop: Floats | None = None


def _before(values: Mask) -> Mask:
    """Whether it held on the bar before; on the first bar it did not."""
    return np.concatenate([np.zeros(1, dtype=np.bool_), values[:-1]])


def _value_before(values: Floats) -> Floats:
    return np.concatenate([np.full(1, np.nan), values[:-1]])


def _ema_cross(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    fast = values.indicator(IndicatorKind.EMA, parameters["fast"])
    slow = values.indicator(IndicatorKind.EMA, parameters["slow"])
    return Signals(_before(fast <= slow) & (fast > slow), fast < slow)


def _rsi_reversion(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    rsi = values.indicator(IndicatorKind.RSI, parameters["period"])
    oversold = parameters["oversold"]
    return Signals(_before(rsi < oversold) & (rsi >= oversold), rsi >= parameters["exit_level"])


def _bollinger(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    period, gain_bps = parameters["period"], parameters["min_gain"]
    close, middle = values.close, values.indicator(IndicatorKind.SMA, period)
    reach = values.indicator(IndicatorKind.STDDEV, period) * parameters["width"] / 10
    above_lower = _reaches(close, middle - reach)
    was_below = _before(~above_lower & ~np.isnan(middle))
    upper = middle + reach
    return Signals(
        enter=was_below & above_lower,
        leave=_reaches(close, upper) & (upper > middle),
        worth=Worth(np.where(_reaches(close, middle), close, -np.inf), gain_bps),
        target=np.where((middle / close - 1) * 10_000 < gain_bps, np.nan, middle),
    )


def _breakout(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    close, age = values.close, np.arange(len(values.close))
    highest = _value_before(values.indicator(IndicatorKind.HIGHEST, parameters["entry"]))
    lowest = _value_before(values.indicator(IndicatorKind.LOWEST, parameters["exit"]))
    rose, fell = close > highest, (close < lowest) & ~np.isnan(highest)
    last_fall, last_rise = _latest(fell, age), _latest(rose & ~fell, age)
    leave = (last_fall > last_rise) & (age - last_fall < parameters["exit"])
    if not parameters["stop"]:
        return Signals(rose, leave)
    distance = values.indicator(IndicatorKind.ATR, ATR_PERIOD) * parameters["stop"] / 10
    stop = np.where((distance > 0) & (distance < close), close - distance, np.nan)
    return Signals(rose & ~np.isnan(distance), leave, stop=stop)


def _latest(mask: Mask, age: Ints) -> Ints:
    """The newest bar so far on which it held; one before all bars where it never did."""
    return np.maximum.accumulate(np.where(mask, age, -1))


def _reaches(price: Floats, level: Floats) -> Mask:
    return price >= level * (1 - SLACK)


SIGNALS: dict[str, Callable[[BarValues, Mapping[str, int]], Signals]] = {
    "ema_cross": _ema_cross,
    "rsi_reversion": _rsi_reversion,
    "bollinger": _bollinger,
    "breakout": _breakout,
}
