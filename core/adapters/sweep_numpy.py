"""Estimates what many combinations of a strategy's parameters would have brought (port SweepEngine), in numpy.

Where a position would end depends on where it began, never on money. So all entries of a combination are followed at
once; which of them happen, and what they bring, is then a walk over trades instead of over bars.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.adapters.sweep_money import Ledger, Trades
from core.adapters.sweep_prices import BarPrices
from core.adapters.sweep_signals import SIGNALS, BarValues, Signals
from core.adapters.sweep_touch import FirstAbove, Ints
from core.domain.instrument import FeeSchedule
from core.domain.money import BPS
from core.domain.rules import TradingRules
from core.domain.strategies.levels import SLACK
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


@dataclass(frozen=True, slots=True)
class _Plans:
    """Entries with their protective prices; `signalled` are indices of the bars of signals, `entered` of bars."""

    signalled: Ints
    entered: Ints
    stops: Ints
    targets: Ints


class SweptMarket:
    """What the combinations of a task share."""

    def __init__(self, task: SweepTask) -> None:
        self._signals = SIGNALS[task.strategy]
        self._prices = BarPrices(task.bars, task.instrument)
        self._ledger = Ledger(task, self._prices)
        self._values = BarValues(task.closing)
        opens = np.array([bar.open_time.timestamp() for bar in task.bars])
        ends = np.array([(bar.open_time + bar.timeframe.span).timestamp() for bar in task.closing])
        # Signals act at the next open there is; those of the last bar, and of one that was over at the start, never do.
        self._acts_at = np.searchsorted(opens, ends).astype(np.int64)
        self._stops = self._prices.away(-task.profile.stop_loss_bps)
        self._targets = self._prices.away(task.profile.take_profit_bps)
        everywhere = np.arange(self._prices.count)
        self._usual = self._prices.ways_out(everywhere, self._stops, self._targets)
        self._usual_edge_bps = float(task.profile.take_profit_bps)
        self._required_bps = self._prices.spread_bps + _costs_bps(task.fees, task.rules)

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
        plans = self._plans(signals)
        entered = plans.entered
        told = self._told_to_leave(signals, plans)
        usual = signals.stop is None and signals.target is None
        out = self._usual.of(entered) if usual else prices.ways_out(entered, plans.stops, plans.targets)
        protected = (out.bar < told) | ((out.bar == told) & out.at_open)
        left = np.where(protected, out.bar, told)
        sold_at = np.where(protected, out.price, prices.bid_at_open[left.clip(max=count - 1)])
        # What a gap has sold at an open is gone before signals act there; any other exit waits for the next bar.
        again = np.where(protected & out.at_open, left, left + 1)
        return _Entries(entered, left, sold_at, np.searchsorted(entered, again))

    def _plans(self, signals: Signals) -> _Plans:
        """Entries that no gate denies for their prices: the edge pays for the trade, the stop is below the price."""
        signalled = np.flatnonzero(signals.enter)
        entered = self._acts_at[signalled]
        on = (entered > 0) & (entered < self._prices.count)
        signalled, entered = signalled[on], entered[on]
        stops, targets = self._stops[entered], self._targets[entered]
        edge_bps = np.full(len(entered), self._usual_edge_bps)
        if signals.stop is not None:
            own = signals.stop[signalled]
            stops = np.where(np.isnan(own), stops, self._prices.levels(own))
        if signals.target is not None:
            own, opened = signals.target[signalled], self._prices.open[entered] * self._prices.unit
            targets = np.where(np.isnan(own), targets, self._prices.levels(own))
            edge_bps = np.where(np.isnan(own), edge_bps, (own / opened - 1) * float(BPS))
        passes = (edge_bps >= self._required_bps[entered]) & (stops < self._prices.bid_at_open[entered])
        return _Plans(signalled[passes], entered[passes], stops[passes], targets[passes])

    def _told_to_leave(self, signals: Signals, plans: _Plans) -> Ints:
        """The bar at whose open the first signal to leave acts; the count of bars where there is none."""
        leaving = np.append(self._acts_at[signals.leave], self._prices.count)
        told = leaving[np.searchsorted(leaving, plans.entered, side="right").clip(max=len(leaving) - 1)]
        if signals.worth is None:
            return told
        gained = (1 + signals.worth.gain_bps / float(BPS)) * (1 - SLACK)
        wanted = np.asarray(self._prices.ask_at_open[plans.entered] * (self._prices.unit * gained), dtype=np.float64)
        found = FirstAbove(signals.worth.price).find(plans.signalled + 1, wanted)
        return np.minimum(told, np.append(self._acts_at, self._prices.count)[found])


def _costs_bps(fees: FeeSchedule, rules: TradingRules) -> float:
    """What the edge of an entry must reach besides the spread (gate 2)."""
    margins = rules.slippage_buffer_bps + rules.safety_margin_bps + rules.min_edge_bps
    return float(fees.taker_bps * 2 + margins)


def _taken(then: Ints) -> list[int]:
    """The chain of entries that begins with the first: each goes on with the next one possible after it."""
    following = then.tolist()
    taken: list[int] = []
    entry = 0
    while entry < len(following):
        taken.append(entry)
        entry = following[entry]
    return taken
