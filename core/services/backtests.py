"""Backtests as people run them: on the installation's history, off the event loop, kept and compared."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace

from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.backtest_compare import Comparison, compare
from core.domain.errors import Conflict, NotFound
from core.domain.rules import TradingRules
from core.ports import Clock, DocumentStore, Ids
from core.services.backtest_desk import BacktestParts
from core.services.backtest_history import feed_history
from core.services.backtest_run import BacktestHistory, Progress, complete_plan, run_backtest
from core.services.backtest_store import BacktestStore, capped
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub

__all__ = ["BacktestService", "Comparison"]

MAX_AT_ONCE = 2


class _Stopped(Exception):
    """Whoever asked for a backtest waits for it no more."""


class BacktestService:
    """Runs, keeps and compares backtests."""

    def __init__(
        self,
        store: DocumentStore,
        writer: JournalWriter,
        hub: MarketHub,
        parts: BacktestParts,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._kept = BacktestStore(store)
        self._writer = writer
        self._hub = hub
        self._parts = parts
        self._clock = clock
        self._ids = ids
        self._running: set[str] = set()

    async def run(self, user_id: str, plan: BacktestPlan, progress: Progress | None = None) -> BacktestReport:
        """Try a plan on what the market source has by now, under the user's own limits, and keep the report.

        `progress` is called from another thread. Whoever is cancelled while waiting ends the backtest too.

        Raises:
            NotFound: the source does not serve the symbol.
            InvalidInput: the plan or its period cannot be used.
            Conflict: this user's last one is not done, or the program runs as many as it may.
        """
        plan = complete_plan(plan)
        self._refuse(user_id)
        self._running.add(user_id)
        try:
            history = await feed_history(self._hub.feed, plan)
            account = await self._writer.account(user_id)
            rules = self._writer.rules.with_limits(account.limits)
            report = await self._in_thread(plan, history, rules, progress)
        finally:
            self._running.discard(user_id)
        report = replace(capped(report), backtest_id=self._ids.new(), ran_at=self._clock.now())
        await self._kept.keep(user_id, report)
        return report

    def _refuse(self, user_id: str) -> None:
        if user_id in self._running:
            raise Conflict("Your last backtest is still running. Wait until it is done.")
        if len(self._running) >= MAX_AT_ONCE:
            raise Conflict(
                f"{MAX_AT_ONCE} backtests run already, which is all this program does at once. Try again soon."
            )

    async def _in_thread(
        self, plan: BacktestPlan, history: BacktestHistory, rules: TradingRules, progress: Progress | None
    ) -> BacktestReport:
        stop = threading.Event()

        def told(done: int, total: int) -> None:
            if stop.is_set():
                raise _Stopped
            if progress is not None:
                progress(done, total)

        def work() -> BacktestReport:
            return asyncio.run(run_backtest(plan, history, self._parts, rules, told))

        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.gather(task, return_exceptions=True)  # its place is free only when it has ended
            raise

    async def get(self, user_id: str, backtest_id: str) -> BacktestReport:
        """One report, whole; a unique beginning of its id, of at least four characters, is enough.

        Raises:
            NotFound: this user has none.
            Conflict: several begin like that.
        """
        return await self._kept.get(user_id, backtest_id)

    async def newest(self, user_id: str, limit: int) -> list[BacktestReport]:
        """The newest first, without equity and trades."""
        return await self._kept.newest(user_id, limit)

    async def compare(self, user_id: str, ids: Sequence[str]) -> Comparison:
        """Which of these, or of the newest two, did better.

        Raises:
            NotFound: one of them is not there, or there are not two.
            Conflict: an id is not whole and several begin like that.
        """
        if ids:
            named = [await self.get(user_id, one) for one in ids]
            reports = list({report.backtest_id: report for report in named}.values())
        else:
            reports = await self.newest(user_id, 2)
        if len(reports) < 2:  # noqa: PLR2004 - one alone is not compared
            raise NotFound("There are not two different backtests to compare. Run another one first.")
        return compare(reports)
