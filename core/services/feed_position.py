"""Where the simulated and replayed markets stand, so that after a restart time and prices go on."""

from core.ports import Document, DocumentStore, FeedStatus, Put

POSITIONS = "feed_positions"


async def load_position(store: DocumentStore, source: str) -> Document | None:
    """The position of a source as last saved."""
    saved = await store.get(POSITIONS, source)
    return saved["position"] if saved else None


async def save_position(store: DocumentStore, status: FeedStatus) -> None:
    """Keep a position; the newest wins."""
    await store.write([Put(POSITIONS, {"_id": status.source, "position": status.position})])
