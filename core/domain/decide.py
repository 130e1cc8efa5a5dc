"""(state, command, setting) -> an event, a denial, or nothing to do: pure, and where every rule is applied."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain import bot as life
from core.domain import commands as cmd
from core.domain import decide_money, decide_resting
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_state import MANUAL, Bot
from core.domain.decide_order import decide_order
from core.domain.decision import NOTHING, Decision, Setting
from core.domain.errors import Conflict, InvalidInput
from core.domain.gates import circuit_breaker
from core.domain.instrument import Exchange, split_symbol
from core.domain.market import Timeframe
from core.domain.money import exact, parse_positive

NAME_LENGTH = 40
MANUAL_NAME = "Manual"
MAX_COOLDOWN_MINUTES = 120
MIN_COOLDOWN_MINUTES = 5


def decide(state: Account, command: cmd.Command, setting: Setting) -> Decision:
    """What follows from a command.

    Raises:
        Conflict: the command contradicts the state (an illegal move, a name taken, too little cash).
        InvalidInput, NotFound: it can never be right.
    """
    if state.limits:
        setting = replace(setting, rules=setting.rules.with_limits(state.limits))
    with exact():
        return _DECIDERS[type(command)](state, command, setting)


def _create(state: Account, command: cmd.CreateBot, setting: Setting) -> Decision:
    name = command.name.strip()
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"A bot's name has 1 to {NAME_LENGTH} printable characters.")
    if name.casefold().startswith(MANUAL_NAME.casefold()):
        raise Conflict(f"{MANUAL_NAME} is the bot of your own orders. Choose another name.")
    living = [b for b in state.bots.values() if b.status is not BotStatus.STOPPED]
    if any(b.name.casefold() == name.casefold() for b in living):
        raise Conflict(f"You already have a bot called {name}. Choose another name.")
    if len(living) >= setting.rules.max_bots:
        raise Conflict(f"You have {len(living)} bots, which is the limit. Stop one first.")
    parse_positive(command.capital, "The capital")
    _, quote = split_symbol(command.symbol)
    free = state.free_cash.get(quote, Decimal(0))
    if command.capital > free:
        raise Conflict(f"{command.capital:,f} {quote} is more than your free cash of {free:,f} {quote}.")
    return Decision(
        ev.BotCreated(
            bot_id=command.bot_id,
            name=name,
            exchange=command.exchange,
            symbol=command.symbol,
            strategy=command.strategy,
            parameters=command.parameters,
            timeframe=command.timeframe,
            risk_mode=command.risk_mode,
            capital=command.capital,
            actor=command.actor,
        )
    )


def _open_manual(state: Account, command: cmd.OpenManualBot, _: Setting) -> Decision:
    """One built-in bot per quote currency: a bot's cash is in one."""
    quote = split_symbol(command.symbol)[1]
    if state.manual_bot(quote) is not None:
        return NOTHING
    return Decision(
        ev.BotCreated(
            bot_id=command.bot_id,
            name=MANUAL_NAME if quote == state.reporting else f"{MANUAL_NAME} {quote}",
            exchange=Exchange.BINANCE,
            symbol=command.symbol,
            strategy=MANUAL,
            parameters={},
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=Decimal(0),
            actor=command.actor,
        )
    )


def _set_cooldown(state: Account, command: cmd.SetCooldown, _: Setting) -> Decision:
    bot = state.bot(command.bot_id)
    if command.cooldown_minutes and not MIN_COOLDOWN_MINUTES <= command.cooldown_minutes <= MAX_COOLDOWN_MINUTES:
        bounds = f"{MIN_COOLDOWN_MINUTES} to {MAX_COOLDOWN_MINUTES} minutes"
        raise InvalidInput(f"A cooldown is {bounds}, or 0 for none, not {command.cooldown_minutes}.")
    if bot.status is BotStatus.STOPPED:
        raise Conflict(f"{bot.name} is stopped for good; it makes no entries any more.")
    return Decision(ev.BotEdited(bot.bot_id, command.actor, cooldown_minutes=command.cooldown_minutes))


def _start(state: Account, command: cmd.StartBot, _: Setting) -> Decision:
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command.source)
    life.after(bot.status, Move.START, bot.name)
    return Decision(ev.BotStarted(bot.bot_id, bot.run + 1, command.source, command.actor))


def _resume(state: Account, command: cmd.ResumeBot, _: Setting) -> Decision:
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command.source)
    life.after(bot.status, Move.RESUME, bot.name)
    return Decision(ev.BotResumed(bot.bot_id, bot.run + 1, command.source, command.actor))


def refuse_to_run(state: Account) -> None:
    """Why no bot of this account may run now.

    Raises:
        Conflict: trading is halted or the account's circuit breaker is open.
    """
    if state.system_halted:
        raise Conflict("An admin has halted all trading. It has to be resumed first.")
    if state.user_halted:
        raise Conflict("Your trading is halted by an emergency stop. Say “resume trading” first.")
    if state.tripped is not None:
        reason = state.tripped.value.replace("_", " ")
        raise Conflict(f"Your circuit breaker is open ({reason}). Reset it first.")


