"""Estimates what many combinations of a strategy's parameters would have brought (port SweepEngine), in numpy.

Where a position would end depends on where it began, never on money. So all entries of a combination are followed at
once; which of them happen, and what they bring, is then a walk over trades instead of over bars.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.adapters.sweep_money import Ledger, Trades
from core.adapters.sweep_prices import BarPrices, WaysOut
from core.adapters.sweep_signals import SIGNALS, BarValues, Signals
from core.adapters.sweep_touch import Ints
from core.domain.bars import aggregate
from core.domain.sweep import SweepFigures, SweepTask


class NumpySweep:
    """Port SweepEngine. It keeps nothing between sweeps: safe for several threads."""

    @property
    def strategies(self) -> frozenset[str]:
        """Those whose signals depend on bars alone."""
        return frozenset(SIGNALS)

    def estimate(self, task: SweepTask, progress: Callable[[int], None] | None = None) -> list[SweepFigures]:
        """Figures of each combination, in order; `progress` is told how many are done."""
        market = SweptMarket(task)
        figures: list[SweepFigures] = []
        for done, parameters in enumerate(task.combinations, start=1):
            figures.append(market.settle(market.trades(parameters)))
            if progress is not None:
                progress(done)
        return figures


@dataclass(frozen=True, slots=True)
class _Entries:
    """All entries that a flat bot would make, and how each would end if it were made.

    `entered` and `left` are indices of bars; `then` is which of the entries is the next one possible.
    """

    entered: Ints
    left: Ints
    sold_at: Ints
    then: Ints


class SweptMarket:
    """What the combinations of a task share."""

    def __init__(self, task: SweepTask) -> None:
        self._signals = SIGNALS[task.strategy]
        self._first = task.first
        self._prices = BarPrices(task.bars, task.instrument)
        self._ledger = Ledger(task, self._prices)
        bars = aggregate(task.bars, task.timeframe)
        self._values = BarValues(bars)
        opens = np.array([bar.open_time.timestamp() for bar in task.bars])
        ends = np.array([bar.open_time.timestamp() + task.timeframe.secs for bar in bars])
        # A bar's signals act at the next open there is; those of the last bar never do.
        self._acts_at = np.searchsorted(opens, ends).astype(np.int64)
        self._stops, self._targets = self._prices.stops(task.profile), self._prices.targets(task.profile)
        everywhere = np.arange(self._prices.count)
        self._usual = self._prices.ways_out(everywhere, self._stops, self._targets)

    def trades(self, parameters: Mapping[str, int]) -> Trades:
        """The positions that one combination takes."""
        entries = self._entries(self._signals(self._values, parameters))
        taken = _taken(entries.then)
        entered = entries.entered[taken]
        return Trades(entered, entries.left[taken], self._prices.ask_at_open[entered], entries.sold_at[taken])

    def settle(self, trades: Trades) -> SweepFigures:
        """What they bring."""
        return self._ledger.settle(trades)

    def _entries(self, signals: Signals) -> _Entries:
        """A position ends at its stop or target, or at the open after a signal to leave: whichever comes first."""
        count, prices = self._prices.count, self._prices
        signalled = np.flatnonzero(signals.enter)
        entered = self._acts_at[signalled]
        on = (entered > self._first) & (entered < count)
        signalled, entered = signalled[on], entered[on]
        leaving = np.append(self._acts_at[np.flatnonzero(signals.leave)], count)
        told = leaving[np.searchsorted(leaving, entered, side="right").clip(max=len(leaving) - 1)]
        out = self._ways_out(signals, signalled, entered)
        protected = (out.bar < told) | ((out.bar == told) & out.at_open)
        left = np.where(protected, out.bar, told)
        sold_at = np.where(protected, out.price, prices.bid_at_open[left.clip(max=count - 1)])
        # What a gap has sold at an open is gone before signals act there; any other exit waits for the next bar.
        again = np.where(protected & out.at_open, left, left + 1)
        return _Entries(entered, left, sold_at, np.searchsorted(entered, again))

    def _ways_out(self, signals: Signals, signalled: Ints, entered: Ints) -> WaysOut:
        if signals.stop is None and signals.target is None:
            return self._usual.of(entered)
        stops, targets = self._stops[entered], self._targets[entered]
        if signals.stop is not None:
            stops = self._prices.levels(signals.stop[signalled])
        if signals.target is not None:
            targets = self._prices.levels(signals.target[signalled])
        return self._prices.ways_out(entered, stops, targets)


def _taken(then: Ints) -> list[int]:
    """The chain of entries that begins with the first: each goes on with the next one possible after it."""
    following = then.tolist()
    taken: list[int] = []
    entry = 0
    while entry < len(following):
        taken.append(entry)
        entry = following[entry]
    return taken
