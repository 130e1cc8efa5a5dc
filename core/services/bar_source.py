"""Closed bars and indicator values of one symbol and timeframe, from history first and then from live states."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

from core.domain.bars import BarBuilder
from core.domain.market import LIVE, Bar, MarketState, Timeframe
from core.domain.strategies.base import IndicatorSpec, Strategy
from core.ports import IndicatorSet, MarketFeed

IndicatorFactory = Callable[[], IndicatorSet]

#: History digested before the first live bar, so that strategies start warm and act as if they had never stopped
#: (Strategy.memory_bars): enough for an average over 50 bars or an RSI over 25; slower ones differ in far decimals.
WARM_BARS = 1_000


class BarSource:
    """Shared by all bots of a (symbol, timeframe): one builder and one set of indicators."""

    def __init__(self, feed: MarketFeed, indicators: IndicatorFactory, symbol: str, timeframe: Timeframe) -> None:
        self._feed = feed
        self._new_indicators = indicators
        self._symbol = symbol
        self._timeframe = timeframe
        self._builder = BarBuilder(symbol, timeframe, of_trades=feed.source.startswith(LIVE))
        self._indicators = indicators()
        self._history: deque[Bar] = deque(maxlen=WARM_BARS)
        self._newest: datetime | None = None
        self._building = False

    async def open(self) -> None:
        """Fetch and digest the history up to now."""
        for bar in await self._feed.history(self._symbol, self._timeframe, WARM_BARS):
            self._digest(bar)

    def _digest(self, bar: Bar) -> Mapping[IndicatorSpec, float]:
        self._newest = bar.open_time
        self._history.append(bar)
        return self._indicators.update(bar)

    def add(self, strategy: Strategy) -> list[tuple[Bar, Mapping[IndicatorSpec, float]]]:
        """Compute what a strategy needs from now on; gives the past bars with their values to warm it with."""
        own = self._new_indicators()
        for spec in strategy.indicators:
            self._indicators.require(spec)
            own.require(spec)
        return [(bar, own.update(bar)) for bar in self._history]

    async def on_state(self, state: MarketState) -> list[tuple[Bar, Mapping[IndicatorSpec, float]]]:
        """Digest a state; gives each bar that closed, oldest first, with the indicator values after it.

        A bar the builder saw only in part (the first one, or after a gap) is taken from history instead.
        """
        closed: list[tuple[Bar, Mapping[IndicatorSpec, float]]] = []
        for built in self._builder.on_state(state):
            closed.extend([(bar, self._digest(bar)) for bar in await self._complete(built)])
        return closed

    async def _complete(self, built: Bar) -> list[Bar]:
        newest = self._newest
        if newest is not None and built.open_time <= newest:
            return []
        # The first bar began before the builder did, so it was not seen whole.
        follows = newest is not None and built.open_time == newest + self._timeframe.span
        if follows and self._building and self._builder.closed_whole:
            return [built]
        self._building = True
        known = await self._feed.history(self._symbol, self._timeframe, WARM_BARS)
        missing = [b for b in known if (newest is None or b.open_time > newest) and b.open_time <= built.open_time]
        return missing if missing and missing[-1].open_time == built.open_time else [*missing, built]
