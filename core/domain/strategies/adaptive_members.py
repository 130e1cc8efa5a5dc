"""Strategies that trade on paper within a strategy: what each would hold, and how well it did lately, net of costs."""

from collections import deque
from math import sqrt

from core.domain.market import Bar
from core.domain.money import ONE
from core.domain.strategies.base import (
    FLAT,
    Action,
    BarContext,
    IndicatorSpec,
    PositionView,
    Signal,
    StrategyKind,
)

COST_A_SIDE = 0.0011
"""What entering or leaving costs, as a fraction of the price: a fee of 10 bps and half a spread of 2 bps."""
_TARGET, _STOP = 0.02, 0.015
"""Distances of target and stop where a member names none: those of the balanced risk mode."""
_SOME_POSITION = PositionView(ONE, None, ONE)
"""A position of which nothing is known but that it is there."""
_UNITS = 1_000
"""Results are summed in whole thousandths of a bar's typical range, so that a sum does not depend on where it began."""


class Results:
    """Net results of the last `window` bars, each measured in the bar's typical range, and their score."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._kept: deque[int] = deque()
        self._sum = 0
        self._squares = 0

    def add(self, net: float, typical_range: float) -> None:
        """One more bar; `net` and `typical_range` are fractions of the price."""
        units = round(net / typical_range * _UNITS) if typical_range else 0
        self._kept.append(units)
        self._sum += units
        self._squares += units * units
        if len(self._kept) > self._window:
            old = self._kept.popleft()
            self._sum -= old
            self._squares -= old * old

    @property
    def score(self) -> float:
        """Sum of the results over the root of the sum of their squares: a t-statistic, so risk-adjusted.

        One typical range is added to the squares: a single small result proves nothing.
        """
        return self._sum / sqrt(self._squares + _UNITS * _UNITS) if self._sum else 0.0


class Member:
    """A strategy with a position on paper: all or nothing, filled at the next bar's open, with costs, target and stop.

    Where its life began must not matter. So it starts as if it held something unknown, without results, until it says
    that anything held should be sold: from there on it holds what it would hold had it seen all bars before.
    """

    def __init__(self, kind: StrategyKind, window: int) -> None:
        self.name = kind.name
        self.strategy = kind.make({})
        self.results = Results(window)
        self.signal: Signal | None = None
        """What it said after the newest bar."""
        self._view: PositionView = _SOME_POSITION
        self._pending: Signal | None = None
        self._known = False
        self._target = self._stop = self._valued_at = 0.0

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """What the strategy needs."""
        return self.strategy.indicators

    @property
    def wants(self) -> bool:
        """Whether it wants to hold something from the next bar on."""
        if self._pending is not None:
            return self._pending.action is Action.ENTER
        return self._known and self._view is not FLAT

    @property
    def enters(self) -> bool:
        """Whether it has just decided to enter."""
        return self._pending is not None and self._pending.action is Action.ENTER

    @property
    def leaves(self) -> bool:
        """Whether it has just decided to leave."""
        return self._pending is not None and self._pending.action is Action.EXIT

    def on_bar(self, bar: Bar, context: BarContext) -> float:
        """Digest one closed bar; gives the net result of the bar as a fraction of the price."""
        net = 0.0
        if self._pending is not None or self._view is not FLAT:
            net = self._live_through(bar)
        self.signal = self.strategy.on_bar(bar, BarContext(context.indicators, self._view))
        if self.signal is None:
            return net
        leaves = self.signal.action is Action.EXIT
        if not self._known:
            if leaves:
                self._known, self._view = True, FLAT
        elif leaves is (self._view is not FLAT):
            self._pending = self.signal
        return net

    def _live_through(self, bar: Bar) -> float:
        """Fill what was decided at the open; where both stop and target were touched, the stop was first."""
        if not self._known:
            return 0.0
        pending, self._pending = self._pending, None
        opened, net = float(bar.open), 0.0
        if pending is not None:
            if pending.action is Action.EXIT:
                return self._left(opened)
            self._enter(bar, opened, pending)
            net = -COST_A_SIDE
        low, high = float(bar.low), float(bar.high)
        if low <= self._stop:
            return net + self._left(min(self._stop, opened))
        if high >= self._target:
            return net + self._left(max(self._target, opened))
        close = float(bar.close)
        net += close / self._valued_at - 1
        self._valued_at = close
        return net

    def _enter(self, bar: Bar, opened: float, signal: Signal) -> None:
        self._view = PositionView(ONE, bar.open, ONE, bar.open_time)
        self._valued_at = opened
        self._target = opened * (1 + _TARGET) if signal.target is None else float(signal.target)
        self._stop = opened * (1 - _STOP) if signal.stop is None else float(signal.stop)

    def _left(self, price: float) -> float:
        self._view = FLAT
        return price / self._valued_at - 1 - COST_A_SIDE
