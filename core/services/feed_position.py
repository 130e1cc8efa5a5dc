"""Where the simulated and replayed markets stand, so that after a restart time and prices go on."""

from datetime import datetime, timedelta

import structlog

from core.domain.codec import from_iso
from core.ports import Document, DocumentStore, FeedStatus, MarketFeed, Put, StoreUnavailable

POSITIONS = "feed_positions"

_GAP = timedelta(days=1)
_FURTHEST = timedelta(hours=6)
"""Engine time that may be acted upon beyond the saved position: well within the gap that a restart closes."""

_log = structlog.get_logger(__name__)


async def load_position(store: DocumentStore, source: str) -> Document | None:
    """The position of a source as last saved."""
    saved = await store.get(POSITIONS, source)
    return saved["position"] if saved else None


async def save_position(store: DocumentStore, status: FeedStatus) -> None:
    """Keep a position; the newest wins."""
    await store.write([Put(POSITIONS, {"_id": status.source, "position": status.position})])


class PositionKeeper:
    """Saves where a market stands: when told to, and in time before anything is done far beyond what is saved."""

    def __init__(self, store: DocumentStore, feed: MarketFeed) -> None:
        self._store = store
        self._feed = feed
        self._saved: datetime | None = None

    async def save(self) -> None:
        """Keep the present position.

        Raises:
            StoreUnavailable: it may not be kept.
        """
        status = self._feed.status()
        await save_position(self._store, status)
        self._saved = status.now

    async def before(self, ts: datetime) -> None:
        """To be awaited before anything is done at this engine time; without the store nothing can be done anyway."""
        if self._saved is None or ts - self._saved > _FURTHEST:
            try:
                await self.save()
            except StoreUnavailable as error:
                _log.warning("the market's position could not be saved", problem=error.message)


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
