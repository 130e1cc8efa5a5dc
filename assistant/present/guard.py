"""Limits, circuit breakers and halts as blocks: the limit, the value now, and when it clears."""

from datetime import datetime
from decimal import Decimal

from assistant import formats as f
from assistant.blocks import Block, Card, Field, Table, Text, Tone
from assistant.present.base import PAPER, foot, present
from assistant.present.orders import clears
from core.domain.events import Metric
from core.domain.money import plain
from core.services.guard_reports import BreakerChange, BreakerEvent, BreakerMeasure, BreakerScope, Limit
from tools import results as r

_ROWS = 50
_FRACTIONS = {Metric.DRAWDOWN, Metric.DAILY_LOSS}
_LIMITS = {
    "max_trades_per_bot_daily": "Orders a day, of a bot",
    "max_trades_per_user_daily": "Orders a day, of the account",
    "burst_limit_orders": "Entries in a burst, on an exchange",
    "burst_window_secs": "Length of a burst",
    "max_drawdown": "Drawdown that opens the breaker",
    "max_daily_loss": "Loss of a day that opens the breaker",
    "max_consecutive_losses": "Losing trades in a row that open the breaker",
    "max_errors_per_hour": "Errors in an hour that open the breaker",
    "min_edge_bps": "Least gain over all costs",
    "safety_margin_bps": "Safety margin of an entry",
    "slippage_buffer_bps": "Slippage reckoned with",
    "mark_stale_secs": "Age at which a price is stale",
    "max_bots": "Bots of an account",
}
_PERCENT = {"max_drawdown", "max_daily_loss"}


def _limit_value(limit: Limit) -> str:
    if limit.name in _PERCENT:
        return f.percent(limit.value)
    unit = "bps" if limit.name.endswith("_bps") else "s" if limit.name.endswith("_secs") else ""
    return f"{plain(limit.value)} {unit}".strip()


@present.register
def _(result: r.LimitsShown) -> tuple[Block, ...]:
    rows = tuple(
        (_LIMITS.get(one.name, one.name.replace("_", " ")), _limit_value(one), one.source.value)
        for one in result.report.limits
    )
    return (Table("Your limits", ("Limit", "Value", "Set by"), rows, PAPER),)


@present.register
def _(result: r.UsageShown) -> tuple[Block, ...]:
    report = result.report
    user, now = report.user, report.now
    fields = [Field("Your orders today", f"{user.used} of {user.limit}", _tone(user.used, user.limit))]
    if user.waiting:
        fields.append(Field("Of these still waiting to enter", str(user.waiting)))
    fields.append(Field("Counts begin anew", clears(user.clears_at, now)))
    for burst in report.bursts:
        room = f"; clears {clears(burst.clears_at, now)}" if burst.clears_at else ""
        words = f"{burst.used} of {burst.limit} in {burst.window_secs} s{room}"
        fields.append(Field(f"Entries on {burst.exchange}", words, _tone(burst.used, burst.limit)))
    for cooldown in report.cooldowns:
        waits = f"enters again {clears(cooldown.clears_at, now)}" if cooldown.clears_at else "may enter now"
        fields.append(Field(f"Cooldown of {cooldown.bot}", f"{cooldown.minutes} min; {waits}"))
    fields += [
        Field(f"Entries of {one.bot} in {one.symbol}", f"{one.working} of {one.allowed} working")
        for one in report.working
    ]
    card = Card("Your limits today", tuple(fields), f"{PAPER} · {f.moment(now)}")
    rows = tuple((bot.bot or "", f"{bot.used} of {bot.limit}", str(bot.waiting)) for bot in report.bots[:_ROWS])
    if not rows:
        return (card,)
    return (card, Table("Orders today, by bot", ("Bot", "Used", "Waiting to enter"), rows, _more(len(report.bots))))


def _tone(used: int, limit: int) -> Tone:
    return Tone.WARNING if used >= limit else Tone.NEUTRAL


def _more(count: int) -> str:
    return f"{PAPER} · {count - _ROWS} more" if count > _ROWS else PAPER


def _measured(measure: BreakerMeasure) -> str:
    return f"{_amount(measure.metric, measure.value)} of {_amount(measure.metric, measure.threshold)}"


def _amount(metric: Metric, amount: Decimal) -> str:
    return f.percent(amount) if metric in _FRACTIONS else plain(amount)


