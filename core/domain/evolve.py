"""(state, event) -> state: the only way a user's state changes; exact arithmetic, no outside effect."""

from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from core.domain import bot as life
from core.domain import events as ev
from core.domain.account import (
    CONSUMED_LEVELS_KEPT,
    ENTRIES_KEPT,
    REPORTING_CURRENCY,
    Account,
    Bot,
    Holding,
    Protection,
)
from core.domain.bot import BotStatus, Move
from core.domain.errors import IntegrityError
from core.domain.journal import Event
from core.domain.lots import Lot, LotQueue, Match, realized
from core.domain.money import ZERO, exact
from core.domain.order import Fill, Side
from core.domain.trade import Exit, Trade, close


def evolve(state: Account, event: Event) -> Trade | None:
    """Fold one event into a state the caller owns, in place; gives the trade it closed, if any.

    Raises:
        IntegrityError: the event does not follow the state or contradicts it.
    """
    if event.seq != state.seq + 1 or event.user_id != state.user_id:
        raise IntegrityError(f"Event {event.user_id}:{event.seq} does not follow {state.user_id}:{state.seq}.")
    with exact():
        _open_day(state, event)
        trade = _HANDLERS[type(event.payload)](state, event, event.payload)
    state.seq = event.seq
    return trade


def fold(state: Account, events: Iterable[Event]) -> Account:
    """Fold many events, in order."""
    for event in events:
        evolve(state, event)
    return state


def _open_day(state: Account, event: Event) -> None:
    """A new day of engine time opens at the last recorded unit values, with fresh daily counts."""
    today = event.ts.date()
    if state.day == today:
        return
    state.day = today
    state.orders_today = 0
    state.track.day_open = state.track.last
    for bot in state.bots.values():
        bot.orders_today = 0
        bot.track.day_open = bot.track.last


def _funded(state: Account, _: Event, fact: ev.Funded) -> None:
    for account in (state.free_cash, state.cash_total, state.funded):
        account[fact.currency] = account.get(fact.currency, ZERO) + fact.amount
    if fact.currency == REPORTING_CURRENCY:
        state.track.units += fact.units


def _bot_created(state: Account, event: Event, fact: ev.BotCreated) -> None:
    bot = Bot(
        bot_id=fact.bot_id,
        name=fact.name,
        exchange=fact.exchange,
        symbol=fact.symbol,
        strategy=fact.strategy,
        parameters=fact.parameters,
        timeframe=fact.timeframe,
        risk_mode=fact.risk_mode,
        capital=fact.capital,
        created_at=event.ts,
        cash=fact.capital,
    )
    bot.track.units = fact.capital
    state.free_cash[bot.quote] -= fact.capital
    state.bots[bot.bot_id] = bot


def _move(bot: Bot, move: Move, reason: str = "") -> None:
    bot.status = life.after(bot.status, move, bot.name)
    bot.status_reason = reason


def _bot_started(state: Account, _: Event, fact: ev.BotStarted) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.START)
    bot.run, bot.source = fact.run, fact.source


def _bot_resumed(state: Account, _: Event, fact: ev.BotResumed) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.RESUME)
    bot.run, bot.source = fact.run, fact.source


def _bot_paused(state: Account, _: Event, fact: ev.BotPaused) -> None:
    _move(state.bot(fact.bot_id), Move.PAUSE, fact.reason)


def _bot_stopped(state: Account, _: Event, fact: ev.BotStopped) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.STOP, fact.reason)
    _release_if_flat(state, bot)


def _release_if_flat(state: Account, bot: Bot) -> None:
    """A stopped bot without a position gives its cash back to its owner."""
    if bot.status is BotStatus.STOPPED and bot.flat and bot.cash:
        state.free_cash[bot.quote] += bot.cash
        bot.cash = ZERO
        bot.track.units = ZERO


def _bot_erred(state: Account, event: Event, fact: ev.BotErred) -> None:
    state.bot(fact.bot_id).errors.append(event.ts)


def _halted(state: Account, _: Event, __: ev.TradingHalted) -> None:
    state.halted = True


def _unhalted(state: Account, _: Event, __: ev.TradingResumed) -> None:
    state.halted = False
    for bot in state.bots.values():
        if bot.status is BotStatus.RUNNING:
            _move(bot, Move.PAUSE, "trading was halted")


def _tripped(state: Account, _: Event, fact: ev.BreakerTripped) -> None:
    reason = f"circuit breaker: {fact.metric.value.replace('_', ' ')}"
    if fact.bot_id is not None:
        bots = [state.bot(fact.bot_id)]
        bots[0].tripped = fact.metric
    else:
        bots = list(state.bots.values())
        state.tripped = fact.metric
    for bot in bots:
        if bot.status is BotStatus.RUNNING:
            _move(bot, Move.TRIP, reason)


def _reset(state: Account, event: Event, fact: ev.BreakerReset) -> None:
    _take_marks(state, event, fact.marks)
    if fact.bot_id is None:
        state.tripped, state.loss_streak = None, 0
        state.track.rebase(state.equity(state.marks))
    scope = [state.bot(fact.bot_id)] if fact.bot_id else [b for b in state.bots.values() if b.tripped is None]
    for bot in scope:
        if bot.status is BotStatus.CIRCUIT_TRIPPED:
            _move(bot, Move.RESET, fact.reason)
        if fact.bot_id is not None:
            bot.tripped, bot.loss_streak = None, 0
            bot.errors.clear()
            bot.track.rebase(bot.equity(state.marks))


def _marked(state: Account, event: Event, fact: ev.Marked) -> None:
    _take_marks(state, event, fact.marks)
    state.track.record(state.equity(state.marks))
    for bot in state.bots.values():
        bot.track.record(bot.equity(state.marks))
    if fact.day_start:
        state.track.day_open = state.track.last
        for bot in state.bots.values():
            bot.track.day_open = bot.track.last


def _take_marks(state: Account, event: Event, marks: dict[str, Decimal]) -> None:
    state.marks.update(marks)
    state.marked_at = event.ts


def _ownership(state: Account, event: Event, _: ev.OwnershipTaken) -> None:
    state.epoch = event.epoch


def _order_executed(state: Account, event: Event, fact: ev.OrderExecuted) -> Trade | None:
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
    _take_marks(state, event, fact.marks)
    bot.track.record(bot.equity(state.marks))
    state.track.record(state.equity(state.marks))
    _release_if_flat(state, bot)
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


def _count_fill(state: Account, bot: Bot, fact: ev.OrderExecuted, fill: Fill) -> None:
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


def _set_protection(bot: Bot, fact: ev.OrderExecuted, queue: LotQueue) -> None:
    if not queue.quantity:
        bot.protection = None
    elif fact.side is Side.BUY and fact.fills:
        bot.protection = Protection(fact.take_profit, fact.stop_loss)


def _count_order(state: Account, bot: Bot, event: Event, fact: ev.OrderExecuted) -> None:
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


_HANDLERS: dict[type[ev.Payload], Callable[[Account, Event, Any], Trade | None]] = {
    ev.Funded: _funded,
    ev.BotCreated: _bot_created,
    ev.BotStarted: _bot_started,
    ev.BotResumed: _bot_resumed,
    ev.BotPaused: _bot_paused,
    ev.BotStopped: _bot_stopped,
    ev.BotErred: _bot_erred,
    ev.TradingHalted: _halted,
    ev.TradingResumed: _unhalted,
    ev.BreakerTripped: _tripped,
    ev.BreakerReset: _reset,
    ev.Marked: _marked,
    ev.OwnershipTaken: _ownership,
    ev.OrderExecuted: _order_executed,
}
