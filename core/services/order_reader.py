"""Orders as they are now: those that work from the folded state, the others from their documents."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.bot_state import Bot, RestingOrder
from core.domain.codec import from_iso
from core.domain.errors import NotFound
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.ports import Document, DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.projector import Projector

PENDING = "pending_orders"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order; `reserved` is quote cash (buy) or base units (sell), `time` engine time of its last change.

    Without `limit_price` it is (or was) a market order.
    """

    order_id: str
    client_order_id: str
    bot_id: str
    bot: str
    symbol: str
    side: Side
    status: OrderStatus
    quantity: Decimal
    filled_qty: Decimal
    limit_price: Decimal | None
    reserved: Decimal
    time: datetime
    expires_at: datetime | None = None


class OrderReader:
    """Reads a user's orders."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._projector = projector

    async def pending(self, user_id: str) -> list[OrderView]:
        """All orders that work, oldest first."""
        state = await self._writer.account(user_id)
        bots = [(state.bots[bot_id], order_id) for order_id, bot_id in state.working.items()]
        return [_working(bot, bot.orders[order_id]) for bot, order_id in bots]

    async def status(self, user_id: str, order_id: str) -> OrderView:
        """One order, whatever became of it.

        Raises:
            NotFound: this user has no such order (denied ones are not kept).
        """
        state = await self._writer.account(user_id)
        bot_id = state.working.get(order_id)
        if bot_id is not None:
            return _working(state.bots[bot_id], state.bots[bot_id].orders[order_id])
        await self._projector.caught_up()
        document = await self._store.get(PENDING, order_id)
        if document is None or document["user_id"] != user_id:
            raise NotFound("You have no such order.")
        return _ended(document, state.bots[document["bot_id"]].name)


def _working(bot: Bot, order: RestingOrder) -> OrderView:
    return OrderView(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        bot_id=bot.bot_id,
        bot=bot.name,
        symbol=order.symbol,
        side=order.side,
        status=order.status,
        quantity=order.quantity,
        filled_qty=order.filled,
        limit_price=order.limit_price,
        reserved=order.reserved,
        time=order.accepted_at,
        expires_at=order.expires_at,
    )


def _ended(document: Document, bot: str) -> OrderView:
    limit = document.get("limit_price")
    return OrderView(
        order_id=document["order_id"],
        client_order_id=document["client_order_id"],
        bot_id=document["bot_id"],
        bot=bot,
        symbol=document["symbol"],
        side=Side(document["side"]),
        status=OrderStatus(document["status"]),
        quantity=Decimal(document["quantity"]),
        filled_qty=Decimal(document["filled"]),
        limit_price=None if limit is None else Decimal(limit),
        reserved=Decimal(document.get("reserved", "0")),
        time=from_iso(document["ts"]),
    )
