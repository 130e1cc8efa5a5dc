"""Verifies journals: the ten checks, streaming, for one user or for many (spec/accounting.md, Reconcile and verify)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from core.domain.account import Account
from core.domain.anchors import AnchorBook
from core.domain.evolve import evolve
from core.domain.integrity import Audit, Check
from core.domain.journal import START, Head, read, verified
from core.ports import Document, DocumentStore
from core.services.appended import Appended, apply
from core.services.projection_check import ProjectionCheck, compare_snapshot, report
from core.services.projections import documents
from core.services.refold import covered
from core.services.snapshots import Snapshots
from core.services.verdict import LedgerVerdict, verdict_of

EVENTS, BY_SEQ = "ledger_events", "user_seq"

Progress = Callable[[str, int], None]
"""Is told whose journal is being read and how many events of it were."""

_PAGE = 1_000
_AT_A_TIME = 100
"""Events between two moments in which others may run: about five milliseconds."""


async def refold(store: DocumentStore, user_id: str) -> tuple[Account, Head]:
    """A user's state from the first event, checking the chain on the way.

    Raises:
        IntegrityError: the first break.
    """
    state, head = Account(user_id), START
    while True:
        page = await store.find(EVENTS, BY_SEQ, (user_id,), after=head.seq, limit=_PAGE)
        for event in verified(head, page.documents):
            evolve(state, event)
            head = Head(event.seq, event.hash)
        if len(page.documents) < _PAGE:
            return state, head


class AnchorSource(Protocol):
    """Where anchors are read from (`core.services.anchors.Anchors`)."""

    async def book(self) -> AnchorBook:
        """All anchors there are."""
        ...


class Verifier:
    """Checks what is stored; changes nothing. Trading may go on meanwhile.

    Without `anchors` check 10 cannot be done.
    """

    def __init__(self, store: DocumentStore, anchors: AnchorSource | None = None) -> None:
        self._store = store
        self._anchors = anchors

    async def verify(self, user_id: str, progress: Progress | None = None) -> LedgerVerdict:
        """Verify one user's journal, snapshot and projections; costs O(history).

        Raises:
            StoreUnavailable: the store does not answer, so nothing can be said.
            Unavailable: the anchors cannot be read.
        """
        return await self._verify(user_id, await self._book(), progress)

    async def verify_all(
        self, user_ids: Sequence[str], progress: Progress | None = None
    ) -> AsyncIterator[LedgerVerdict]:
        """A verdict per user, as each is done."""
        book = await self._book()
        for user_id in user_ids:
            yield await self._verify(user_id, book, progress)

    async def _book(self) -> AnchorBook:
        return AnchorBook() if self._anchors is None else await self._anchors.book()

    async def _verify(self, user_id: str, book: AnchorBook, progress: Progress | None) -> LedgerVerdict:
        last: list[Appended] = []
        audit = Audit(user_id, book.of(user_id) or None, lambda state, event: last.append(apply(state, event)))
        for problem in book.problems:
            audit.add(Check.ANCHORS, 0, "anchors as they were written", "others", problem)
        projections = ProjectionCheck(await covered(self._store, user_id))
        snapshot = await Snapshots(self._store).load(user_id)
        async for page in self._pages(user_id):
            for number, document in enumerate(page, start=1):
                last.clear()
                if audit.feed(document) is not None:
                    projections.expect(last[0])
                    if snapshot is not None and last[0].event.seq == snapshot.head.seq:
                        compare_snapshot(audit, snapshot, last[0].state)
                if number % _AT_A_TIME == 0:
                    await asyncio.sleep(0)
            if progress is not None:
                progress(user_id, audit.head.seq)
        reason = await self._compare(audit, user_id, projections)
        return verdict_of(audit.finish(projections_undone=reason))

    async def _compare(self, audit: Audit, user_id: str, projections: ProjectionCheck) -> str | None:
        """Check 9; gives why it could not be done."""
        if audit.state is None:
            return "The journal cannot be folded."
        if not projections.covered:
            return "The projections are not written yet." if audit.head.seq else None
        newest = await self._store.find(EVENTS, BY_SEQ, (user_id,), descending=True, limit=1)
        end = newest.documents[0]["seq"] if newest.documents else 0
        differences = await projections.compare(self._store, user_id, end)
        wanted = {(one.collection, one.key) for one in differences if one.implied}
        implied = await self._implied(user_id, wanted, projections.covered) if wanted else {}
        for one in differences:
            report(audit, one, implied.get((one.collection, one.key)))
        return None

    async def _implied(self, user_id: str, wanted: set[tuple[str, str]], until: int) -> dict[tuple[str, str], Document]:
        """These documents as the journal gives them: folded once more, because nobody keeps them all."""
        state, found = Account(user_id), dict[tuple[str, str], Document]()
        async for page in self._pages(user_id):
            for document in page:
                if state.seq >= until:
                    return found
                for put in documents(apply(state, read(document))):
                    key = (put.collection, put.document["_id"])
                    if key in wanted:
                        found[key] = put.document
            await asyncio.sleep(0)
        return found

    async def _pages(self, user_id: str) -> AsyncIterator[list[Document]]:
        cursor: str | None = None
        while True:
            page = await self._store.find(EVENTS, BY_SEQ, (user_id,), limit=_PAGE, cursor=cursor)
            yield page.documents
            cursor = page.cursor
            if cursor is None:
                return
