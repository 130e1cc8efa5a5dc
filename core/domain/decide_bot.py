"""A bot's life, decided: created, started, paused, stopped, and what may not run now (spec/bots.md)."""

from decimal import Decimal

from core.domain import bot as life
from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_names import MANUAL_NAME, checked_name
from core.domain.bot_state import MANUAL, Bot
from core.domain.decision import NOTHING, Decision, Setting
from core.domain.errors import Conflict
from core.domain.instrument import Exchange, split_symbol
from core.domain.market import Timeframe
from core.domain.money import parse_positive
from core.domain.strategies import catalog


def create(state: Account, command: cmd.CreateBot, setting: Setting) -> Decision:
    """A new bot with capital from free cash."""
    name = checked_name(state, command.name, None)
    living = [b for b in state.bots.values() if b.status is not BotStatus.STOPPED]
    if len(living) >= setting.rules.max_bots:
        raise Conflict(f"You have {len(living)} bots, which is the limit. Stop one first.")
    catalog.make(command.strategy, command.parameters)
    catalog.profile_of(command.risk_mode)
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


def open_manual(state: Account, command: cmd.OpenManualBot, _: Setting) -> Decision:
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


def start(state: Account, command: cmd.StartBot, _: Setting) -> Decision:
    """For the first time, or again after a pause."""
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command)
    life.after(bot.status, Move.START, bot.name)
    return Decision(ev.BotStarted(bot.bot_id, bot.run + 1, command.source, command.actor, command.reason))


def resume(state: Account, command: cmd.ResumeBot, _: Setting) -> Decision:
    """Again after a pause."""
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command)
    life.after(bot.status, Move.RESUME, bot.name)
    return Decision(ev.BotResumed(bot.bot_id, bot.run + 1, command.source, command.actor, command.reason))


def refuse_to_run(state: Account, *, system_halted: bool) -> None:
    """Why no bot of this account may run now; `system_halted` also before the account's journal says so.

    Raises:
        Conflict: trading is halted or the account's circuit breaker is open.
    """
    if state.system_halted or system_halted:
        raise Conflict("An admin has halted all trading. It has to be resumed first.")
    if state.user_halted:
        raise Conflict("Your trading is halted by an emergency stop. Say “resume trading” first.")
    if state.tripped is not None:
        reason = state.tripped.value.replace("_", " ")
        raise Conflict(f"Your circuit breaker is open ({reason}). Reset it first.")


def _may_run(state: Account, bot: Bot, command: cmd.StartBot | cmd.ResumeBot) -> None:
    refuse_to_run(state, system_halted=command.system_halted)
    if bot.tripped is not None:
        reason = bot.tripped.value.replace("_", " ")
        raise Conflict(f"The circuit breaker of {bot.name} is open ({reason}). Reset it first.")
    if not bot.flat and bot.source != command.source:
        words = f"{bot.name} holds a position opened on {bot.source}, and prices now come from {command.source}."
        raise Conflict(words)


def pause(state: Account, command: cmd.PauseBot, _: Setting) -> Decision:
    """No new entries; those that rest are taken back."""
    bot = state.bot(command.bot_id)
    life.after(bot.status, Move.PAUSE, bot.name)
    return Decision(ev.BotPaused(bot.bot_id, command.actor, command.reason))


def stop(state: Account, command: cmd.StopBot, _: Setting) -> Decision:
    """For good; the built-in bot cannot be."""
    bot = state.bot(command.bot_id)
    if bot.manual:
        raise Conflict(f"{bot.name} is the bot of your own orders; it cannot be stopped for good. Pause or flatten it.")
    life.after(bot.status, Move.STOP, bot.name)
    return Decision(ev.BotStopped(bot.bot_id, command.actor, command.reason))


def record_error(state: Account, command: cmd.RecordBotError, _: Setting) -> Decision:
    """A failure that counts towards the breaker."""
    return Decision(ev.BotErred(state.bot(command.bot_id).bot_id, command.message[:500]))
