"""What an executed order does to a user's state: cash, lots, counts, protection, marks (spec/accounting.md)."""

from collections import deque
from decimal import Decimal

from core.domain.account import CONSUMED_LEVELS_KEPT, ENTRIES_KEPT, Account, Bot, Holding, Protection
from core.domain.bot import BotStatus
from core.domain.events import OrderExecuted
from core.domain.journal import Event
from core.domain.lots import Lot, LotQueue, Match, realized
from core.domain.money import ZERO
from core.domain.order import Fill, Side
from core.domain.trade import Exit, Trade, close


def apply_order(state: Account, event: Event, fact: OrderExecuted) -> Trade | None:
    """Fold an executed order into its bot's book and the user's; gives the trade it closed, if any."""
    bot = state.bot(fact.bot_id)
    queue = bot.positions.setdefault(fact.symbol, LotQueue())
    holding = state.holdings.setdefault(fact.symbol, Holding())
    cost_before, held_before, cash_before = queue.cost, queue.quantity, bot.cash
    legs: list[tuple[Fill, list[Match]]] = []
    for fill in fact.fills:
        if fact.side is Side.BUY:
            _bought(bot, queue, fill, event)
        else:
            legs.append((fill, _sold(state, bot, queue, fill)))
        _count_fill(state, bot, fact, fill)
    holding.quantity += queue.quantity - held_before
    holding.cost += queue.cost - cost_before
    state.cash_total[bot.quote] += bot.cash - cash_before
    _set_protection(bot, fact, queue)
    _count_order(state, bot, event, fact)
    take_marks(state, event, fact.marks)
    bot.track.record(bot.equity(state.marks))
    state.track.record(state.equity(state.marks))
    release_if_flat(state, bot)
    if not legs:
        return None
    trade = close(Exit(fact.order_id, bot.bot_id, fact.symbol, fact.exit_reason, event.ts, legs))
    _count_trade(state, bot, trade)
    return trade


def _bought(bot: Bot, queue: LotQueue, fill: Fill, event: Event) -> None:
    notional = fill.quantity * fill.price
    in_base = fill.fee_currency != bot.quote
    bot.cash -= notional if in_base else notional + fill.fee
    received = fill.quantity - fill.fee if in_base else fill.quantity
    queue.buy(Lot(received, fill.price, event.ts, fill.fee_quote_value))


def _sold(state: Account, bot: Bot, queue: LotQueue, fill: Fill) -> list[Match]:
    matches = queue.sell(fill.quantity)
    gain = realized(matches, fill.price)
    bot.cash += fill.quantity * fill.price - fill.fee
    bot.book.realized += gain
    state.book.realized += gain
    return matches


def _count_fill(state: Account, bot: Bot, fact: OrderExecuted, fill: Fill) -> None:
    for book in (bot.book, state.book):
        book.fees += fill.fee_quote_value
        book.volume += fill.quantity * fill.price
        book.fills += 1
    levels = state.consumed.setdefault(fact.symbol, {})
    key = (fact.side.value, fill.price)
    offered, used = levels.pop(key, (fill.level_quantity, ZERO))
    levels[key] = (fill.level_quantity, fill.quantity + (used if offered == fill.level_quantity else ZERO))
    if len(levels) > CONSUMED_LEVELS_KEPT:
        del levels[next(iter(levels))]


def _set_protection(bot: Bot, fact: OrderExecuted, queue: LotQueue) -> None:
    if not queue.quantity:
        bot.protection = None
    elif fact.side is Side.BUY and fact.fills:
        bot.protection = Protection(fact.take_profit, fact.stop_loss)


def _count_order(state: Account, bot: Bot, event: Event, fact: OrderExecuted) -> None:
    if not fact.fills:
        return
    state.orders_today += 1
    bot.orders_today += 1
    if not fact.reduce_only:
        window = state.entries.setdefault(fact.exchange.value, deque(maxlen=ENTRIES_KEPT))
        window.append(event.ts)


def _count_trade(state: Account, bot: Bot, trade: Trade) -> None:
    for scope in (bot, state):
        scope.book.trades += 1
        scope.book.wins += trade.won
        if trade.net_pnl < 0:
            scope.loss_streak += 1
        elif trade.won:
            scope.loss_streak = 0


def take_marks(state: Account, event: Event, marks: dict[str, Decimal]) -> None:
    """Note the prices recorded with an event."""
    state.marks.update(marks)
    state.marked_at = event.ts


def release_if_flat(state: Account, bot: Bot) -> None:
    """A stopped bot without a position gives its cash back to its owner."""
    if bot.status is BotStatus.STOPPED and bot.flat and bot.cash:
        state.free_cash[bot.quote] += bot.cash
        bot.cash = ZERO
        bot.track.units = ZERO
