"""Runs a backtest: the engine of one symbol with a journal in memory, on bars, with a virtual clock (spec/bots.md).

Every bar is met as the replay's feed would show it (core/domain/bar_states.py). A bar that leaves everything as it is
passes only through the strategy; tests/integration/test_backtest_parity.py holds both ways of running side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.backtest_figures import Ended, EquityCurve, figures
from core.domain.bar_states import STEPS, lowest_bid, state_of
from core.domain.errors import InvalidInput
from core.domain.instrument import FEE_SCHEDULES, Instrument
from core.domain.market import Bar, MarketState
from core.domain.money import ZERO, parse_positive
from core.domain.rules import TradingRules
from core.domain.strategies import catalog
from core.services.backtest_desk import USER, BacktestDesk, BacktestParts
from core.services.backtest_market import Tape, Values, make_tape
from core.services.symbol_engine import Decided
from core.services.worker_thread import Progress

_TOLD_EVERY = 500


@dataclass(frozen=True, slots=True)
class BacktestHistory:
    """Bars of one symbol and timeframe, oldest first, with its trading rules and where they are from."""

    bars: Sequence[Bar]
    instrument: Instrument
    source: str


def complete_plan(plan: BacktestPlan) -> BacktestPlan:
    """The plan with every parameter filled in.

    Raises:
        InvalidInput: unknown strategy, risk mode or parameter, a value out of bounds, or a period without length.
    """
    kind = catalog.kind_of(plan.strategy)
    catalog.profile_of(plan.risk_mode)
    kind.make(plan.parameters or {})
    if plan.start is not None and plan.end is not None and plan.start >= plan.end:
        raise InvalidInput(
            f"The period ends ({plan.end:%Y-%m-%d %H:%M}) before it begins ({plan.start:%Y-%m-%d %H:%M})."
        )
    capital = parse_positive(plan.capital, "The capital")
    return replace(plan, parameters=kind.complete(plan.parameters or {}), capital=capital)


async def run_backtest(
    plan: BacktestPlan,
    history: BacktestHistory,
    parts: BacktestParts,
    rules: TradingRules | None = None,
    progress: Progress | None = None,
) -> BacktestReport:
    """What a bot would have done on these bars, and what came of it; the same input gives the same ledger.

    Runs to its end without letting its event loop do anything else: a long one belongs into a thread of its own.
    Bars before the plan's start warm the strategy. Bars finer than the plan's timeframe decide when stops are met.

    Raises:
        InvalidInput: the plan cannot be carried out on these bars; the message says why.
    """
    plan = complete_plan(plan)
    strategy = catalog.make(plan.strategy, plan.parameters or {})
    tape = make_tape(history.bars, plan.timeframe, (plan.start, plan.end), strategy.indicators, parts.batch)
    run = _Run(
        plan, history, tape, BacktestDesk(parts, rules or TradingRules(), (history.instrument, history.source), tape)
    )
    return await run.whole(progress or _nobody)


def _nobody(done: int, total: int) -> None:
    del done, total


def _end(ended: tuple[Bar, Values] | None, span: timedelta) -> datetime:
    return datetime.max.replace(tzinfo=UTC) if ended is None else ended[0].open_time + span


class _Run:
    """One backtest on its way through the bars."""

    def __init__(self, plan: BacktestPlan, history: BacktestHistory, tape: Tape, desk: BacktestDesk) -> None:
        self._plan = plan
        self._history = history
        self._tape = tape
        self._desk = desk
        bars = tape.bars
        self._curve = EquityCurve.of(plan.capital, bars[0].open_time, len(bars))
        self._offsets = tuple(bars[0].timeframe.span * step / STEPS for step in range(STEPS))

    async def whole(self, progress: Progress) -> BacktestReport:
        """From the first bar to the last."""
        await self._desk.open(self._plan)
        await self._all_bars(progress)
        last = self._tape.bars[-1]
        self._curve.finish(last.open_time + last.timeframe.span)
        return self._report()

    async def _all_bars(self, progress: Progress) -> None:
        desk, curve, bars = self._desk, self._curve, self._tape.bars
        marks, decide = desk.marks, desk.engine.decide
        span, last_step, own_span = bars[0].timeframe.span, self._offsets[-1], self._plan.timeframe.span
        closed = self._tape.closed()
        ended = next(closed, None)
        ended_at = _end(ended, own_span)
        for number, bar in enumerate(bars):
            opened = bar.open_time
            closes = ended is not None and ended_at <= opened
            if (desk.still or self._untouched(bar)) and not marks.wanted(USER, opened + last_step):
                decided = decide(*ended) if closes and ended is not None else ()
                if decided:
                    state = self._show(bar, 0)
                    await self._act(decided, state)
                    await self._later_steps(bar)
                else:
                    marks.skip(opened + last_step)
            else:
                state = self._show(bar, 0)
                await desk.engine.meet(state)
                await self._act(decide(*ended) if closes and ended is not None else (), state)
                await self._later_steps(bar)
            if closes:
                ended = next(closed, None)
                ended_at = _end(ended, own_span)
            closed_at, equity = opened + span, desk.equity(bar.close)
            if equity is not curve.equity or number >= curve.next_point or closed_at > curve.day_end:
                curve.record(number, closed_at, equity)
            if number % _TOLD_EVERY == 0:
                progress(number, len(bars))
        progress(len(bars), len(bars))

    async def _act(self, decided: Sequence[Decided], state: MarketState) -> None:
        await self._desk.engine.act(decided, state)
        await self._desk.after(state)

    def _untouched(self, bar: Bar) -> bool:
        return self._desk.engine.untouched(lowest_bid(self._history.instrument, bar.low), bar.high)

    async def _later_steps(self, bar: Bar) -> None:
        """The rest of a bar on which something happened, as long as something can."""
        desk, last = self._desk, bar.open_time + self._offsets[-1]
        for step in range(1, STEPS):
            if (desk.still or self._untouched(bar)) and not desk.marks.wanted(USER, last):
                desk.marks.skip(last)
                return
            state = self._show(bar, step)
            await desk.engine.meet(state)
            await self._act((), state)

    def _show(self, bar: Bar, step: int) -> MarketState:
        """The market moves on to this state."""
        ts = bar.open_time + self._offsets[step]
        state = state_of(self._history.instrument, bar, step, ts, self._history.source)
        self._desk.show(state)
        return state

    def _report(self) -> BacktestReport:
        plan, desk, bars = self._plan, self._desk, self._tape.bars
        bot, first, last = desk.bot, bars[0].open_time, bars[-1].open_time + bars[-1].timeframe.span
        queue = bot.positions.get(plan.symbol)
        ended = Ended(
            capital=plan.capital,
            cash=bot.cash,
            quantity=queue.quantity if queue else ZERO,
            cost=queue.cost if queue else ZERO,
            book=bot.book,
            held_ms=bot.exposure.total_ms(last),
            first=first,
            last=last,
            first_open=bars[0].open,
            last_close=bars[-1].close,
            fees=FEE_SCHEDULES[plan.exchange],
            denials=sum(desk.denials.values()),
        )
        return BacktestReport(
            backtest_id=desk.head[:32],
            ran_at=last,
            source=self._history.source,
            plan=plan,
            first=first,
            last=last,
            bars=len(bars),
            figures=figures(ended, self._curve),
            equity=tuple(self._curve.points),
            trades=tuple(desk.trades),
            denials_by_gate=dict(sorted(desk.denials.items())),
            stopped_by=desk.tripped,
            head=desk.head,
        )
