"""The engine: owns the lease, runs every user's bots on the market hub, has marks recorded."""

import asyncio
from dataclasses import dataclass

import structlog

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import PauseBot, TakeOwnership
from core.domain.errors import ProductError
from core.domain.events import (
    BotErred,
    Marked,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderFilled,
    OwnershipTaken,
)
from core.domain.market import MarketState
from core.ports import DocumentStore, StoreUnavailable
from core.services.accounts import Accounts
from core.services.bar_source import IndicatorFactory
from core.services.bus import Bus
from core.services.feed_position import PositionKeeper
from core.services.journal_writer import JournalWriter
from core.services.manual_orders import ManualOrders
from core.services.market_hub import MarketHub
from core.services.marks import HourlyMarks
from core.services.orders import OrderService
from core.services.ownership import EngineRole, Ownership
from core.services.symbol_engine import SymbolEngine
from core.services.traces import Traces

_log = structlog.get_logger(__name__)

_POLL_SECS = 1.0

_OF_ORDERS = (OrderExecuted, OrderAccepted, OrderFilled, OrderCanceled, OrderExpired)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine is made of."""

    store: DocumentStore
    accounts: Accounts
    writer: JournalWriter
    orders: OrderService
    manual: ManualOrders
    traces: Traces
    hub: MarketHub
    bus: Bus
    indicators: IndicatorFactory


class Engine:
    """Runs bots while it owns the lease, and stands by while another engine does."""

    def __init__(self, parts: EngineParts, ownership: Ownership, holder: str) -> None:
        self._parts = parts
        self._ownership = ownership
        self._holder = holder
        self._position = PositionKeeper(parts.store, parts.hub.feed)
        self._symbols: dict[str, SymbolEngine] = {}
        self._users: set[str] = set()
        self._marks = HourlyMarks(parts.writer, parts.hub, parts.orders)
        self._task: asyncio.Task[None] | None = None

    @property
    def role(self) -> EngineRole:
        """Owner, standby, starting or stopped."""
        return self._ownership.role

    @property
    def other_holder(self) -> str | None:
        """Who owns the bots while this engine stands by."""
        return self._ownership.other_holder

    def warmth(self, symbol: str, bot_id: str) -> tuple[int, int] | None:
        """(closed bars seen, bars needed) of a bot that runs here."""
        engine = self._symbols.get(symbol)
        return engine.warmth(bot_id) if engine else None

    def start(self) -> None:
        """Begin, in a task this engine owns."""
        self._task = asyncio.create_task(self._run(), name="engine")

    async def stop(self) -> None:
        """Take no more states, finish what is being written, give the lease back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.role is EngineRole.OWNER:
            try:
                await self._position.save()
            except StoreUnavailable as error:
                _log.warning("the market's position could not be saved", problem=error.message)
        await self._ownership.release()

    async def _run(self) -> None:
        while True:
            try:
                epoch = await self._ownership.acquire()
                await self._own(epoch)
            except StoreUnavailable as error:
                _log.warning("the engine waits for the store", problem=error.message)
                await asyncio.sleep(_POLL_SECS)
            except Exception:  # noqa: BLE001 - a bug must not end all trading while the engine calls itself the owner
                _log.exception("the engine failed; it starts again")
                await self._ownership.release()
                await asyncio.sleep(_POLL_SECS)

    async def _own(self, epoch: int) -> None:
        """Run the bots until the lease is lost."""
        self._symbols.clear()
        await self._refresh()
        _log.info("engine runs the bots", epoch=epoch, users=len(self._users))
        self._parts.hub.subscribe(self._on_state)
        tasks = [asyncio.create_task(work) for work in (self._ownership.hold(), self._follow_bus(), self._poll())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._parts.hub.unsubscribe(self._on_state)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll(self) -> None:
        """Learn what other processes have appended, and keep the feed's position."""
        while True:
            await asyncio.sleep(_POLL_SECS)
            try:
                await self._refresh()
                await self._position.save()
            except StoreUnavailable as error:
                _log.warning("the engine waits for the store", problem=error.message)

    async def _refresh(self) -> None:
        self._users = set(await self._parts.accounts.all_ids())
        for user_id in self._users:
            try:
                await self._sync(user_id, await self._parts.writer.account(user_id))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one broken account must not keep the others from trading
                _log.error("an account cannot be traded", user_id=user_id, problem=repr(error))

    async def _follow_bus(self) -> None:
        async with self._parts.bus.subscribe() as news:
            while True:
                appended = await news.next()
                fact, user_id = appended.event.payload, appended.event.user_id
                try:
                    if isinstance(fact, _OF_ORDERS):
                        await self._sync_bot(user_id, appended.state.bot(fact.bot_id))
                    elif not isinstance(fact, Marked | BotErred | OwnershipTaken):
                        await self._sync(user_id, appended.state)
                except ProductError as error:
                    _log.error("a change was not taken up", code=error.code, problem=error.message)

    async def _sync(self, user_id: str, state: Account) -> None:
        for symbol in state.priced_symbols():  # also what only rates a currency, on which no bot trades
            if symbol in self._parts.hub.feed.symbols:
                self._parts.hub.follow(symbol)
        if not state.bots:
            return
        self._users.add(user_id)  # created since the last look at all accounts
        now = self._parts.hub.feed.now()
        if state.epoch < self._ownership.epoch:
            take = TakeOwnership(self._ownership.epoch, self._holder)
            await self._parts.writer.execute(user_id, take, now=now)
        source = self._parts.hub.feed.source
        for bot in list(state.bots.values()):
            if bot.status is BotStatus.RUNNING and bot.source != source:
                reason = f"the market data source changed from {bot.source} to {source}"
                await self._parts.writer.execute(user_id, PauseBot(bot.bot_id, "engine", reason), now=now)
            await self._sync_bot(user_id, bot)

    async def _sync_bot(self, user_id: str, bot: Bot) -> None:
        active = bot.orders or not bot.flat or (bot.status is BotStatus.RUNNING and not bot.manual)
        known = (symbol for symbol, engine in self._symbols.items() if engine.knows(bot.bot_id))
        for symbol in dict.fromkeys((*(bot.symbols if active else ()), *known)):
            # Without its market nothing can happen to it until that is back; it was paused with the reason.
            if symbol in self._parts.hub.feed.symbols:
                await self._symbol(symbol).sync(user_id, bot)
        if bot.manual:
            await self._parts.manual.give_back(user_id)

    def _symbol(self, symbol: str) -> SymbolEngine:
        engine = self._symbols.get(symbol)
        if engine is None:
            parts = self._parts
            engine = SymbolEngine(
                symbol=symbol,
                feed=parts.hub.feed,
                indicators=parts.indicators,
                writer=parts.writer,
                orders=parts.orders,
                traces=parts.traces,
                epoch=self._ownership.epoch,
            )
            self._symbols[symbol] = engine
            parts.hub.follow(symbol)
        return engine

    async def _on_state(self, state: MarketState) -> None:
        await self._position.before(state.ts)
        engine = self._symbols.get(state.symbol)
        if engine is not None:
            await engine.on_state(state)
        await self._marks.on_state(state.ts, self._users)
