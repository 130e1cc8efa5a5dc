"""Everything that trades on one symbol: due orders, protective prices, closed bars, signals."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.codec import iso
from core.domain.commands import RecordBotError
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.order import ExitReason, OrderRequest, Side
from core.domain.protective import ProtectivePrices
from core.domain.sizing import entry_quantity
from core.domain.strategies import catalog
from core.domain.strategies.base import Action, BarContext, RiskProfile, Signal, Strategy
from core.ports import MarketFeed
from core.services.bar_source import BarSource, IndicatorFactory
from core.services.journal_writer import JournalWriter
from core.services.order_result import OrderResult
from core.services.orders import LATENCY, OrderService
from core.services.traces import Trace, TraceKind, Traces

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Runner:
    """A bot as this engine knows it. `working` while one of its orders waits for its market state."""

    user_id: str
    bot: Bot
    profile: RiskProfile
    strategy: Strategy | None = None
    run: int = 0
    bars_seen: int = 0
    working: bool = False


@dataclass(frozen=True, slots=True)
class _Planned:
    """An order that waits for the first state after its latency."""

    runner: _Runner
    request: OrderRequest


@dataclass(slots=True)
class SymbolEngine:
    """Runs the bots of one symbol on its states, one state at a time."""

    symbol: str
    feed: MarketFeed
    indicators: IndicatorFactory
    writer: JournalWriter
    orders: OrderService
    traces: Traces
    epoch: int
    _runners: dict[str, _Runner] = field(default_factory=dict[str, _Runner])
    _stopping: set[str] = field(default_factory=set[str])
    _sources: dict[Timeframe, BarSource] = field(default_factory=dict[Timeframe, BarSource])
    _protective: ProtectivePrices = field(default_factory=ProtectivePrices)
    _planned: list[_Planned] = field(default_factory=list[_Planned])
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sync(self, user_id: str, bot: Bot) -> None:
        """Take over what changed about a bot: whether it runs, and what it holds."""
        async with self._lock:
            running = bot.status is BotStatus.RUNNING
            if not running and bot.flat:
                self._runners.pop(bot.bot_id, None)
                self._stopping.discard(bot.bot_id)
                self._protective.set(bot.bot_id, None)
                return
            runner = self._runners.get(bot.bot_id)
            if runner is None:
                runner = _Runner(user_id, bot, catalog.RISK_PROFILES[bot.risk_mode])
                self._runners[bot.bot_id] = runner
            runner.bot = bot
            # Also of a bot that is known: the answer to its entry may have been lost.
            # A position from another market waits for that market: this one's prices mean nothing to it.
            here = bot.source == self.feed.source
            self._protective.set(bot.bot_id, bot.protection if here else None)
            if here and bot.status is BotStatus.STOPPED:
                self._stopping.add(bot.bot_id)
            if not running:
                runner.strategy = None
            elif runner.strategy is None or runner.run != bot.run:
                await self._warm(runner)

    async def _warm(self, runner: _Runner) -> None:
        bot = runner.bot
        source = self._sources.get(bot.timeframe)
        if source is None:
            source = BarSource(self.feed, self.indicators, self.symbol, bot.timeframe)
            await source.open()
            self._sources[bot.timeframe] = source
        strategy = catalog.make(bot.strategy, bot.parameters)
        past = source.add(strategy)
        for bar, values in past:
            strategy.on_bar(bar, BarContext(values, in_position=False))
        runner.strategy, runner.run, runner.bars_seen = strategy, bot.run, len(past)

    def warmth(self, bot_id: str) -> tuple[int, int] | None:
        """(closed bars seen, bars needed before a signal can come) of a running bot."""
        runner = self._runners.get(bot_id)
        if runner is None or runner.strategy is None:
            return None
        return runner.bars_seen, runner.strategy.warmup_bars

    async def on_state(self, state: MarketState) -> None:
        """Orders that are due first, then protective prices, then bars and signals."""
        async with self._lock:
            await self._execute_due(state)
            self._plan_protective_exits(state)
            for timeframe, source in self._sources.items():
                for bar, values in await source.on_state(state):
                    await self._on_bar(bar, BarContext(values, in_position=False), timeframe, state)

    async def _execute_due(self, state: MarketState) -> None:
        earliest = state.ts - LATENCY
        due = [p for p in self._planned if p.request.decided_at <= earliest]
        if not due:
            return
        self._planned = [p for p in self._planned if p.request.decided_at > earliest]
        results = await asyncio.gather(
            *(self.orders.submit(p.runner.user_id, p.request, state) for p in due), return_exceptions=True
        )
        for planned, result in zip(due, results, strict=True):
            self._after(planned, result, state)

    def _after(self, planned: _Planned, result: OrderResult | BaseException, state: MarketState) -> None:
        runner, request = planned.runner, planned.request
        runner.working = False
        if isinstance(result, BaseException):
            # Unknown whether it was recorded: the same key at the next state gives the recorded result or a fresh one.
            _log.warning("an order got no answer", bot_id=request.bot_id, problem=str(result))
            if request.reduce_only:
                self._plan(runner, request)
            return
        if result.gate_failed is not None:
            text = result.rejection_reason or "denied"
            self.traces.record(Trace(request.bot_id, state.ts, TraceKind.DENIAL, text, result.gate_failed))
        self._protective.set(runner.bot.bot_id, runner.bot.protection)

    def _plan_protective_exits(self, state: MarketState) -> None:
        for bot_id, reason in self._protective.triggered(state.bid):
            self._plan_exit(self._runners[bot_id], state, reason, f"{reason.value.replace('_', ' ')} touched")
        for bot_id in self._stopping:
            self._plan_exit(self._runners[bot_id], state, ExitReason.FLATTEN, "the bot was stopped")

    def _plan_exit(self, runner: _Runner, state: MarketState, reason: ExitReason, words: str) -> None:
        if runner.working or runner.bot.flat:
            return
        bot = runner.bot
        self._plan(
            runner,
            OrderRequest(
                client_order_id=f"{bot.bot_id}:{bot.run}:{iso(state.ts)}:{reason.value}",
                bot_id=bot.bot_id,
                symbol=self.symbol,
                side=Side.SELL,
                quantity=None,
                reduce_only=True,
                reason=words,
                decided_at=state.ts,
                decided_mid=state.mid,
                exit_reason=reason,
                writer_epoch=self.epoch,
            ),
        )

    def _plan(self, runner: _Runner, request: OrderRequest) -> None:
        runner.working = True
        self._planned.append(_Planned(runner, request))

    async def _on_bar(self, bar: Bar, context: BarContext, timeframe: Timeframe, state: MarketState) -> None:
        for runner in list(self._runners.values()):
            if runner.strategy is None or runner.bot.timeframe is not timeframe:
                continue
            runner.bars_seen += 1
            own = BarContext(context.indicators, in_position=not runner.bot.flat)
            try:
                signal = runner.strategy.on_bar(bar, own)
            except Exception as error:  # noqa: BLE001 - whatever a strategy raises is that bot's error, counted by its breaker
                await self._failed(runner, state.ts, error)
                continue
            if signal is not None:
                self._act(runner, signal, bar, state)

    async def _failed(self, runner: _Runner, now: datetime, error: Exception) -> None:
        text = f"The strategy failed: {type(error).__name__}."
        _log.error("a strategy failed", bot_id=runner.bot.bot_id, exc_info=error)
        self.traces.record(Trace(runner.bot.bot_id, now, TraceKind.ERROR, text))
        await self.writer.execute(runner.user_id, RecordBotError(runner.bot.bot_id, text), now=now)
        await self.orders.check_breakers(runner.user_id, runner.bot.bot_id, now)

    def _act(self, runner: _Runner, signal: Signal, bar: Bar, state: MarketState) -> None:
        bot = runner.bot
        self.traces.record(Trace(bot.bot_id, state.ts, TraceKind.SIGNAL, signal.reason))
        if signal.action is Action.EXIT:
            self._plan_exit(runner, state, ExitReason.SIGNAL, signal.reason)
            return
        if runner.working or not bot.flat:
            return
        instrument = self.feed.instrument(self.symbol)
        self._plan(
            runner,
            OrderRequest(
                client_order_id=f"{bot.bot_id}:{bot.run}:{iso(bar.open_time)}:enter",
                bot_id=bot.bot_id,
                symbol=self.symbol,
                side=Side.BUY,
                quantity=entry_quantity(bot, state.ask, runner.profile, instrument),
                reduce_only=False,
                reason=signal.reason,
                decided_at=state.ts,
                decided_mid=state.mid,
                take_profit_bps=runner.profile.take_profit_bps,
                stop_loss_bps=runner.profile.stop_loss_bps,
                writer_epoch=self.epoch,
            ),
        )
