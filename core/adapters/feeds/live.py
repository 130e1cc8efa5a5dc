"""Live prices of any public exchange that ccxt knows; no account is needed and nothing is ever ordered there."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from decimal import InvalidOperation

import structlog

from core.adapters.feeds.live_exchange import ExchangeTrouble, LiveExchange
from core.adapters.feeds.live_history import fetch_bars
from core.adapters.feeds.live_markets import instrument_document, instrument_from
from core.adapters.feeds.live_stream import Pace, SymbolStream
from core.adapters.feeds.live_tally import Backoff, Tally
from core.domain.errors import Conflict, NotFound, Unavailable
from core.domain.instrument import Instrument
from core.domain.market import LIVE, Bar, MarketState, Timeframe
from core.ports import Clock, Document, FeedCounts, FeedStatus

CLOCK_EVERY_SECS = 600.0
"""How often the exchange's clock is compared with ours."""

TRIES = 4
"""Failures in a row after which nobody waits for the exchange any more; it is retried all the same."""

_NAMED = 6

_log = structlog.get_logger(__name__)


class LiveFeed:
    """A MarketFeed on an exchange; made with `open`. Engine time is the exchange's, in real time.

    While the exchange has not been reached yet, only the pairs that were followed before are known, and they have no
    prices: nothing is traded.
    """

    def __init__(self, exchange: LiveExchange, clock: Clock, pace: Pace, position: Document | None) -> None:
        self._exchange = exchange
        self._clock = clock
        self._pace = pace
        self._offset = timedelta()
        self._connected = asyncio.Event()
        self._settled = asyncio.Event()
        self._closed = False
        self._streams: dict[str, SymbolStream | None] = {}
        self._followed: dict[str, None] = {}
        self._newest: datetime | None = None
        self._instruments = _remembered(position)
        self._symbols = tuple(self._instruments)
        self._keeper = asyncio.create_task(self._keep(), name="live exchange")

    @classmethod
    async def open(
        cls, exchange_id: str, clock: Clock, pace: Pace, position: Document | None = None, loopback: str | None = None
    ) -> "LiveFeed":
        """Begin to reach an exchange; `reached` waits for that.

        Args:
            exchange_id: ccxt's name of it.
            clock: ours, which may be wrong.
            pace: real time and chance.
            position: `status().position` of an earlier run on the same exchange.
            loopback: `host:port` of a stand-in for the exchange.

        Raises:
            InvalidInput: ccxt does not know the exchange.
        """
        return cls(await LiveExchange.open(exchange_id, Tally(), loopback), clock, pace, position)

    async def reached(self, wait_secs: float) -> bool:
        """Whether the exchange answers within so many real seconds and a few tries."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_secs):
                await self._settled.wait()
        return self._connected.is_set()

    @property
    def source(self) -> str:
        """`live:` and the exchange's id."""
        return f"{LIVE}{self._exchange.exchange_id}"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The active spot pairs; before the exchange was reached, those followed in an earlier run."""
        return self._symbols

    def instrument(self, symbol: str) -> Instrument:
        """Trading rules of a pair, as the exchange states them.

        Raises:
            NotFound: the exchange has no such pair.
            Unavailable: the exchange was not reached yet.
        """
        known = self._instruments.get(symbol)
        if known is not None:
            return known
        exchange_id = self._exchange.exchange_id
        if not self._connected.is_set():
            raise Unavailable(
                f"{exchange_id} was not reached yet, so nothing is known of {symbol[:20]}. It is retried."
            )
        some = ", ".join(self._symbols[:_NAMED])
        raise NotFound(f"{exchange_id} has no {symbol[:20]}; among its {len(self._symbols)} pairs are {some}.")

    def now(self) -> datetime:
        """Exchange time: our clock set right by what the exchange's said, never before the newest data."""
        now = self._clock.now() + self._offset
        return now if self._newest is None else max(now, self._newest)

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """Closed bars as the exchange keeps them.

        Raises:
            NotFound, Unavailable: as `instrument`; Unavailable also when the exchange does not answer.
        """
        self.instrument(symbol)
        if not self._connected.is_set():
            raise Unavailable(f"{self._exchange.exchange_id} was not reached yet; it is retried.")
        return await fetch_bars(self._exchange, symbol, timeframe, count, self.now())

    async def states(self, symbol: str) -> AsyncGenerator[MarketState]:
        """The pair's states as they become known, as soon as the exchange is reached; they end only with `close`.

        Raises:
            NotFound: the exchange has no such pair.
            Conflict: its states are being taken already.
        """
        self.instrument(symbol)
        if symbol in self._streams:
            raise Conflict(f"The states of {symbol} are being taken already; there is one consumer per symbol.")
        self._streams[symbol] = None
        self._followed[symbol] = None
        try:
            await self._connected.wait()
            if self._closed:
                return
            self.instrument(symbol)  # it may have gone since the earlier run
            stream = SymbolStream(symbol, self.source, self._exchange, self.now, self._pace)
            self._streams[symbol] = stream
            stream.start()
            while (state := await stream.next_state()) is not None:
                self._newest = state.ts if self._newest is None else max(self._newest, state.ts)
                yield state
        finally:
            stream = self._streams.pop(symbol)
            if stream is not None:
                await stream.stop()

    def status(self) -> FeedStatus:
        """Where it stands and what it met; `dropped` is what was refused or came too late."""
        counts: FeedCounts = self._exchange.tally.counts()
        position: Document = {
            "now": self.now().isoformat(),
            "instruments": {symbol: instrument_document(self._instruments[symbol]) for symbol in self._kept()},
        }
        running = tuple(self._streams)  # also those that wait for the exchange to be reached
        dropped = counts.refused + counts.late
        return FeedStatus(self.source, self.now(), running, self._closed, dropped, position, counts=counts)

    async def close(self) -> None:
        """End all streams and connections."""
        self._closed = True
        self._connected.set()
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        streams = [stream for stream in self._streams.values() if stream is not None]
        await asyncio.gather(*(stream.stop() for stream in streams))
        await self._exchange.close()

    def _kept(self) -> list[str]:
        return [symbol for symbol in self._followed if symbol in self._instruments]

    async def _keep(self) -> None:
        """Reach the exchange, however often it takes; then keep our clock right."""
        backoff, failures = Backoff(self._pace.uniform), 0
        while not self._connected.is_set():
            try:
                await self._exchange.load()
                await self._compare_clocks()
            except ExchangeTrouble as trouble:
                failures += 1
                if failures == 1:
                    _log.warning("the exchange is not reached; it is retried", problem=trouble.message)
                elif failures == TRIES:
                    self._settled.set()
                await self._pace.sleep(backoff.next(trouble.wait_secs))
                continue
            self._instruments = self._exchange.instruments
            self._symbols = tuple(self._instruments)
            self._connected.set()
            self._settled.set()
            offset = round(self._offset.total_seconds(), 3)
            _log.info("live prices", source=self.source, pairs=len(self._symbols), clock_offset_secs=offset)
        while True:
            await self._pace.sleep(CLOCK_EVERY_SECS)
            try:
                await self._compare_clocks()
            except ExchangeTrouble as trouble:
                _log.warning("the exchange's clock was not read", problem=trouble.message)

    async def _compare_clocks(self) -> None:
        before = self._clock.now()
        theirs = await self._exchange.time()
        if theirs is not None:
            self._offset = theirs - (before + (self._clock.now() - before) / 2)


def _remembered(position: Document | None) -> dict[str, Instrument]:
    """Pairs of an earlier run; a position that cannot be read counts as none: the exchange will tell."""
    try:
        return {s: instrument_from(s, found) for s, found in (position or {}).get("instruments", {}).items()}
    except (KeyError, TypeError, AttributeError, InvalidOperation):
        return {}
