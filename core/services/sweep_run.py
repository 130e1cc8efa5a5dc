"""Runs a parameter sweep: estimates of all combinations, and real backtests of the best (spec/bots.md, Backtest)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.backtest import BacktestReport
from core.domain.errors import InvalidInput
from core.domain.instrument import FEE_SCHEDULES
from core.domain.rules import TradingRules
from core.domain.strategies import catalog
from core.domain.sweep import (
    ESTIMATE,
    MAX_BAR_COMBINATIONS,
    MAX_WHOLE_BACKTESTS,
    NO_ESTIMATE,
    Combinations,
    SweepPlan,
    SweepReport,
    SweepRow,
    SweepTask,
    combinations,
)
from core.ports import SweepEngine
from core.services.backtest_desk import BacktestParts
from core.services.backtest_market import make_tape
from core.services.backtest_run import BacktestHistory, run_backtest
from core.services.worker_thread import Progress

_TOLD_EVERY = 20


@dataclass(frozen=True, slots=True)
class SweepParts:
    """What a sweep is made of."""

    engine: SweepEngine
    backtest: BacktestParts


async def run_sweep(
    plan: SweepPlan,
    history: BacktestHistory,
    parts: SweepParts,
    rules: TradingRules | None = None,
    progress: Progress | None = None,
) -> SweepReport:
    """The best combinations of a plan on these bars, and what the real backtest makes of them.

    Runs to its end without letting its event loop do anything else: it belongs into a thread of its own.

    Raises:
        InvalidInput: the plan cannot be carried out on these bars, or is too much work; the message says why.
    """
    sweep = _Sweep(plan, history, parts, rules or TradingRules(), progress or _nobody)
    return await (sweep.estimated() if plan.strategy in parts.engine.strategies else sweep.whole())


def _nobody(done: int, total: int) -> None:
    del done, total


class _Sweep:
    """One sweep on its way."""

    def __init__(
        self, plan: SweepPlan, history: BacktestHistory, parts: SweepParts, rules: TradingRules, progress: Progress
    ) -> None:
        self._combinations = combinations(plan)
        self._plan = plan
        self._history = history
        self._parts = parts
        self._rules = rules
        self._progress = progress
        self._tape = make_tape(history.bars, plan.timeframe, (plan.start, plan.end), (), parts.backtest.batch)

    async def estimated(self) -> SweepReport:
        """All of them estimated, the best of them run through the real backtest."""
        tried = self._combinations
        count, bars = len(tried.fitting), len(self._tape.bars)
        if count * bars > MAX_BAR_COMBINATIONS:
            raise InvalidInput(
                f"{count:,} combinations on {bars:,} bars are too much at once: their product may be at most "
                f"{MAX_BAR_COMBINATIONS:,}. Try fewer values, or a shorter period."
            )

        def told(done: int) -> None:
            if done % _TOLD_EVERY == 0 or done == count:
                self._progress(done, count)

        figures = self._parts.engine.estimate(self._task(), told)
        rows = [SweepRow(parameters, each) for parameters, each in zip(tried.fitting, figures, strict=True)]
        best = sorted(rows, key=_estimated, reverse=True)[: self._plan.shown]
        checked = [await self._checked(row) for row in best[: self._plan.checked]]
        return self._report([*checked, *best[self._plan.checked :]], ESTIMATE)

    async def whole(self) -> SweepReport:
        """Each of them run through the real backtest."""
        tried = self._combinations
        name = catalog.kind_of(self._plan.strategy).title
        if len(tried.fitting) > MAX_WHOLE_BACKTESTS:
            raise InvalidInput(
                f"What {name} does depends on its position after each fill, so each combination is a whole backtest: "
                f"at most {MAX_WHOLE_BACKTESTS} of them, not {len(tried.fitting):,}."
            )
        rows: list[SweepRow] = []
        for done, parameters in enumerate(tried.fitting, start=1):
            rows.append(await self._checked(SweepRow(parameters, None)))
            self._progress(done, len(tried.fitting))
        best = sorted(rows, key=_real, reverse=True)[: self._plan.shown]
        return self._report(best, NO_ESTIMATE.format(name=name))

    def _task(self) -> SweepTask:
        plan, tape = self._plan, self._tape
        return SweepTask(
            strategy=plan.strategy,
            combinations=self._combinations.fitting,
            bars=tape.bars,
            closing=(*tape.warm, *tape.closing),
            instrument=self._history.instrument,
            fees=FEE_SCHEDULES[plan.exchange],
            profile=catalog.profile_of(plan.risk_mode),
            rules=self._rules,
            capital=plan.capital,
        )

    async def _checked(self, row: SweepRow) -> SweepRow:
        count = len(self._combinations.fitting)

        def told(done: int, total: int) -> None:
            del done, total
            self._progress(count, count)  # so that a sweep that nobody waits for ends here too

        report: BacktestReport = await run_backtest(
            self._plan.backtest(row.parameters), self._history, self._parts.backtest, self._rules, told
        )
        return replace(row, real=report.figures, stopped_by=report.stopped_by)

    def _report(self, rows: Sequence[SweepRow], note: str) -> SweepReport:
        tried: Combinations = self._combinations
        bars = self._tape.bars
        return SweepReport(
            plan=self._plan,
            source=self._history.source,
            first=bars[0].open_time,
            last=bars[-1].open_time + bars[-1].timeframe.span,
            bars=len(bars),
            combinations=len(tried.fitting),
            left_out=tried.left_out,
            rows=tuple(rows),
            note=note,
        )


def _estimated(row: SweepRow) -> tuple[Decimal, Decimal]:
    """The higher the better: the return, and of equal ones the one with the smaller fall."""
    figures = row.estimate
    return (Decimal("-Infinity"), Decimal(0)) if figures is None else (figures.final_equity, -figures.max_drawdown_pct)


def _real(row: SweepRow) -> tuple[Decimal, Decimal]:
    figures = row.real
    return (Decimal("-Infinity"), Decimal(0)) if figures is None else (figures.final_equity, -figures.max_drawdown_pct)
