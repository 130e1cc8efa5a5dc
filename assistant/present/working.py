"""Orders that work, as a table."""

from assistant import formats as f
from assistant.blocks import Table
from assistant.present.base import foot
from core.domain.money import plain
from core.domain.order import Side
from tools import results as r
from tools.order_card import worth
from tools.order_control import SHORT_ID


def order_table(orders: tuple[r.OrderView, ...], source: str) -> Table:
    """Orders that work, one a row; a phone shows only the first columns without scrolling."""
    rows = tuple(
        (
            order.symbol,
            "market" if order.limit_price is None else f.price(order.limit_price),
            order.side.value,
            f"{plain(order.filled_qty)} of {plain(order.quantity)}" if order.filled_qty else plain(order.quantity),
            _until(order),
            reserved(order),
            order.bot,
            order.order_id[:SHORT_ID],
        )
        for order in orders
    )
    columns = ("Pair", "Price", "Side", "Quantity", "Until", "Reserved", "Bot", "Id")
    return Table("Working orders", columns, rows, foot(source))


def _until(order: r.OrderView) -> str:
    """When it expires; the day only when that is not the day it was placed."""
    if order.expires_at is None:
        return "canceled"
    same_day = order.expires_at.date() == order.time.date()
    return order.expires_at.strftime("%H:%MZ" if same_day else "%m-%d %H:%MZ")


def reserved(order: r.OrderView) -> str:
    """What an order keeps from other use: money of a buy, coins of a sale."""
    base, quote = order.symbol.split("/")
    return f"{worth(order.reserved)} {quote}" if order.side is Side.BUY else f"{plain(order.reserved)} {base}"
