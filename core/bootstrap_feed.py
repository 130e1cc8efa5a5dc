"""Chooses the market data source; with core.bootstrap the only module that knows the adapters."""

import asyncio
import secrets
import time

import structlog

from core.adapters.feeds.live import LiveFeed
from core.adapters.feeds.live_stream import Pace
from core.adapters.feeds.ohlcv_file import stem_of
from core.adapters.feeds.replay import ReplayFeed
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.feeds.simulated_book import SOURCE as SIMULATED
from core.domain.market import LIVE
from core.ports import Clock, DocumentStore, DuplicateKey, MarketFeed
from core.services.feed_position import load_position, resume_position
from core.settings import MarketSettings

_log = structlog.get_logger(__name__)

LIVE_WAIT_SECS = 5.0
"""How long the start waits for an exchange that is slow to answer."""


async def make_feed(market: MarketSettings, store: DocumentStore, clock: Clock) -> MarketFeed:
    """Live prices, a replay of a file, or the simulated market; the latter two go on where they were.

    Live prices that were asked for are waited for a little and then retried while the program runs without; with
    `auto` the simulated market takes their place.

    Raises:
        InvalidInput: there are no live prices of the exchange, or a recording cannot be used.
    """
    exchange = market.live_exchange
    if exchange is not None:
        live = await _live_feed(exchange, store, clock, insist=market.market_data != "auto")
        if live is not None:
            return live
    path = market.replay_path
    if path is not None:
        source = f"replay:{stem_of(path)}"
        position = await resume_position(store, source)
        return await ReplayFeed.open(path, market.replay_speed, position, asyncio.sleep, time.monotonic)
    seed = await _simulation_seed(market.simulation_seed, store)
    position = await resume_position(store, SIMULATED)
    if position is not None and position["seed"] != seed:
        _log.warning("another SIMULATION_SEED is set: the simulated market starts afresh")
        position = None
    return SimulatedFeed(seed, market.simulation_speed, clock.now(), position, asyncio.sleep, time.monotonic)


async def _live_feed(exchange: str, store: DocumentStore, clock: Clock, *, insist: bool) -> LiveFeed | None:
    position = await load_position(store, f"{LIVE}{exchange}")
    live = await LiveFeed.open(exchange, clock, Pace.real(), position)
    if await live.reached(LIVE_WAIT_SECS):
        return live
    if insist:
        _log.warning("live prices cannot be had yet; nothing is traded until they can", exchange=exchange)
        return live
    await live.close()
    _log.warning("live prices cannot be had, so prices are simulated", exchange=exchange)
    return None


async def _simulation_seed(configured: int | None, store: DocumentStore) -> int:
    """The configured seed, else the one this installation drew at its first start."""
    if configured is not None:
        return configured
    seed = secrets.randbelow(2**63)
    try:
        await store.insert("settings_state", {"_id": "simulation_seed", "seed": seed})
    except DuplicateKey:
        stored = await store.get("settings_state", "simulation_seed")
        return seed if stored is None else int(stored["seed"])
    return seed
