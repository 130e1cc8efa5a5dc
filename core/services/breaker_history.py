"""Trips and resets of circuit breakers as queries read them: one document each, never changed."""

from collections.abc import AsyncIterator
from dataclasses import replace

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.codec import decode
from core.ports import Document, DocumentStore
from core.services.guard_reports import BreakerChange, BreakerEvent, QuarantinedBot
from core.services.rollups import USER_SCOPE

HISTORY = "circuit_breaker_history"
STATE = "circuit_breaker_state"


async def newest(store: DocumentStore, state: Account, limit: int) -> list[BreakerEvent]:
    """A user's newest trips and resets, newest first."""
    page = await store.find(HISTORY, "user_seq", (state.user_id,), descending=True, limit=limit)
    return [_event(document, state) for document in page.documents]


async def quarantined(store: DocumentStore, state: Account) -> list[QuarantinedBot]:
    """A user's bots that an open breaker keeps from entering, with what opened it."""
    bots = [bot for bot in state.bots.values() if _quarantined(bot)]
    if not bots:
        return []
    trips = {scope: trip async for scope, trip in _open(store, state)}
    found: list[QuarantinedBot] = []
    for bot in bots:
        trip = trips.get(USER_SCOPE if bot.tripped is None else bot.bot_id)
        if trip is not None and trip.metric is not None and trip.value is not None and trip.threshold is not None:
            what = (trip.metric, trip.value, trip.threshold, trip.ts)
            found.append(QuarantinedBot(bot.bot_id, bot.name, bot.tripped is None, *what))
    return found


def _quarantined(bot: Bot) -> bool:
    tripped = bot.tripped is not None and bot.status is not BotStatus.STOPPED
    return tripped or bot.status is BotStatus.CIRCUIT_TRIPPED


async def _open(store: DocumentStore, state: Account) -> AsyncIterator[tuple[str, BreakerEvent]]:
    cursor: str | None = None
    while True:
        page = await store.find(STATE, "user", (state.user_id,), cursor=cursor)
        for document in page.documents:
            if document["open"]:
                yield document["scope"], _event(document | {"change": BreakerChange.TRIPPED.value}, state)
        cursor = page.cursor
        if cursor is None:
            return


def _event(document: Document, state: Account) -> BreakerEvent:
    event: BreakerEvent = decode(BreakerEvent, document)
    return replace(event, bot=state.bots[event.bot_id].name) if event.bot_id in state.bots else event
