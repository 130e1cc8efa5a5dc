"""What orders do to a user's state: cash, lots, reservations, counts, protection, marks (spec/accounting.md)."""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from core.domain.account import CONSUMED_LEVELS_KEPT, ENTRIES_KEPT, Account, ConsumedDepth, Holding, TradedShare
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot, Protection, RestingOrder
from core.domain.errors import IntegrityError
from core.domain.events import OrderAccepted, OrderCanceled, OrderExecuted, OrderExpired, OrderFilled
from core.domain.events_order import OrderPlaced
from core.domain.journal import Event
from core.domain.lots import Lot, LotQueue, realized
from core.domain.money import ZERO
from core.domain.order import Fill, Side
from core.domain.order_status import FINAL, OrderStatus, Trigger, after
from core.domain.trade import Exit, Leg, Trade, close


def apply_order(state: Account, event: Event, fact: OrderExecuted) -> Trade | None:
    """Fold an executed order into its bot's book and the user's; gives the trade it closed, if any."""
    bot = state.bot(fact.bot_id)
    _draw(state, bot, fact)
    legs = _fill(state, bot, event, fact.symbol, fact.side, fact.fills)
    _set_protection(bot, fact, fact.symbol, fact.fills)
    if fact.fills:
        _count_filled(state, bot)
        if not fact.reduce_only:
            _count_entry(state, bot, event)
    _measure(state, bot, event, fact.marks)
    release_if_flat(state, bot)
    if not legs:
        return None
    return _trade(state, bot, Exit(fact.order_id, bot.bot_id, fact.symbol, fact.exit_reason, event.ts, legs))


def accept_order(state: Account, event: Event, fact: OrderAccepted) -> Trade | None:
    """Fold an order that rests after what it filled at once."""
    bot = state.bot(fact.bot_id)
    _draw(state, bot, fact)
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
    order.legs = _fill(state, bot, event, fact.symbol, fact.side, fact.fills)
    bot.orders[order.order_id] = order
    state.working[order.order_id] = bot.bot_id
    _set_protection(bot, order, fact.symbol, fact.fills)
    if fact.fills:
        _count_filled(state, bot)
    if not fact.reduce_only:
        _count_entry(state, bot, event)
    _measure(state, bot, event, fact.marks)
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
    order.legs += _fill(state, bot, event, order.symbol, order.side, fact.fills, maker=waited)
    if waited:
        _share(state, order, fact)
    _set_protection(bot, order, order.symbol, fact.fills)
    if first:
        _count_filled(state, bot)
    _measure(state, bot, event, fact.marks)
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
    return _trade(state, bot, ended)


def _draw(state: Account, bot: Bot, fact: OrderPlaced) -> None:
    """Give the bot the free cash that its order takes, for units at what one is worth at the order's marks."""
    if fact.drawn is not None:
        units = bot.track.units_for(fact.drawn, bot.equity(state.marks | fact.marks))
        give(state, bot, fact.drawn, units)


def _share(state: Account, order: RestingOrder, fact: OrderFilled) -> None:
    share = state.traded.get(order.symbol)
    if share is None or share.ts != fact.market.ts:
        share = state.traded[order.symbol] = TradedShare(fact.market.ts)
    filled = sum((fill.quantity for fill in fact.fills), ZERO)
    if order.side is Side.BUY:
        share.buy += filled
    else:
        share.sell += filled


def _fill(
    state: Account, bot: Bot, event: Event, symbol: str, side: Side, fills: Sequence[Fill], *, maker: bool = False
) -> list[Leg]:
    """Move cash and lots; gives what a sale consumed. Only a taker consumes what the book showed."""
    queue = bot.positions.get(symbol)
    if queue is None:
        queue = bot.positions[symbol] = LotQueue()
    quote = bot.quote
    holding = state.holdings.get(symbol)
    if holding is None:
        holding = state.holdings[symbol] = Holding(symbol.partition("/")[2])
    cost_before, held_before, cash_before = queue.cost, queue.quantity, bot.cash
    books = (bot.book, state.book(quote))
    legs: list[Leg] = []
    for fill in fills:
        notional = fill.quantity * fill.price
        if side is Side.BUY:
            _bought(bot, queue, fill, notional, event, in_base=fill.fee_currency != quote)
        else:
            matches = queue.sell(fill.quantity)
            legs.append(Leg(fill, matches))
            gain = realized(matches, fill.price)
            bot.cash += notional - fill.fee
            for book in books:
                book.realized += gain
        for book in books:
            book.count_fill(fill, notional)
        if not maker:
            _consume(state, symbol, side, fill)
    holding.quantity += queue.quantity - held_before
    holding.cost += queue.cost - cost_before
    state.cash_total[quote] += bot.cash - cash_before
    return legs


