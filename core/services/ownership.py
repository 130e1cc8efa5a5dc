"""Which engine runs the bots: one lease with an epoch that rises with each takeover."""

import asyncio
from enum import StrEnum

import structlog

from core.ports import Document, DocumentStore, DuplicateKey, StoreUnavailable, VersionConflict

LEASES = "leases"
ENGINE = "engine"

_log = structlog.get_logger(__name__)


class EngineRole(StrEnum):
    """What this process's engine does."""

    STARTING = "starting"
    STANDBY = "standby"
    OWNER = "owner"
    STOPPED = "stopped"


class Ownership:
    """Holds the engine's lease.

    The holder changes a counter every beat. Who wants the lease watches the counter by its own clock
    and takes over when it stood still for `patience_secs`, so clocks of two hosts are never compared.
    """

    def __init__(
        self, store: DocumentStore, holder: str, *, beat_secs: float = 1.0, patience_secs: float = 3.0
    ) -> None:
        self._store = store
        self._holder = holder
        self._beat_secs = beat_secs
        self._patience_secs = patience_secs
        self._lease: Document | None = None
        self.role = EngineRole.STARTING
        self.other_holder: str | None = None

    @property
    def epoch(self) -> int:
        """Epoch of the lease held."""
        return self._lease["epoch"] if self._lease else 0

    async def acquire(self) -> int:
        """Wait until this process holds the lease; gives its new epoch."""
        seen: tuple[int, int] | None = None
        waited = 0.0
        while True:
            lease = await self._store.get(LEASES, ENGINE)
            beat = None if lease is None else (lease["epoch"], lease["beat"])
            waited = waited + self._beat_secs if beat == seen else 0.0
            seen = beat
            if lease is None or not lease["holder"] or waited >= self._patience_secs:
                if await self._take(lease):
                    self.role, self.other_holder = EngineRole.OWNER, None
                    return self.epoch
                continue
            if self.role is not EngineRole.STANDBY:
                _log.warning("another engine runs the bots; standing by", holder=lease["holder"], epoch=lease["epoch"])
            self.role, self.other_holder = EngineRole.STANDBY, lease["holder"]
            await asyncio.sleep(self._beat_secs)

    async def _take(self, lease: Document | None) -> bool:
        try:
            if lease is None:
                first: Document = {"_id": ENGINE, "epoch": 1, "holder": self._holder, "beat": 0, "version": 1}
                await self._store.insert(LEASES, first)
                self._lease = first
            else:
                taken = lease | {"epoch": lease["epoch"] + 1, "holder": self._holder, "beat": 0}
                self._lease = await self._store.replace(LEASES, taken, lease["version"])
        except (DuplicateKey, VersionConflict):
            return False
        return True

    async def hold(self) -> None:
        """Beat until the lease is lost to somebody else."""
        while self._lease is not None:
            await asyncio.sleep(self._beat_secs)
            lease = self._lease
            try:
                beaten = lease | {"beat": lease["beat"] + 1}
                self._lease = await self._store.replace(LEASES, beaten, lease["version"])
            except VersionConflict:
                await self._after_conflict()
            except StoreUnavailable as error:
                _log.warning("the lease waits for the store", problem=error.message)
        _log.error("the engine's lease was taken over; letting go")
        self.role = EngineRole.STARTING

    async def _after_conflict(self) -> None:
        """An unanswered beat may have been written after all: then the lease is still ours."""
        stored = await self._store.get(LEASES, ENGINE)
        mine = stored is not None and stored["holder"] == self._holder and stored["epoch"] == self.epoch
        self._lease = stored if mine else None

    async def release(self) -> None:
        """Let the next engine start at once."""
        self.role = EngineRole.STOPPED
        if self._lease is None:
            return
        try:
            if not await self._given_back():
                _log.info("the lease had been taken over already")
        except StoreUnavailable as error:
            _log.warning("the lease could not be given back; the next engine waits a little", problem=error.message)
        self._lease = None

    async def _given_back(self) -> bool:
        """Whether the lease was still ours, whatever version of it is stored by now."""
        while (lease := self._lease) is not None:
            try:
                await self._store.replace(LEASES, lease | {"holder": ""}, lease["version"])
            except VersionConflict:
                await self._after_conflict()
            else:
                return True
        return False
