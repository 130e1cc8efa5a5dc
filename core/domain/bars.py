"""Bars from market states and bigger bars from smaller ones, both closed by exchange time alone."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from core.domain.errors import InvalidInput
from core.domain.market import Bar, CorruptMarketData, MarketState, Timeframe


class BarBuilder:
    """Builds the bars of one symbol from its states; volumes add up.

    Prices are mids, or with `of_trades` those of the trades in the states, as exchanges make bars; then an interval
    without a trade gives no bar, whatever the quotes did. `closed_whole` tells whether no state of the bar that was
    closed last reported a gap.

    A bar covers [open_time, open_time + span) and closes when a state at or after its end arrives. An
    interval in which no state came gives no bar: nothing is invented, and a strategy sees the next real
    bar instead. A state at or before the newest one digested is dropped and counted in `dropped`.
    """

    def __init__(self, symbol: str, timeframe: Timeframe, *, of_trades: bool = False) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        self.dropped = 0
        self.closed_whole = True
        self._whole = True
        self._of_trades = of_trades
        self._seen_until: datetime | None = None
        self._open_time: datetime | None = None
        self._end: datetime | None = None
        self._open = self._high = self._low = self._close = self._volume = Decimal(0)

    def on_state(self, state: MarketState) -> list[Bar]:
        """Digest one state and give the bar it closes, if any.

        Raises:
            CorruptMarketData: the state is of another symbol.
        """
        if state.symbol != self.symbol:
            raise CorruptMarketData(f"A state of {state.symbol} came to the bars of {self.symbol}.")
        if self._seen_until is not None and state.ts <= self._seen_until:
            self.dropped += 1
            return []
        self._whole = self._whole and not state.gap
        closed = self.close_at(state.ts)
        self._seen_until = state.ts
        if self._of_trades:
            for trade in state.trades:
                price = trade.price
                self._extend(state.ts, (price, price, price, price), trade.quantity)
        else:
            mid = state.mid
            self._extend(state.ts, (mid, mid, mid, mid), state.volume)
        self._whole = self._whole and not state.gap
        return closed

    def absorb(self, bar: Bar) -> list[Bar]:
        """Digest a closed bar as if its states had been seen, and give the bar it closes, if any.

        With it a bar that was half built before a restart or a gap is completed from history: absorb the
        smaller bars since the interval's start, then go on with states.

        Raises:
            CorruptMarketData: the bar is of another symbol or longer than the bars built here.
        """
        if bar.symbol != self.symbol or bar.timeframe.secs > self.timeframe.secs:
            raise CorruptMarketData(f"A {bar.timeframe} bar of {bar.symbol} does not fit into {self.symbol} bars.")
        if self._seen_until is not None and bar.open_time <= self._seen_until:
            self.dropped += 1
            return []
        closed = self.close_at(bar.open_time)
        self._seen_until = bar.open_time
        self._extend(bar.open_time, (bar.open, bar.high, bar.low, bar.close), bar.volume)
        return closed

    def close_at(self, ts: datetime) -> list[Bar]:
        """The bar in the making, when exchange time `ts` is at or after its end; it is then closed."""
        if self._end is None or ts < self._end:
            return []
        self.closed_whole, self._whole = self._whole, True
        self._end = None
        if self._open_time is None:
            return []
        bar = Bar(
            self.symbol, self.timeframe, self._open_time, self._open, self._high, self._low, self._close, self._volume
        )
        self._open_time = None
        return [bar]

    def _extend(self, ts: datetime, prices: tuple[Decimal, Decimal, Decimal, Decimal], volume: Decimal) -> None:
        opened, high, low, close = prices
        if self._open_time is None:
            self._open_time = self.timeframe.floor(ts)
            self._end = self._open_time + self.timeframe.span
            self._open, self._high, self._low, self._close, self._volume = opened, high, low, close, volume
            return
        self._high = max(self._high, high)
        self._low = min(self._low, low)
        self._close = close
        self._volume += volume


def aggregate(bars: Sequence[Bar], timeframe: Timeframe) -> list[Bar]:
    """Bigger bars from smaller ones (ascending, of one symbol and timeframe), complete ones only.

    The first interval is given only when `bars` starts at its beginning, the last only when `bars`
    reaches its end. Bars missing in between are an interval without states (see BarBuilder), not a fault.

    Raises:
        InvalidInput: the bars are longer than `timeframe`.
        CorruptMarketData: bars of several symbols, or not in order.
    """
    if not bars:
        return []
    first, last = bars[0], bars[-1]
    if first.timeframe.secs > timeframe.secs:
        raise InvalidInput(f"{timeframe} bars cannot be made from {first.timeframe} bars.")
    builder = BarBuilder(first.symbol, timeframe)
    closed: list[Bar] = []
    for bar in bars:
        closed += builder.absorb(bar)
    if builder.dropped:
        raise CorruptMarketData(f"Bars of {first.symbol} are not in ascending order.")
    closed += builder.close_at(last.open_time + last.timeframe.span)
    first_start = timeframe.floor(first.open_time)
    return [bar for bar in closed if bar.open_time > first_start or first.open_time == first_start]
