"""A bot's life, decided: created, started, paused, stopped, and what may not run now (spec/bots.md)."""

from decimal import Decimal

from core.domain import bot as life
from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_state import MANUAL, Bot
from core.domain.decision import NOTHING, Decision, Setting
from core.domain.errors import Conflict, InvalidInput
from core.domain.instrument import Exchange, split_symbol
from core.domain.market import Timeframe
from core.domain.money import parse_positive
from core.domain.strategies import catalog

NAME_LENGTH = 40
MANUAL_NAME = "Manual"
MAX_COOLDOWN_MINUTES = 120
MIN_COOLDOWN_MINUTES = 5


def create(state: Account, command: cmd.CreateBot, setting: Setting) -> Decision:
    """A new bot with capital from free cash."""
    name = _free_name(state, command.name, None)
    living = [b for b in state.bots.values() if b.status is not BotStatus.STOPPED]
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


def _free_name(state: Account, wanted: str, bot: Bot | None) -> str:
    """The name without outer blanks, when this bot (None: a new one) may have it."""
    name = wanted.strip()
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"A bot's name has 1 to {NAME_LENGTH} printable characters.")
    if name.casefold().startswith(MANUAL_NAME.casefold()):
        raise Conflict(f"{MANUAL_NAME} is the bot of your own orders. Choose another name.")
    others = (b for b in state.bots.values() if b.status is not BotStatus.STOPPED and b is not bot)
    if any(b.name.casefold() == name.casefold() for b in others):
        raise Conflict(f"You already have a bot called {name}. Choose another name.")
    return name


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


def set_cooldown(state: Account, command: cmd.SetCooldown, _: Setting) -> Decision:
    """The least time between two entries."""
    bot = state.bot(command.bot_id)
    if command.cooldown_minutes and not MIN_COOLDOWN_MINUTES <= command.cooldown_minutes <= MAX_COOLDOWN_MINUTES:
        bounds = f"{MIN_COOLDOWN_MINUTES} to {MAX_COOLDOWN_MINUTES} minutes"
        raise InvalidInput(f"A cooldown is {bounds}, or 0 for none, not {command.cooldown_minutes}.")
    if bot.status is BotStatus.STOPPED:
        raise Conflict(f"{bot.name} is stopped for good; it makes no entries any more.")
    return Decision(ev.BotEdited(bot.bot_id, command.actor, cooldown_minutes=command.cooldown_minutes))


def edit(state: Account, command: cmd.EditBot, _: Setting) -> Decision:
    """Another name at any time before the end; another way to trade only while it does not run."""
    bot = state.bot(command.bot_id)
    if bot.manual:
        raise Conflict(f"{bot.name} is the bot of your own orders; it cannot be changed.")
    if bot.status is BotStatus.STOPPED:
        raise Conflict(f"{bot.name} is stopped for good; it cannot be changed any more.")
    fact = ev.BotEdited(
        bot.bot_id,
        command.actor,
        name=None if command.name is None else _free_name(state, command.name, bot),
        strategy=command.strategy,
        parameters=_edited_parameters(bot, command),
        timeframe=command.timeframe,
        risk_mode=None if command.risk_mode is None else _known_risk_mode(command.risk_mode),
    )
    if (fact.strategy, fact.parameters, fact.timeframe, fact.risk_mode) != (None, None, None, None):
        _refuse_while_it_runs(bot)
    elif fact.name is None:
        raise InvalidInput(f"Say what to change about {bot.name}: its name, strategy, parameters, bars or risk mode.")
    return Decision(fact)


def _edited_parameters(bot: Bot, command: cmd.EditBot) -> dict[str, int] | None:
    """All parameters as they will be; None when neither they nor the strategy change."""
    if command.strategy is None and command.parameters is None:
        return None
    kind = catalog.kind_of(command.strategy or bot.strategy)
    kept = bot.parameters if kind.name == bot.strategy else {}
    wanted = kept | (command.parameters or {})
    kind.make(wanted)
    return kind.complete(wanted)


def _known_risk_mode(name: str) -> str:
    catalog.profile_of(name)
    return name


def _refuse_while_it_runs(bot: Bot) -> None:
    if bot.status not in {BotStatus.CREATED, BotStatus.PAUSED}:
        status = bot.status.value.replace("_", " ")
        raise Conflict(f"{bot.name} is {status}. How it trades can be changed while it is paused.")


def start(state: Account, command: cmd.StartBot, _: Setting) -> Decision:
    """For the first time, or again after a pause."""
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command)
    life.after(bot.status, Move.START, bot.name)
    return Decision(ev.BotStarted(bot.bot_id, bot.run + 1, command.source, command.actor))


def resume(state: Account, command: cmd.ResumeBot, _: Setting) -> Decision:
    """Again after a pause."""
    bot = state.bot(command.bot_id)
    _may_run(state, bot, command)
    life.after(bot.status, Move.RESUME, bot.name)
    return Decision(ev.BotResumed(bot.bot_id, bot.run + 1, command.source, command.actor))


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
