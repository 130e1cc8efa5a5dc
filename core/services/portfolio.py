"""What a person may read about their money: every figure from the folded journal, or from its projections."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.codec import decode
from core.domain.errors import InvalidInput
from core.domain.trade import Trade
from core.domain.valuation import Mark, Portfolio, value
from core.ports import Document, DocumentStore
from core.services.equity_history import EquityHistory, EquityPage, EquityPoint, Interval
from core.services.holdings import Capital, Position, capital, positions
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.profits import Grouping, ProfitPeriod, days, periods
from core.services.projector import Projector
from core.services.rollups import USER_SCOPE

__all__ = [
    "Capital",
    "DayClose",
    "EquityPage",
    "EquityPoint",
    "Grouping",
    "Interval",
    "PortfolioService",
    "Position",
    "ProfitPeriod",
    "TradePage",
]


@dataclass(frozen=True, slots=True)
class TradePage:
    """Closed trades newest first; `cursor` continues after them and is None at the end."""

    trades: tuple[Trade, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DayClose:
    """An account at the last event of an engine day; `funded` is net funding so far, by currency."""

    day: date
    seq: int
    currency: str
    equity: Decimal
    unit_value: Decimal
    funded: dict[str, Decimal]


class PortfolioService:
    """Summaries, positions, trades, profits and equity of one user at a time, since their last account reset.

    What comes from the folded state costs O(open positions + new events), what comes from projections O(what is
    given): nothing reads the whole history.
    """

    def __init__(self, store: DocumentStore, writer: JournalWriter, hub: MarketHub, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._hub = hub
        self._projector = projector
        self._equity = EquityHistory(store)

    async def summary(self, user_id: str) -> Portfolio:
        """The account valued at present marks."""
        state = await self._writer.account(user_id)
        return value(state, self._marks(state), self._hub.feed.now())

    async def positions(self, user_id: str) -> list[Position]:
        """Everything that is held, valued at present marks."""
        state = await self._writer.account(user_id)
        return positions(state, self._marks(state))

    async def capital(self, user_id: str) -> Capital:
        """Where the money is: free, in bots, in positions, by currency."""
        state = await self._writer.account(user_id)
        return capital(state, self._marks(state))

    async def trades(self, user_id: str, bot_id: str | None, limit: int) -> list[Trade]:
        """The newest closed trades; none of a bot that is not this user's."""
        return list((await self.trade_page(user_id, bot_id, limit)).trades)

    async def trade_page(self, user_id: str, bot_id: str | None, limit: int, cursor: str | None = None) -> TradePage:
        """Closed trades, newest first, page by page.

        Raises:
            InvalidInput: the cursor is not one of this listing.
        """
        state = await self._read(user_id)
        if bot_id is not None and (bot_id not in state.bots or state.bots[bot_id].written_off):
            return TradePage((), None)
        index, owner, after = ("user_seq", user_id, state.reset_seq) if bot_id is None else ("bot_time", bot_id, None)
        try:
            page = await self._store.find(
                "trades", index, (owner,), after=after, descending=True, limit=limit, cursor=cursor
            )
        except TypeError:  # a cursor of another listing holds another kind of value
            raise InvalidInput("The cursor does not belong to this listing; start again from the first page.") from None
        return TradePage(tuple(map(_trade, page.documents)), page.cursor)

    async def profits(
        self, user_id: str, grouping: Grouping, limit: int, bot_id: str | None = None
    ) -> list[ProfitPeriod]:
        """The last `limit` periods in which anything was traded, by one bot or at all, newest first.

        In the bot's quote currency, or the account's reporting currency at present rates.

        Raises:
            NotFound: this user has no such bot.
        """
        state = await self._read(user_id)
        scope, currency = (USER_SCOPE, state.reporting) if bot_id is None else (bot_id, state.bot(bot_id).quote)
        prices = {symbol: mark.price for symbol, mark in self._marks(state).items()}
        first = grouping.back(self._hub.feed.now().date(), limit - 1)
        rollups = days(self._store, user_id, scope, state.reset_seq)
        return await periods(rollups, grouping, first, currency, prices)

    async def equity_curve(self, user_id: str, hours: int | None) -> list[EquityPoint]:
        """Recorded equity, oldest first, thinned evenly to at most 500 points; `hours` of engine time back."""
        state = await self._read(user_id)
        since = None if hours is None else self._hub.feed.now() - timedelta(hours=hours)
        return await self._equity.curve(user_id, state.reset_seq, since)

    async def equity(self, user_id: str, interval: Interval, limit: int, cursor: str | None = None) -> EquityPage:
        """The last equity of each hour or day, newest first, page by page.

        Raises:
            InvalidInput: the cursor is not one of this listing.
        """
        state = await self._read(user_id)
        return await self._equity.page(user_id, state.reset_seq, interval, limit, cursor)

    async def closes(self, user_id: str, limit: int) -> list[DayClose]:
        """The account at the end of each of the last days that had events, newest first; today's is as it is now."""
        state = await self._read(user_id)
        found: list[DayClose] = []
        async for rollup in days(self._store, user_id, USER_SCOPE, state.reset_seq):
            found.append(_close(rollup))
            if len(found) == limit:
                break
        return found

    async def _read(self, user_id: str) -> Account:
        """The state, once the projections reach as far."""
        state = await self._writer.account(user_id)
        await self._projector.caught_up(user_id)
        return state

    def _marks(self, state: Account) -> dict[str, Mark]:
        return self._hub.marks(state, self._writer.rules.mark_stale_secs)


def _trade(document: Document) -> Trade:
    return decode(Trade, document)


def _close(rollup: Document) -> DayClose:
    return DayClose(
        day=date.fromisoformat(rollup["day"]),
        seq=rollup["seq"],
        currency=rollup["currency"],
        equity=Decimal(rollup["equity"]),
        unit_value=Decimal(rollup["unit_value"]),
        funded={currency: Decimal(amount) for currency, amount in rollup["funded"].items()},
    )
