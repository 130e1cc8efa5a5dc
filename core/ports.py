"""Ports: what the core needs from the outside, as small protocols that adapters and fakes implement."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from core.domain.errors import ProductError
from core.domain.instrument import Instrument
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.strategies.base import IndicatorSpec
from core.domain.sweep import SweepFigures, SweepTask

Document: TypeAlias = dict[str, Any]
"""A JSON document: text, int, bool, None, lists and documents; its key is the text `_id`."""


class Clock(Protocol):
    """People's time (sessions, confirmations, recorded_at); the engine's time is the feed's."""

    def now(self) -> datetime:
        """Current wall time, UTC, timezone-aware."""
        ...


class Ids(Protocol):
    """Source of unguessable identifiers."""

    def new(self) -> str:
        """A fresh UUIDv4 as text."""
        ...


class Passwords(Protocol):
    """Slow password hashing, off the event loop; both raise InvalidInput above 72 bytes."""

    async def hash(self, password: str) -> str:
        """A salted hash to store."""
        ...

    async def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password belongs to the hash."""
        ...

    async def close(self) -> None:
        """Let running hashes finish."""
        ...


class DuplicateKey(ProductError):
    """A unique index already holds this value; `index` names it (`_id` for the primary key)."""

    code = "duplicate_key"

    def __init__(self, collection: str, index: str) -> None:
        super().__init__(f"{collection}: the unique index {index} already holds this value.")
        self.collection = collection
        self.index = index


class VersionConflict(ProductError):
    """A compare-and-set found another version (or no document)."""

    code = "version_conflict"


class StoreUnavailable(ProductError):
    """The store did not answer; whether a write happened is unknown until it is looked up."""

    code = "store_unavailable"


@dataclass(frozen=True, slots=True)
class Index:
    """An access path: equality on the leading fields, range and order on the last one (≤ 2 fields)."""

    name: str
    fields: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection with its access paths; `validator` is a `$jsonSchema` for MongoDB."""

    name: str
    indexes: tuple[Index, ...] = ()
    validator: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Insert:
    """Add a document; its `_id` and unique indexes must be free."""

    collection: str
    document: Document


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or overwrite the document with this `_id` (idempotent; for projections)."""

    collection: str
    document: Document


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an index scan; `cursor` continues after it and is None at the end."""

    documents: list[Document]
    cursor: str | None


class DocumentStore(Protocol):
    """The narrow store port (design/architecture.md, Store): every operation is atomic on one document.

    Acknowledged means durable. All methods raise StoreUnavailable when the store does not answer.
    """

    async def open(self) -> None:
        """Create collections, indexes and validators; idempotent, safe with several processes at once."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go of files and connections."""
        ...

    async def insert(self, collection: str, document: Document) -> None:
        """Durably add a document.

        Raises:
            DuplicateKey: names the index that already holds the value.
        """
        ...

    async def get(self, collection: str, key: str) -> Document | None:
        """The document with this `_id`."""
        ...

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        """Compare-and-set: write `document` when the stored `version` equals `expected_version`.

        Returns the stored document, whose `version` is `expected_version + 1`.

        Raises:
            VersionConflict: the stored version differs or the document is gone.
            DuplicateKey: the new values collide with another document.
        """
        ...

    async def delete(self, collection: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        ...

    async def find(
        self,
        collection: str,
        index: str,
        equals: Sequence[str | int | bool],
        *,
        after: str | int | None = None,
        until: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """Scan one declared index.

        `equals` fixes the leading fields. On the next field `after` is an exclusive lower and `until`
        an inclusive upper bound. Order is that field, then `_id`. `cursor` is safe on ties.
        """
        ...

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """Apply operations in order: all or nothing where the backend can, else up to the first failure.

        Raises:
            DuplicateKey: an Insert found its key taken.
        """
        ...

    def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        """Documents of an index range as they appear, from `after` (exclusive) on the last field, in order."""
        ...


class AnchorLog(Protocol):
    """Lines of anchors, outside the store; all raise Unavailable when the place cannot be used."""

    async def last(self) -> bytes | None:
        """The newest line."""
        ...

    async def lines(self) -> list[bytes]:
        """All lines, oldest first."""
        ...

    async def append(self, make: Callable[[bytes | None], bytes]) -> bytes:
        """Durably add the line that `make` gives for the last one there is; one writer at a time. Returns it."""
        ...


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """What a live feed has met since its start."""

    refused: int = 0
    """Frames, quotes, books, trades and bars that could not be true or not be read."""
    late: int = 0
    """Trades whose bar had been closed already."""
    duplicates: int = 0
    """Trades that came again, as they do after a reconnect."""
    merged: int = 0
    """Books and quotes that a newer one replaced before anybody took them."""
    gaps: int = 0
    """Times that trades may have been missed; their bars are taken from the exchange's history."""
    reconnects: int = 0
    failures: int = 0
    """Requests and subscriptions that the exchange did not serve; each was tried again."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What a feed says of itself; `position` is what the feed takes after a restart.

    `dropped` counts states and data that were refused or came too late.
    """

    source: str
    now: datetime
    running_symbols: tuple[str, ...]
    finished: bool
    dropped: int
    position: Document
    progress: Decimal | None = None
    counts: FeedCounts = FeedCounts()


class MarketFeed(Protocol):
    """Source of market data; its clock is the engine's clock (virtual in replay and simulation)."""

    @property
    def source(self) -> str:
        """`live:<exchange>`, `replay:<name>` or `simulated`."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols this feed can serve, most usual first."""
        ...

    def instrument(self, symbol: str) -> Instrument:
        """Trading rules of a symbol.

        Raises:
            NotFound: the feed does not serve it; the message lists what it serves.
        """
        ...

    def now(self) -> datetime:
        """Engine time: of the newest state emitted (virtual feeds), else exchange time."""
        ...

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """Up to `count` bars that closed at or before now, oldest first."""
        ...

    def states(self, symbol: str) -> AsyncIterator[MarketState]:
        """Market states of a symbol from now on, paced by the feed's speed, times strictly increasing.

        The iterator ends when the data ends. One consumer per symbol.
        """
        ...

    def status(self) -> FeedStatus:
        """Where the feed stands."""
        ...

    async def close(self) -> None:
        """Stop pacing; running iterators end."""
        ...


class IndicatorSet(Protocol):
    """Streaming indicators of one symbol and timeframe, shared by all bots on it."""

    def require(self, spec: IndicatorSpec) -> None:
        """Compute this one from now on (idempotent); bars digested before are taken into account."""
        ...

    def update(self, bar: Bar) -> Mapping[IndicatorSpec, float]:
        """Digest one closed bar and give the values that are warm."""
        ...


class BatchIndicators(Protocol):
    """Indicators of many bars at once, bit for bit what an IndicatorSet fed with them from the first gives."""

    def values(self, specs: Iterable[IndicatorSpec], bars: Sequence[Bar]) -> Mapping[IndicatorSpec, list[float]]:
        """The value after each bar, for each spec; NaN while it warms up.

        Bars are of one symbol and timeframe, oldest first, each once.
        """
        ...


class SweepEngine(Protocol):
    """Estimates what many combinations of parameters would have brought."""

    @property
    def strategies(self) -> frozenset[str]:
        """Names of the strategies it can estimate."""
        ...

    def estimate(self, task: SweepTask, progress: Callable[[int], None] | None = None) -> list[SweepFigures]:
        """Figures of each combination, in order (blocking).

        `progress` is told how many are done; what it raises ends the sweep.
        """
        ...
