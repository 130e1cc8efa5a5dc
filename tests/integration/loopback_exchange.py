"""A stand-in for Binance on 127.0.0.1: real HTTP and WebSocket, recorded frames, and faults when a test wants them."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import web

DATA = Path(__file__).parents[3] / "shared" / "data"
BTC_FRAMES = DATA / "binance-spot-btcusdt_20240808.gz"
ETH_FRAMES = DATA / "binance-spot-ethusdt_20240808.gz"

_MINUTE_MS = 60_000


def market(base: str, tick: str, lot: str, least: str) -> dict[str, Any]:
    """One pair as `exchangeInfo` describes it."""
    return {
        "symbol": f"{base}USDT",
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000.00000000", "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": least, "applyMinToMarket": True, "avgPriceMins": 5},
        ],
        "permissionSets": [["SPOT"]],
        "permissions": [],
    }


def exchange_info() -> dict[str, Any]:
    """Two pairs, with Binance's real rules of 2024."""
    pairs = [market("ETH", "0.01000000", "0.00010000", "5.00000000")]
    pairs.append(market("BTC", "0.01000000", "0.00001000", "5.00000000"))
    return {"timezone": "UTC", "serverTime": 0, "rateLimits": [], "exchangeFilters": [], "symbols": pairs}


@dataclass
class Recording:
    """The frames of one pair in the order they were received, and the book snapshot that was fetched with them."""

    frames: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    snapshot: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, most: int) -> "Recording":
        found = cls()
        with gzip.open(path, "rt") as lines:
            for line in lines:
                message = json.loads(text := line.split(" ", 1)[1])
                if "stream" in message:
                    found.frames.append((text.strip(), message))
                else:
                    found.snapshot = message
                if len(found.frames) >= most:
                    break
        return found

    def trades(self, until: int | None = None) -> list[dict[str, Any]]:
        """The recorded trades, of the first `until` frames."""
        return [m["data"] for _, m in self.frames[:until] if m["stream"].endswith("@trade")]