def _metric(metric: Metric) -> str:
    return metric.value.replace("_", " ")


@present.register
def _(result: r.BreakersShown) -> tuple[Block, ...]:
    report = result.report
    open_now = [scope for scope in (report.user, *report.bots) if scope.open]
    names = ", ".join(scope.bot or "your account" for scope in open_now)
    title = f"Circuit breakers open: {names}" if open_now else "All circuit breakers are closed"
    fields = [Field("Your account", _state(report.user), Tone.WARNING if report.user.open else Tone.NEUTRAL)]
    fields += [Field(_metric(m.metric).capitalize(), _measured(m), _near(m)) for m in report.user.measures]
    if result.quarantined:
        kept = "; ".join(f"{one.bot} ({_metric(one.metric)} since {f.moment(one.since)})" for one in result.quarantined)
        fields.append(Field("In quarantine", kept, Tone.WARNING))
    if open_now:
        fields.append(Field("What to do", "Say “reset the circuit breaker because …”; then resume the bots you want."))
    tone = Tone.WARNING if open_now else Tone.NEUTRAL
    blocks: list[Block] = [Card(title, tuple(fields), f"{PAPER} · {f.moment(report.now)}", tone)]
    if report.bots:
        blocks.append(_bots_table(report.bots))
    if result.history:
        rows = tuple((f.moment(e.ts), e.bot or "your account", *_change(e)) for e in result.history)
        blocks.append(Table("Trips and resets, newest first", ("When", "Of", "What", "Detail"), rows, PAPER))
    return tuple(blocks)


def _state(scope: BreakerScope) -> str:
    return "closed" if scope.tripped_by is None else f"OPEN: {_metric(scope.tripped_by)}"


def _near(measure: BreakerMeasure) -> Tone:
    return Tone.WARNING if measure.reached else Tone.NEUTRAL


def _bots_table(bots: tuple[BreakerScope, ...]) -> Table:
    rows = tuple((bot.bot or "", _state(bot), *(_measured(m) for m in bot.measures)) for bot in bots[:_ROWS])
    metrics = (_metric(m.metric).capitalize() for m in bots[0].measures)
    return Table("Circuit breakers of your bots", ("Bot", "State", *metrics), rows, _more(len(bots)))


def _change(event: BreakerEvent) -> tuple[str, str]:
    if event.change is BreakerChange.RESET:
        return "reset", f"by {event.actor}: {event.reason}"
    if event.metric is None or event.value is None or event.threshold is None:
        return "tripped", ""
    value, limit = _amount(event.metric, event.value), _amount(event.metric, event.threshold)
    return "tripped", f"{_metric(event.metric)} {value} reached {limit}"


@present.register
def _(result: r.ModesShown) -> tuple[Block, ...]:
    mode = result.trading
    everybody = f"halted {_since(mode.since)} by {mode.actor}: {mode.reason}" if mode.halted else "open"
    fields = (
        Field("Trading of everybody", everybody, Tone.WARNING if mode.halted else Tone.NEUTRAL),
        Field(
            "Your trading",
            "halted by your emergency stop" if result.halted_by_user else "halted" if mode.halted else "open",
            Tone.WARNING if result.halted_by_user or mode.halted else Tone.NEUTRAL,
        ),
        Field("Orders", "to the paper exchange only"),
    )
    return (Card("System modes", fields, foot(result.source)),)


def _since(since: datetime | None) -> str:
    return f"since {f.moment(since)}" if since else ""


@present.register
def _(result: r.GloballyStopped) -> tuple[Block, ...]:
    report = result.report
    fields = [
        Field("People halted", str(report.users)),
        Field("Reason", report.mode.reason),
    ]
    if report.missed:
        words = f"{report.missed}: no order of theirs passes either; their ledgers follow as soon as they can"
        fields.append(Field("Not reached yet", words, Tone.WARNING))
    return (
        Card("The trading of everybody is halted", tuple(fields), PAPER, Tone.WARNING),
        Text("No order to buy passes anywhere until an admin says “resume the trading of everybody”."),
    )


@present.register
def _(result: r.GloballyResumed) -> tuple[Block, ...]:
    missed = f" Not reached yet: {result.report.missed}." if result.report.missed else ""
    return (Text(f"The halt of everybody is lifted for {result.report.users} people.{missed} Their bots stay paused."),)
