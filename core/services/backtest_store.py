"""Backtests as they are kept: a document with the figures, and one with the trades and the equity, per backtest."""

from dataclasses import replace
from typing import Any

from core.domain.backtest import BacktestReport
from core.domain.codec import decode, encode
from core.domain.errors import Conflict, NotFound
from core.ports import Document, DocumentStore, Put

BACKTESTS = "backtests"
DETAILS = "backtest_details"
MAX_KEPT = 200
"""Backtests of one user; the oldest make room."""

MAX_TRADES = 5_000
SHORTEST_ID = 4
_LONG = ("equity", "trades")


def capped(report: BacktestReport) -> BacktestReport:
    """The report with at most so many trades, the newest, and how many were left out."""
    over = len(report.trades) - MAX_TRADES
    return report if over <= 0 else replace(report, trades=report.trades[over:], trades_left_out=over)


class BacktestStore:
    """Keeps reports by user."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def keep(self, user_id: str, report: BacktestReport) -> None:
        """Write a report, details first, and forget the oldest ones."""
        document = encode(report)
        long: Document = {name: document.pop(name) for name in _LONG}
        own: Document = {"_id": report.backtest_id, "user_id": user_id}
        await self._store.write([Put(DETAILS, own | long), Put(BACKTESTS, own | document)])
        for old in (await self._listed(user_id, MAX_KEPT * 2))[MAX_KEPT:]:
            await self._store.delete(BACKTESTS, old["_id"])
            await self._store.delete(DETAILS, old["_id"])

    async def get(self, user_id: str, backtest_id: str) -> BacktestReport:
        """A report with all it has; a beginning of its id that no other has is enough.

        Raises:
            NotFound: this user has none.
            Conflict: several begin like that.
        """
        found = await self._find(user_id, backtest_id.strip().lower())
        long = await self._store.get(DETAILS, found["_id"])
        return _report(found | {name: (long or {}).get(name, []) for name in _LONG})

    async def newest(self, user_id: str, limit: int) -> list[BacktestReport]:
        """The newest first, without equity and trades."""
        return [_report(document | dict.fromkeys(_LONG, ())) for document in await self._listed(user_id, limit)]

    async def _find(self, user_id: str, wanted: str) -> Document:
        document = await self._store.get(BACKTESTS, wanted)
        if document is not None and document["user_id"] == user_id:
            return document
        known = await self._listed(user_id, MAX_KEPT) if len(wanted) >= SHORTEST_ID else []
        like = [one for one in known if one["_id"].startswith(wanted)]
        if len(like) > 1:
            raise Conflict(f"{len(like)} of your backtests begin with {wanted[:40]}. Give more of the id.")
        if not like:
            raise NotFound(f"You have no backtest {wanted[:40]}.")
        return like[0]

    async def _listed(self, user_id: str, limit: int) -> list[Document]:
        page = await self._store.find(BACKTESTS, "user_time", (user_id,), descending=True, limit=max(1, limit))
        return page.documents


def _report(document: dict[str, Any]) -> BacktestReport:
    return decode(BacktestReport, document)
