"""Performance of a user and of each bot, from the folded state at present marks: no history is read."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.currency import rate
from core.domain.money import ONE, ZERO, exact
from core.domain.performance import Performance, performance
from core.domain.valuation import effective_status
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub


@dataclass(frozen=True, slots=True)
class BotPerformance:
    """One bot's figures in its quote currency; `return_pct` is the change of its unit value since its start."""

    bot_id: str
    name: str
    status: str
    symbol: str
    currency: str
    capital: Decimal
    net_pnl: Decimal
    return_pct: Decimal
    performance: Performance


class PerformanceService:
    """How well a user and the user's bots have done."""

    def __init__(self, writer: JournalWriter, hub: MarketHub) -> None:
        self._writer = writer
        self._hub = hub

    async def user(self, user_id: str) -> Performance:
        """The whole account, in its reporting currency; other currencies at present rates."""
        state, prices = await self._priced(user_id)
        now = self._hub.feed.now()
        with exact():
            books = [(book, rate(c, state.reporting, prices)) for c, book in state.books.items()]
            unit_value = state.track.value(state.equity(prices))
            span = (state.started_at or now, now)
            return performance(books, state.track, state.exposure, span, unit_value)

    async def ranking(self, user_id: str) -> list[BotPerformance]:
        """All bots but those an account reset wrote off, in the order they were created."""
        state, prices = await self._priced(user_id)
        now = self._hub.feed.now()
        with exact():
            return [
                _of_bot(bot, prices, now, halted=state.halted) for bot in state.bots.values() if not bot.written_off
            ]

    async def _priced(self, user_id: str) -> tuple[Account, dict[str, Decimal]]:
        state = await self._writer.account(user_id)
        marks = self._hub.marks(state, self._writer.rules.mark_stale_secs)
        return state, {symbol: mark.price for symbol, mark in marks.items()}


def _of_bot(bot: Bot, prices: dict[str, Decimal], now: datetime, *, halted: bool) -> BotPerformance:
    unrealized = sum((q.unrealized(prices[s]) for s, q in bot.positions.items() if q.quantity), ZERO)
    unit_value = bot.track.value(bot.equity(prices))
    figures = performance([(bot.book, ONE)], bot.track, bot.exposure, (bot.created_at, now), unit_value)
    return BotPerformance(
        bot_id=bot.bot_id,
        name=bot.name,
        status=effective_status(bot, halted=halted),
        symbol=bot.symbol,
        currency=bot.quote,
        capital=bot.capital,
        net_pnl=bot.book.realized + unrealized - bot.book.fees,
        return_pct=figures.return_pct,
        performance=figures,
    )
