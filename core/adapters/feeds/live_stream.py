"""Follows one symbol on an exchange: trades, book and best prices in, market states out, whatever breaks in between."""

import asyncio
import random  # noqa: TID251 - an adapter may; where a wait is cut is no secret
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.adapters.feeds.live_assembler import GRACE_SECS, Assembler
from core.adapters.feeds.live_exchange import ExchangeTrouble, LiveExchange, NotOffered
from core.adapters.feeds.live_minute import LiveBook, LiveTrade
from core.adapters.feeds.live_tally import Backoff
from core.adapters.feeds.pacing import Monotonic, Sleep
from core.domain.market import MarketState, Timeframe

QUIET_SECS = 20.0
"""A stream that says nothing for so long is asked over REST: it may be quiet, or dead without knowing."""

_POLL_MARGIN = timedelta(seconds=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Real time and chance, as a live feed needs them: `asyncio.sleep`, `time.monotonic`, `random.uniform`."""

    sleep: Sleep
    monotonic: Monotonic
    uniform: Callable[[float, float], float]

    @classmethod
    def real(cls) -> "Pace":
        """The machine's."""
        return cls(asyncio.sleep, time.monotonic, random.uniform)


class SymbolStream:
    """The states of one symbol; `start` begins to follow it, `stop` ends that. `now` gives exchange time."""

    def __init__(
        self, symbol: str, source: str, exchange: LiveExchange, now: Callable[[], datetime], pace: Pace
    ) -> None:
        self._symbol = symbol
        self._exchange = exchange
        self._now = now
        self._pace = pace
        grace = GRACE_SECS if exchange.streams("watchTrades") else GRACE_SECS + 2 * exchange.poll_secs
        self._assembler = Assembler(symbol, source, exchange.tally, grace)
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._begun = False
        self._held: list[LiveTrade] | None = None
        self._lost_again = False
        self._heard_price = self._heard_trade = pace.monotonic()
        self.closed = False

    def start(self) -> None:
        """Follow it, in tasks this stream owns."""
        exchange = self._exchange
        books = exchange.streams("watchOrderBook")
        work = [self._stream_trades if exchange.streams("watchTrades") else self._poll_trades]
        work.append(self._stream_books if books else self._poll_books)
        if exchange.streams("watchBidsAsks"):
            work.append(self._stream_quotes)
        work.append(self._ask_when_quiet)
        self._tasks = [asyncio.create_task(self._guarded(one), name=f"live:{self._symbol}") for one in work]

    async def stop(self) -> None:
        """End all of it and wait until it has ended."""
        self.end()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        """Give no more states."""
        self.closed = True
        self._news.set()

    async def next_state(self) -> MarketState | None:
        """The next state as soon as there is one; None after the end."""
        while not self.closed:
            state = self._assembler.next_state(self._pace.monotonic())
            if state is not None:
                return state
            self._news.clear()
            try:
                async with asyncio.timeout(self._assembler.wait_secs(self._pace.monotonic())):
                    await self._news.wait()
            except TimeoutError:
                continue
        return None

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff(self._pace.uniform)
        while True:
            try:
                return await work()
            except NotOffered as error:
                _log.info("a stream is not offered", symbol=self._symbol, problem=error.message)
                if work == self._stream_quotes:
                    return None
                work = self._poll_trades if work == self._stream_trades else self._poll_books
            except Exception:  # noqa: BLE001 - a bug on one message must not end the market
                _log.exception("following a market failed; it goes on", symbol=self._symbol)
                self._assembler.on_lost()
                await self._pace.sleep(backoff.next())

    async def _stream_trades(self) -> None:
        backoff, lost, generation = Backoff(self._pace.uniform), False, None
        while True:
            try:
                trades = await self._exchange.next_trades(self._symbol)
            except NotOffered:
                raise
            except ExchangeTrouble as trouble:
                lost = True
                self._assembler.on_lost()
                await self._pace.sleep(backoff.next(trouble.wait_secs))
                continue
            backoff.reset()
            # ccxt reconnects by itself when nobody was waiting at the moment of the loss.
            if lost or (generation is not None and generation != self._exchange.generation):
                lost = False
                self._exchange.tally.reconnects += 1
                self._backfill_beside()
            generation = self._exchange.generation
            if self._held is None:
                self._take_trades(trades)
            else:
                self._held += trades

    def _backfill_beside(self) -> None:
        """Fetch what was missed without ceasing to listen: ccxt tells of a trade only whoever waits for it then."""
        self._assembler.on_lost()
        if self._held is None:
            self._held = []
            self._tasks.append(asyncio.create_task(self._refill(), name=f"backfill:{self._symbol}"))
        else:
            self._lost_again = True

    async def _refill(self) -> None:
        try:
            await self._backfill()
            while self._lost_again:
                self._lost_again = False
                await self._backfill()
        finally:
            held, self._held = self._held, None
            self._take_trades(held or [])
            self._tasks = [task for task in self._tasks if task is not asyncio.current_task()]

    async def _backfill(self) -> None:
        """Hand in what was traded meanwhile: what follows a trade that is known is complete."""
        try:
            trades = await self._exchange.trades(self._symbol)
        except ExchangeTrouble as trouble:
            _log.warning("missed trades could not be fetched", symbol=self._symbol, problem=trouble.message)
            self._assembler.on_restored(complete=False)
            return
        known = [index for index, trade in enumerate(trades) if self._assembler.knows(trade.trade_id)]
        if known:
            self._take_trades(trades[known[0] + 1 :])
        self._assembler.on_restored(complete=bool(known))

    async def _poll_trades(self) -> None:
        backoff = Backoff(self._pace.uniform)
        while True:
            asked = self._now()
            try:
                trades = await self._exchange.trades(self._symbol)
            except ExchangeTrouble as trouble:
                self._assembler.on_lost()
                await self._pace.sleep(max(self._exchange.poll_secs, backoff.next(trouble.wait_secs)))
                continue
            backoff.reset()
            follows = not self._begun or not trades or any(self._assembler.knows(trade.trade_id) for trade in trades)
            self._take_trades([trade for trade in trades if not self._assembler.knows(trade.trade_id)])
            self._assembler.on_restored(complete=follows)
            self._assembler.complete_until(asked - _POLL_MARGIN)
            await self._pace.sleep(self._exchange.poll_secs)

    async def _stream_books(self) -> None:
        await self._stream_prices(self._exchange.next_book)

    async def _stream_quotes(self) -> None:
        await self._stream_prices(self._exchange.next_quote)

    async def _stream_prices(self, following: Callable[[str], Awaitable[LiveBook]]) -> None:
        backoff = Backoff(self._pace.uniform)
        while True:
            try:
                book = await following(self._symbol)
            except NotOffered:
                raise
            except ExchangeTrouble as trouble:
                await self._pace.sleep(backoff.next(trouble.wait_secs))
                continue
            backoff.reset()
            self._take_book(book)

    async def _poll_books(self) -> None:
        backoff = Backoff(self._pace.uniform)
        while True:
            try:
                book = await self._exchange.book(self._symbol)
            except ExchangeTrouble as trouble:
                await self._pace.sleep(max(self._exchange.poll_secs, backoff.next(trouble.wait_secs)))
                continue
            backoff.reset()
            self._take_book(replace(book, ts=None))
            await self._pace.sleep(self._exchange.poll_secs)

    async def _ask_when_quiet(self) -> None:
        while True:
            await self._pace.sleep(QUIET_SECS)
            present = self._pace.monotonic()
            try:
                if present - self._heard_price >= QUIET_SECS:
                    self._take_book(replace(await self._exchange.book(self._symbol), ts=None))
                if present - self._heard_trade >= QUIET_SECS and self._begun:
                    await self._backfill()
            except ExchangeTrouble as trouble:
                _log.warning("a quiet market did not answer", symbol=self._symbol, problem=trouble.message)

    def _take_trades(self, trades: list[LiveTrade]) -> None:
        heard, now = self._pace.monotonic(), self._now()
        present = Timeframe.M1.floor(now)
        for trade in trades:
            if not self._begun and trade.ts < present:
                self._assembler.pass_over(trade.trade_id)  # what exchanges send of the past when one begins to listen
            else:
                self._assembler.on_trade(trade, heard, now)
        self._begun = True
        self._heard_trade = heard
        self._news.set()

    def _take_book(self, book: LiveBook) -> None:
        self._heard_price = self._pace.monotonic()
        self._assembler.on_book(book, self._heard_price, self._now())
        self._news.set()
