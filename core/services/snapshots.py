"""Snapshots: a user's folded state at a seq, so that a first read folds only what came after it.

A snapshot is an optimisation and never a source of truth. It is used only when it is whole, of this program's layout,
and the journal's event at its seq has the hash it was taken at; everything else is as if there were none. All of them
can be deleted at any time.
"""

import asyncio
import base64
import hashlib
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from core.domain.account import Account
from core.domain.codec import from_iso, pack, shape, unpack
from core.domain.errors import IntegrityError
from core.domain.journal import Head, digest
from core.ports import Document, DocumentStore, DuplicateKey, Put, StoreUnavailable, VersionConflict
from core.services.chains import Chain

SNAPSHOTS = "snapshots"
PARTS = "snapshot_parts"
FORMAT = 1
"""Rises when events are folded differently; a change of the state's fields is noticed by itself."""

PART_CHARS = 1_000_000
"""Length of a part's text, below what a document of either store may hold."""

EVERY = 1_000
_AT_CLOSE = 100
_IN_THREAD_BYTES = 256 * 1024
_TRIES = 3
_PAGE = 10

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state the caller owns, the head it stands at, and the wall time of that event."""

    state: Account
    head: Head
    recorded_at: datetime


class Snapshots:
    """Loads, writes and drops snapshots; writes in the background what writers have marked as due."""

    def __init__(
        self,
        store: DocumentStore,
        projected: Callable[[str], Awaitable[None]] | None = None,
        *,
        every: int = EVERY,
        part_chars: int = PART_CHARS,
    ) -> None:
        """`projected` waits until a user's projections are written: else a start from the snapshot would skip them."""
        self._store = store
        self._projected = projected
        self._every = every
        self._part_chars = part_chars
        self._due: dict[str, Chain] = {}
        self._wake = asyncio.Event()

    async def load(self, user_id: str) -> Snapshot | None:
        """The newest usable snapshot of a user.

        Raises:
            StoreUnavailable: nothing can be said of it.
        """
        for _ in range(_TRIES):
            head = await self._store.get(SNAPSHOTS, user_id)
            if head is None or (head.get("format"), head.get("shape")) != (FORMAT, shape(Account)):
                return None
            try:
                return await self._read(user_id, head)
            except (IntegrityError, ArithmeticError, LookupError, TypeError, ValueError, zlib.error) as error:
                # A newer one may have replaced it, and its parts, since its head was read.
                if await self._store.get(SNAPSHOTS, user_id) == head:
                    _log.warning(
                        "a snapshot is not usable; folding from the start", user_id=user_id, problem=str(error)
                    )
                    return None
        return None

    async def _read(self, user_id: str, head: Document) -> Snapshot:
        texts: list[str] = []
        for number in range(head["parts"]):
            part = await self._store.get(PARTS, f"{head['key']}:{number}")
            texts.append(part["data"] if part is not None else "")
        packed = base64.b64decode("".join(texts), validate=True)
        if hashlib.sha256(packed).hexdigest() != head["sha256"]:
            raise IntegrityError("its parts are missing or damaged")
        state: Account = unpack(Account, zlib.decompress(packed))
        if (state.user_id, state.seq) != (user_id, head["seq"]):
            raise IntegrityError(f"it holds {state.user_id}:{state.seq}, not seq {head['seq']}")
        event = await self._store.get("ledger_events", f"{user_id}:{state.seq}")
        if event is None or not event["hash"] == head["head_hash"] == digest(event):
            raise IntegrityError("the journal is another one at its seq")
        return Snapshot(state, Head(state.seq, event["hash"]), from_iso(event["recorded_at"]))

    def note(self, chain: Chain) -> None:
        """Take note that a chain has moved on; a snapshot that is due is written later, by `run`."""
        if chain.head.seq >= chain.snapshot_due:
            self._due[chain.user_id] = chain
            self._wake.set()

    async def run(self) -> None:
        """Write what is due until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                _, chain = self._due.popitem()
                # As many new events as there are lots: then writing costs O(new events), however large the state.
                fewest = max(self._every, chain.open_lots)
                if chain.head.seq - chain.saved_seq < fewest:
                    chain.snapshot_due = chain.saved_seq + fewest
                    continue
                await self._try_to_save(chain)

    async def close(self, chains: Iterable[Chain]) -> None:
        """Write what saves the next start a long tail."""
        fewest = min(_AT_CLOSE, self._every)
        for chain in list(chains):
            wanted = chain.head.seq - chain.saved_seq >= max(fewest, chain.open_lots // 10)
            if wanted and not await self._try_to_save(chain):
                return

    async def _try_to_save(self, chain: Chain) -> bool:
        chain.snapshot_due = chain.head.seq + self._every
        try:
            await self.save(chain)
        except StoreUnavailable as error:
            _log.warning("a snapshot waits for the store", user_id=chain.user_id, problem=error.message)
            return False
        except Exception:  # noqa: BLE001 - trading goes on without snapshots, and the next one is another try
            _log.exception("a snapshot could not be written", user_id=chain.user_id)
        return True

    async def save(self, chain: Chain) -> None:
        """Write the state as it is now, unless the store has one as new: parts first, the head that names them last."""
        if chain.broken or not chain.opened or not chain.head.seq:
            return
        user_id, at = chain.user_id, chain.head
        text = pack(chain.state)  # before any await: whoever folds changes the state in place
        packed = (
            await asyncio.to_thread(zlib.compress, text, 1) if len(text) > _IN_THREAD_BYTES else zlib.compress(text, 1)
        )
        if self._projected is not None:
            await self._projected(user_id)
        checksum = hashlib.sha256(packed).hexdigest()
        data = base64.b64encode(packed).decode()
        key = f"{user_id}:{at.seq}:{checksum[:16]}"
        pieces = [data[i : i + self._part_chars] for i in range(0, len(data), self._part_chars)]
        for number, piece in enumerate(pieces):
            part = {"_id": f"{key}:{number}", "user_id": user_id, "seq": at.seq, "data": piece}
            await self._store.write([Put(PARTS, part)])
        head: Document = {
            "_id": user_id,
            "user_id": user_id,
            "seq": at.seq,
            "head_hash": at.hash,
            "format": FORMAT,
            "shape": shape(Account),
            "key": key,
            "parts": len(pieces),
            "sha256": checksum,
        }
        newest = await self._move_head(head)
        chain.saved_seq = newest["seq"]
        if newest["key"] != key:
            await self._delete(key, len(pieces))
        await self._delete_below(user_id, newest["seq"])

    async def _move_head(self, head: Document) -> Document:
        """Name this snapshot the newest, unless one of as new an event is there; gives the newest."""
        while True:
            stored = await self._store.get(SNAPSHOTS, head["_id"])
            try:
                if stored is None:
                    await self._store.insert(SNAPSHOTS, head | {"version": 1})
                    return head
                # One that cannot be used must not keep better ones out.
                if stored["seq"] >= head["seq"] and await self.load(head["_id"]) is not None:
                    return stored
                return await self._store.replace(SNAPSHOTS, head, stored["version"])
            except (DuplicateKey, VersionConflict):
                continue  # another process was faster: look again

    async def drop(self, user_id: str) -> None:
        """Delete a user's snapshots."""
        await self._store.delete(SNAPSHOTS, user_id)
        await self._delete_below(user_id, None)

    async def _delete(self, key: str, parts: int) -> None:
        for number in range(parts):
            await self._store.delete(PARTS, f"{key}:{number}")

    async def _delete_below(self, user_id: str, seq: int | None) -> None:
        """Parts of older snapshots, and what a crash left without a head."""
        until = None if seq is None else seq - 1
        while True:
            page = await self._store.find(PARTS, "user_seq", (user_id,), until=until, limit=_PAGE)
            for part in page.documents:
                await self._store.delete(PARTS, part["_id"])
            if len(page.documents) < _PAGE:
                return
