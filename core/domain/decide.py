"""(state, command, setting) -> an event, a denial, or nothing to do: pure, and where every rule is applied."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.domain import commands as cmd
from core.domain import decide_bot, decide_edit, decide_money, decide_resting
from core.domain import events as ev
from core.domain.account import Account
from core.domain.decide_order import decide_order
from core.domain.decision import NOTHING, Decision, Setting
from core.domain.errors import Conflict
from core.domain.gates import circuit_breaker
from core.domain.money import exact


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
    resting = command.takes_back_sales and any(
        order.only_asked for bot in state.bots.values() for order in bot.orders.values()
    )
    if already and not resting:
        return NOTHING
    return Decision(ev.TradingHalted(command.actor, command.reason, command.scope, command.takes_back_sales))


def _unhalt(state: Account, command: cmd.ResumeTrading, _: Setting) -> Decision:
    if command.scope is ev.HaltScope.SYSTEM:
        return Decision(ev.TradingResumed(command.actor, command.scope)) if state.system_halted else NOTHING
    if state.system_halted or command.system_halted:
        raise Conflict("An admin has halted all trading; only an admin can resume it.")
    if not state.user_halted:
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
    cmd.CreateBot: decide_bot.create,
    cmd.StartBot: decide_bot.start,
    cmd.ResumeBot: decide_bot.resume,
    cmd.PauseBot: decide_bot.pause,
    cmd.StopBot: decide_bot.stop,
    cmd.RecordBotError: decide_bot.record_error,
    cmd.OpenManualBot: decide_bot.open_manual,
    cmd.SetCooldown: decide_edit.set_cooldown,
    cmd.EditBot: decide_edit.edit,
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