def _bought(bot: Bot, queue: LotQueue, fill: Fill, notional: Decimal, event: Event, *, in_base: bool) -> None:
    if in_base:
        bot.cash -= notional
        queue.buy(Lot(fill.quantity - fill.fee, fill.price, event.ts, fill.fee_quote_value))
    else:
        bot.cash -= notional + fill.fee
        queue.buy(Lot(fill.quantity, fill.price, event.ts, fill.fee_quote_value))


def _consume(state: Account, symbol: str, side: Side, fill: Fill) -> None:
    depth = state.consumed.get(symbol)
    if depth is None:
        depth = state.consumed[symbol] = ConsumedDepth()
    levels = depth.by(side)
    offered, used = levels.pop(fill.price, (fill.level_quantity, ZERO))
    levels[fill.price] = (fill.level_quantity, fill.quantity + (used if offered == fill.level_quantity else ZERO))
    if len(levels) > CONSUMED_LEVELS_KEPT:
        del levels[next(iter(levels))]


def _set_protection(bot: Bot, order: OrderExecuted | RestingOrder, symbol: str, fills: Sequence[Fill]) -> None:
    if not bot.held(symbol):
        bot.protections.pop(symbol, None)
    elif order.side is Side.BUY and fills:
        stop, known = order.stop_loss, bot.protections.get(symbol)
        if stop is None and bot.manual and known is not None:
            stop = _kept(known.stop_loss, fills)
        bot.protections[symbol] = Protection(order.take_profit, stop)


def _kept(stop: Decimal | None, fills: Sequence[Fill]) -> Decimal | None:
    """A person who buys more without a stop keeps the one there is, unless it would sell what was bought at once."""
    return stop if stop is not None and stop < min(fill.price for fill in fills) else None


def _count_filled(state: Account, bot: Bot) -> None:
    state.orders_today += 1
    bot.orders_today += 1


def _count_entry(state: Account, bot: Bot, event: Event) -> None:
    bot.last_entry_at = event.ts
    window = state.entries.get(bot.exchange.value)
    if window is None:
        window = state.entries[bot.exchange.value] = deque()
    window.append(event.ts)
    if len(window) > ENTRIES_KEPT:
        window.popleft()


def _trade(state: Account, bot: Bot, ended: Exit) -> Trade:
    trade = close(ended)
    for scope, book in ((bot, bot.book), (state, state.book(bot.quote))):
        book.count_trade(trade)
        if trade.net_pnl < 0:
            scope.loss_streak += 1
        elif trade.won:
            scope.loss_streak = 0
    return trade


def _measure(state: Account, bot: Bot, event: Event, marks: dict[str, Decimal]) -> None:
    take_marks(state, event, marks)
    bot.exposure.update(event.ts, holding=not bot.flat)
    state.exposure.update(event.ts, holding=state.holding)
    bot.track.record(bot.equity(state.marks), event.ts)
    state.track.record(state.equity(state.marks), event.ts)


def take_marks(state: Account, event: Event, marks: dict[str, Decimal]) -> None:
    """Note the prices recorded with an event."""
    state.marks.update(marks)
    state.marked_at = event.ts


def release_if_flat(state: Account, bot: Bot) -> None:
    """A stopped bot without a position or a resting order gives its cash back to its owner."""
    if bot.status is BotStatus.STOPPED and bot.cash and not bot.orders and bot.flat:
        state.free_cash[bot.quote] += bot.cash
        bot.cash = ZERO
        bot.track.units = ZERO


def give(state: Account, bot: Bot, amount: Decimal, units: Decimal) -> None:
    """Move free cash into a bot's book, for units of it; both below zero move it back."""
    state.free_cash[bot.quote] -= amount
    bot.cash += amount
    bot.capital += amount
    bot.track.units += units
