"""Recorded equity over engine time: by day, by hour, or as a curve of a bounded number of points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from core.domain.codec import from_iso
from core.domain.errors import InvalidInput
from core.ports import Document, DocumentStore, Page
from core.services.rollups import scope_key

_CHART_POINTS = 500
_FINEST = (("equity_points", 5_000), ("equity_hours", 2_000), ("daily_rollups", 10_000))
"""Series from the finest to the coarsest, each with how much of it is read at most."""


class Interval(StrEnum):
    """Spacing of recorded equity; a day and an hour without any event have no point."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity recorded with an event; of an interval, with its last one."""

    ts: datetime
    equity: Decimal


@dataclass(frozen=True, slots=True)
class EquityPage:
    """Points newest first; `cursor` continues after them and is None at the end."""

    points: tuple[EquityPoint, ...]
    cursor: str | None


class EquityHistory:
    """Reads a user's recorded equity in the order of the journal, from the last account reset on."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def page(
        self, user_id: str, since_seq: int, interval: Interval, limit: int, cursor: str | None
    ) -> EquityPage:
        """The last so many hours or days.

        Raises:
            InvalidInput: the cursor is not one of this listing.
        """
        collection = "equity_hours" if interval is Interval.HOUR else "daily_rollups"
        try:
            page = await self._newest(collection, user_id, since_seq, limit, cursor)
        except TypeError:  # a cursor of another listing holds another kind of value
            raise InvalidInput("The cursor does not belong to this listing; start again from the first page.") from None
        return EquityPage(tuple(map(_point, page.documents)), page.cursor)

    async def curve(self, user_id: str, since_seq: int, since: datetime | None) -> list[EquityPoint]:
        """The finest series that fits, oldest first, thinned evenly to at most 500 points; its newest point stays."""
        points: list[EquityPoint] = []
        for collection, most in _FINEST:
            page = await self._newest(collection, user_id, since_seq, most, None)
            points = [_point(document) for document in page.documents]
            if since is not None:
                points = [point for point in points if point.ts > since]
            if page.cursor is None or len(points) < len(page.documents):
                if collection != _FINEST[0][0] and since is None:
                    points.append(await self._first(user_id, since_seq))
                break
        return _thin(points[::-1])

    async def _newest(self, collection: str, user_id: str, since_seq: int, limit: int, cursor: str | None) -> Page:
        by_day = collection == "daily_rollups"
        index, owner = ("scope_day", scope_key(user_id)) if by_day else ("user_seq", user_id)
        return await self._store.find(
            collection, index, (owner,), after=since_seq - 1, descending=True, limit=limit, cursor=cursor
        )

    async def _first(self, user_id: str, since_seq: int) -> EquityPoint:
        page = await self._store.find("equity_points", "user_seq", (user_id,), after=since_seq - 1, limit=1)
        return _point(page.documents[0])


def _point(document: Document) -> EquityPoint:
    return EquityPoint(from_iso(document["ts"]), Decimal(document["equity"]))


def _thin(points: Sequence[EquityPoint]) -> list[EquityPoint]:
    step = max(1, -(-len(points) // _CHART_POINTS))
    thinned = list(islice(points, 0, None, step))
    return thinned if not points or thinned[-1] is points[-1] else [*thinned, points[-1]]