class Loopback:
    """Serves one recording as far as it was played; `fail` makes the next requests fail."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.at = 0
        self.asked: list[str] = []
        self.port = 0
        self.clock_ms = recording.trades()[0]["T"] if recording.trades() else 0
        self._book: dict[str, dict[str, str]] = {side: dict(recording.snapshot[f"{side}s"]) for side in ("bid", "ask")}
        self._sequence: int = recording.snapshot["lastUpdateId"]
        self._sockets: dict[web.WebSocketResponse, set[str]] = {}
        self._faults: dict[str, list[tuple[int, dict[str, str], str]]] = {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def subscriptions(self) -> set[str]:
        """Streams that somebody listens to."""
        return set().union(*self._sockets.values())

    def fail(self, path: str, status: int, times: int = 1, body: str = "{}", **headers: str) -> None:
        """Answer the next requests of a path (`depth`, `klines`, …) with an error, or with garbage."""
        self._faults.setdefault(path, []).extend([(status, headers, body)] * times)

    async def play(self, frames: int | None = None) -> None:
        """Send so many of the frames, or all that are left, to who listens, as fast as they are taken."""
        end = len(self.recording.frames) if frames is None else min(self.at + frames, len(self.recording.frames))
        while self.at < end:
            text, message = self.recording.frames[self.at]
            self._pass(message)
            await self._send(text, message["stream"])

    def miss(self, frames: int) -> None:
        """Time goes on, and nobody is told."""
        for _, message in self.recording.frames[self.at : self.at + frames]:
            self._pass(message)

    async def send(self, text: str) -> None:
        """Send one frame that was never recorded to everybody."""
        await self._send(text, None)

    async def drop(self) -> None:
        """Cut all WebSocket connections without a goodbye."""
        for socket in list(self._sockets):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()
            self._sockets.pop(socket, None)

    def bars(self) -> dict[int, list[Any]]:
        """Klines by open time, of what was played."""
        rows: dict[int, list[Any]] = {}
        for trade in self.recording.trades(self.at):
            opened, price, size = trade["T"] - trade["T"] % _MINUTE_MS, trade["p"], Decimal(trade["q"])
            row = rows.setdefault(opened, [opened, price, price, price, price, Decimal(0)])
            row[2], row[3] = max(row[2], price, key=Decimal), min(row[3], price, key=Decimal)
            row[4], row[5] = price, row[5] + size
        return rows

    def _pass(self, message: dict[str, Any]) -> None:
        self.at += 1
        data = message["data"]
        self.clock_ms = max(self.clock_ms, data.get("E", 0))
        if data.get("e") == "depthUpdate" and data["u"] > self._sequence:
            self._sequence = data["u"]
            for side in ("bid", "ask"):
                for price, size in data[side[0]]:
                    self._book[side][price] = size
                    if not Decimal(size):
                        del self._book[side][price]

    async def _send(self, text: str, stream: str | None) -> None:
        for socket, streams in list(self._sockets.items()):
            if stream is None or stream in streams:
                try:
                    await socket.send_str(text)
                except ConnectionError:
                    self._sockets.pop(socket, None)

    async def rest(self, request: web.Request) -> web.Response:
        path = request.path.rsplit("/", 1)[1]
        self.asked.append(path)
        if faults := self._faults.get(path):
            status, headers, body = faults.pop(0)
            return web.Response(status=status, headers=headers, text=body, content_type="application/json")
        return web.json_response(self._answer(path, request), dumps=lambda found: json.dumps(found, default=str))

    def _answer(self, path: str, request: web.Request) -> object:
        if path == "exchangeInfo":
            return exchange_info()
        if path == "time":
            return {"serverTime": self.clock_ms}
        if path == "depth":
            bids, asks = ([[p, s] for p, s in self._book[side].items()] for side in ("bid", "ask"))
            bids.sort(key=lambda level: -Decimal(level[0]))
            asks.sort(key=lambda level: Decimal(level[0]))
            return {"lastUpdateId": self._sequence, "bids": bids[:1000], "asks": asks[:1000]}
        if path == "trades":
            newest = self.recording.trades(self.at)[-int(request.query.get("limit", 500)) :]
            fields = {"t": "id", "p": "price", "q": "qty", "T": "time", "m": "isBuyerMaker"}
            return [{name: trade[short] for short, name in fields.items()} | {"isBestMatch": True} for trade in newest]
        if path == "klines":
            first, limit = int(request.query.get("startTime", 0)), int(request.query.get("limit", 500))
            rows = [row for opened, row in sorted(self.bars().items()) if opened >= first]
            return [[*row[:5], str(row[5]), row[0] + _MINUTE_MS - 1, "0", 1, "0", "0", "0"] for row in rows[:limit]]
        raise web.HTTPNotFound

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets[socket] = set()
        try:
            async for message in socket:
                asked = json.loads(message.data)
                if asked["method"] == "SUBSCRIBE":
                    await socket.send_json({"result": None, "id": asked["id"]})
                    self._sockets[socket].update(asked["params"])
        finally:
            self._sockets.pop(socket, None)
        return socket


@asynccontextmanager
async def loopback(recording: Recording) -> AsyncIterator[Loopback]:
    """Serve it on a free port."""
    served = Loopback(recording)
    app = web.Application()
    app.router.add_get("/stream/{tail:.*}", served.stream)
    app.router.add_get("/api/{tail:.*}", served.rest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.port = runner.addresses[0][1]
    try:
        yield served
    finally:
        await served.drop()
        await runner.cleanup()


def streams(*names: str) -> set[str]:
    """Binance's names of the streams that a feed of these pairs listens to."""
    return {f"{name}@{kind}" for name in names for kind in ("trade", "depth@100ms", "bookTicker")}


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what must happen; fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


async def listening(served: Loopback, wanted: Iterable[str]) -> None:
    """Wait until a client listens to all of these."""
    await until(lambda: set(wanted) <= served.subscriptions)
