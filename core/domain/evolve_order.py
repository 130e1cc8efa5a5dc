"""What orders do to a user's state: cash, lots, reservations, counts, protection, marks (spec/accounting.md)."""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from core.domain.account import CONSUMED_LEVELS_KEPT, ENTRIES_KEPT, Account, ConsumedDepth, Holding
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot, Protection, RestingOrder
from core.domain.events import OrderExecuted
from core.domain.events_order import OrderPlaced
from core.domain.journal import Event
from core.domain.lots import Lot, LotQueue, realized
from core.domain.money import ZERO
from core.domain.order import Fill, Side
from core.domain.trade import Exit, Leg, Trade, close


def apply_order(state: Account, event: Event, fact: OrderExecuted) -> Trade | None:
    """Fold an executed order into its bot's book and the user's; gives the trade it closed, if any."""
    bot = state.bot(fact.bot_id)
    draw(state, bot, fact)
    legs = take_fills(state, bot, event, fact.symbol, fact.side, fact.fills)
    set_protection(bot, fact, fact.symbol, fact.fills)
    if fact.fills:
        count_filled(state, bot)
        if not fact.reduce_only:
            count_entry(state, bot, event)
    measure(state, bot, event, fact.marks)
    release_if_flat(state, bot)
    if not legs:
        return None
    return close_trade(state, bot, Exit(fact.order_id, bot.bot_id, fact.symbol, fact.exit_reason, event.ts, legs))


def draw(state: Account, bot: Bot, fact: OrderPlaced) -> None:
    """Give the bot the free cash that its order takes, for units at what one is worth at the order's marks."""
    if fact.drawn is not None:
        units = bot.track.units_for(fact.drawn, bot.equity(state.marks | fact.marks))
        give(state, bot, fact.drawn, units)


def take_fills(
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


def set_protection(bot: Bot, order: OrderExecuted | RestingOrder, symbol: str, fills: Sequence[Fill]) -> None:
    """Give the position its target and stop with a buy that filled; take them away when nothing is held."""
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


def count_filled(state: Account, bot: Bot) -> None:
    """An order filled for the first time: it counts towards the daily limits."""
    state.orders_today += 1
    bot.orders_today += 1


def count_entry(state: Account, bot: Bot, event: Event) -> None:
    """An entry reached the exchange: it counts towards the burst window and the cooldown."""
    bot.last_entry_at = event.ts
    window = state.entries.get(bot.exchange.value)
    if window is None:
        window = state.entries[bot.exchange.value] = deque()
    window.append(event.ts)
    if len(window) > ENTRIES_KEPT:
        window.popleft()


def close_trade(state: Account, bot: Bot, ended: Exit) -> Trade:
    """Book what an exit sold as a trade, and what it does to the streaks."""
    trade = close(ended)
    for scope, book in ((bot, bot.book), (state, state.book(bot.quote))):
        book.count_trade(trade)
        if trade.net_pnl < 0:
            scope.loss_streak += 1
        elif trade.won:
            scope.loss_streak = 0
    return trade


def measure(state: Account, bot: Bot, event: Event, marks: dict[str, Decimal]) -> None:
    """Record equity at these marks, of the bot and of its owner."""
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
