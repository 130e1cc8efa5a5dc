"""Marks: equity is recorded every hour of engine time while something is held, and at the start of each day."""

from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from core.domain.codec import iso
from core.domain.commands import RecordMarks
from core.domain.errors import ProductError
from core.domain.market import Timeframe
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.orders import OrderService

_log = structlog.get_logger(__name__)

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class HourlyMarks:
    """Records them with the first state of an hour, in the live engine and in a backtest alike.

    `next_at` is the engine time from which on the next ones are due.
    """

    def __init__(self, writer: JournalWriter, hub: MarketHub, orders: OrderService) -> None:
        self._writer = writer
        self._hub = hub
        self._orders = orders
        self._hour: datetime | None = None
        self.next_at = _ALWAYS

    async def on_state(self, ts: datetime, user_ids: Iterable[str]) -> None:
        """Record the marks of these accounts where a state begins an hour; the first hour seen has begun before."""
        if ts < self.next_at:
            return
        first = self._hour is None
        hour = self._begin(ts)
        if first:
            return
        day_start = Timeframe.D1.floor(ts) == hour
        for user_id in list(user_ids):
            try:
                await self._mark(user_id, hour, ts, day_start=day_start)
            except ProductError as error:
                _log.error("an account was not marked", user_id=user_id, code=error.code, problem=error.message)

    def skip(self, ts: datetime) -> None:
        """A state went by on which no account had anything to record."""
        if ts >= self.next_at:
            self._begin(ts)

    def wanted(self, user_id: str, ts: datetime) -> bool:
        """Whether states up to this time may find something to record of an account."""
        if ts < self.next_at:
            return False
        return self._hour is None or self._hour.date() != ts.date() or self._writer.known(user_id).holding

    def _begin(self, ts: datetime) -> datetime:
        self._hour = hour = Timeframe.H1.floor(ts)
        self.next_at = hour + Timeframe.H1.span
        return hour

    async def _mark(self, user_id: str, hour: datetime, now: datetime, *, day_start: bool) -> None:
        state = self._writer.known(user_id)
        if state.open_symbols() or (day_start and state.bots):
            key = f"marks:{iso(hour)}"
            mids = self._hub.mids_for(state)
            await self._writer.execute(user_id, RecordMarks(day_start), now=now, key=key, marks=mids)
            # The breaker is looked at after each mark too: of every bot that holds something, and of the user.
            for bot in [bot for bot in state.bots.values() if not bot.flat]:
                await self._orders.check_breakers(user_id, bot.bot_id, now)
