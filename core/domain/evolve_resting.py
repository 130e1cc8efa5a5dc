"""What orders that rest do to a user's state: they reserve, fill, end, and become a trade (spec/accounting.md)."""

from core.domain.account import Account, TradedShare
from core.domain.bot_state import Bot, RestingOrder
from core.domain.errors import IntegrityError
from core.domain.events import OrderAccepted, OrderCanceled, OrderExpired, OrderFilled
from core.domain.evolve_order import (
    close_trade,
    count_entry,
    count_filled,
    draw,
    measure,
    release_if_flat,
    set_protection,
    take_fills,
)
from core.domain.journal import Event
from core.domain.money import ZERO
from core.domain.order import Side
from core.domain.order_status import FINAL, OrderStatus, Trigger, after
from core.domain.trade import Exit, Trade


def accept_order(state: Account, event: Event, fact: OrderAccepted) -> Trade | None:
    """Fold an order that rests after what it filled at once."""
    bot = state.bot(fact.bot_id)
    draw(state, bot, fact)
    filled = fact.filled_qty
    triggers = [Trigger.SUBMIT, Trigger.ACCEPT, *([Trigger.FILL_PART] if filled else [])]
    order = RestingOrder(
        order_id=fact.order_id,
        client_order_id=fact.client_order_id,
        symbol=fact.symbol,
        side=fact.side,
        quantity=fact.quantity,
        limit_price=fact.limit_price,
        filled=filled,
        reserved=fact.reserved,
        status=after(OrderStatus.INITIALIZED, *triggers),
        reduce_only=fact.reduce_only,
        accepted_at=event.ts,
        decided_mid=fact.decided_mid,
        expires_at=fact.expires_at,
        queue_ahead=fact.queue_ahead,
        exit_reason=fact.exit_reason,
        take_profit=fact.take_profit,
        stop_loss=fact.stop_loss,
    )
    if order.order_id in bot.orders or filled >= fact.quantity:
        raise IntegrityError(f"Order {order.order_id} cannot rest: it rests already, or is filled.")
    order.legs = take_fills(state, bot, event, fact.symbol, fact.side, fact.fills)
    bot.orders[order.order_id] = order
    state.working[order.order_id] = bot.bot_id
    set_protection(bot, order, fact.symbol, fact.fills)
    if fact.fills:
        count_filled(state, bot)
    if not fact.reduce_only:
        count_entry(state, bot, event)
    measure(state, bot, event, fact.marks)
    return None


def fill_resting(state: Account, event: Event, fact: OrderFilled) -> Trade | None:
    """Fold fills of a resting order; a sale that is done becomes one trade with all it sold."""
    bot = state.bot(fact.bot_id)
    order = bot.orders[fact.order_id]
    first = not order.filled
    order.filled += sum((fill.quantity for fill in fact.fills), ZERO)
    done = order.filled == order.quantity
    expected = after(order.status, Trigger.FILL if done else Trigger.FILL_PART)
    if fact.status is not expected or order.filled > order.quantity:
        raise IntegrityError(f"Order {fact.order_id} is {fact.status} with {order.filled} of {order.quantity} filled.")
    order.status, order.reserved, order.queue_ahead = fact.status, fact.reserved, fact.queue_ahead
    waited = order.limit_price is not None
    order.legs += take_fills(state, bot, event, order.symbol, order.side, fact.fills, maker=waited)
    if waited:
        _share(state, order, fact)
    set_protection(bot, order, order.symbol, fact.fills)
    if first:
        count_filled(state, bot)
    measure(state, bot, event, fact.marks)
    return _end(state, bot, event, order) if done else None


def cancel_resting(state: Account, event: Event, fact: OrderCanceled | OrderExpired) -> Trade | None:
    """Fold the end of a resting order: what it reserved is free again; what it sold becomes a trade."""
    bot = state.bot(fact.bot_id)
    order = bot.orders[fact.order_id]
    order.status = after(order.status, Trigger.CANCEL if isinstance(fact, OrderCanceled) else Trigger.EXPIRE)
    return _end(state, bot, event, order)


def cancel_entries(state: Account, bot: Bot) -> None:
    """Take back a bot's entries that rest: it may not enter any more."""
    for order in [order for order in bot.orders.values() if order.side is Side.BUY]:
        order.status = after(order.status, Trigger.CANCEL)
        _forget(state, bot, order)


def cancel_asks(state: Account, bot: Bot) -> None:
    """Take back a bot's sales that rest at a limit and have sold nothing; one that has is a trade of its own."""
    for order in [order for order in bot.orders.values() if order.only_asked]:
        order.status = after(order.status, Trigger.CANCEL)
        _forget(state, bot, order)


def _forget(state: Account, bot: Bot, order: RestingOrder) -> None:
    del bot.orders[order.order_id]
    del state.working[order.order_id]


def _end(state: Account, bot: Bot, event: Event, order: RestingOrder) -> Trade | None:
    if order.status not in FINAL or (order.status is OrderStatus.FILLED and order.reserved):
        raise IntegrityError(f"Order {order.order_id} ends as {order.status} with {order.reserved} reserved.")
    _forget(state, bot, order)
    release_if_flat(state, bot)
    if not order.legs:
        return None
    ended = Exit(order.order_id, bot.bot_id, order.symbol, order.exit_reason, event.ts, order.legs)
    return close_trade(state, bot, ended)


def _share(state: Account, order: RestingOrder, fact: OrderFilled) -> None:
    share = state.traded.get(order.symbol)
    if share is None or share.ts != fact.market.ts:
        share = state.traded[order.symbol] = TradedShare(fact.market.ts)
    filled = sum((fill.quantity for fill in fact.fills), ZERO)
    if order.side is Side.BUY:
        share.buy += filled
    else:
        share.sell += filled
