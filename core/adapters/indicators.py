"""Indicators on TA-Lib: streamed in O(1) per bar or for many bars at once, bit for bit the same values."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

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

    def update(self, *inputs: float) -> float: ...


class _Prices(NamedTuple):
    """What indicators are made of, of one bar."""

    high: float
    low: float
    close: float


_CLOSE = (_Prices._fields.index("close"),)
_HIGH = (_Prices._fields.index("high"),)
_LOW = (_Prices._fields.index("low"),)
_ALL = tuple(range(len(_Prices._fields)))


@dataclass(frozen=True, slots=True)
class _Function:
    """TA-Lib's two forms of an indicator; both take the columns named by `inputs`, then the period."""

    inputs: tuple[int, ...]
    opened: Callable[..., _Handle]
    batch: Callable[..., np.ndarray]


def _function(inputs: tuple[int, ...], name: str) -> _Function:
    return _Function(inputs, getattr(stream, name), getattr(talib, name))


_FUNCTIONS: dict[IndicatorKind, _Function] = {
    IndicatorKind.EMA: _function(_CLOSE, "EMA"),
    IndicatorKind.RSI: _function(_CLOSE, "RSI"),
    IndicatorKind.SMA: _function(_CLOSE, "SMA"),
    IndicatorKind.STDDEV: _function(_CLOSE, "STDDEV"),
    IndicatorKind.ATR: _function(_ALL, "ATR"),
    IndicatorKind.ADX: _function(_ALL, "ADX"),
    IndicatorKind.HIGHEST: _function(_HIGH, "MAX"),
    IndicatorKind.LOWEST: _function(_LOW, "MIN"),
}

KEPT_BARS = 1000
"""Bars kept to warm an indicator that is required later; one that needs more of them warms live."""


def _prices(bar: Bar) -> _Prices:
    return _Prices(float(bar.high), float(bar.low), float(bar.close))


def _columns(prices: Collection[_Prices], inputs: tuple[int, ...]) -> list[np.ndarray]:
    return [np.array([row[column] for row in prices], dtype=np.float64) for column in inputs]


class TalibIndicators:
    """Indicators of one symbol and timeframe (port IndicatorSet); computed once, shared by all bots on it.

    Recursive indicators depend on where their history began: one required from the start has seen every
    bar, one required later starts on the kept bars. A bar that is not newer than the last is dropped and
    counted in `dropped`. Not safe for several threads; the engine uses it from its loop.
    """

    def __init__(self, kept_bars: int = KEPT_BARS) -> None:
        self.dropped = 0
        self._kept: deque[_Prices] = deque(maxlen=kept_bars)
        self._newest: datetime | None = None
        self._cold: list[IndicatorSpec] = []
        self._warm: dict[IndicatorSpec, tuple[_Handle, tuple[int, ...]]] = {}

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
        now = _prices(bar)
        self._kept.append(now)
        values = {
            spec: handle.update(*[now[column] for column in inputs]) for spec, (handle, inputs) in self._warm.items()
        }
        if self._cold:
            opened = [spec for spec in self._cold if self._open(spec)]
            self._cold = [spec for spec in self._cold if spec not in opened]
            values.update({spec: self._warm[spec][0].value for spec in opened})
        return values

    def values(self) -> dict[IndicatorSpec, float]:
        """The warm values after the newest bar."""
        return {spec: handle.value for spec, (handle, _) in self._warm.items()}

    def _open(self, spec: IndicatorSpec) -> bool:
        """Make the handle from the kept bars; False while they are too few."""
        if len(self._kept) < spec.period:
            return False
        function = _FUNCTIONS[spec.kind]
        try:
            self._warm[spec] = function.opened(*_columns(self._kept, function.inputs), spec.period), function.inputs
        except _InsufficientHistory:
            return False
        return True


def price_columns(bars: Sequence[Bar]) -> list[np.ndarray]:
    """What `batch_values` computes from, of bars in order."""
    return [np.array([getattr(bar, name) for bar in bars], dtype=np.float64) for name in _Prices._fields]


def batch_values(spec: IndicatorSpec, columns: Sequence[np.ndarray]) -> np.ndarray:
    """The value after each bar; NaN while it warms up."""
    if len(columns[0]) < spec.period:
        return np.full(len(columns[0]), nan)
    function = _FUNCTIONS[spec.kind]
    return function.batch(*[columns[column] for column in function.inputs], spec.period)


class TalibBatch:
    """Indicators of many bars at once (port BatchIndicators): what streaming them from the first bar gives."""

    def values(self, specs: Iterable[IndicatorSpec], bars: Sequence[Bar]) -> dict[IndicatorSpec, list[float]]:
        """The value after each bar, for each spec; NaN while it warms up."""
        columns = price_columns(bars)
        return {spec: batch_values(spec, columns).tolist() for spec in specs}
