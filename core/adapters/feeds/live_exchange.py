"""One exchange's public data through ccxt: typed calls whose answers are read exactly."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from core.adapters.feeds.live_ccxt import Ccxt, guard, make
from core.adapters.feeds.live_markets import exact, instruments_of, moment
from core.adapters.feeds.live_minute import LiveBook, LiveTrade
from core.adapters.feeds.live_tally import Tally
from core.domain.errors import Unavailable
from core.domain.instrument import Instrument
from core.domain.market import Level, Sampling

T = TypeVar("T")

LEVELS = 20
#: Its WebSocket demands an API key.
_POLLED_ONLY = frozenset({"luno"})

#: Recent trades under the ids that the WebSocket gives them too, where that is not ccxt's choice.
_TRADE_PARAMS: dict[str, dict[str, str]] = {"binance": {"fetchTradesMethod": "publicGetTrades"}}


class ExchangeTrouble(Unavailable):
    """The exchange did not serve a request or ended a subscription; `wait_secs` is how long it asked to wait."""

    code = "exchange_trouble"

    def __init__(self, message: str, wait_secs: float = 0.0) -> None:
        super().__init__(message)
        self.wait_secs = wait_secs


class NotOffered(ExchangeTrouble):
    """The exchange does not offer this without an account, or not at all."""


class LiveExchange:
    """One exchange's public data. Every call raises ExchangeTrouble when it is not served, and counts that."""

    def __init__(self, exchange_id: str, ccxt: Ccxt, tally: Tally) -> None:
        self.exchange_id = exchange_id
        self.tally = tally
        self.generation = 0
        self.instruments: dict[str, Instrument] = {}
        self._ccxt = ccxt
        guard(ccxt, tally, self._connection_changed)

    @classmethod
    async def open(cls, exchange_id: str, tally: Tally, loopback: str | None = None) -> "LiveExchange":
        """Make the client; nothing is asked of the exchange yet.

        Args:
            exchange_id: ccxt's name of it.
            tally: counts what goes wrong.
            loopback: `host:port` of a stand-in that serves what the exchange does, for tests.

        Raises:
            InvalidInput: ccxt does not know the exchange; the message lists some that it does.
        """
        return cls(exchange_id, await asyncio.to_thread(make, exchange_id, loopback), tally)

    @property
    def timeframes(self) -> frozenset[str]:
        """Bar lengths that the exchange keeps itself."""
        return frozenset(self._ccxt.timeframes or {}) if self._ccxt.has.get("fetchOHLCV") else frozenset()

    @property
    def poll_secs(self) -> float:
        """Seconds between two polls of one thing: a second, or three requests' worth of the rate limit."""
        return max(1.0, 3 * float(self._ccxt.rateLimit) / 1000)

    def streams(self, what: str) -> bool:
        """Whether `watchTrades`, `watchOrderBook` or `watchBidsAsks` is there without an account."""
        return bool(self._ccxt.has.get(what)) and self.exchange_id not in _POLLED_ONLY

    async def load(self) -> None:
        """Learn which pairs there are."""
        await self._ask(lambda: self._ccxt.load_markets(True))
        found = instruments_of(self._ccxt.markets or {}, self._ccxt.precisionMode)
        if not found:
            raise ExchangeTrouble(f"{self.exchange_id} lists no spot pairs.")
        self.instruments = found

    async def time(self) -> datetime | None:
        """The exchange's clock; None where it has none."""
        if not self._ccxt.has.get("fetchTime"):
            return None
        return moment(await self._ask(self._ccxt.fetch_time))

    async def trades(self, symbol: str) -> list[LiveTrade]:
        """The most recent trades, oldest first."""
        params = _TRADE_PARAMS.get(self.exchange_id, {})
        limit = 1000 if params else None
        found = await self._ask(lambda: self._ccxt.fetch_trades(symbol, None, limit, dict(params)))
        return self._read_trades(found)

    async def next_trades(self, symbol: str) -> list[LiveTrade]:
        """Trades as they are made, oldest first; waits for the next one."""
        return self._read_trades(await self._ask(lambda: self._ccxt.watch_trades(symbol)))

    async def book(self, symbol: str) -> LiveBook:
        """The book as it is."""
        return _read_book(await self._ask(lambda: self._ccxt.fetch_order_book(symbol)))

    async def next_book(self, symbol: str) -> LiveBook:
        """The book after its next change."""
        return _read_book(await self._ask(lambda: self._ccxt.watch_order_book(symbol)))

    async def next_quote(self, symbol: str) -> LiveBook:
        """Best bid and ask after their next change."""
        found = await self._ask(lambda: self._ccxt.watch_bids_asks([symbol]))
        # Of frames that came together the answer holds the first one, the cache the last one.
        return _read_quote(self._ccxt.bidsasks.get(symbol) or found.get(symbol) or {})

    async def bars(self, symbol: str, timeframe: str, since_ms: int, limit: int) -> list[list[Any]]:
        """Rows of open time (ms), open, high, low, close, volume, oldest first; maybe fewer than asked for."""
        return await self._ask(lambda: self._ccxt.fetch_ohlcv(symbol, timeframe, since_ms, limit))

    async def close(self) -> None:
        """End all connections."""
        await self._ccxt.close()

    def _connection_changed(self) -> None:
        self.generation += 1

    def _read_trades(self, found: Sequence[Mapping[str, Any]]) -> list[LiveTrade]:
        read: list[LiveTrade] = []
        for trade in found:
            ts = moment(trade.get("timestamp"))
            if ts is None:
                self.tally.refused += 1
                continue
            trade_id = trade.get("id")
            price, quantity = exact(trade.get("price")), exact(trade.get("amount"))
            read.append(LiveTrade(None if trade_id is None else str(trade_id), ts, price, quantity))
        return sorted(read, key=lambda trade: trade.ts)

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # ccxt cancels its futures when it drops a connection: nobody cancelled this task.
            self.tally.failures += 1
            raise ExchangeTrouble(f"{self.exchange_id} closed the connection.") from None
        except Exception as error:
            self.tally.failures += 1
            words = f"{self.exchange_id}: {type(error).__name__}."
            kinds = {kind.__name__ for kind in type(error).__mro__}
            if kinds & {"NotSupported", "AuthenticationError"}:
                raise NotOffered(words) from error
            headers = self._ccxt.last_response_headers or {}
            asked = headers.get("Retry-After", "") if kinds & {"RateLimitExceeded", "DDoSProtection"} else ""
            raise ExchangeTrouble(words, float(asked) if asked.isdigit() else 0.0) from error


def _read_book(found: Mapping[str, Any]) -> LiveBook:
    sequence = found.get("nonce")
    return LiveBook(
        _levels(found.get("bids") or ()),
        _levels(found.get("asks") or ()),
        moment(found.get("timestamp")),
        sequence if isinstance(sequence, int) else None,
    )


def _levels(found: Sequence[Sequence[Any]]) -> tuple[Level, ...]:
    return tuple(Level(exact(level[0]), exact(level[1])) for level in found[:LEVELS])


def _read_quote(found: Mapping[str, Any]) -> LiveBook:
    bid = Level(exact(found.get("bid")), exact(found.get("bidVolume")))
    ask = Level(exact(found.get("ask")), exact(found.get("askVolume")))
    info: object = found.get("info")
    number: object = cast("Mapping[str, Any]", info).get("u") if isinstance(info, Mapping) else None
    sequence = number if isinstance(number, int) else None  # Binance numbers every change of a book
    return LiveBook((bid,), (ask,), None, sequence, Sampling.QUOTE)
