"""A strategy's money over bars, the same for every strategy: an estimate with floats, quick enough for fifty markets.

Fills are those of the product's replay: at the next bar's open, stops and targets at their price or a worse open (the
stop first where both are touched); of the gates and the ledger there is nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan

from core.adapters.indicators import TalibBatch
from core.domain.market import Bar
from core.domain.strategies.base import (
    FLAT,
    Action,
    BarContext,
    IndicatorSpec,
    PositionView,
    Signal,
    Strategy,
)
from core.domain.strategies.catalog import profile_of

COST_A_SIDE = 0.0011
"""A fee of 10 bps and half a spread of 2 bps, as a fraction of what is traded."""
WARM_BARS = 1_000
"""Bars every strategy digests before its first trade counts, as the engine gives them."""
_BALANCED = profile_of("balanced")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`net` return after costs and `drawdown`, the largest fall from a peak, as fractions.

    `exposure` is the fraction of bars in the market. `bet` is the sum of what the entries cost, where 1 is the money
    at the start.
    """

    net: float
    drawdown: float
    entries: int
    exposure: float
    bet: float


class Account:
    """Starts with 1; bets what the balanced risk mode allows, times the signal's size."""

    def __init__(self) -> None:
        self.view: PositionView = FLAT
        self.curve: list[float] = [1.0]
        self.entries = 0
        self.bars_held = 0
        self.bet = 0.0
        self._cash = 1.0
        self._units = 0.0
        self._target = self._stop = 0.0

    def on_bar(self, bar: Bar, pending: Signal | None) -> None:
        """Fill what was decided on the bar before, meet stop and target, value what is held at the close."""
        if pending is not None:
            self._fill(bar, pending)
        if self._units:
            self.bars_held += 1
            opened = float(bar.open)
            if float(bar.low) <= self._stop:
                self._sell(min(self._stop, opened))
            elif float(bar.high) >= self._target:
                self._sell(max(self._target, opened))
        self.curve.append(self._cash + self._units * float(bar.close))

    def _fill(self, bar: Bar, signal: Signal) -> None:
        opened, holds = float(bar.open), bool(self._units)
        if signal.action is Action.EXIT and holds:
            self._sell(opened)
        elif signal.action is Action.ENTER and not holds:
            spent = self._cash * float(_BALANCED.position_fraction * signal.size)
            self._units = spent / opened
            self._cash -= spent * (1 + COST_A_SIDE)
            self._target = float(signal.target or bar.open * (1 + _BALANCED.take_profit_bps / 10_000))
            self._stop = float(signal.stop or bar.open * (1 - _BALANCED.stop_loss_bps / 10_000))
            self.view = PositionView(Decimal(self._units), bar.open, signal.size, bar.open_time)
            self.entries += 1
            self.bet += spent

    def _sell(self, price: float) -> None:
        self._cash += self._units * price * (1 - COST_A_SIDE)
        self._units, self.view = 0.0, FLAT

    @property
    def outcome(self) -> Outcome:
        """How it went up to the newest bar."""
        peak, fall = 1.0, 0.0
        for value in self.curve:
            peak = max(peak, value)
            fall = max(fall, 1 - value / peak)
        return Outcome(self.curve[-1] - 1, fall, self.entries, self.bars_held / (len(self.curve) - 1), self.bet)


def contexts(strategies: Sequence[Strategy], bars: Sequence[Bar]) -> list[Mapping[IndicatorSpec, float]]:
    """What the strategies may know after each bar: the values of all their indicators that are warm."""
    specs = list(dict.fromkeys(spec for strategy in strategies for spec in strategy.indicators))
    rows = zip(*TalibBatch().values(specs, bars).values(), strict=True)
    return [{spec: v for spec, v in zip(specs, row, strict=True) if not isnan(v)} for row in rows]


def trade(strategy: Strategy, bars: Sequence[Bar], values: Sequence[Mapping[IndicatorSpec, float]]) -> Outcome:
    """Run one strategy over bars; the first WARM_BARS only warm it."""
    account = Account()
    for bar, row in zip(bars[:WARM_BARS], values, strict=False):
        pending = strategy.on_bar(bar, BarContext(row))
    pending = None
    for bar, row in zip(bars[WARM_BARS:], values[WARM_BARS:], strict=True):
        account.on_bar(bar, pending)
        pending = strategy.on_bar(bar, BarContext(row, account.view))
    return account.outcome
