"""Profit by day, week or month, from the daily rollups: O(days), whatever was traded in them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.domain.account import DEFAULT_CURRENCY
from core.domain.currency import rate
from core.domain.money import ZERO, exact
from core.ports import Document, DocumentStore
from core.services.rollups import scope_key

_PAGE = 200


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

    def back(self, day: date, periods: int) -> date:
        """First day of the period so many before the one a day lies in."""
        start = self.start(day)
        for _ in range(periods):
            start = self.before(start)
        return start


@dataclass(frozen=True, slots=True)
class ProfitPeriod:
    """Closed trades and fills of one period, in `currency`. `net_profit` = realized - fees paid in it.

    What was traded in another currency counts at the present rate.
    """

    start: date
    trades: int
    wins: int
    volume: Decimal
    fees: Decimal
    realized_pnl: Decimal
    net_profit: Decimal
    currency: str = DEFAULT_CURRENCY
    losses: int = 0


@dataclass(slots=True)
class _Totals:
    trades: int = 0
    wins: int = 0
    losses: int = 0
    fills: int = 0
    volume: Decimal = ZERO
    fees: Decimal = ZERO
    realized: Decimal = ZERO

    def add(self, book: Document, sign: int, worth: Decimal) -> None:
        """Add (or take away) the cumulative figures of one currency, of which a unit is worth so much."""
        self.trades += sign * book["trades"]
        self.wins += sign * book["wins"]
        self.losses += sign * book["losses"]
        self.fills += sign * book["fills"]
        self.volume += sign * worth * Decimal(book["volume"])
        self.fees += sign * worth * Decimal(book["fees"])
        self.realized += sign * worth * Decimal(book["realized"])

    @property
    def anything(self) -> bool:
        """Whether something happened at all."""
        return bool(self.fills or self.trades or self.fees or self.realized)


async def days(store: DocumentStore, user_id: str, scope: str, since_seq: int) -> AsyncIterator[Document]:
    """Rollups of a scope that were opened at or after an event, newest first, read page by page as they are taken."""
    cursor: str | None = None
    key = scope_key(user_id, scope)
    while True:
        page = await store.find(
            "daily_rollups", "scope_day", (key,), after=since_seq - 1, descending=True, limit=_PAGE, cursor=cursor
        )
        for document in page.documents:
            yield document
        cursor = page.cursor
        if cursor is None:
            return


async def periods(
    rollups: AsyncIterator[Document], grouping: Grouping, first: date, currency: str, prices: Mapping[str, Decimal]
) -> list[ProfitPeriod]:
    """Periods from `first` on in which anything was traded, newest first.

    `rollups` come newest first; reading stops at the last day before `first`. Where engine time jumps back, days
    that come twice are added up.

    Raises:
        LookupError: a currency that was traded in has no rate among the prices.
    """
    totals: dict[date, _Totals] = {}
    later: _Totals | None = None
    with exact():
        async for rollup in rollups:
            books = [(book, rate(name, currency, prices)) for name, book in rollup["books"].items()]
            if later is not None:
                for book, worth in books:
                    later.add(book, -1, worth)
            start = grouping.start(date.fromisoformat(rollup["day"]))
            if start < first:
                break
            later = totals.setdefault(start, _Totals())
            for book, worth in books:
                later.add(book, 1, worth)
        return [
            ProfitPeriod(
                start=start,
                trades=total.trades,
                wins=total.wins,
                volume=total.volume,
                fees=total.fees,
                realized_pnl=total.realized,
                net_profit=total.realized - total.fees,
                currency=currency,
                losses=total.losses,
            )
            for start, total in sorted(totals.items(), key=_start, reverse=True)
            if total.anything
        ]


def _start(item: tuple[date, _Totals]) -> date:
    return item[0]
