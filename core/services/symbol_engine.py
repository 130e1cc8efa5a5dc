"""Everything that trades on one symbol: due orders, resting orders, protective prices, closed bars, signals."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import structlog

from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import RecordBotError
from core.domain.errors import ProductError, Unavailable
from core.domain.market import Bar, MarketState, Sampling, Timeframe
from core.domain.order import ExitReason
from core.domain.protective import ProtectivePrices
from core.domain.sizing import position_view
from core.domain.strategies import catalog
from core.domain.strategies.base import Action, BarContext, IndicatorSpec, PositionView, Signal
from core.ports import MarketFeed
from core.services.bar_source import BarSource, IndicatorFactory
from core.services.journal_writer import JournalWriter
from core.services.orders import OrderService
from core.services.planned_orders import PlannedOrders, Runner
from core.services.resting_book import RestingBook, Watched
from core.services.traces import Trace, TraceKind, TraceLog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a closed bar for one bot: its strategy's wish, or the error it raised."""

    runner: Runner
    bar: Bar
    signal: Signal | None = None
    error: Exception | None = None


@dataclass(slots=True)
class SymbolEngine:
    """Runs the bots of one symbol on its states, one state at a time.

    Live it is given every state, by `on_state`. A backtest drives its engine alone and takes the same steps apart:
    `meet`, `decide` on what closed, `act`. It leaves them out on a bar that leaves everything `untouched` and on which
    nothing is decided.
    """

    symbol: str
    feed: MarketFeed
    indicators: IndicatorFactory
    writer: JournalWriter
    orders: OrderService
    traces: TraceLog
    epoch: int
    _runners: dict[str, Runner] = field(default_factory=dict[str, Runner])
    _stopping: set[str] = field(default_factory=set[str])
    _sources: dict[Timeframe, BarSource] = field(default_factory=dict[Timeframe, BarSource])
    _pastless: set[Timeframe] = field(default_factory=set[Timeframe])
    _protective: ProtectivePrices = field(default_factory=ProtectivePrices)
    _planned: PlannedOrders = field(init=False)
    _resting: RestingBook = field(init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Know the symbol's trading rules."""
        instrument = self.feed.instrument(self.symbol)
        self._planned = PlannedOrders(instrument, self.orders, self._protective, self.epoch)
        self._resting = RestingBook(instrument.lot_size)

    def knows(self, bot_id: str) -> bool:
        """Whether the bot trades here, or did when it was last looked at."""
        return bot_id in self._runners

    async def sync(self, user_id: str, bot: Bot) -> None:
        """Take over what changed about a bot: whether it runs here, what it holds, which of its orders rest."""
        async with self._lock:
            await self._sync(user_id, bot)

    async def _sync(self, user_id: str, bot: Bot) -> None:
        self._resting.sync(user_id, bot, self.symbol)
        running = bot.status is BotStatus.RUNNING and not bot.manual
        works = any(order.symbol == self.symbol for order in bot.orders.values())
        if not running and not bot.held(self.symbol) and not works:
            self._runners.pop(bot.bot_id, None)
            self._stopping.discard(bot.bot_id)
            self._protective.set(bot.bot_id, None)
            return
        runner = self._runners.get(bot.bot_id)
        if runner is None:
            runner = Runner(user_id, bot, catalog.profile_of(bot.risk_mode))
            self._runners[bot.bot_id] = runner
        runner.bot, runner.profile = bot, catalog.profile_of(bot.risk_mode)
        # Also of a bot that is known: the answer to its entry may have been lost.
        # A position from another market waits for that market: this one's prices mean nothing to it.
        here = bot.source == self.feed.source
        self._protective.set(bot.bot_id, bot.protections.get(self.symbol) if here else None)
        if here and bot.status is BotStatus.STOPPED:
            self._stopping.add(bot.bot_id)
        if not running:
            runner.strategy = None
        elif runner.strategy is None or runner.run != bot.run:
            await self._warm(runner)

    async def _warm(self, runner: Runner) -> None:
        bot = runner.bot
        source = await self._source(bot.timeframe)
        if source is None:
            return
        try:
            strategy = catalog.make(bot.strategy, bot.parameters)
            past = source.add(strategy)
            for bar, values in past:
                strategy.on_bar(bar, BarContext(values))
        except Exception as error:  # noqa: BLE001 - it is that bot's error, and must not keep the others from warming
            await self._guarded(self._failed(runner, self.feed.now(), error))
            return
        runner.strategy, runner.run, runner.bars_seen = strategy, bot.run, len(past)

    async def _source(self, timeframe: Timeframe) -> BarSource | None:
        """Bars of this timeframe with their past; None while that cannot be had: the next look tries again."""
        known = self._sources.get(timeframe)
        if known is not None:
            return known
        source = BarSource(self.feed, self.indicators, self.symbol, timeframe)
        try:
            await source.open()
        except Unavailable as problem:
            if timeframe not in self._pastless:
                _log.warning(
                    "bots wait for past bars", symbol=self.symbol, timeframe=timeframe, problem=problem.message
                )
            self._pastless.add(timeframe)
            return None
        self._pastless.discard(timeframe)
        self._sources[timeframe] = source
        return source

    def warmth(self, bot_id: str) -> tuple[int, int] | None:
        """(closed bars seen, bars needed before a signal can come) of a running bot."""
        runner = self._runners.get(bot_id)
        if runner is None or runner.strategy is None:
            return None
        return runner.bars_seen, runner.strategy.warmup_bars

    async def on_state(self, state: MarketState) -> None:
        """Orders that are due first, then resting ones, then protective prices, then bars and signals."""
        async with self._lock:
            await self.meet(state)
            decided: list[Decided] = []
            for source in self._sources.values():
                newest: list[Decided] = []
                for bar, values in await source.on_state(state):
                    # What an older bar called for, made up after a gap, is past; that a strategy failed on it is not.
                    newest = [one for one in newest if one.error is not None] + self.decide(bar, values)
                decided += newest
            await self.act(decided, state)

    @property
    def still(self) -> bool:
        """Whether nothing waits here for any price: no order, no protective price, no bot that has to sell."""
        return self._planned.empty and not self._stopping and self._resting.empty and self._protective.empty

    def untouched(self, low: Decimal, high: Decimal) -> bool:
        """Whether best bids from `low` to `high` leave everything here as it is, whatever else they bring."""
        waits = self._stopping or not self._planned.empty or not self._resting.empty
        return not waits and self._protective.untouched(low, high)

    async def meet(self, state: MarketState) -> None:
        """Everything that waited meets this state: due orders, resting ones, protective prices."""
        await self._planned.execute_due(state)
        await self._meet_resting(state)
        self._plan_protective_exits(state)
        if state.sampling.of_bar:  # triggered inside this bar, so sold inside it
            await self._planned.execute_due(state)

    def decide(self, bar: Bar, values: Mapping[IndicatorSpec, float]) -> list[Decided]:
        """What the strategies on its timeframe make of a bar that closed, with the indicators' values after it."""
        decided: list[Decided] = []
        for runner in self._runners.values():
            bot, strategy = runner.bot, runner.strategy
            if strategy is None or bot.timeframe is not bar.timeframe or bot.status is not BotStatus.RUNNING:
                continue
            runner.bars_seen += 1
            try:
                signal = strategy.on_bar(bar, BarContext(values, self._view(runner)))
            except Exception as error:  # noqa: BLE001 - whatever a strategy raises is that bot's error, counted by its breaker
                decided.append(Decided(runner, bar, error=error))
            else:
                if signal is not None:
                    decided.append(Decided(runner, bar, signal))
        return decided

    async def act(self, decided: Iterable[Decided], state: MarketState) -> None:
        """Plan what was decided on the bar that this state closed; on bars the orders meet it at once."""
        for one in decided:
            if one.error is not None:
                await self._guarded(self._failed(one.runner, state.ts, one.error))
            elif one.signal is not None:
                self._plan(one.runner, one.signal, one.bar, state)
        if state.sampling.of_bar:  # signals of the bar that closed act on this open
            await self._planned.execute_due(state)

    def _view(self, runner: Runner) -> PositionView:
        """A bot's position as its strategy may know it; looked at anew when its owner's journal has moved on."""
        seq = self.writer.known(runner.user_id).seq
        if seq != runner.viewed_seq:
            runner.view, runner.viewed_seq = position_view(runner.bot, self.symbol, runner.profile), seq
        return runner.view

    async def _meet_resting(self, state: MarketState) -> None:
        for watched in self._resting.expired(state):
            await self._guarded(self.orders.expire(watched.user_id, watched.order.order_id, self.epoch, state.ts))
        reached = self._resting.reached(state)
        if reached:
            await asyncio.gather(*(self._guarded(self._fill(orders, state)) for orders in reached.values()))

    async def _fill(self, orders: list[Watched], state: MarketState) -> None:
        """One user's orders, one after the other: they share what was traded."""
        for watched in orders:
            order_id, bot_id = watched.order.order_id, watched.bot_id
            await self.orders.fill_resting(watched.user_id, bot_id, order_id, state, watched.queue_ahead, self.epoch)
            await self._sync(watched.user_id, self.writer.known(watched.user_id).bot(bot_id))

    def _plan_protective_exits(self, state: MarketState) -> None:
        inside = state.sampling is Sampling.BAR_INSIDE
        for hit in self._protective.triggered(state.bid):
            words = f"{hit.reason.value.replace('_', ' ')} touched"
            self._planned.exit(self._runners[hit.bot_id], state, hit.reason, words, hit.price if inside else None)
        for bot_id in self._stopping:
            self._planned.exit(self._runners[bot_id], state, ExitReason.FLATTEN, "the bot was stopped")

    async def _failed(self, runner: Runner, now: datetime, error: Exception) -> None:
        text = f"The strategy failed: {type(error).__name__}."
        _log.error("a strategy failed", bot_id=runner.bot.bot_id, exc_info=error)
        self.traces.record(Trace(runner.bot.bot_id, now, TraceKind.ERROR, text))
        await self.writer.execute(runner.user_id, RecordBotError(runner.bot.bot_id, text), now=now)
        await self.orders.check_breakers(runner.user_id, runner.bot.bot_id, now)

    def _plan(self, runner: Runner, signal: Signal, bar: Bar, state: MarketState) -> None:
        self.traces.record(Trace(runner.bot.bot_id, state.ts, TraceKind.SIGNAL, signal.reason))
        if signal.action is Action.EXIT:
            self._planned.leave(runner, state, signal)
        else:
            self._planned.enter(runner, bar, signal, state)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """What fails for one bot or user, or while the store is away, must not keep the others from trading."""
        try:
            await work
        except ProductError as error:
            _log.error("a step of the engine failed", symbol=self.symbol, code=error.code, problem=error.message)
