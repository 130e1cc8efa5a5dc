"""How an order that rests in the book fills: as a maker, by what the market trades (spec/pipeline.md, paper exchange).

A trade strictly through the order's price fills it; a trade at its price first fills the queue that stood before it.
Never more than was traded is filled, also by several orders of one user together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import FeeSchedule
from core.domain.market import Level
from core.domain.money import BPS, ZERO, floor_to, round_fee_up
from core.domain.order import Side


@dataclass(frozen=True, slots=True)
class Waiting:
    """A resting limit order: base units left, and those before it at its price (None: unknown, so endless)."""

    side: Side
    limit_price: Decimal
    left: Decimal
    queue_ahead: Decimal | None


@dataclass(frozen=True, slots=True)
class Traded:
    """What some trades do to a waiting order: base units it fills, and the queue that is left before it."""

    quantity: Decimal
    queue_ahead: Decimal | None


def trade_through(order: Waiting, trades: Iterable[Level], taken: Decimal, lot_size: Decimal) -> Traded:
    """Let trades pass a waiting order.

    Args:
        order: what waits.
        trades: what the market traded, oldest first: price and base units.
        taken: base units of these trades that other orders of the user have filled; they come off first.
        lot_size: a fill that leaves something is cut to whole lots.
    """
    reached, queue = ZERO, order.queue_ahead
    for trade in trades:
        better = trade.price < order.limit_price if order.side is Side.BUY else trade.price > order.limit_price
        if better:
            reached += trade.quantity
            queue = ZERO  # the market went through: whoever stood before at this price is gone
        elif trade.price == order.limit_price and queue is not None:
            passed = max(trade.quantity - queue, ZERO)
            queue = max(queue - trade.quantity, ZERO)
            reached += passed
    free = max(reached - taken, ZERO)
    quantity = order.left if order.left <= free else floor_to(free, lot_size)
    return Traded(quantity, queue)


def reservation(side: Side, left: Decimal, limit_price: Decimal | None, fees: FeeSchedule) -> Decimal:
    """What an order must hold back: quote cash with its fee (a buy), or base units (a sale)."""
    if side is Side.SELL or limit_price is None:
        return left
    notional = left * limit_price
    return notional + round_fee_up(notional * fees.maker_bps / BPS, fees.decimals)