def _may_run(state: Account, bot: Bot, source: str) -> None:
    refuse_to_run(state)
    if bot.tripped is not None:
        reason = bot.tripped.value.replace("_", " ")
        raise Conflict(f"The circuit breaker of {bot.name} is open ({reason}). Reset it first.")
    if not bot.flat and bot.source != source:
        raise Conflict(f"{bot.name} holds a position opened on {bot.source}, and prices now come from {source}.")


def _pause(state: Account, command: cmd.PauseBot, _: Setting) -> Decision:
    bot = state.bot(command.bot_id)
    life.after(bot.status, Move.PAUSE, bot.name)
    return Decision(ev.BotPaused(bot.bot_id, command.actor, command.reason))


def _stop(state: Account, command: cmd.StopBot, _: Setting) -> Decision:
    bot = state.bot(command.bot_id)
    if bot.manual:
        raise Conflict(f"{bot.name} is the bot of your own orders; it cannot be stopped for good. Pause or flatten it.")
    life.after(bot.status, Move.STOP, bot.name)
    return Decision(ev.BotStopped(bot.bot_id, command.actor, command.reason))


def _bot_error(state: Account, command: cmd.RecordBotError, _: Setting) -> Decision:
    return Decision(ev.BotErred(state.bot(command.bot_id).bot_id, command.message[:500]))


def _check_breaker(state: Account, command: cmd.CheckBreaker, setting: Setting) -> Decision:
    bot = state.bot(command.bot_id) if command.bot_id else None
    tripped = circuit_breaker.trip(state, bot, setting.marks, setting.rules, setting.now)
    return Decision(tripped) if tripped else NOTHING


def _reset_breaker(state: Account, command: cmd.ResetBreaker, setting: Setting) -> Decision:
    tripped = state.bot(command.bot_id).tripped if command.bot_id else state.tripped
    if tripped is None:
        raise Conflict("That circuit breaker is not open, so there is nothing to reset.")
    marks = decide_money.present_marks(state, setting)
    return Decision(ev.BreakerReset(command.actor, command.reason, marks, command.bot_id))


def _record_marks(state: Account, command: cmd.RecordMarks, setting: Setting) -> Decision:
    return Decision(ev.Marked(decide_money.present_marks(state, setting), command.day_start))


def _halt(state: Account, command: cmd.HaltTrading, _: Setting) -> Decision:
    already = state.system_halted if command.scope is ev.HaltScope.SYSTEM else state.user_halted
    return NOTHING if already else Decision(ev.TradingHalted(command.actor, command.reason, command.scope))


def _unhalt(state: Account, command: cmd.ResumeTrading, _: Setting) -> Decision:
    if command.scope is ev.HaltScope.SYSTEM:
        return Decision(ev.TradingResumed(command.actor, command.scope)) if state.system_halted else NOTHING
    if not state.user_halted:
        if state.system_halted:
            raise Conflict("An admin has halted all trading; only an admin can resume it.")
        raise Conflict("Your trading is not halted, so there is nothing to resume.")
    return Decision(ev.TradingResumed(command.actor))


def _take_ownership(state: Account, command: cmd.TakeOwnership, _: Setting) -> Decision:
    if state.epoch >= command.epoch:
        return NOTHING
    return Decision(ev.OwnershipTaken(command.holder), epoch=command.epoch)


_DECIDERS: dict[type[cmd.Command], Callable[[Account, Any, Setting], Decision]] = {
    cmd.Fund: decide_money.fund,
    cmd.Withdraw: decide_money.withdraw,
    cmd.Convert: decide_money.convert,
    cmd.Reverse: decide_money.reverse,
    cmd.Allocate: decide_money.allocate,
    cmd.Release: decide_money.release,
    cmd.ResetAccount: decide_money.reset,
    cmd.CreateBot: _create,
    cmd.StartBot: _start,
    cmd.ResumeBot: _resume,
    cmd.PauseBot: _pause,
    cmd.StopBot: _stop,
    cmd.RecordBotError: _bot_error,
    cmd.OpenManualBot: _open_manual,
    cmd.SetCooldown: _set_cooldown,
    cmd.SubmitOrder: decide_order,
    cmd.FillResting: decide_resting.fill_resting,
    cmd.CancelOrder: decide_resting.cancel,
    cmd.ExpireOrder: decide_resting.expire,
    cmd.CheckBreaker: _check_breaker,
    cmd.ResetBreaker: _reset_breaker,
    cmd.RecordMarks: _record_marks,
    cmd.HaltTrading: _halt,
    cmd.ResumeTrading: _unhalt,
    cmd.TakeOwnership: _take_ownership,
}
