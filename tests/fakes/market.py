"""A market that a test writes: states come when the test pushes them, nothing moves by itself."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from core.domain.bars import aggregate
from core.domain.errors import Conflict, NotFound, Unavailable
from core.domain.instrument import Instrument
from core.domain.market import Bar, Level, MarketState, Sampling, Timeframe
from core.ports import FeedStatus

SOURCE = "replay:script"
START = datetime(2026, 1, 5, tzinfo=UTC)

BTC = Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5))
ETH = Instrument("ETH/USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5))


def state(  # noqa: PLR0913 - a test names what matters to it, all the rest has a usual value
    symbol: str,
    ts: datetime,
    bid: Decimal | str,
    ask: Decimal | str,
    size: Decimal | str = "10",
    volume: Decimal | str = "5",
    source: str = SOURCE,
    *,
    trades: Iterable[tuple[Decimal | str, Decimal | str]] = (),
    sampling: Sampling = Sampling.BOOK,
) -> MarketState:
    """A market state with one level a side, of `size` base units each; `trades` are pairs of price and quantity."""
    traded = tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in trades)
    bids = (Level(Decimal(bid), Decimal(size)),)
    asks = (Level(Decimal(ask), Decimal(size)),)
    return MarketState(symbol, ts, bids, asks, Decimal(volume), source, traded, sampling)


class ScriptedFeed:
    """A MarketFeed fake: scripted states first, then what is pushed; its clock is that of the newest state given.

    Args:
        states: what each symbol's iterator gives first.
        instruments: what is served, most usual first; states of another symbol are a mistake of the test.
        history: closed bars (of the smallest timeframe needed) known from the start, per symbol.
        source: what the feed calls itself.
        start: engine time before the first state.
    """

    def __init__(
        self,
        states: Mapping[str, Sequence[MarketState]] | None = None,
        instruments: Iterable[Instrument] = (BTC, ETH),
        history: Mapping[str, Sequence[Bar]] | None = None,
        source: str = SOURCE,
        start: datetime = START,
    ) -> None:
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._history = {symbol: list(bars) for symbol, bars in (history or {}).items()}
        self._source = source
        self._now = start
        self._taken: dict[str, None] = {}
        self.pasts_out_of_reach: set[str] = set()
        self._finished = False
        self._queues: dict[str, asyncio.Queue[MarketState | None]] = {s: asyncio.Queue() for s in self._instruments}
        for symbol, scripted in (states or {}).items():
            for one in scripted:
                self._queues[symbol].put_nowait(one)

    @property
    def source(self) -> str:
        return self._source

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._instruments)

    def instrument(self, symbol: str) -> Instrument:
        if symbol not in self._instruments:
            raise NotFound(f"The script has no {symbol}; it has {', '.join(self._instruments)}.")
        return self._instruments[symbol]

    def now(self) -> datetime:
        return self._now

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        self.instrument(symbol)
        if symbol in self.pasts_out_of_reach:
            raise Unavailable(f"The past of {symbol} does not come.")
        bars = [bar for bar in self._history.get(symbol, []) if bar.open_time + bar.timeframe.span <= self._now]
        return aggregate(bars, timeframe)[-count:] if count > 0 else []

    async def states(self, symbol: str) -> AsyncGenerator[MarketState]:
        self.instrument(symbol)
        if symbol in self._taken:
            raise Conflict(f"The states of {symbol} are being taken already.")
        self._taken[symbol] = None
        queue = self._queues[symbol]
        try:
            while (one := await queue.get()) is not None:
                self._now = max(self._now, one.ts)
                try:
                    yield one
                finally:
                    queue.task_done()
            queue.task_done()
        finally:
            del self._taken[symbol]

    def status(self) -> FeedStatus:
        position = {"now": self._now.isoformat()}
        return FeedStatus(self._source, self._now, tuple(self._taken), self._finished, 0, position)

    async def close(self) -> None:
        self.finish()

    async def push(self, one: MarketState) -> None:
        """Give a state to the symbol's consumer and wait until it has come back for the next one.

        Without a consumer it is kept for the first one and this returns at once.
        """
        queue = self._queues[one.symbol]
        queue.put_nowait(one)
        if one.symbol in self._taken:
            await queue.join()

    async def drained(self, symbol: str) -> None:
        """Wait until the symbol's consumer has dealt with everything given so far."""
        await self._queues[symbol].join()

    def withdraw(self, symbol: str) -> None:
        """The market does not serve the symbol any more."""
        del self._instruments[symbol]

    def finish(self) -> None:
        """The data ends: iterators end once they have given what was pushed."""
        self._finished = True
        for queue in self._queues.values():
            queue.put_nowait(None)
