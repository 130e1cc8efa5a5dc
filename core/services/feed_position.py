"""Where the simulated and replayed markets stand, so that after a restart time and prices go on."""

from datetime import datetime, timedelta

from core.domain.codec import from_iso
from core.ports import Document, DocumentStore, FeedStatus, Put

POSITIONS = "feed_positions"

_GAP = timedelta(days=1)


async def load_position(store: DocumentStore, source: str) -> Document | None:
    """The position of a source as last saved."""
    saved = await store.get(POSITIONS, source)
    return saved["position"] if saved else None


async def save_position(store: DocumentStore, status: FeedStatus) -> None:
    """Keep a position; the newest wins."""
    await store.write([Put(POSITIONS, {"_id": status.source, "position": status.position})])


async def resume_position(store: DocumentStore, source: str) -> Document | None:
    """Where to go on: the saved position, moved on to the newest engine time any journal knows.

    A crash loses the last seconds of the position, which at high speeds are hours of engine time; going
    back over them would show people the same market twice. A journal far from the position is of
    another market and does not count.
    """
    position = await load_position(store, source)
    if position is None:
        return None
    saved = datetime.fromisoformat(position["now"])
    newest = saved
    cursor: str | None = None
    while True:
        users = await store.find("users", "email", (), cursor=cursor)
        for user in users.documents:
            page = await store.find("ledger_events", "user_seq", (user["_id"],), descending=True, limit=1)
            newest = max([newest, *(ts for e in page.documents if (ts := from_iso(e["ts"])) - saved <= _GAP)])
        cursor = users.cursor
        if cursor is None:
            return position | {"now": newest.isoformat()}
