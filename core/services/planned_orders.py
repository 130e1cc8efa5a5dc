"""Orders that the engine has decided on and that wait for the market state they meet."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from core.domain.bot_state import Bot
from core.domain.codec import iso
from core.domain.errors import Conflict
from core.domain.gates.usage import entries_allowed
from core.domain.instrument import Instrument
from core.domain.market import Bar, MarketState
from core.domain.order import ExitReason, OrderRequest, Side
from core.domain.protective import ProtectivePrices
from core.domain.sizing import entry_quantity, exit_quantity
from core.domain.strategies.base import FLAT, PositionView, RiskProfile, Signal, Strategy
from core.services.order_result import OrderResult
from core.services.orders import LATENCY, OrderService

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Runner:
    """A bot as this engine knows it. `working` while one of its orders waits for its market state.

    `view` is its position as its owner's journal had it at `viewed_seq`.
    """

    user_id: str
    bot: Bot
    profile: RiskProfile
    strategy: Strategy | None = None
    run: int = 0
    bars_seen: int = 0
    working: bool = False
    view: PositionView = FLAT
    viewed_seq: int = -1


@dataclass(frozen=True, slots=True)
class Planned:
    """An order for the first state after its latency; one that was decided inside a bar meets `market` at once.

    One that was `submitted` already got no answer: it may be recorded.
    """

    runner: Runner
    request: OrderRequest
    market: MarketState | None = None
    submitted: bool = False

    @property
    def sells_all(self) -> bool:
        """Whether it leaves nothing of the position."""
        return self.request.reduce_only and self.request.quantity is None

    def due(self, state: MarketState) -> bool:
        """Whether it acts on this state."""
        return self.market is not None or self.request.decided_at <= state.ts - LATENCY


@dataclass(slots=True)
class PlannedOrders:
    """The planned orders of one symbol."""

    instrument: Instrument
    orders: OrderService
    protective: ProtectivePrices
    epoch: int
    _planned: list[Planned] = field(default_factory=list[Planned])

    @property
    def empty(self) -> bool:
        """Whether no order waits."""
        return not self._planned

    def enter(self, runner: Runner, bar: Bar, signal: Signal, state: MarketState) -> None:
        """Buy what the signal wants of what the risk mode allows, with its target and stop.

        Nothing happens while another order works, or where the strategy enters once and something is held.
        """
        bot, profile = runner.bot, runner.profile
        if runner.working or (bot.held(self.instrument.symbol) and entries_allowed(bot) == 1):
            return
        request = OrderRequest(
            client_order_id=f"{bot.bot_id}:{bot.run}:{iso(bar.open_time)}:enter",
            bot_id=bot.bot_id,
            symbol=self.instrument.symbol,
            side=Side.BUY,
            quantity=entry_quantity(bot, state.ask, profile, self.instrument, signal.size),
            reduce_only=False,
            reason=signal.reason,
            decided_at=state.ts,
            decided_mid=state.mid,
            take_profit_bps=profile.take_profit_bps if signal.target is None else None,
            stop_loss_bps=profile.stop_loss_bps if signal.stop is None else None,
            take_profit=signal.target,
            stop_loss=signal.stop,
            writer_epoch=self.epoch,
        )
        self._plan(runner, request, state)

    def leave(self, runner: Runner, state: MarketState, signal: Signal) -> None:
        """Sell the part of the position that a signal wants sold."""
        quantity = exit_quantity(runner.bot, self.instrument, signal.size)
        self._exit(runner, state, ExitReason.SIGNAL, signal.reason, quantity, state)

    def exit(
        self, runner: Runner, state: MarketState, reason: ExitReason, words: str, trigger: Decimal | None = None
    ) -> None:
        """Sell everything, whatever else was decided; inside a bar a protective exit sells where it was triggered."""
        if runner.working and runner.bot.held(self.instrument.symbol):
            self._displace(runner)
        self._exit(runner, state, reason, words, None, state if trigger is None else state.moved_to(trigger))

    def _displace(self, runner: Runner) -> None:
        """Drop a bot's entry or partial sale that still waits for its state."""
        self._planned = [p for p in self._planned if p.runner is not runner or p.submitted or p.sells_all]
        runner.working = any(p.runner is runner for p in self._planned)

    def _exit(
        self,
        runner: Runner,
        state: MarketState,
        reason: ExitReason,
        words: str,
        quantity: Decimal | None,
        met: MarketState,
    ) -> None:
        bot, symbol = runner.bot, self.instrument.symbol
        if runner.working or not bot.held(symbol) or _sold_already(bot, symbol):
            return
        request = OrderRequest(
            client_order_id=f"{bot.bot_id}:{bot.run}:{symbol}:{iso(state.ts)}:{reason.value}",
            bot_id=bot.bot_id,
            symbol=symbol,
            side=Side.SELL,
            quantity=quantity,
            reduce_only=True,
            reason=words,
            decided_at=state.ts,
            decided_mid=state.mid,
            exit_reason=reason,
            writer_epoch=self.epoch,
        )
        self._plan(runner, request, met)

    def _plan(self, runner: Runner, request: OrderRequest, met: MarketState) -> None:
        """On bars an order meets the price it was decided for: the open after the signal, or its trigger."""
        runner.working = True
        self._planned.append(Planned(runner, request, met if met.sampling.of_bar else None))

    async def execute_due(self, state: MarketState) -> list[tuple[Planned, OrderResult]]:
        """Submit what acts on this state; gives the answers, and plans exits without an answer again."""
        due = [planned for planned in self._planned if planned.due(state)]
        if not due:
            return []
        self._planned = [planned for planned in self._planned if not planned.due(state)]
        results = await self._submit_all(due, state)
        answered: list[tuple[Planned, OrderResult]] = []
        for planned, result in zip(due, results, strict=True):
            planned.runner.working = False
            if isinstance(result, BaseException):
                self._unanswered(planned, result)
                continue
            self.protective.set(planned.request.bot_id, planned.runner.bot.protections.get(self.instrument.symbol))
            answered.append((planned, result))
        return answered

    async def _submit_all(self, due: list[Planned], state: MarketState) -> list[OrderResult | BaseException]:
        """Side by side; one alone needs no task of its own."""
        if len(due) > 1:
            return await asyncio.gather(*(self._submit(planned, state) for planned in due), return_exceptions=True)
        try:
            return [await self._submit(due[0], state)]
        except Exception as problem:  # noqa: BLE001 - as it is of several: an answer that did not come
            return [problem]

    async def _submit(self, planned: Planned, state: MarketState) -> OrderResult:
        runner, request = planned.runner, planned.request
        if request.reduce_only:
            await self._free_units(runner)
        return await self.orders.submit(runner.user_id, request, planned.market or state)

    async def _free_units(self, runner: Runner) -> None:
        """An exit comes before what its bot's resting sales have claimed."""
        resting = runner.bot.orders.values()
        claims = [o.order_id for o in resting if o.side is Side.SELL and o.symbol == self.instrument.symbol]
        for order_id in claims:
            try:
                await self.orders.cancel(runner.user_id, order_id, actor="engine", reason="another exit comes first")
            except Conflict:
                continue  # it ended meanwhile

    def _unanswered(self, planned: Planned, problem: BaseException) -> None:
        """Unknown whether it was recorded: the same key at the next state gives the recorded result or a fresh one."""
        _log.warning("an order got no answer", bot_id=planned.request.bot_id, problem=str(problem))
        if planned.request.reduce_only:
            planned.runner.working = True
            self._planned.append(Planned(planned.runner, planned.request, submitted=True))


def _sold_already(bot: Bot, symbol: str) -> bool:
    """Whether an exit at the market works already for all that is held."""
    at_market = [o for o in bot.orders.values() if o.symbol == symbol and o.limit_price is None]
    return bool(at_market) and sum((o.left for o in at_market), Decimal(0)) >= bot.held(symbol)
