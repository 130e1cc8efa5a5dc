"""On which bars strategies would enter and leave, for whole arrays of bars; each rule is its strategy's `on_bar`.

A strategy is here when its signals depend on bars alone, besides on whether anything is held.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.adapters.indicators import batch_values, price_columns
from core.domain.market import Bar
from core.domain.strategies.base import IndicatorKind, IndicatorSpec

Floats: TypeAlias = NDArray[np.float64]
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
class Signals:
    """Per bar: whether a flat bot would enter after it, whether a holding one would leave.

    `target` and `stop` are prices, where the strategy knows better than the risk mode.
    """

    enter: Mask
    leave: Mask
    target: Floats | None = None
    stop: Floats | None = None


def _before(mask: Mask) -> Mask:
    """Whether it held on the bar before; on the first bar it did not."""
    shifted = np.empty_like(mask)
    shifted[0] = False
    shifted[1:] = mask[:-1]
    return shifted


def _ema_cross(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    fast = values.indicator(IndicatorKind.EMA, parameters["fast"])
    slow = values.indicator(IndicatorKind.EMA, parameters["slow"])
    return Signals(_before(fast <= slow) & (fast > slow), fast < slow)


def _rsi_reversion(values: BarValues, parameters: Mapping[str, int]) -> Signals:
    rsi = values.indicator(IndicatorKind.RSI, parameters["period"])
    oversold = parameters["oversold"]
    return Signals(_before(rsi < oversold) & (rsi >= oversold), rsi >= parameters["exit_level"])


SIGNALS: dict[str, Callable[[BarValues, Mapping[str, int]], Signals]] = {
    "ema_cross": _ema_cross,
    "rsi_reversion": _rsi_reversion,
}
