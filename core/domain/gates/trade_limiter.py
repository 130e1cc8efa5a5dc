"""Gate 3: how often and how much an account may enter (spec/pipeline.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.gates.usage import (
    burst_clears_at,
    cooldown_clears_at,
    entries_allowed,
    entries_within,
    entries_working,
    next_day,
    orders_today,
)
from core.domain.gates.verdict import Denied, Gate
from core.domain.instrument import Instrument
from core.domain.money import plain
from core.domain.rules import TradingRules


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the limiter sees it: `cost` is what it takes from or reserves of `free`, fees included."""

    bot: Bot
    instrument: Instrument
    quantity: Decimal
    notional: Decimal
    cost: Decimal
    free: Decimal


def check(state: Account, entry: Entry, rules: TradingRules, now: datetime) -> Denied | None:
    """The first limit the entry would break, or None."""
    bot_orders, user_orders = orders_today(state, entry.bot, now).total, orders_today(state, None, now).total
    checks: tuple[Callable[[], Denied | None], ...] = (
        lambda: _daily(bot_orders, rules.max_trades_per_bot_daily, f"{entry.bot.name} made", now),
        lambda: _daily(user_orders, rules.max_trades_per_user_daily, "You made", now),
        lambda: _burst(state, entry.bot.exchange.value, rules, now),
        lambda: _cooldown(entry.bot, now),
        lambda: _size(entry),
        lambda: _one_entry(entry),
        lambda: _cash(entry),
    )
    return next((denied for run in checks if (denied := run())), None)


def _daily(count: int, limit: int, who: str, now: datetime) -> Denied | None:
    if count < limit:
        return None
    midnight = next_day(now)
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
    recent = entries_within(state, exchange, timedelta(seconds=rules.burst_window_secs), now)
    clears_at = burst_clears_at(recent, rules)
    if clears_at is None:
        return None
    return Denied(
        Gate.TRADE_LIMITER,
        "burst_limit",
        f"{len(recent)} of {rules.burst_limit_orders} entries on {exchange} within "
        f"{rules.burst_window_secs} s; clears in {(clears_at - now).total_seconds():.0f} s.",
        limit=str(rules.burst_limit_orders),
        value=str(len(recent)),
        clears_at=clears_at,
    )


def _cooldown(bot: Bot, now: datetime) -> Denied | None:
    clears_at = cooldown_clears_at(bot, now)
    if clears_at is None or bot.last_entry_at is None:
        return None
    left = (clears_at - now).total_seconds() / 60
    return Denied(
        Gate.TRADE_LIMITER,
        "cooldown",
        f"{bot.name} waits {bot.cooldown_minutes} min between entries; clears in {left:.0f} min.",
        limit=str(bot.cooldown_minutes),
        value=f"{(now - bot.last_entry_at).total_seconds() / 60:.0f}",
        clears_at=clears_at,
    )


def _one_entry(entry: Entry) -> Denied | None:
    """One working entry per bot and symbol, unless the strategy declares more; with one, also one position."""
    bot, symbol = entry.bot, entry.instrument.symbol
    allowed, working = entries_allowed(bot), entries_working(bot, symbol)
    if working >= allowed:
        return Denied(
            Gate.TRADE_LIMITER,
            "entry_working",
            f"{bot.name} has {working} of {allowed} entries in {symbol} working already. Cancel one first.",
            limit=str(allowed),
            value=str(working),
        )
    return _one_position(entry) if allowed == 1 else None


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
    free = entry.free
    if entry.cost <= free:
        return None
    return Denied(
        Gate.TRADE_LIMITER,
        "not_enough_cash",
        f"The order takes {plain(entry.cost)} {entry.instrument.quote}; {_whose(entry.bot)} {plain(free)} free.",
        limit=plain(free),
        value=plain(entry.cost),
    )


def _whose(bot: Bot) -> str:
    return "you have" if bot.manual else f"{bot.name} has"
