"""Decision traces: why a bot acted or did not, kept outside the journal."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.domain.codec import decode, encode, iso
from core.domain.errors import InvalidInput
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


@dataclass(frozen=True, slots=True)
class TracePage:
    """Traces newest first; `cursor` continues after them and is None at the end."""

    traces: tuple[Trace, ...]
    cursor: str | None


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
        return list((await self.page(bot_id, limit)).traces)

    async def page(self, bot_id: str, limit: int, cursor: str | None = None) -> TracePage:
        """Traces of a bot, newest first, page by page.

        Raises:
            InvalidInput: the cursor is of another listing.
        """
        await self._projector.caught_up()
        try:
            page = await self._store.find(TRACES, "bot_time", (bot_id,), descending=True, limit=limit, cursor=cursor)
        except TypeError:  # a cursor of another listing holds another kind of value
            raise InvalidInput("The cursor does not belong to this listing; start again from the first page.") from None
        found = (decode(Trace, {k: v for k, v in d.items() if k != "_id"}) for d in page.documents)
        return TracePage(tuple(found), page.cursor)


def _mark(trace: Trace) -> str:
    """What tells apart the traces of one bot and moment."""
    return hashlib.sha256(f"{trace.gate}:{trace.text}".encode()).hexdigest()[:8]
