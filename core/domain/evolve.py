"""(state, event) -> state: the only way a user's state changes; exact arithmetic, no outside effect."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from core.domain import bot as life
from core.domain import events as ev
from core.domain import evolve_money, evolve_order, evolve_resting
from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_state import ERRORS_KEPT, Bot
from core.domain.errors import IntegrityError
from core.domain.evolve_order import release_if_flat, take_marks
from core.domain.evolve_resting import cancel_asks, cancel_entries
from core.domain.journal import Event
from core.domain.money import exact
from core.domain.trade import Trade


def evolve(state: Account, event: Event) -> Trade | None:
    """Fold one event into a state the caller owns, in place; gives the trade it closed, if any.

    Raises:
        IntegrityError: the event does not follow the state or contradicts it.
    """
    with exact():
        return _evolve(state, event)


def fold(state: Account, events: Iterable[Event]) -> Account:
    """Fold many events, in order."""
    with exact():
        for event in events:
            _evolve(state, event)
    return state


def _evolve(state: Account, event: Event) -> Trade | None:
    if event.seq != state.seq + 1 or event.user_id != state.user_id:
        raise IntegrityError(f"Event {event.user_id}:{event.seq} does not follow {state.user_id}:{state.seq}.")
    try:
        if state.opens_day(event.ts):
            _open_day(state, event)
        trade = _HANDLERS[type(event.payload)](state, event, event.payload)
    except (ArithmeticError, LookupError) as error:
        raise IntegrityError(f"Event {event.user_id}:{event.seq} cannot be applied: {error!r}.") from error
    state.seq = event.seq
    return trade


def _open_day(state: Account, event: Event) -> None:
    """A new day of engine time opens at the last recorded unit values, with fresh daily counts."""
    last, state.day, state.day_seq = state.day, event.ts.date(), event.seq
    if last is None:
        state.started_at = event.ts
        return
    # A market that starts over further back opens a day like any other.
    days = max(1, (state.day - last).days)
    for scope in (state, *state.bots.values()):
        scope.orders_today = 0
        scope.track.open_day(days)


def new_bot(fact: ev.BotCreated, created_at: datetime) -> Bot:
    """A bot as it begins."""
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
        created_at=created_at,
        cash=fact.capital,
    )
    bot.track.units = fact.capital
    bot.track.drawdown.peak_at = created_at
    return bot


def _bot_created(state: Account, event: Event, fact: ev.BotCreated) -> None:
    bot = new_bot(fact, event.ts)
    if fact.capital:  # the built-in bot has none, and may be in a currency that the account does not own yet
        state.free_cash[bot.quote] -= fact.capital
    state.bots[bot.bot_id] = bot


def _move(bot: Bot, move: Move, reason: str = "") -> None:
    bot.status = life.after(bot.status, move, bot.name)
    bot.status_reason = reason


def _bot_edited(state: Account, _: Event, fact: ev.BotEdited) -> None:
    bot = state.bot(fact.bot_id)
    for name in ("name", "strategy", "parameters", "timeframe", "risk_mode", "cooldown_minutes"):
        wanted = getattr(fact, name)
        if wanted is not None:
            setattr(bot, name, wanted)


def _bot_started(state: Account, _: Event, fact: ev.BotStarted) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.START)
    bot.run, bot.source = fact.run, fact.source


def _bot_resumed(state: Account, _: Event, fact: ev.BotResumed) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.RESUME)
    bot.run, bot.source = fact.run, fact.source


def _bot_paused(state: Account, _: Event, fact: ev.BotPaused) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.PAUSE, fact.reason)
    cancel_entries(state, bot)


def _bot_stopped(state: Account, _: Event, fact: ev.BotStopped) -> None:
    bot = state.bot(fact.bot_id)
    _move(bot, Move.STOP, fact.reason)
    cancel_entries(state, bot)
    release_if_flat(state, bot)


def _bot_erred(state: Account, event: Event, fact: ev.BotErred) -> None:
    for scope in (state.bot(fact.bot_id), state):
        scope.errors.append(event.ts)
        if len(scope.errors) > ERRORS_KEPT:
            scope.errors.popleft()


def _halted(state: Account, _: Event, fact: ev.TradingHalted) -> None:
    """From here on nothing enters, and no entry that rests is left to fill, whatever their number."""
    if fact.scope is ev.HaltScope.SYSTEM:
        state.system_halted = True
    else:
        state.user_halted = True
    for bot in state.bots.values():
        cancel_entries(state, bot)
        if fact.takes_back_sales:
            cancel_asks(state, bot)


def _unhalted(state: Account, _: Event, fact: ev.TradingResumed) -> None:
    if fact.scope is ev.HaltScope.SYSTEM:
        state.system_halted = False
    else:
        state.user_halted = False
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
        cancel_entries(state, bot)


def _reset(state: Account, event: Event, fact: ev.BreakerReset) -> None:
    take_marks(state, event, fact.marks)
    if fact.bot_id is None:
        state.tripped, state.loss_streak = None, 0
        state.errors.clear()
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
    take_marks(state, event, fact.marks)
    state.track.record(state.equity(state.marks), event.ts)
    for bot in state.bots.values():
        bot.track.record(bot.equity(state.marks), event.ts)
    if fact.day_start:
        state.track.day_open = state.track.last
        for bot in state.bots.values():
            bot.track.day_open = bot.track.last


def _limits(state: Account, _: Event, fact: ev.LimitsChanged) -> None:
    state.limits = fact.limits


def _ownership(state: Account, event: Event, _: ev.OwnershipTaken) -> None:
    state.epoch = event.epoch


_HANDLERS: dict[type[ev.Payload], Callable[[Account, Event, Any], Trade | None]] = {
    ev.Funded: evolve_money.fund,
    ev.Withdrawn: evolve_money.withdraw,
    ev.Converted: evolve_money.convert,
    ev.Reversed: evolve_money.reverse,
    ev.AccountReset: evolve_money.reset_account,
    ev.Allocated: evolve_money.allocate,
    ev.Released: evolve_money.release,
    ev.Reinvested: evolve_money.reinvest,
    ev.BotCreated: _bot_created,
    ev.BotEdited: _bot_edited,
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
    ev.LimitsChanged: _limits,
    ev.OrderExecuted: evolve_order.apply_order,
    ev.OrderAccepted: evolve_resting.accept_order,
    ev.OrderFilled: evolve_resting.fill_resting,
    ev.OrderCanceled: evolve_resting.cancel_resting,
    ev.OrderExpired: evolve_resting.cancel_resting,
}
