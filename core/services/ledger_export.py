"""Exports a journal: JSON lines that anyone can verify, and CSV of its events, fills and trades."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

import msgspec

from core.domain.account import Account
from core.domain.codec import encode, iso
from core.domain.csv_text import csv_line
from core.domain.journal import START, Head, canonical, verified
from core.domain.trade import Trade
from core.ports import Clock, Document, DocumentStore
from core.services.appended import Appended, apply
from core.services.export_format import write_header
from core.services.projections import documents

_PAGE = 500
_FILL_FIELDS = ("price", "quantity", "fee", "fee_currency", "fee_quote_value", "slippage_bps")
_STAMP = ("seq", "ts", "recorded_at", "type", "idempotency_key", "epoch")
_TRADE_FIELDS = tuple(Trade.__dataclass_fields__)


class Table(StrEnum):
    """What a CSV export lists."""

    EVENTS = "events"
    FILLS = "fills"
    TRADES = "trades"


COLUMNS: dict[Table, tuple[str, ...]] = {
    Table.EVENTS: (*_STAMP, "payload", "prev_hash", "hash"),
    Table.FILLS: ("seq", "ts", "bot_id", "bot", "order_id", "symbol", "side", *_FILL_FIELDS),
    Table.TRADES: ("seq", "bot", *_TRADE_FIELDS),
}


class LedgerExport:
    """Streams one user's journal, page by page, up to where it ends when the export begins."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def json_lines(self, user_id: str) -> AsyncIterator[bytes]:
        """Chunks of whole lines: the header, then every event exactly as it is stored, oldest first."""
        head = await self._head(user_id)
        yield canonical(write_header(user_id, head, self._clock.now())) + b"\n"
        async for page in self._pages(user_id, head.seq):
            yield b"".join(msgspec.json.encode(document) + b"\n" for document in page)

    async def csv(self, user_id: str, table: Table) -> AsyncIterator[str]:
        """Chunks of whole lines, column names first.

        Raises:
            IntegrityError: fills and trades cannot be told, because the journal is broken.
        """
        head = await self._head(user_id)
        yield csv_line(COLUMNS[table])
        state, at = Account(user_id), START
        async for page in self._pages(user_id, head.seq):
            if table is Table.EVENTS:
                yield "".join(csv_line(_event_cells(document)) for document in page)
            else:
                rows: list[str] = []
                for event in verified(at, page):
                    rows += (csv_line(cells) for cells in _cells(table, apply(state, event)))
                    at = Head(event.seq, event.hash)
                yield "".join(rows)
            await asyncio.sleep(0)

    async def _head(self, user_id: str) -> Head:
        page = await self._store.find("ledger_events", "user_seq", (user_id,), descending=True, limit=1)
        return Head(page.documents[0]["seq"], page.documents[0]["hash"]) if page.documents else START

    async def _pages(self, user_id: str, until: int) -> AsyncIterator[list[Document]]:
        cursor: str | None = None
        while True:
            page = await self._store.find(
                "ledger_events", "user_seq", (user_id,), until=until, limit=_PAGE, cursor=cursor
            )
            yield page.documents
            cursor = page.cursor
            if cursor is None:
                return


def _event_cells(document: Document) -> list[Any]:
    cells = {name: document.get(name) for name in COLUMNS[Table.EVENTS]}
    return [*(cells | {"payload": canonical(document.get("payload", {})).decode()}).values()]


def _cells(table: Table, appended: Appended) -> list[list[Any]]:
    event, state = appended.event, appended.state
    if table is Table.TRADES:
        trade = appended.trade
        return [] if trade is None else [[event.seq, state.bot(trade.bot_id).name, *_trade_cells(trade)]]
    return [
        [event.seq, iso(event.ts), fill["bot_id"], state.bot(fill["bot_id"]).name]
        + [fill[name] for name in COLUMNS[Table.FILLS][4:]]
        for fill in _fills(appended)
    ]


def _fills(appended: Appended) -> list[Document]:
    return [put.document for put in documents(appended) if put.collection == "fills_ledger"]


def _trade_cells(trade: Trade) -> list[Any]:
    written = encode(trade)
    return [written.get(name) for name in _TRADE_FIELDS]
