"""What a person may read about their money: every figure from the journal, or from its projections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from core.domain.codec import decode, from_iso, iso
from core.domain.money import ZERO
from core.domain.trade import Trade
from core.domain.valuation import Portfolio, value
from core.ports import Document, DocumentStore
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.projector import Projector

_CHART_POINTS = 500
_PAGE = 1_000


class Grouping(StrEnum):
    """Length of a profit period; ISO weeks, UTC days of engine time."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    def start(self, day: date) -> date:
        """First day of the period a day lies in."""
        if self is Grouping.WEEKLY:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Grouping.MONTHLY else day

    def before(self, start: date) -> date:
        """First day of the period before."""
        return self.start(start - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class ProfitPeriod:
    """Closed trades and fills of one period, in quote currency. `net_profit` = realized - fees paid in it."""

    start: date
    trades: int
    wins: int
    volume: Decimal
    fees: Decimal
    realized_pnl: Decimal
    net_profit: Decimal


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity recorded with an event."""

    ts: datetime
    equity: Decimal


class PortfolioService:
    """Summaries, trades, profits and the equity curve of one user at a time."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, hub: MarketHub, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub
        self._projector = projector

    async def summary(self, user_id: str) -> Portfolio:
        """The account valued at present marks; costs O(open positions + new events)."""
        state = await self._writer.account(user_id)
        return value(state, self._hub.marks(state, self._writer.rules.mark_stale_secs), self._hub.feed.now())

    async def trades(self, user_id: str, bot_id: str | None, limit: int) -> list[Trade]:
        """Closed trades, newest first."""
        await self._projector.caught_up()
        index, owner = ("user_time", user_id) if bot_id is None else ("bot_time", bot_id)
        page = await self._store.find("trades", index, (owner,), descending=True, limit=limit)
        return [_trade(document) for document in page.documents if document["user_id"] == user_id]

    async def profits(self, user_id: str, grouping: Grouping, limit: int) -> list[ProfitPeriod]:
        """The last `limit` periods in which anything was filled, newest first."""
        await self._projector.caught_up()
        start = grouping.start(self._hub.feed.now().date())
        for _ in range(limit - 1):
            start = grouping.before(start)
        since = iso(datetime.combine(start, datetime.min.time(), UTC) - timedelta(milliseconds=1))
        totals: dict[date, list[Decimal]] = {}
        async for fill in self._scan("fills_ledger", user_id, since):
            row = totals.setdefault(grouping.start(from_iso(fill["ts"]).date()), [ZERO] * 5)
            row[2] += Decimal(fill["price"]) * Decimal(fill["quantity"])
            row[3] += Decimal(fill["fee_quote_value"])
        async for trade in self._scan("trades", user_id, since):
            row = totals.setdefault(grouping.start(from_iso(trade["closed_at"]).date()), [ZERO] * 5)
            row[0] += 1
            row[1] += Decimal(trade["net_pnl"]) > 0
            row[4] += Decimal(trade["gross_pnl"])
        return [
            ProfitPeriod(day, int(trades), int(wins), volume, fees, realized, realized - fees)
            for day, (trades, wins, volume, fees, realized) in sorted(totals.items(), reverse=True)
        ]

    async def equity_curve(self, user_id: str, hours: int | None) -> list[EquityPoint]:
        """Recorded equity, oldest first, thinned evenly to at most 500 points; `hours` of engine time back."""
        await self._projector.caught_up()
        since = None if hours is None else iso(self._hub.feed.now() - timedelta(hours=hours))
        documents = [document async for document in self._scan("equity_points", user_id, since)]
        points = [EquityPoint(from_iso(d["ts"]), Decimal(d["equity"])) for d in documents]
        step = max(1, -(-len(points) // _CHART_POINTS))
        thinned = list(islice(points, 0, None, step))
        return thinned if not points or thinned[-1] is points[-1] else [*thinned, points[-1]]

    async def _scan(self, collection: str, user_id: str, since: str | None) -> AsyncIterator[Document]:
        cursor: str | None = None
        while True:
            page = await self._store.find(collection, "user_time", (user_id,), after=since, limit=_PAGE, cursor=cursor)
            for document in page.documents:
                yield document
            cursor = page.cursor
            if cursor is None:
                return


def _trade(document: Document) -> Trade:
    own = {k: v for k, v in document.items() if k not in {"_id", "user_id", "seq"}}
    return decode(Trade, own)
