"""Check 9: what queries read is what the journal gives, document by document (spec/accounting.md)."""

from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

from core.domain.account import Account
from core.domain.integrity import Audit, Check
from core.domain.integrity_findings import FINDINGS_KEPT, shown
from core.domain.journal import canonical
from core.ports import Document, DocumentStore
from core.services.appended import Appended
from core.services.projections import IMMUTABLE, USER_INDEXES, documents
from core.services.snapshots import Snapshot

_PAGE = 1_000


class _Implied(NamedTuple):
    """A document that the journal implies, by the event it follows from and a number that stands for its content."""

    seq: int
    content: int


class Difference(NamedTuple):
    """A stored document that is not what the journal implies; None where there should be none, or is none."""

    collection: str
    key: str
    seq: int
    stored: Document | None
    implied: bool


class ProjectionCheck:
    """Collects what a user's events up to seq `covered` imply, then compares it with what is stored.

    Keeps about 200 bytes a document in memory.
    """

    def __init__(self, covered: int) -> None:
        self.covered = covered
        self._implied: dict[str, dict[str, _Implied]] = {collection: {} for collection in USER_INDEXES}

    def expect(self, appended: Appended) -> None:
        """Take note of what follows from an event."""
        seq = appended.event.seq
        if seq <= self.covered:
            for put in documents(appended):
                known = self._implied[put.collection]
                known[put.document["_id"]] = _Implied(seq, hash(canonical(put.document)))

    async def compare(self, store: DocumentStore, user_id: str, newest: int) -> list[Difference]:
        """All differences, as far as findings are kept; the journal ends at `newest` or beyond."""
        found: list[Difference] = []
        for collection, index in USER_INDEXES.items():
            cursor: str | None = None
            while True:
                page = await store.find(collection, index, (user_id,), limit=_PAGE, cursor=cursor)
                for document in page.documents:
                    found += self._check(collection, document, newest)
                cursor = page.cursor
                if cursor is None:
                    break
            missing = self._implied[collection].items()
            found += [Difference(collection, key, implied.seq, None, implied=True) for key, implied in missing]
        return found[: FINDINGS_KEPT + 1]

    def _check(self, collection: str, document: Document, newest: int) -> Iterator[Difference]:
        key, seq = document["_id"], document.get("seq")
        implied = self._implied[collection].pop(key, None)
        if implied is not None and implied.content == hash(canonical(document)):
            return
        if isinstance(seq, int) and self.covered < seq <= newest and (implied is None or collection not in IMMUTABLE):
            return  # from an event that came in while this was checked
        at = implied.seq if implied else seq if isinstance(seq, int) else 0
        yield Difference(collection, key, at, document, implied=implied is not None)


def report(audit: Audit, difference: Difference, implied: Document | None) -> None:
    """Note a difference with both values: of the first field that differs, or the whole."""
    what = f"{difference.collection} {shown(difference.key)}"
    stored = difference.stored
    if implied is None:
        audit.add(Check.PROJECTIONS, difference.seq, "no document", "one", f"No event implies it: {what}.")
    elif stored is None:
        audit.add(Check.PROJECTIONS, difference.seq, "a document", "none", f"It is missing: {what}.")
    else:
        name = next(n for n in [*implied, *stored] if implied.get(n) != stored.get(n))
        message = f"It is not what the journal gives: {what}, {shown(name)}."
        audit.add(Check.PROJECTIONS, difference.seq, implied.get(name), stored.get(name), message)


def compare_snapshot(audit: Audit, snapshot: Snapshot, state: Account) -> None:
    """Note where a snapshot differs from the state folded from the first event to the same seq."""
    for field in fields(Account):
        expected, found = getattr(state, field.name), getattr(snapshot.state, field.name)
        if expected != found:
            message = f"The snapshot is not what a replay gives: {field.name}."
            audit.add(Check.PROJECTIONS, snapshot.head.seq, repr(expected), repr(found), message)
