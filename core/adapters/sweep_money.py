"""What a chain of trades does to a bot's money: sizes, fees, equity at each close, and the deepest fall of it."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

import numpy as np

from core.adapters.sweep_prices import BarPrices
from core.adapters.sweep_touch import Ints
from core.domain.money import BPS, round_half_even
from core.domain.sweep import SweepFigures, SweepTask

_PERCENT_DECIMALS = 4
_MONEY_DECIMALS = 8

_DIGIT = 1e-6
"""Rounding up or down must not be led astray by a float's last digits."""


@dataclass(frozen=True, slots=True)
class Trades:
    """Positions one after the other: indices of the bars they begin at and end in, and their prices in half ticks.

    A position whose end is the count of bars is still open.
    """

    entered: Ints
    left: Ints
    bought_at: Ints
    sold_at: Ints


class Ledger:
    """Settles the trades of any combination of one task; money in floats, for an estimate."""

    def __init__(self, task: SweepTask, prices: BarPrices) -> None:
        self._count = prices.count
        self._unit, self._marks = prices.unit, prices.close * prices.unit
        self._capital = float(task.capital)
        self._fraction = float(task.profile.position_fraction)
        self._fee = float(task.fees.taker_bps / BPS)
        self._finest = 10.0**task.fees.decimals
        self._lot = float(task.instrument.lot_size)
        self._least = float(task.instrument.min_notional)

    def settle(self, trades: Trades) -> SweepFigures:
        """Trade after trade, as large as the risk mode allows with what the one before left."""
        cash, wins = self._capital, 0
        cash_levels, held_levels = [cash], [0.0]
        bought_at, sold_at = (trades.bought_at * self._unit).tolist(), (trades.sold_at * self._unit).tolist()
        for ask, bid in zip(bought_at, sold_at, strict=True):
            quantity = floor(cash * self._fraction / (ask * self._lot) + _DIGIT) * self._lot
            notional = quantity * ask
            if notional < self._least:  # too little is left to trade with
                break
            paid = cash - notional - self._charge(notional)
            got = quantity * bid
            sold = paid + got - self._charge(got)
            wins += sold > cash
            cash = sold
            cash_levels += (paid, sold)
            held_levels += (quantity, 0.0)
        return self._figures(trades, cash_levels, held_levels, wins)

    def _charge(self, notional: float) -> float:
        return ceil(notional * self._fee * self._finest - _DIGIT) / self._finest

    def _figures(self, trades: Trades, cash: list[float], held: list[float], wins: int) -> SweepFigures:
        done = len(cash) // 2
        turns = np.empty(2 * done, dtype=np.int64)
        turns[::2], turns[1::2] = trades.entered[:done], trades.left[:done]
        lengths = np.diff(turns, prepend=0, append=self._count)
        equity = np.repeat(held, lengths) * self._marks
        equity += np.repeat(cash, lengths)
        peaks = np.maximum.accumulate(np.maximum(equity, self._capital))
        fall = float(np.max(1 - equity / peaks))
        final = float(equity[-1])
        closed = done
        if done and trades.left[done - 1] == self._count:  # its end, and so its result, is not known yet
            closed -= 1
            wins -= cash[-1] > cash[-3]
        return SweepFigures(
            final_equity=_rounded(final, _MONEY_DECIMALS),
            net_profit_pct=_rounded((final / self._capital - 1) * 100, _PERCENT_DECIMALS),
            max_drawdown_pct=_rounded(fall * 100, _PERCENT_DECIMALS),
            trades=closed,
            wins=wins,
            win_rate_pct=_rounded(wins / closed * 100, _PERCENT_DECIMALS) if closed else None,
        )


def _rounded(value: float, decimals: int) -> Decimal:
    return round_half_even(Decimal(value), decimals)
