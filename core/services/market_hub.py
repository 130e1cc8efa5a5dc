"""One loop per symbol: takes market states from the feed, keeps the newest, and hands each to its readers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from core.domain.account import Account
from core.domain.market import MarketState
from core.domain.valuation import Mark
from core.ports import MarketFeed

_log = structlog.get_logger(__name__)

_GRACE_SECS = 2.0

Reader = Callable[[MarketState], Awaitable[None]]


class MarketHub:
    """The process's view of the market. Engine time is the feed's."""

    def __init__(self, feed: MarketFeed) -> None:
        self.feed = feed
        self._latest: dict[str, MarketState] = {}
        self._loops: dict[str, asyncio.Task[None]] = {}
        self._readers: list[Reader] = []
        self._news = asyncio.Condition()
        self._closing = False
        self.reader_errors = 0

    def subscribe(self, reader: Reader) -> None:
        """Await this for every state of every followed symbol; a slow reader slows its symbol's loop only."""
        self._readers.append(reader)

    def unsubscribe(self, reader: Reader) -> None:
        """Stop awaiting it."""
        self._readers.remove(reader)

    def follow(self, symbol: str) -> None:
        """Start this symbol's loop, if it does not run yet.

        Raises:
            NotFound: the feed does not serve the symbol.
        """
        self.feed.instrument(symbol)
        if symbol not in self._loops:
            self._loops[symbol] = asyncio.create_task(self._run(symbol), name=f"market:{symbol}")

    async def _run(self, symbol: str) -> None:
        async for state in self.feed.states(symbol):
            self.note(state)
            for reader in tuple(self._readers):
                try:
                    await reader(state)
                except Exception as error:  # noqa: BLE001 - prices go on whatever a reader meets, and it gets the next state
                    self.reader_errors += 1
                    _log.error("a market reader failed", symbol=symbol, problem=repr(error))
            async with self._news:
                self._news.notify_all()
        if not self._closing:
            _log.info("market data ended", symbol=symbol, source=self.feed.source)
        async with self._news:
            self._news.notify_all()

    def note(self, state: MarketState) -> None:
        """This is the newest state of its symbol."""
        self._latest[state.symbol] = state

    def failed(self) -> list[str]:
        """Symbols whose loop ended with an error."""
        done = ((symbol, task) for symbol, task in self._loops.items() if task.done() and not task.cancelled())
        return [symbol for symbol, task in done if task.exception() is not None]

    def latest(self, symbol: str) -> MarketState | None:
        """The newest state of a followed symbol."""
        return self._latest.get(symbol)

    async def state_from(self, symbol: str, earliest: datetime, wait_secs: float) -> MarketState | None:
        """The first state seen from now on that is at or after `earliest` (engine time); None when none comes.

        `wait_secs` is real time.
        """
        self.follow(symbol)

        def ready() -> bool:
            state = self._latest.get(symbol)
            return self._loops[symbol].done() or (state is not None and state.ts >= earliest)

        try:
            async with asyncio.timeout(wait_secs), self._news:
                await self._news.wait_for(ready)
        except TimeoutError:
            return None
        state = self._latest.get(symbol)
        return state if state is not None and state.ts >= earliest else None

    def mids_for(self, state: Account) -> dict[str, Decimal]:
        """Present mid prices that mean something to this account: not of what it holds from another market."""
        foreign = state.held_elsewhere(self.feed.source)
        return {symbol: market.mid for symbol, market in self._latest.items() if symbol not in foreign}

    def marks(self, state: Account, stale_secs: int) -> dict[str, Mark]:
        """A mark for everything the account holds: the present mid, else the recorded price, flagged stale."""
        mids, marks = self.mids_for(state), dict[str, Mark]()
        for symbol in state.priced_symbols():
            if symbol not in mids:
                marks[symbol] = Mark(symbol, state.marks[symbol], state.marked_at, None, "recorded", stale=True)
                continue
            newest = self._latest[symbol]
            age = max(self.feed.now() - newest.ts, timedelta())
            secs = Decimal(age // timedelta(milliseconds=1)) / 1000
            marks[symbol] = Mark(symbol, newest.mid, newest.ts, secs, newest.source, stale=secs > stale_secs)
        return marks

    async def close(self) -> None:
        """Let every loop finish the state it is at, then end it."""
        self._closing = True
        await self.feed.close()
        loops = list(self._loops.values())
        if loops:
            await asyncio.wait(loops, timeout=_GRACE_SECS)
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
