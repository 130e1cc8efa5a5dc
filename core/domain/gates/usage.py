"""What is held against the limits of gate 3, counted here for the gate and for whoever asks (spec/pipeline.md)."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.order import Side
from core.domain.rules import TradingRules
from core.domain.strategies.catalog import STRATEGIES

_SKEW = timedelta(minutes=1)
"""How far symbols that run side by side may be apart in engine time."""

MANUAL_ENTRIES = 50
"""Entries a person may have working in one symbol."""


class OrderCount(NamedTuple):
    """Orders of a day: those filled, and entries that rest, which will count once they fill: their place is taken."""

    filled: int
    waiting: int

    @property
    def total(self) -> int:
        """What is held against the limit."""
        return self.filled + self.waiting


def orders_today(state: Account, bot: Bot | None, now: datetime) -> OrderCount:
    """What counts towards the daily limit of a bot, or of its owner when there is none."""
    # Before the first event of a day the state still carries the counts of the day before.
    filled = 0 if state.opens_day(now) else (bot or state).orders_today
    if not state.working:
        return OrderCount(filled, 0)
    if bot is not None:
        return OrderCount(filled, sum(1 for order in bot.orders.values() if order.waits_to_enter))
    resting = (state.bots[owner].orders[order_id] for order_id, owner in state.working.items())
    return OrderCount(filled, sum(1 for order in resting if order.waits_to_enter))


def next_day(now: datetime) -> datetime:
    """When the daily counts begin at zero again."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def entries_within(state: Account, exchange: str, window: timedelta, now: datetime) -> list[datetime]:
    """Times of the entries on an exchange less than a window away from now, oldest first."""
    recent: list[datetime] = []
    for ts in reversed(state.entries.get(exchange, ())):
        # Symbols run side by side, so an entry may be recorded with a time a little after this one's.
        if abs(now - ts) < window:
            recent.append(ts)
        elif now - ts > window + _SKEW:
            break
    return sorted(recent)


def burst_clears_at(recent: list[datetime], rules: TradingRules) -> datetime | None:
    """When one of these entries, oldest first, makes room for another; None when there is room now."""
    if len(recent) < rules.burst_limit_orders:
        return None
    return recent[-rules.burst_limit_orders] + timedelta(seconds=rules.burst_window_secs)


def cooldown_clears_at(bot: Bot, now: datetime) -> datetime | None:
    """When a bot may enter again after its last entry; None when it may now."""
    if not bot.cooldown_minutes or bot.last_entry_at is None:
        return None
    clears_at = bot.last_entry_at + timedelta(minutes=bot.cooldown_minutes)
    return clears_at if now < clears_at else None


def entries_allowed(bot: Bot) -> int:
    """Entries a bot may have working in one symbol."""
    return MANUAL_ENTRIES if bot.manual else STRATEGIES[bot.strategy].entries_at_once


def entries_working(bot: Bot, symbol: str) -> int:
    """Entries of a bot that rest in one symbol."""
    return sum(1 for order in bot.orders.values() if order.symbol == symbol and order.side is Side.BUY)
