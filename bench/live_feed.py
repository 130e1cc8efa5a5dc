"""Frames of a recorded exchange through ccxt's real client and the live feed, on loopback.

The baseline is the same frames through a bare WebSocket client that only decodes them.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import aiohttp

from bench.table import Table, millis, percentile, rate
from core.adapters.feeds.live import LiveFeed
from core.adapters.feeds.live_stream import Pace
from tests.fakes.clock import FakeClock
from tests.integration.loopback_exchange import BTC_FRAMES, Loopback, Recording, listening, loopback, streams, until

SYMBOL = "BTC/USDT"
FRAMES = 40_000
PACED = 3_000
PAUSE_SECS = 0.001
"""Between two frames when delays are measured: 1,000 frames/s, eight times what the pair sent in the recording."""


@dataclass(slots=True)
class _Sent:
    """When each trade was sent and when a state first held it; prices and sizes in a row tell trades apart."""

    sent: list[float] = field(default_factory=list[float])
    volumes: list[Decimal] = field(default_factory=list[Decimal])
    delays: list[float] = field(default_factory=list[float])
    taken: Decimal = Decimal(0)
    states: int = 0

    def take(self, volume: Decimal) -> None:
        """A state came: the trades it completes have arrived."""
        self.taken += volume
        now = time.perf_counter()
        while len(self.delays) < len(self.volumes) and self.volumes[len(self.delays)] <= self.taken:
            self.delays.append(now - self.sent[len(self.delays)])
        self.states += 1


async def run() -> list[Table]:
    """Frames per second, and the delay from a trade's frame to the state that holds it."""
    table = Table("Recorded Binance frames of one pair", ("", "frames", "frames/s", "states", "delay p50", "p95"))
    if not BTC_FRAMES.exists():
        table.note(f"the recording {BTC_FRAMES.name} is missing: nothing was measured")
        return [table]
    bare, seconds = await _bare()
    table.add("bare client, as fast as taken", f"{bare:,}", rate(bare, seconds), "", "", "")
    for label, frames, pause in (("feed, as fast as taken", FRAMES, 0.0), ("feed, paced", PACED, PAUSE_SECS)):
        sent, seconds = await _through_the_feed(frames, pause)
        delays = [] if not pause else [millis(percentile(sent.delays, percent)) for percent in (50, 95)]
        table.add(label, f"{frames:,}", rate(frames, seconds), f"{sent.states:,}", *(delays or ["", ""]))
    table.note("the exchange, the client and the feed share one event loop; frames that come together make one state")
    return [table]


async def _bare() -> tuple[int, float]:
    async with loopback(Recording.read(BTC_FRAMES, FRAMES)) as exchange, aiohttp.ClientSession() as session:
        socket = await session.ws_connect(f"ws://{exchange.address}/stream/0")
        await socket.send_json({"method": "SUBSCRIBE", "params": sorted(streams("btcusdt")), "id": 1})
        await listening(exchange, streams("btcusdt"))
        playing = asyncio.create_task(exchange.play())
        started, count = time.perf_counter(), -1  # the first message confirms the subscription
        while count < len(exchange.recording.frames):
            json.loads((await socket.receive()).data)
            count += 1
        await playing
        seconds = time.perf_counter() - started
        await socket.close()
        return count, seconds


async def _through_the_feed(frames: int, pause_secs: float) -> tuple[_Sent, float]:
    async with loopback(Recording.read(BTC_FRAMES, frames)) as exchange:
        clock = FakeClock(datetime.fromtimestamp(exchange.clock_ms / 1000, UTC))
        feed = await LiveFeed.open("binance", clock, Pace.real(), None, exchange.address)
        if not await feed.reached(20):
            raise RuntimeError("the loopback exchange was not reached")
        sent = _Sent()
        taking = asyncio.create_task(_take(feed, sent))
        await listening(exchange, streams("btcusdt"))
        started = time.perf_counter()
        await _play(exchange, sent, pause_secs)
        whole = sent.volumes[-1]
        await until(lambda: sent.taken >= whole)
        seconds = time.perf_counter() - started
        await feed.close()
        await taking
        if sent.taken != whole:
            raise RuntimeError(f"{sent.taken} was traded in the states, {whole} in the frames")
        return sent, seconds


async def _play(exchange: Loopback, sent: _Sent, pause_secs: float) -> None:
    total = Decimal(0)
    while exchange.at < len(exchange.recording.frames):
        message = exchange.recording.frames[exchange.at][1]
        if message["stream"].endswith("@trade"):
            total += Decimal(message["data"]["q"])
            sent.volumes.append(total)
            sent.sent.append(time.perf_counter())
        await exchange.play(1)
        if pause_secs:
            await asyncio.sleep(pause_secs)


async def _take(feed: LiveFeed, sent: _Sent) -> None:
    async for state in feed.states(SYMBOL):
        sent.take(state.volume)
