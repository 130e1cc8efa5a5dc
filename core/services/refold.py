"""Projections written again from the journal: for users that lag, and as a whole with what should not be there removed.

Works while others trade and project: documents are put by their `_id`, and the last look at the journal comes after
the last write, so that nothing newer stays overwritten by something older.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from core.domain.account import Account
from core.domain.journal import START, Head, verified
from core.ports import DocumentStore, Put
from core.services.appended import apply
from core.services.projections import IMMUTABLE, USER_INDEXES, VERSION, event_documents
from core.services.snapshots import Snapshots
from core.services.state_documents import StateDocuments

HEADS = "projection_heads"

Progress = Callable[[int], None]
"""Is told the seq reached."""

_PAGE = 500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: events folded, documents the journal implies, and documents it does not, which are gone."""

    events: int
    documents: int
    removed: int


def head_put(user_id: str, seq: int) -> Put:
    """The note that a user's projections reach up to this event."""
    return Put(HEADS, {"_id": user_id, "seq": seq, "version": VERSION})


async def covered(store: DocumentStore, user_id: str) -> int:
    """The seq up to which a user's projections are written, as this version writes them; 0 for older ones."""
    head = await store.get(HEADS, user_id)
    if head is None:
        return 0
    if head.get("version", 1) < VERSION:
        _log.info("projections of an older version are written anew", user_id=user_id, version=head.get("version", 1))
        return 0
    return head["seq"]


@dataclass(slots=True)
class _Fold:
    """A fold in progress; `newest` are documents that later events may replace, written when the fold is done."""

    state: Account
    head: Head = START
    newest: dict[tuple[str, str], Put] = field(default_factory=dict[tuple[str, str], Put])
    of_state: StateDocuments = field(default_factory=StateDocuments)

    def take(self, puts: list[Put], seen: "Seen | None") -> list[Put]:
        """Keep what may be replaced, and give what may not."""
        for put in puts:
            key = (put.collection, put.document["_id"])
            if seen is not None:
                seen.add(*key)
            if put.collection not in IMMUTABLE:
                self.newest[key] = put
        return [put for put in puts if put.collection in IMMUTABLE]


async def refold_projections(
    store: DocumentStore, user_id: str, *, beyond: int = 0, progress: Progress | None = None, seen: "Seen | None" = None
) -> int:
    """Fold a user's journal and write what follows from the events after seq `beyond`; gives the seq reached.

    Raises:
        IntegrityError: the journal is broken; what came before the break is written in part.
    """
    snapshot = await Snapshots(store).load(user_id) if beyond else None
    known = snapshot is not None and snapshot.head.seq <= beyond
    fold = _Fold(snapshot.state, snapshot.head) if snapshot and known else _Fold(Account(user_id))
    while await _advance(store, fold, beyond, progress, seen):
        # Others may have written newer documents meanwhile, which these have overwritten: look again.
        await store.write([*fold.newest.values(), head_put(user_id, fold.head.seq)])
    return fold.head.seq


async def _advance(
    store: DocumentStore, fold: _Fold, beyond: int, progress: Progress | None, seen: "Seen | None"
) -> bool:
    """Fold what the journal has beyond the fold; False when there was nothing."""
    before = fold.head.seq
    while True:
        page = await store.find("ledger_events", "user_seq", (fold.state.user_id,), after=fold.head.seq, limit=_PAGE)
        lasting: list[Put] = []
        for event in verified(fold.head, page.documents):
            fold.of_state.before(fold.state, event)
            appended = apply(fold.state, event)
            fold.head = Head(event.seq, event.hash)
            if event.seq > beyond:
                fold.of_state.note(appended)
                lasting += event_documents(appended)
        lasting = fold.take(lasting + fold.of_state.take(), seen)
        if lasting:
            await store.write(sorted(lasting, key=_collection))
        if progress is not None and page.documents:
            progress(fold.head.seq)
        if len(page.documents) < _PAGE:
            return fold.head.seq > before


def _collection(put: Put) -> str:
    return put.collection


class Seen:
    """Ids of documents that the journal implies, as numbers of eight bytes instead of whole texts."""

    def __init__(self) -> None:
        self._ids: dict[str, set[int]] = {collection: set() for collection in USER_INDEXES}

    def add(self, collection: str, key: str) -> None:
        """Take note of one."""
        self._ids[collection].add(hash(key))

    def __contains__(self, key: tuple[str, str]) -> bool:
        return hash(key[1]) in self._ids[key[0]]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self._ids.values()))


async def rebuild(store: DocumentStore, user_id: str, progress: Progress | None = None) -> Rebuilt:
    """Drop a user's snapshots, write all projections from the first event, remove what the journal does not imply.

    Idempotent, and safe while a server runs. In memory it keeps a number per document.

    Raises:
        IntegrityError: the journal is broken at a seq the message names; nothing was removed.
    """
    await Snapshots(store).drop(user_id)
    seen = Seen()
    reached = await refold_projections(store, user_id, progress=progress, seen=seen)
    removed = 0
    for collection, index in USER_INDEXES.items():
        removed += await _prune(store, user_id, collection, index, seen, reached)
    return Rebuilt(reached, seen.count, removed)


async def _prune(store: DocumentStore, user_id: str, collection: str, index: str, seen: Seen, reached: int) -> int:
    """Delete what is not implied; what follows from events after `reached` is somebody else's present work."""
    removed = 0
    cursor: str | None = None
    while True:
        page = await store.find(collection, index, (user_id,), limit=_PAGE, cursor=cursor)
        for document in page.documents:
            if (collection, document["_id"]) not in seen and document.get("seq", 0) <= reached:
                removed += await store.delete(collection, document["_id"])
        cursor = page.cursor
        if cursor is None:
            return removed
