"""Anchors of all journals' heads, outside the store: rewriting or cutting what they cover shows (accounting.md)."""

from datetime import datetime

from core.domain.anchors import Anchor, AnchorBook, hash_of, read_anchor, read_anchors, write_anchor
from core.domain.journal import Head
from core.ports import AnchorLog, DocumentStore
from core.services.accounts import Accounts


class Anchors:
    """Writes and reads them; each host has its own file."""

    def __init__(self, store: DocumentStore, accounts: Accounts, log: AnchorLog) -> None:
        self._store = store
        self._accounts = accounts
        self._log = log

    async def write(self, now: datetime) -> Anchor:
        """Anchor every journal's present head; costs one read of one document a user.

        Raises:
            StoreUnavailable: not all heads could be read; nothing is written.
            Unavailable: the file cannot be written.
        """
        heads: dict[str, Head] = {}
        for user_id in await self._accounts.all_ids():
            head = await self.head(user_id)
            if head is not None:
                heads[user_id] = head
        return read_anchor(await self._log.append(lambda last: write_anchor(now, heads, hash_of(last))))

    async def head(self, user_id: str) -> Head | None:
        """Where a user's journal ends in the store; None when it has no event."""
        page = await self._store.find("ledger_events", "user_seq", (user_id,), descending=True, limit=1)
        return Head(page.documents[0]["seq"], page.documents[0]["hash"]) if page.documents else None

    async def last_written(self) -> datetime | None:
        """When the newest anchor was written; None when there is none, or it cannot be read."""
        line = await self._log.last()
        try:
            return None if line is None else read_anchor(line).at
        except ValueError:
            return None

    async def book(self) -> AnchorBook:
        """All anchors there are."""
        return read_anchors(await self._log.lines())
