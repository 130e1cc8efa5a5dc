"""Gate 4: the circuit breaker of a bot and of its owner (spec/pipeline.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.events import BreakerTripped, Metric
from core.domain.gates.verdict import Denied, Gate
from core.domain.money import ZERO, plain, ratio
from core.domain.rules import TradingRules
from core.domain.track import UnitTrack

_HOUR = timedelta(hours=1)


def fall(value: Decimal, reference: Decimal) -> Decimal:
    """(reference - value) / reference, never negative; 0 for a reference of 0."""
    return max(ratio(reference - value, reference), ZERO) if reference else ZERO


def closed(state: Account, bot: Bot) -> Denied | None:
    """Deny an entry while the breaker is open in either scope."""
    for name, metric in ((bot.name, bot.tripped), ("your account", state.tripped)):
        if metric is not None:
            return Denied(
                Gate.CIRCUIT_BREAKER,
                "circuit_tripped",
                f"The circuit breaker of {name} is open ({metric.value.replace('_', ' ')}). Reset it to trade again.",
                value=metric.value,
            )
    return None


def trip(
    state: Account, bot: Bot | None, marks: dict[str, Decimal], rules: TradingRules, now: datetime
) -> BreakerTripped | None:
    """What trips now, the bot's scope first; None while all metrics are within their limits.

    `marks` are the present mid prices; peaks and day openings are the recorded ones.
    """
    prices, today = state.marks | marks, not state.opens_day(now)
    # A stopped bot makes no entries any more, and one that gave its cash back has nothing to measure.
    if bot is not None and bot.tripped is None and bot.status is not BotStatus.STOPPED:
        scope = _Scope(bot.track, bot.equity(prices), bot.loss_streak, bot.errors, today)
        for metric, value, limit, evidence in _measures(scope, rules, now):
            if value >= limit:
                return BreakerTripped(metric, value, limit, _texts(evidence), bot.bot_id)
    if state.tripped is None:
        scope = _Scope(state.track, state.equity(prices), state.loss_streak, state.errors, today)
        for metric, value, limit, evidence in _measures(scope, rules, now):
            if value >= limit:
                return BreakerTripped(metric, value, limit, _texts(evidence))
    return None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is measured of a bot or of its owner; `today` says whether this day has had an event yet."""

    track: UnitTrack
    equity: Decimal
    streak: int
    errors: Iterable[datetime]
    today: bool


def _measures(
    scope: _Scope, rules: TradingRules, now: datetime
) -> Iterator[tuple[Metric, Decimal, Decimal, dict[str, Decimal]]]:
    """(metric, value, threshold, evidence) of one scope."""
    track, value = scope.track, scope.track.value(scope.equity)
    # A day opens at the last recorded value, also before its first event has said so.
    day_open = track.day_open if scope.today else track.last
    evidence = {"unit_value": value, "equity": scope.equity}
    yield Metric.DRAWDOWN, fall(value, track.peak), rules.max_drawdown, evidence | {"peak": track.peak}
    yield Metric.DAILY_LOSS, fall(value, day_open), rules.max_daily_loss, evidence | {"day_open": day_open}
    yield Metric.CONSECUTIVE_LOSSES, Decimal(scope.streak), Decimal(rules.max_consecutive_losses), {}
    recent = sum(1 for ts in scope.errors if now - _HOUR < ts <= now)
    yield Metric.ERRORS_PER_HOUR, Decimal(recent), Decimal(rules.max_errors_per_hour), {}


def _texts(evidence: dict[str, Decimal]) -> dict[str, str]:
    """Evidence as it is recorded; every order is measured, hardly any trips, so this is done last."""
    return {name: plain(amount) for name, amount in evidence.items()}
