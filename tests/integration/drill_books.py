"""What the kill drill does with an installation after a kill: look for what is wrong, and settle everything."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from core.adapters.clock import SystemClock
from core.bootstrap import App
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.domain.events import OrderAccepted, OrderExecuted, OrderFilled
from core.domain.journal import Event
from core.domain.rules import TradingRules
from core.ports import DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.projector import Projector
from core.services.reconcile import Reconciler

PLACED = (OrderExecuted, OrderAccepted)

_ACTOR = "drill"
_SETTLE_SECS = 60


async def open_in_projections(store: DocumentStore, user: str) -> set[str]:
    """Ids of the orders that are listed as open, once the lists have caught up with the journal and agree with it."""
    projector = Projector(store)
    writing = asyncio.create_task(projector.run())
    try:
        writer = JournalWriter(store, SystemClock(), TradingRules(), projector)
        reconciled = await Reconciler(store, writer, projector).reconcile(user)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert [issue for issue in reconciled.issues if issue.collection != "pending_orders"] == []
    listed: set[str] = set()
    cursor: str | None = None
    while True:
        page = await store.find("pending_orders", "open", (user, True), cursor=cursor)
        listed |= {document["order_id"] for document in page.documents}
        cursor = page.cursor
        if cursor is None:
            return listed


def doubled_orders(events: list[Event]) -> int:
    """Orders under one id or key, and fills at one market state, beyond the first; and what filled beyond its order."""
    placed = [e.payload for e in events if isinstance(e.payload, PLACED)]
    fills = [e.payload for e in events if isinstance(e.payload, OrderFilled)]
    filled = {order.order_id: order.filled_qty for order in placed}
    for fact in fills:
        filled[fact.order_id] += sum((fill.quantity for fill in fact.fills), Decimal(0))
    return (
        _repeated(order.order_id for order in placed)
        + _repeated(order.client_order_id for order in placed)
        + _repeated(f"{fact.order_id} {fact.market.ts}" for fact in fills)
        + sum(filled[order.order_id] > order.quantity for order in placed)
    )


def _repeated(names: Iterable[str]) -> int:
    return sum(count - 1 for count in Counter(names).values())


def assert_cash_adds_up(state: Account) -> None:
    """Cash is its parts, and no reservation takes what is not there."""
    for currency, total in state.cash_total.items():
        in_bots = sum((bot.cash for bot in state.bots.values() if bot.quote == currency), Decimal(0))
        assert total == state.free_cash[currency] + in_bots
    for bot in state.bots.values():
        assert bot.free_cash >= 0
        assert all(bot.reserved_units(symbol) <= bot.held(symbol) for symbol in bot.symbols)


async def settle(app: App) -> None:
    """Let the bots make no more entries, take every order back and sell everything, with the market running."""
    services = app.services
    await app.start()
    users = await services.accounts.all_ids()
    async with asyncio.timeout(_SETTLE_SECS):
        for user in users:
            state = await services.writer.account(user)
            for bot in list(state.bots.values()):
                if bot.status is BotStatus.RUNNING and not bot.manual:
                    await services.bots.pause(user, bot.bot_id, actor=_ACTOR, key=f"settle:{bot.bot_id}:{bot.run}")
        while left := [(user, bot) for user in users for bot in _unsettled(app, user)]:
            for user, bot in left:
                try:
                    await services.exits.flatten(user, bot, actor=_ACTOR, key=services.ids.new())
                except Conflict:
                    continue  # the engine was faster


def _unsettled(app: App, user: str) -> list[str]:
    bots = app.services.writer.known(user).bots.values()
    return [bot.bot_id for bot in bots if bot.orders or not bot.flat]
