"""Chooses the market data source; with core.bootstrap the only module that knows the adapters."""

import asyncio
import secrets
import time

import structlog

from core.adapters.feeds.ohlcv_file import stem_of
from core.adapters.feeds.replay import ReplayFeed
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.feeds.simulated_book import SOURCE as SIMULATED
from core.ports import Clock, DocumentStore, DuplicateKey, MarketFeed
from core.services.feed_position import resume_position
from core.settings import MarketSettings

_log = structlog.get_logger(__name__)


async def make_feed(market: MarketSettings, store: DocumentStore, clock: Clock) -> MarketFeed:
    """A replay of a file, else the simulated market; either goes on where it was."""
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
