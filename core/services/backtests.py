"""Backtests as people run them: on the installation's history, off the event loop, kept and compared."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.backtest_compare import Comparison, compare
from core.domain.errors import NotFound
from core.ports import Clock, DocumentStore, Ids
from core.services.backtest_desk import BacktestParts
from core.services.backtest_history import feed_history
from core.services.backtest_run import complete_plan, run_backtest
from core.services.backtest_store import BacktestStore, capped
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.worker_thread import Places, Progress, in_thread

__all__ = ["BacktestService", "Comparison"]


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
        self._places = Places("backtest")

    async def run(self, user_id: str, plan: BacktestPlan, progress: Progress | None = None) -> BacktestReport:
        """Try a plan on what the market source has by now, under the user's own limits, and keep the report.

        `progress` is called from another thread. Whoever is cancelled while waiting ends the backtest too.

        Raises:
            NotFound: the source does not serve the symbol.
            InvalidInput: the plan or its period cannot be used.
            Conflict: this user's last one is not done, or the program runs as many as it may.
        """
        plan = complete_plan(plan)
        with self._places.taken(user_id):
            history = await feed_history(self._hub.feed, plan)
            account = await self._writer.account(user_id)
            rules = self._writer.rules.with_limits(account.limits)
            report = await in_thread(lambda told: run_backtest(plan, history, self._parts, rules, told), progress)
        report = replace(capped(report), backtest_id=self._ids.new(), ran_at=self._clock.now())
        await self._kept.keep(user_id, report)
        return report

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
