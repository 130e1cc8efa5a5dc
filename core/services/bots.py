"""Creating and steering bots: each call is one command on its owner's journal."""

from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_state import Bot
from core.domain.commands import Command, CreateBot, PauseBot, ResetBreaker, ResumeBot, SetCooldown, StartBot, StopBot
from core.domain.decide import decide
from core.domain.decide_bot import refuse_to_run
from core.domain.decision import Setting
from core.domain.errors import IntegrityError
from core.domain.events import BotCreated
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.strategies import catalog
from core.ports import DocumentStore, Ids
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.system_modes import SystemModes

BOTS = "bots"
_NAMES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Sigma")


@dataclass(frozen=True, slots=True)
class BotPlan:
    """A bot as it would be created; capital in the symbol's quote currency."""

    name: str
    exchange: Exchange
    symbol: str
    strategy: str
    timeframe: Timeframe
    risk_mode: str
    capital: Decimal
    parameters: dict[str, int]


class BotService:
    """The life cycle of a user's bots."""

    def __init__(
        self, store: DocumentStore, writer: JournalWriter, hub: MarketHub, ids: Ids, modes: SystemModes
    ) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub
        self._ids = ids
        self._modes = modes

    async def plan(self, user_id: str, plan: BotPlan) -> BotPlan:
        """Check a plan and fill in a free name and all parameters.

        Raises:
            NotFound: the market data source does not serve the symbol.
            InvalidInput: it does not serve the timeframe, unknown strategy or parameters out of bounds.
        """
        self._hub.feed.instrument(plan.symbol)
        await self._hub.feed.history(plan.symbol, plan.timeframe, 1)
        catalog.make(plan.strategy, plan.parameters)
        parameters = catalog.STRATEGIES[plan.strategy].complete(plan.parameters)
        name = plan.name or free_name(await self._writer.account(user_id))
        return replace(plan, name=name, parameters=parameters)

    async def create(self, user_id: str, plan: BotPlan, *, actor: str, key: str, start: bool) -> Bot:
        """Create a planned bot, and start it when asked; safe to repeat with the same key.

        Raises:
            Conflict: it cannot be created, or should be started and nothing may run now; then it is not created.
        """
        if start and not await self._writer.uses(user_id, key):
            await self.refuse_to_run(user_id)
        command = self._creation(plan, actor)
        outcome = await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key)
        if outcome.event is None or not isinstance(outcome.event.payload, BotCreated):
            raise IntegrityError(f"Creating {plan.name} gave no bot.")
        bot_id = outcome.event.payload.bot_id
        if start:
            await self.start(user_id, bot_id, actor=actor, key=f"{key}:start")
        return self._writer.known(user_id).bot(bot_id)

    def _creation(self, plan: BotPlan, actor: str) -> CreateBot:
        return CreateBot(
            bot_id=self._ids.new(),
            name=plan.name,
            exchange=plan.exchange,
            symbol=plan.symbol,
            strategy=plan.strategy,
            parameters=plan.parameters,
            timeframe=plan.timeframe,
            risk_mode=plan.risk_mode,
            capital=plan.capital,
            actor=actor,
        )

    async def refuse_to_create(self, user_id: str, plan: BotPlan, *, actor: str) -> None:
        """Raise what creating this bot now would raise (Conflict, InvalidInput), without creating it."""
        await self._dry_run(user_id, self._creation(plan, actor))

    async def refuse_to_run(self, user_id: str) -> None:
        """Raise a Conflict that says why when no bot of this user may run now."""
        refuse_to_run(await self._writer.account(user_id), system_halted=self._modes.halted)

    async def refuse_to_move(self, user_id: str, bot_id: str, move: Move) -> None:
        """Raise what starting, resuming or stopping this bot now would raise (Conflict), without doing it."""
        source, halted, nobody = self._hub.feed.source, self._modes.halted, ""
        commands: dict[Move, Command] = {
            Move.START: StartBot(bot_id, source, nobody, halted),
            Move.RESUME: ResumeBot(bot_id, source, nobody, halted),
            Move.STOP: StopBot(bot_id, nobody, ""),
        }
        await self._dry_run(user_id, commands[move])

    async def _dry_run(self, user_id: str, command: Command) -> None:
        state = await self._writer.account(user_id)
        decide(state, command, Setting({}, self._writer.rules, self._hub.feed.now()))

    async def start(self, user_id: str, bot_id: str, *, actor: str, key: str) -> Bot:
        """Let it trade on the present market data source."""
        command = StartBot(bot_id, self._hub.feed.source, actor, self._modes.halted, "started by its owner")
        return await self._run(user_id, command, bot_id, key)

    async def resume(self, user_id: str, bot_id: str, *, actor: str, key: str) -> Bot:
        """Let a paused bot trade again."""
        command = ResumeBot(bot_id, self._hub.feed.source, actor, self._modes.halted, "resumed by its owner")
        return await self._run(user_id, command, bot_id, key)

    async def pause(self, user_id: str, bot_id: str, *, actor: str, key: str) -> Bot:
        """No new entries; protective exits stay."""
        return await self._run(user_id, PauseBot(bot_id, actor, "paused by its owner"), bot_id, key)

    async def stop(self, user_id: str, bot_id: str, *, actor: str, key: str) -> Bot:
        """Stop for good. The engine sells what is left; the cash is free as soon as the bot holds nothing."""
        return await self._run(user_id, StopBot(bot_id, actor, "stopped by its owner"), bot_id, key)

    async def reset_breaker(self, user_id: str, bot_id: str | None, *, actor: str, reason: str, key: str) -> None:
        """Close the circuit breaker of a bot, or of the whole account."""
        command = ResetBreaker(bot_id, actor, reason)
        marks = self._hub.mids_for(self._writer.known(user_id))
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key, marks=marks)

    async def owner(self, bot_id: str) -> str | None:
        """The id of the user whose bot this is; None when there is none, or another process made it just now."""
        for chain in self._writer.chains:
            if bot_id in chain.state.bots:
                return chain.user_id
        listed = await self._store.get(BOTS, bot_id)
        return None if listed is None else listed["user_id"]

    async def set_cooldown(self, user_id: str, bot_id: str, minutes: int, *, actor: str, key: str) -> Bot:
        """The least time between two entries of a bot; 0 for none."""
        return await self._run(user_id, SetCooldown(bot_id, minutes, actor), bot_id, key)

    async def _run(self, user_id: str, command: Command, bot_id: str, key: str) -> Bot:
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key)
        return self._writer.known(user_id).bot(bot_id)


def free_name(state: Account) -> str:
    """A name no living bot of this user has."""
    taken = {b.name.casefold() for b in state.bots.values() if b.status is not BotStatus.STOPPED}
    for round_ in range(1, len(taken) + 2):
        for name in _NAMES:
            candidate = name if round_ == 1 else f"{name} {round_}"
            if candidate.casefold() not in taken:
                return candidate
    raise IntegrityError("No free name was found.")
