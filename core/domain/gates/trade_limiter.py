"""Gate 3: how often and how much an account may enter (spec/pipeline.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.gates.verdict import Denied, Gate
from core.domain.instrument import Instrument
from core.domain.money import plain
from core.domain.rules import TradingRules


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the limiter sees it: `cost` is what the fills take from cash, fees included."""

    bot: Bot
    instrument: Instrument
    quantity: Decimal
    notional: Decimal
    cost: Decimal


def check(state: Account, entry: Entry, rules: TradingRules, now: datetime) -> Denied | None:
    """The first limit the entry would break, or None."""
    # Before the first event of a day the state still carries the counts of the day before.
    bot_orders, user_orders = (0, 0) if state.opens_day(now) else (entry.bot.orders_today, state.orders_today)
    checks: tuple[Callable[[], Denied | None], ...] = (
        lambda: _daily(bot_orders, rules.max_trades_per_bot_daily, f"{entry.bot.name} made", now),
        lambda: _daily(user_orders, rules.max_trades_per_user_daily, "You made", now),
        lambda: _burst(state, entry.bot.exchange.value, rules, now),
        lambda: _size(entry),
        lambda: _one_position(entry),
        lambda: _cash(entry),
    )
    return next((denied for run in checks if (denied := run())), None)


def _daily(count: int, limit: int, who: str, now: datetime) -> Denied | None:
    if count < limit:
        return None
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    left = midnight - now
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return Denied(
        Gate.TRADE_LIMITER,
        "daily_limit",
        f"{who} {count} of {limit} orders today; clears at 00:00Z in {hours} h {minutes} min.",
        limit=str(limit),
        value=str(count),
        clears_at=midnight,
    )


def _burst(state: Account, exchange: str, rules: TradingRules, now: datetime) -> Denied | None:
    window = timedelta(seconds=rules.burst_window_secs)
    # Symbols run side by side, so an entry may be recorded with a time a little after this one's.
    recent = sorted(ts for ts in state.entries.get(exchange, ()) if abs(now - ts) < window)
    if len(recent) < rules.burst_limit_orders:
        return None
    clears_at = recent[-rules.burst_limit_orders] + window
    return Denied(
        Gate.TRADE_LIMITER,
        "burst_limit",
        f"{len(recent)} of {rules.burst_limit_orders} entries on {exchange} within "
        f"{rules.burst_window_secs} s; clears in {(clears_at - now).total_seconds():.0f} s.",
        limit=str(rules.burst_limit_orders),
        value=str(len(recent)),
        clears_at=clears_at,
    )


def _one_position(entry: Entry) -> Denied | None:
    held = entry.bot.held(entry.instrument.symbol)
    if held * entry.notional < entry.instrument.min_notional * entry.quantity:
        return None
    return Denied(
        Gate.TRADE_LIMITER,
        "position_open",
        f"{entry.bot.name} already holds {plain(held)} {entry.instrument.base}; it enters once at a time.",
        limit="1",
        value=plain(held),
    )


def _size(entry: Entry) -> Denied | None:
    if entry.quantity > 0 and entry.notional >= entry.instrument.min_notional:
        return None
    minimum = plain(entry.instrument.min_notional)
    return Denied(
        Gate.TRADE_LIMITER,
        "below_minimum_notional",
        f"The order is worth {plain(entry.notional)} {entry.instrument.quote}; the exchange's minimum is {minimum}.",
        limit=minimum,
        value=plain(entry.notional),
    )


def _cash(entry: Entry) -> Denied | None:
    free = entry.bot.free_cash
    if entry.cost <= free:
        return None
    return Denied(
        Gate.TRADE_LIMITER,
        "not_enough_cash",
        f"The order takes {plain(entry.cost)} {entry.instrument.quote}; {entry.bot.name} has {plain(free)}.",
        limit=plain(free),
        value=plain(entry.cost),
    )
