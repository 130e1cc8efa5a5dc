"""Sweeps as people run them: on the installation's history, off the event loop, one at a time for each person."""

import asyncio
import threading

from core.domain.errors import Conflict
from core.domain.rules import TradingRules
from core.domain.sweep import SweepPlan, SweepReport, combinations
from core.services.backtest_history import feed_history
from core.services.backtest_run import BacktestHistory
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.sweep_run import Progress, SweepParts, run_sweep

MAX_AT_ONCE = 2


class _Stopped(Exception):
    """Whoever asked for a sweep waits for it no more."""


class SweepService:
    """Runs parameter sweeps; their reports are not kept."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, parts: SweepParts) -> None:
        self._writer = writer
        self._hub = hub
        self._parts = parts
        self._running: set[str] = set()

    async def run(self, user_id: str, plan: SweepPlan, progress: Progress | None = None) -> SweepReport:
        """Try a plan on what the market source has by now, under the user's own limits.

        `progress` is called from another thread. Whoever is cancelled while waiting ends the sweep too.

        Raises:
            NotFound: the source does not serve the symbol.
            InvalidInput: the plan or its period cannot be used, or is too much work.
            Conflict: this user's last one is not done, or the program runs as many as it may.
        """
        await asyncio.to_thread(combinations, plan)
        if user_id in self._running:
            raise Conflict("Your last sweep is still running. Wait until it is done.")
        if len(self._running) >= MAX_AT_ONCE:
            raise Conflict(f"{MAX_AT_ONCE} sweeps run already, which is all this program does at once. Try again soon.")
        self._running.add(user_id)
        try:
            history = await feed_history(self._hub.feed, plan.backtest({}))
            account = await self._writer.account(user_id)
            return await self._in_thread(plan, history, self._writer.rules.with_limits(account.limits), progress)
        finally:
            self._running.discard(user_id)

    async def _in_thread(
        self, plan: SweepPlan, history: BacktestHistory, rules: TradingRules, progress: Progress | None
    ) -> SweepReport:
        stop = threading.Event()

        def told(done: int, total: int) -> None:
            if stop.is_set():
                raise _Stopped
            if progress is not None:
                progress(done, total)

        def work() -> SweepReport:
            return asyncio.run(run_sweep(plan, history, self._parts, rules, told))

        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.gather(task, return_exceptions=True)  # its place is free only when it has ended
            raise
