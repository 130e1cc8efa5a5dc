"""What orders of a bot meet on bars, as arrays: the same market states that a replay makes of the bars.

Prices are counted in half ticks, for a mid may lie between two ticks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.adapters.sweep_touch import FirstAbove, Floats, Ints
from core.domain.bar_states import HALF_SPREAD_BPS
from core.domain.instrument import Instrument
from core.domain.market import Bar
from core.domain.money import BPS, ONE
from core.domain.strategies.levels import DIGITS

TICK = 2
"""Half ticks of a tick."""

_DIGIT = 1e-6


@dataclass(frozen=True, slots=True)
class WaysOut:
    """Per entry, where its stop or target is met: at which bar, at which price, and whether at that bar's open.

    The bar is the count of bars where neither is.
    """

    bar: Ints
    price: Ints
    at_open: NDArray[np.bool_]

    def of(self, entries: Ints) -> "WaysOut":
        """Those of some of the entries."""
        return WaysOut(self.bar[entries], self.price[entries], self.at_open[entries])


class BarPrices:
    """Best prices at the open of each bar, best bids at its low and high, the mark at its close."""

    def __init__(self, bars: Sequence[Bar], instrument: Instrument) -> None:
        self.count = len(bars)
        self.unit = float(instrument.tick_size) / TICK
        self.open = self._units([float(bar.open) for bar in bars])
        self.close = self._units([float(bar.close) for bar in bars])
        spread = _half_spread(self.open)
        self.ask_at_open, self.bid_at_open = self.open + spread, self.open - spread
        self.spread_bps = 2 * spread / self.open * float(BPS)
        low = self._units([float(bar.low) for bar in bars])
        high = self._units([float(bar.high) for bar in bars])
        self._lowest_bid = low - _half_spread(low)
        self._stops = FirstAbove(-self._lowest_bid)
        self._targets = FirstAbove(high - _half_spread(high))

    def away(self, bps: Decimal) -> Ints:
        """The price so far from the open of each bar, rounded down to the tick as targets and stops are."""
        return _scaled(self.open, ONE + bps / BPS)

    def levels(self, prices: Floats) -> Ints:
        """Prices that strategies name, rounded to their digits first and then down to the tick; NaN gives any."""
        named = np.nan_to_num(prices, nan=1)
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(named)))
        # A price on a tick must not fall below it by a float's last digits.
        return np.floor(np.round(named * scale) / scale / (self.unit * TICK) + _DIGIT).astype(np.int64) * TICK

    def ways_out(self, entered: Ints, stops: Ints, targets: Ints) -> WaysOut:
        """Where positions that are entered at the open of these bars meet their stop or target first.

        Within a bar a stop comes before a target. At a later open that lies beyond either, a sale brings the bid.
        """
        bar = np.minimum(self._stops.find(entered, -stops), self._targets.find(entered, targets))
        met = np.minimum(bar, self.count - 1)
        bid = self.bid_at_open[met]
        at_open = (met > entered) & ((bid <= stops) | (bid >= targets))
        inside = np.where(self._lowest_bid[met] <= stops, stops, targets)
        return WaysOut(bar, np.where(at_open, bid, inside), at_open)

    def _units(self, prices: list[float]) -> Ints:
        return np.rint(np.array(prices) / self.unit).astype(np.int64)


def _half_spread(mid: Ints) -> Ints:
    """A replayed book's: whole ticks, at least one, and half the price where that is not more than a tick."""
    spread = np.maximum(TICK, _scaled(mid, HALF_SPREAD_BPS / BPS))
    return np.where(spread >= mid, mid // 2, spread)


def _scaled(prices: Ints, factor: Decimal) -> Ints:
    """Prices times a factor, rounded down to the tick, without an error of floats."""
    numerator, denominator = factor.as_integer_ratio()
    return prices * numerator // (denominator * TICK) * TICK
