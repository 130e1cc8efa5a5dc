"""Changes to bots there are, decided: what they are called and how they trade (spec/bots.md, Life cycle)."""

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_names import checked_name
from core.domain.bot_state import Bot
from core.domain.decision import Decision, Setting
from core.domain.errors import Conflict, InvalidInput
from core.domain.strategies import catalog

MAX_COOLDOWN_MINUTES = 120
MIN_COOLDOWN_MINUTES = 5


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
        name=None if command.name is None else checked_name(state, command.name, bot),
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
    if command.strategy is None and not command.parameters:
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
