"""Decision traces: why a bot acted or did not, kept outside the journal."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.domain.codec import decode, encode, iso
from core.ports import DocumentStore, Put
from core.services.projector import Projector

TRACES = "decision_traces"


class TraceKind(StrEnum):
    """What a trace is about."""

    SIGNAL = "signal"
    DENIAL = "denial"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Trace:
    """One decision in plain words; `gate` is set for denials."""

    bot_id: str
    ts: datetime
    kind: TraceKind
    text: str
    gate: str | None = None


class TraceLog(Protocol):
    """Where decisions are told."""

    def record(self, trace: Trace) -> None:
        """Take one; never blocks."""
        ...


class Traces:
    """Writes traces behind the trading and reads the newest back."""

    def __init__(self, store: DocumentStore, projector: Projector) -> None:
        self._store = store
        self._projector = projector

    def record(self, trace: Trace) -> None:
        """Keep a trace; never blocks."""
        document = encode(trace) | {"_id": f"{trace.bot_id}:{iso(trace.ts)}:{trace.kind}:{_mark(trace)}"}
        self._projector.put(Put(TRACES, document))

    async def newest(self, bot_id: str, limit: int) -> list[Trace]:
        """The newest traces of a bot, newest first."""
        await self._projector.caught_up()
        page = await self._store.find(TRACES, "bot_time", (bot_id,), descending=True, limit=limit)
        return [decode(Trace, {k: v for k, v in d.items() if k != "_id"}) for d in page.documents]


def _mark(trace: Trace) -> str:
    """What tells apart the traces of one bot and moment."""
    return hashlib.sha256(f"{trace.gate}:{trace.text}".encode()).hexdigest()[:8]
