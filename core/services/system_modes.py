"""System modes: what an admin has set for everybody, honoured by every process (spec/pipeline.md, Halt)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from core.domain.codec import from_iso, iso
from core.domain.errors import Conflict
from core.ports import Clock, Document, DocumentStore, DuplicateKey, StoreUnavailable, VersionConflict

MODES = "system_modes"
TRADING = "trading"

_POLL_SECS = 0.5
_TRIES = 20
_KEYS_KEPT = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TradingMode:
    """Whether everybody's trading is halted, since when, by whom and why; nothing was ever set without `since`."""

    halted: bool = False
    actor: str = ""
    reason: str = ""
    since: datetime | None = None


class SystemModes:
    """The mode as this process knows it; `run` keeps it at most a second old."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known = TradingMode()

    @property
    def halted(self) -> bool:
        """Whether an admin has halted all trading, without asking the store."""
        return self._known.halted

    async def trading(self) -> TradingMode:
        """The mode as it is in the store now."""
        document = await self._store.get(MODES, TRADING)
        if document is not None:
            since = from_iso(document["since"])
            self._known = TradingMode(document["halted"], document["actor"], document["reason"], since)
        return self._known

    async def halt(self, actor: str, reason: str, key: str) -> TradingMode:
        """Halt trading for every process, once per key; durable when this returns."""
        return await self._set(key, halted=True, actor=actor, reason=reason)

    async def resume(self, actor: str, key: str) -> TradingMode:
        """Lift it, once per key: a late repetition does not lift a halt that came after.

        Raises:
            Conflict: trading is not halted for everybody.
        """
        return await self._set(key, halted=False, actor=actor, reason="")

    async def _set(self, key: str, *, halted: bool, actor: str, reason: str) -> TradingMode:
        for _ in range(_TRIES):
            stored = await self._store.get(MODES, TRADING)
            known: Document = stored or {"_id": TRADING, "halted": False, "keys": []}
            if key in known["keys"]:
                return await self.trading()
            if not halted and not known["halted"]:
                raise Conflict("Trading is not halted for everybody, so there is nothing to resume.")
            document = known | {"keys": [*known["keys"], key][-_KEYS_KEPT:]}
            if known["halted"] != halted:  # a halt that stands keeps who set it, and why
                document |= {"halted": halted, "actor": actor, "reason": reason, "since": iso(self._clock.now())}
            try:
                if stored is None:
                    await self._store.insert(MODES, document | {"version": 1})
                else:
                    await self._store.replace(MODES, document, stored["version"])
            except (DuplicateKey, VersionConflict):
                continue  # somebody set it at the same time: look again at what is there now
            return await self.trading()
        raise StoreUnavailable("Too many others are setting the system's mode. Try again.")

    async def run(self) -> None:
        """Learn what other processes have set, twice a second, until cancelled."""
        while True:
            try:
                await self.trading()
            except StoreUnavailable as error:
                _log.warning("the system's mode could not be read", problem=error.message)
            except Exception:  # noqa: BLE001 - whatever one look met, the next stop of everybody must be heard
                _log.exception("looking at the system's mode failed; it looks again")
            await asyncio.sleep(_POLL_SECS)
