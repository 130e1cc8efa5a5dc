"""What a person changes about bots they have: name, way to trade, capital; copies of them; and all of them at once."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import Allocate, Command, EditBot, Release
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.errors import Conflict, InvalidInput, ProductError
from core.domain.market import Timeframe
from core.services.bots import BotPlan, BotService
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub


@dataclass(frozen=True, slots=True)
class BotEdit:
    """What should be different; None leaves it as it is. Parameters that are not named keep their values."""

    name: str | None = None
    strategy: str | None = None
    parameters: dict[str, int] | None = None
    timeframe: Timeframe | None = None
    risk_mode: str | None = None


@dataclass(frozen=True, slots=True)
class BotOutcome:
    """What became of one bot of many: its status now, and why it was left as it was."""

    bot: str
    status: str
    problem: str | None = None


class BotChanges:
    """Changes to a user's bots; each is one event of the journal."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, bots: BotService) -> None:
        self._writer = writer
        self._hub = hub
        self._bots = bots

    async def preview_edit(self, user_id: str, bot_id: str, edit: BotEdit) -> Bot:
        """The bot as it is now, when this edit may be made.

        Raises:
            Conflict, InvalidInput, NotFound: it may not; the message says why.
        """
        await self._check_timeframe(user_id, bot_id, edit)
        return await self._dry_run(user_id, bot_id, _edit_command(bot_id, edit, ""))

    async def edit(self, user_id: str, bot_id: str, edit: BotEdit, *, actor: str, key: str) -> Bot:
        """Rename a bot, or change how it trades while it does not run."""
        await self._check_timeframe(user_id, bot_id, edit)
        return await self._run(user_id, bot_id, _edit_command(bot_id, edit, actor), key)

    async def clone_plan(self, user_id: str, bot_id: str, *, name: str = "", capital: Decimal | None = None) -> BotPlan:
        """A new bot that trades like this one, as `BotService.create` takes it; by default with the same capital.

        Raises:
            Conflict: it is the built-in bot.
        """
        state = await self._writer.account(user_id)
        bot = state.bot(bot_id)
        if bot.manual:
            raise Conflict(f"{bot.name} is the bot of your own orders; there is only one in {bot.quote}.")
        if capital is None and bot.capital <= 0:
            raise InvalidInput(
                f"{bot.name} has given back all that was put into it; say how much its copy begins with."
            )
        plan = BotPlan(
            name=name or _copy_name(state, bot.name),
            exchange=bot.exchange,
            symbol=bot.symbol,
            strategy=bot.strategy,
            timeframe=bot.timeframe,
            risk_mode=bot.risk_mode,
            capital=bot.capital if capital is None else capital,
            parameters=dict(bot.parameters),
        )
        return await self._bots.plan(user_id, plan)

    async def preview_capital(self, user_id: str, bot_id: str, amount: Decimal) -> Bot:
        """The bot as it is now, when this much may go into it (or out of it: below zero).

        Raises:
            Conflict, InvalidInput, NotFound: it may not; the message says why.
        """
        return await self._dry_run(user_id, bot_id, _capital_command(bot_id, amount, ""))

    async def move_capital(self, user_id: str, bot_id: str, amount: Decimal, *, actor: str, key: str) -> Bot:
        """Free cash into a bot, or (below zero) a bot's cash back to free cash; quote currency."""
        return await self._run(user_id, bot_id, _capital_command(bot_id, amount, actor), key)

    async def pause_all(self, user_id: str, *, actor: str, key: str) -> tuple[BotOutcome, ...]:
        """Pause every running bot; the answer has one line for each, also for those that this key paused before."""
        concerned = await self._concerned(user_id, BotStatus.RUNNING, key)
        return tuple([await self._pause(user_id, bot, actor, f"{key}:{bot.bot_id}") for bot in concerned])

    async def resume_all(self, user_id: str, *, actor: str, key: str) -> tuple[BotOutcome, ...]:
        """Resume every paused bot that may run; the answer has one line for each, with what kept it from running.

        Raises:
            Conflict: no bot may run now.
        """
        await self._bots.refuse_to_run(user_id)
        concerned = await self._concerned(user_id, BotStatus.PAUSED, key)
        return tuple([await self._resume(user_id, bot, actor, f"{key}:{bot.bot_id}") for bot in concerned])

    async def _concerned(self, user_id: str, status: BotStatus, key: str) -> list[Bot]:
        """Bots of this status, and those that were of it when the key was first used."""
        bots = [bot for bot in (await self._writer.account(user_id)).bots.values() if not bot.manual]
        moved = [bot.status is status or await self._writer.uses(user_id, f"{key}:{bot.bot_id}") for bot in bots]
        return [bot for bot, concerned in zip(bots, moved, strict=True) if concerned]

    async def _pause(self, user_id: str, bot: Bot, actor: str, key: str) -> BotOutcome:
        try:
            return _moved(await self._bots.pause(user_id, bot.bot_id, actor=actor, key=key))
        except ProductError as error:
            return BotOutcome(bot.name, bot.status.value, error.message)

    async def _resume(self, user_id: str, bot: Bot, actor: str, key: str) -> BotOutcome:
        try:
            return _moved(await self._bots.resume(user_id, bot.bot_id, actor=actor, key=key))
        except ProductError as error:
            return BotOutcome(bot.name, bot.status.value, error.message)

    async def _check_timeframe(self, user_id: str, bot_id: str, edit: BotEdit) -> None:
        if edit.timeframe is not None:
            bot = (await self._writer.account(user_id)).bot(bot_id)
            await self._hub.feed.history(bot.symbol, edit.timeframe, 1)

    async def _dry_run(self, user_id: str, bot_id: str, command: Command) -> Bot:
        state = await self._writer.account(user_id)
        decide(state, command, Setting(self._hub.mids_for(state), self._writer.rules, self._hub.feed.now()))
        return state.bot(bot_id)

    async def _run(self, user_id: str, bot_id: str, command: Command, key: str) -> Bot:
        marks = self._hub.mids_for(await self._writer.account(user_id))
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key, marks=marks)
        return self._writer.known(user_id).bot(bot_id)


def _edit_command(bot_id: str, edit: BotEdit, actor: str) -> EditBot:
    return EditBot(bot_id, actor, edit.name, edit.strategy, edit.parameters, edit.timeframe, edit.risk_mode)


def _capital_command(bot_id: str, amount: Decimal, actor: str) -> Allocate | Release:
    return Allocate(bot_id, amount, actor) if amount > 0 else Release(bot_id, -amount, actor)


def _moved(bot: Bot) -> BotOutcome:
    return BotOutcome(bot.name, bot.status.value)


def _copy_name(state: Account, name: str) -> str:
    """`Alpha 2`, or the next number that is free."""
    taken = {bot.name.casefold() for bot in state.bots.values() if bot.status is not BotStatus.STOPPED}
    stem, _, number = name.rpartition(" ")
    base = stem if stem and number.isdigit() else name
    return next(free for n in range(2, len(taken) + 3) if (free := f"{base[:36]} {n}").casefold() not in taken)
