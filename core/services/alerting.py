"""Alerts: what needs a person's attention, once per cause however often it happens."""

from datetime import datetime
from enum import StrEnum

import structlog

from core.domain.codec import iso
from core.ports import Clock, Document, DocumentStore, DuplicateKey, VersionConflict

ALERTS = "alerts"
_TRIES = 100

_log = structlog.get_logger(__name__)


class AlertKind(StrEnum):
    """What an alert is about."""

    RECONCILIATION = "reconciliation_discrepancy"
    INTEGRITY = "integrity_failure"
    BREAKER_TRIP = "breaker_trip"
    STALE_FEED = "stale_feed"


class Severity(StrEnum):
    """How urgent it is."""

    WARNING = "warning"
    CRITICAL = "critical"


class Alerting:
    """Records alerts in `alerts`: first and last seen, and how often.

    They are acknowledged, never removed: that one is there is what keeps it from being raised again.
    """

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def record(self, user_id: str, kind: AlertKind, severity: Severity, message: str) -> None:
        """Note that it happened (again); one record per user and kind until it is acknowledged."""
        now = self._clock.now()
        _log.warning("alert", user_id=user_id, kind=kind.value, severity=severity.value, message=message)
        for _ in range(_TRIES):
            key = f"{user_id}:{kind.value}"
            known = await self._store.get(ALERTS, key)
            try:
                if known is None:
                    await self._store.insert(
                        ALERTS, _first(key, user_id, kind, now) | _latest(severity, message, now, 1)
                    )
                else:
                    again = known | _latest(severity, message, now, known["count"] + 1) | {"acknowledged": False}
                    await self._store.replace(ALERTS, again, known["version"])
            except (DuplicateKey, VersionConflict):
                continue  # another process recorded the same: count this one on top of it
            return

    async def record_once(self, user_id: str, kind: AlertKind, severity: Severity, message: str, *, cause: str) -> bool:
        """Note what happened once: one record per cause, whoever tells it and however often; False for a repetition."""
        key = f"{user_id}:{kind.value}:{cause}"
        if await self._store.get(ALERTS, key) is not None:
            return False
        now = self._clock.now()
        try:
            await self._store.insert(ALERTS, _first(key, user_id, kind, now) | _latest(severity, message, now, 1))
        except DuplicateKey:
            return False  # another process was faster
        _log.warning("alert", user_id=user_id, kind=kind.value, severity=severity.value, message=message)
        return True


def _first(key: str, user_id: str, kind: AlertKind, now: datetime) -> Document:
    return {
        "_id": key,
        "user_id": user_id,
        "kind": kind.value,
        "dedupe_key": key,
        "first_seen": iso(now),
        "acknowledged": False,
        "version": 1,
    }


def _latest(severity: Severity, message: str, now: datetime, count: int) -> Document:
    return {"severity": severity.value, "message": message, "last_seen": iso(now), "count": count}
