"""Stored confirmations: proposed by tools, consumed once by a person, run exactly as shown (spec/chat.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from core.domain.codec import decode, encode
from core.domain.confirmation import (
    Answer,
    ConfirmationRecord,
    ConfirmationStatus,
    arguments_digest,
    check_answer,
)
from core.domain.errors import Conflict, NotFound
from core.ports import Clock, Document, DocumentStore, Ids, VersionConflict

CONFIRMATIONS = "confirmations"
LIFETIME = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done, as a person reads it. `basis` is the state it was made on."""

    tool: str
    arguments: Mapping[str, Any]
    title: str
    effect: tuple[str, ...]
    basis: dict[str, str]
    phrase: str | None


class Confirmations:
    """Keeps proposals and lets each be approved or cancelled once."""

    def __init__(self, store: DocumentStore, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    async def propose(self, user_id: str, conversation_id: str, proposal: Proposal) -> ConfirmationRecord:
        """Store a proposal, waiting for its person for two minutes."""
        now = self._clock.now()
        record = ConfirmationRecord(
            confirmation_id=self._ids.new(),
            user_id=user_id,
            conversation_id=conversation_id,
            tool=proposal.tool,
            arguments=dict(proposal.arguments),
            arguments_sha256=arguments_digest(proposal.arguments),
            title=proposal.title,
            effect=proposal.effect,
            basis=proposal.basis,
            created_at=now,
            expires_at=now + LIFETIME,
            status=ConfirmationStatus.PENDING,
            version=1,
            phrase=proposal.phrase,
        )
        await self._store.insert(CONFIRMATIONS, _document(record))
        return record

    async def get(self, confirmation_id: str) -> ConfirmationRecord:
        """A stored proposal.

        Raises:
            NotFound: there is none of this id.
        """
        document = await self._store.get(CONFIRMATIONS, confirmation_id)
        if document is None:
            raise NotFound("There is no such confirmation. Nothing was done.")
        return _record(document)

    async def pending(self, user_id: str, conversation_id: str) -> ConfirmationRecord | None:
        """The newest proposal of this conversation, if it still waits for this person."""
        page = await self._store.find(CONFIRMATIONS, "conversation", (conversation_id,), descending=True, limit=10)
        now = self._clock.now()
        for record in map(_record, page.documents):
            if record.status is ConfirmationStatus.PENDING and now < record.expires_at and record.user_id == user_id:
                return record
        return None

    async def approve(self, confirmation_id: str, answer: Answer) -> ConfirmationRecord:
        """Consume a proposal by one compare-and-set; from here on its command is durable intent.

        Raises:
            Conflict: not this person's, not this conversation's, answered before, or expired.
            InvalidInput: wrong phrase.
            NotFound: no such proposal.
        """
        record = await self.get(confirmation_id)
        check_answer(record, answer, self._clock.now())
        return await self._move(record, ConfirmationStatus.APPROVED)

    async def cancel(self, confirmation_id: str, answer: Answer) -> ConfirmationRecord:
        """Put a proposal away for good (errors as for `approve`; a phrase is not needed)."""
        record = await self.get(confirmation_id)
        check_answer(replace(record, phrase=None), answer, self._clock.now())
        return await self._move(record, ConfirmationStatus.CANCELLED)

    async def done(self, record: ConfirmationRecord, *, refused: bool = False) -> None:
        """Note that an approved command has run, or was `refused`, so that a restart does not look at it again."""
        await self._move(record, ConfirmationStatus.REFUSED if refused else ConfirmationStatus.DONE)

    async def unfinished(self) -> list[ConfirmationRecord]:
        """Approved proposals whose command may not have run: a crash came in between."""
        page = await self._store.find(CONFIRMATIONS, "status", (ConfirmationStatus.APPROVED.value,))
        return [_record(document) for document in page.documents]

    async def _move(self, record: ConfirmationRecord, status: ConfirmationStatus) -> ConfirmationRecord:
        moved = _document(replace(record, status=status))
        try:
            stored = await self._store.replace(CONFIRMATIONS, moved, record.version)
        except VersionConflict:
            raise Conflict("That confirmation was answered at the same moment. Nothing more was done.") from None
        return _record(stored)


def _document(record: ConfirmationRecord) -> Document:
    return encode(record) | {"_id": record.confirmation_id}


def _record(document: Document) -> ConfirmationRecord:
    return decode(ConfirmationRecord, {k: v for k, v in document.items() if k != "_id"})
