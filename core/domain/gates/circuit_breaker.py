"""Gate 4: the circuit breaker of a bot and of its owner (spec/pipeline.md)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.events import BreakerTripped, Metric
from core.domain.gates.verdict import Denied, Gate
from core.domain.money import ZERO, plain, ratio
from core.domain.rules import TradingRules

_HOUR = timedelta(hours=1)
_ROUNDED = Decimal("1e-17")
"""More than rounding a fall to 18 decimals can add to it."""


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


class Measure(NamedTuple):
    """One metric of a scope: it trips when `value` reaches `threshold`."""

    metric: Metric
    value: Decimal
    threshold: Decimal
    evidence: dict[str, Decimal]

    @property
    def reached(self) -> bool:
        """Whether it trips."""
        return self.value >= self.threshold


def measures(
    state: Account, bot: Bot | None, prices: dict[str, Decimal], rules: TradingRules, now: datetime
) -> Iterator[Measure]:
    """The metrics of a bot, or of its owner when there is none, in the order in which they are looked at.

    `prices` are of everything held; peaks and day openings are the recorded ones.
    """
    scope = bot or state
    track, equity = scope.track, scope.equity(prices)
    value = track.value(equity)
    # A day opens at the last recorded value, also before its first event has said so.
    day_open = track.last if state.opens_day(now) else track.day_open
    evidence = {"unit_value": value, "equity": equity}
    yield Measure(Metric.DRAWDOWN, fall(value, track.peak), rules.max_drawdown, evidence | {"peak": track.peak})
    yield Measure(Metric.DAILY_LOSS, fall(value, day_open), rules.max_daily_loss, evidence | {"day_open": day_open})
    streak, most = Decimal(scope.loss_streak), Decimal(rules.max_consecutive_losses)
    yield Measure(Metric.CONSECUTIVE_LOSSES, streak, most, {})
    recent = sum(1 for ts in scope.errors if now - _HOUR < ts <= now)
    yield Measure(Metric.ERRORS_PER_HOUR, Decimal(recent), Decimal(rules.max_errors_per_hour), {})


def trip(
    state: Account, bot: Bot | None, marks: dict[str, Decimal], rules: TradingRules, now: datetime
) -> BreakerTripped | None:
    """What trips now, the bot's scope first; None while all metrics are within their limits.

    `marks` are the present mid prices; recorded ones stand in for those that are missing.
    """
    prices = state.marks | marks
    # A stopped bot makes no entries any more, and one that gave its cash back has nothing to measure.
    scopes = [bot] if bot is not None and bot.tripped is None and bot.status is not BotStatus.STOPPED else []
    for scope in (*scopes, *([None] if state.tripped is None else [])):
        if _quiet(state, scope, prices, rules):
            continue
        for measure in measures(state, scope, prices, rules, now):
            if measure.reached:
                metric, value, threshold, evidence = measure
                return BreakerTripped(metric, value, threshold, _texts(evidence), scope.bot_id if scope else None)
    return None


def _quiet(state: Account, bot: Bot | None, prices: dict[str, Decimal], rules: TradingRules) -> bool:
    """Whether surely nothing trips, told without a division: every order asks twice, and hardly any trips."""
    scope = bot or state
    if scope.errors or scope.loss_streak >= rules.max_consecutive_losses:
        return False
    track = scope.track
    value = track.value(scope.equity(prices))
    for reference, limit in ((track.peak, rules.max_drawdown), (max(track.day_open, track.last), rules.max_daily_loss)):
        if reference - value >= (limit - _ROUNDED) * reference:
            return False
    return True


def _texts(evidence: dict[str, Decimal]) -> dict[str, str]:
    """Evidence as it is recorded; every order is measured, hardly any trips, so this is done last."""
    return {name: plain(amount) for name, amount in evidence.items()}
