"""How far a user is from a target equity, and how long it takes at the pace so far (spec/api.md, countdown)."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal

from core.domain.money import ONE, ZERO, ratio

DEFAULT_TARGET = Decimal(1_000_000)
WINDOW_DAYS = 30
MAX_DAYS = 1_000_000
_CONTEXT = Context(prec=40)


@dataclass(frozen=True, slots=True)
class Pace:
    """What was earned in the last complete days, at most 30.

    `profit` is the change of equity less money put in or taken out, in the reporting currency; `growth` the unit
    value now over the one then.
    """

    days: int
    profit: Decimal
    growth: Decimal


@dataclass(frozen=True, slots=True)
class Countdown:
    """Days are whole and rounded up; they are None with a `reason` where the pace leads nowhere."""

    equity: Decimal
    target: Decimal
    currency: str
    remaining: Decimal
    progress_pct: Decimal
    reached: bool
    days_measured: int
    avg_daily_profit_30d: Decimal | None
    days_to_target_linear: int | None
    days_to_target_compound: int | None
    reason: str | None


def countdown(equity: Decimal, target: Decimal, currency: str, pace: Pace | None) -> Countdown:
    """Linear: remaining / average daily profit. Compound: ln(target / equity) / ln(daily growth of the unit value)."""
    remaining = max(target - equity, ZERO)
    reached = not remaining
    average = ratio(pace.profit, Decimal(pace.days)) if pace else None
    linear = compound = 0 if reached else None
    if not reached and pace and average is not None:
        if average > 0:
            linear = _whole(ratio(remaining, average))
        if pace.growth > 1 and equity > 0:
            days = _CONTEXT.multiply(_CONTEXT.ln(_CONTEXT.divide(target, equity)), pace.days)
            compound = _whole(_CONTEXT.divide(days, _CONTEXT.ln(pace.growth)))
    return Countdown(
        equity=equity,
        target=target,
        currency=currency,
        remaining=remaining,
        progress_pct=min(ratio(equity, target), ONE) * 100,
        reached=reached,
        days_measured=pace.days if pace else 0,
        avg_daily_profit_30d=average,
        days_to_target_linear=linear,
        days_to_target_compound=compound,
        reason=_reason(pace, linear, compound),
    )


def _whole(days: Decimal) -> int | None:
    """Rounded up; None beyond what anyone plans for."""
    whole = int(days.to_integral_value(rounding=ROUND_CEILING))
    return whole if whole <= MAX_DAYS else None


def _reason(pace: Pace | None, linear: int | None, compound: int | None) -> str | None:
    if linear is not None and compound is not None:
        return None
    if pace is None:
        return "There is no complete day of trading to measure yet."
    if linear is None and compound is None:
        if pace.profit > 0 or pace.growth > 1:
            return f"At the pace so far it takes more than {MAX_DAYS:,} days."
        return f"Nothing was earned on balance in the last {pace.days} day{'s' * (pace.days != 1)}."
    return "The average profit and the growth per unit point in different directions, so one of them gives no date."
