"""Streaming indicators on TA-Lib: O(1) per bar, bit for bit what TA-Lib's batch functions give."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import talib
from talib import stream

from core.domain.market import Bar
from core.domain.strategies.base import IndicatorKind, IndicatorSpec

if TYPE_CHECKING:
    from datetime import datetime

#: TA-Lib's way of saying "too few bars yet"; its type stubs leave it out.
_InsufficientHistory = cast("type[Exception]", vars(talib)["InsufficientHistory"])


class _Handle(Protocol):
    """A TA-Lib stream handle; it has digested a history when it exists."""

    @property
    def value(self) -> float: ...

    def update(self, real: float, /) -> float: ...


_Opener = Callable[[np.ndarray, int], _Handle]

_OPENERS: dict[IndicatorKind, _Opener] = {
    IndicatorKind.EMA: cast("_Opener", stream.EMA),
    IndicatorKind.RSI: cast("_Opener", stream.RSI),
}

KEPT_BARS = 1000
"""Closing prices kept to warm an indicator that is required later; an average over more bars warms live."""


class TalibIndicators:
    """Indicators of one symbol and timeframe (port IndicatorSet); computed once, shared by all bots on it.

    Recursive indicators depend on where their history began: one required from the start has seen every
    bar, one required later starts on the kept bars. A bar that is not newer than the last is dropped and
    counted in `dropped`. Not safe for several threads; the engine uses it from its loop.
    """

    def __init__(self, kept_bars: int = KEPT_BARS) -> None:
        self.dropped = 0
        self._closes: deque[float] = deque(maxlen=kept_bars)
        self._newest: datetime | None = None
        self._cold: list[IndicatorSpec] = []
        self._warm: dict[IndicatorSpec, _Handle] = {}

    def require(self, spec: IndicatorSpec) -> None:
        """Compute this one from now on (idempotent); kept bars are digested at once."""
        if spec in self._warm or spec in self._cold:
            return
        if not self._open(spec):
            self._cold.append(spec)

    def update(self, bar: Bar) -> Mapping[IndicatorSpec, float]:
        """Digest one closed bar and give the values that are warm."""
        if self._newest is not None and bar.open_time <= self._newest:
            self.dropped += 1
            return self.values()
        self._newest = bar.open_time
        close = float(bar.close)
        self._closes.append(close)
        values = {spec: handle.update(close) for spec, handle in self._warm.items()}
        if self._cold:
            opened = [spec for spec in self._cold if self._open(spec)]
            self._cold = [spec for spec in self._cold if spec not in opened]
            values.update({spec: self._warm[spec].value for spec in opened})
        return values

    def values(self) -> dict[IndicatorSpec, float]:
        """The warm values after the newest bar."""
        return {spec: handle.value for spec, handle in self._warm.items()}

    def _open(self, spec: IndicatorSpec) -> bool:
        """Make the handle from the kept bars; False while they are too few."""
        if len(self._closes) < spec.period:
            return False
        try:
            self._warm[spec] = _OPENERS[spec.kind](np.array(self._closes, dtype=np.float64), spec.period)
        except _InsufficientHistory:
            return False
        return True
