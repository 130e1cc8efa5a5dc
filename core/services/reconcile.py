"""Compares a user's journal with the projections that lists and reports are read from; changes nothing."""

from collections.abc import AsyncIterator
from decimal import Decimal

from core.domain.account import Account
from core.domain.codec import pack, unpack
from core.domain.order import Side
from core.domain.reconciliation import Projected, Reconciliation, reconcile
from core.ports import Document, DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.projector import Projector

_PAGE = 1_000


class Reconciler:
    """Adds up `fills_ledger`, `trades`, `bots` and `pending_orders` and holds them against the folded state."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._projector = projector

    async def reconcile(self, user_id: str) -> Reconciliation:
        """Compare everything up to the journal's present end; costs O(history), in pages.

        Raises:
            StoreUnavailable: the projections are not written yet, or the store does not answer.
        """
        state = await self._writer.account(user_id)
        # Trading goes on during the scan: what is compared must stand still.
        state: Account = unpack(Account, pack(state))
        await self._projector.caught_up(user_id)
        return reconcile(state, await self._add_up(user_id, state))

    async def _add_up(self, user_id: str, state: Account) -> Projected:
        projected = Projected()
        async for fill in self._scan("fills_ledger", "user_time", (user_id,)):
            if state.reset_seq < fill["seq"] <= state.seq:
                amounts = Decimal(fill["quantity"]), Decimal(fill["price"])
                fee = Decimal(fill["fee"]), fill["fee_currency"]
                projected.add_fill(fill["symbol"], Side(fill["side"]), *amounts, fee)
        async for trade in self._scan("trades", "user_time", (user_id,)):
            if state.reset_seq < trade["seq"] <= state.seq:
                projected.add_trade(trade["symbol"], Decimal(trade["gross_pnl"]))
        async for order in self._scan("pending_orders", "open", (user_id, True)):
            if order["seq"] <= state.seq:
                projected.open_orders.add(order["order_id"])
        async for document in self._scan("bots", "user", (user_id,)):
            bot = state.bots.get(document["_id"])
            if document["seq"] <= state.seq:
                projected.bots[document["_id"]] = (document["name"], Decimal(document["cash"]))
            elif bot is not None:  # newer than what it would be compared with: nothing can be said of it
                projected.bots[bot.bot_id] = (bot.name, bot.cash)
        return projected

    async def _scan(self, collection: str, index: str, equals: tuple[str | bool, ...]) -> AsyncIterator[Document]:
        cursor: str | None = None
        while True:
            page = await self._store.find(collection, index, equals, limit=_PAGE, cursor=cursor)
            for document in page.documents:
                yield document
            cursor = page.cursor
            if cursor is None:
                return
