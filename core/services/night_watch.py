"""Once a UTC day: an anchor of all journals outside the store, and a reconciliation that acts (accounting.md)."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from core.domain.codec import from_iso, iso
from core.domain.commands import HaltTrading
from core.domain.errors import ProductError
from core.domain.money import plain
from core.domain.reconciliation import ALERT_ABOVE_PCT, HALT_ABOVE_PCT, Reconciliation
from core.ports import Clock, DocumentStore, DuplicateKey, StoreUnavailable, VersionConflict
from core.services.accounts import Accounts
from core.services.alerting import Alerting, AlertKind, Severity
from core.services.anchors import Anchors
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.reconcile import Reconciler

RUNS = "job_runs"
JOB = "nightly"
_ABANDONED = timedelta(hours=1)
_LOOK_EVERY_SECS = 60.0
_ACTOR = "reconciliation"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the night watch works with."""

    store: DocumentStore
    accounts: Accounts
    writer: JournalWriter
    hub: MarketHub
    reconciler: Reconciler
    anchors: Anchors
    alerting: Alerting
    clock: Clock


class NightWatch:
    """Does a day's work once, whatever the number of processes and restarts.

    The anchor is written by each host into its own file; the reconciliation by the process that claims the day.
    """

    def __init__(self, parts: Watched) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Look every minute whether a day's work is due, until cancelled."""
        while True:
            try:
                await self.watch()
            except StoreUnavailable as error:
                _log.warning("the night watch waits for the store", problem=error.message)
            except Exception:  # noqa: BLE001 - tomorrow's watch must not depend on today's bug
                _log.exception("the night watch failed; it looks again in a minute")
            await asyncio.sleep(_LOOK_EVERY_SECS)

    async def watch(self) -> None:
        """Do what is due today and not done yet."""
        now = self._parts.clock.now()
        last = await self._parts.anchors.last_written()
        if last is None or last.date() < now.date():
            await self._parts.anchors.write(now)
        if await self._claim(now):
            for user_id in await self._parts.accounts.all_ids():
                await self.reconcile(user_id)
            await self._done(now.date())

    async def reconcile(self, user_id: str) -> Reconciliation | None:
        """Reconcile one user and act on what is found: above 0.01 % an alert, above 1 % a halt as well.

        None when it could not be done; that is an alert too.
        """
        parts = self._parts
        try:
            found = await parts.reconciler.reconcile(user_id)
        except StoreUnavailable:
            raise
        except ProductError as error:
            await parts.alerting.record(user_id, AlertKind.INTEGRITY, Severity.CRITICAL, error.message)
            return None
        if found.discrepancy_pct > ALERT_ABOVE_PCT:
            words = f"The journal and its projections differ by {plain(found.discrepancy)} {found.currency}"
            message = f"{words} ({plain(round(found.discrepancy_pct, 4))} % of the equity). {found.advice}"
            halts = found.discrepancy_pct > HALT_ABOVE_PCT
            if halts:
                command = HaltTrading(_ACTOR, f"{words}, more than {plain(HALT_ABOVE_PCT)} %")
                await parts.writer.execute(user_id, command, now=parts.hub.feed.now())
                message += " Trading is halted until it is resolved."
            severity = Severity.CRITICAL if halts else Severity.WARNING
            await parts.alerting.record(user_id, AlertKind.RECONCILIATION, severity, message)
        return found

    async def _claim(self, now: datetime) -> bool:
        """Whether this process is to do the day's work: the first one is, or one that finds it abandoned."""
        store, key = self._parts.store, _key(now.date())
        run = {"_id": key, "status": "running", "started_at": iso(now), "version": 1}
        try:
            await store.insert(RUNS, run)
        except DuplicateKey:
            known = await store.get(RUNS, key)
            if known is None or known["status"] == "done" or now - from_iso(known["started_at"]) < _ABANDONED:
                return False
            try:
                await store.replace(RUNS, known | {"started_at": iso(now)}, known["version"])
            except VersionConflict:
                return False
        return True

    async def _done(self, day: date) -> None:
        known = await self._parts.store.get(RUNS, _key(day))
        if known is not None:
            done = known | {"status": "done", "finished_at": iso(self._parts.clock.now())}
            await self._parts.store.replace(RUNS, done, known["version"])


def _key(day: date) -> str:
    return f"{JOB}:{day.isoformat()}"
