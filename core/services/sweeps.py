"""Sweeps as people run them: on the installation's history, off the event loop, one at a time for each person."""

import asyncio

from core.domain.sweep import SweepPlan, SweepReport, combinations
from core.services.backtest_history import feed_history
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.sweep_run import SweepParts, run_sweep
from core.services.worker_thread import Places, Progress, in_thread


class SweepService:
    """Runs parameter sweeps; their reports are not kept."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, parts: SweepParts) -> None:
        self._writer = writer
        self._hub = hub
        self._parts = parts
        self._places = Places("sweep")

    async def run(self, user_id: str, plan: SweepPlan, progress: Progress | None = None) -> SweepReport:
        """Try a plan on what the market source has by now, under the user's own limits.

        `progress` is called from another thread. Whoever is cancelled while waiting ends the sweep too.

        Raises:
            NotFound: the source does not serve the symbol.
            InvalidInput: the plan or its period cannot be used, or is too much work.
            Conflict: this user's last one is not done, or the program runs as many as it may.
        """
        await asyncio.to_thread(combinations, plan)
        with self._places.taken(user_id):
            history = await feed_history(self._hub.feed, plan.backtest({}))
            account = await self._writer.account(user_id)
            rules = self._writer.rules.with_limits(account.limits)
            return await in_thread(lambda told: run_sweep(plan, history, self._parts, rules, told), progress)
