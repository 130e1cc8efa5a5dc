"""Events of bots, of the permission to trade and of the engine, in words."""

from core.domain import events as ev
from core.domain.money import plain
from core.domain.narrative.base import ENGINE, Movement, Names, Told, money, tell_fact


@tell_fact.register
def _(fact: ev.BotCreated, _: Names) -> Told:
    quote = fact.symbol.partition("/")[2]
    words = f"Bot {fact.name} was created on {fact.symbol} with {money(fact.capital, quote)}."
    return Told(words, fact.actor, (Movement(fact.capital, quote),))


@tell_fact.register
def _(fact: ev.BotEdited, names: Names) -> Told:
    settings = None if fact.parameters is None else ", ".join(f"{name} {n}" for name, n in fact.parameters.items())
    minutes = fact.cooldown_minutes
    became = {
        "name": fact.name,
        "strategy": fact.strategy,
        "parameters": settings,
        "bars": fact.timeframe,
        "risk mode": fact.risk_mode,
        "cooldown": None if minutes is None else f"{minutes} minutes" if minutes else "none",
    }
    changes = "; ".join(f"{what} {value}" for what, value in became.items() if value is not None)
    return Told(f"{names.of(fact.bot_id)} was changed: {changes}.", fact.actor)


@tell_fact.register
def _(fact: ev.BotStarted, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)} was started on {fact.source}{_because(fact.reason)}", fact.actor)


@tell_fact.register
def _(fact: ev.BotPaused, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)} was paused: {fact.reason}", fact.actor)


@tell_fact.register
def _(fact: ev.BotResumed, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)} was resumed on {fact.source}{_because(fact.reason)}", fact.actor)


@tell_fact.register
def _(fact: ev.BotStopped, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)} was stopped for good: {fact.reason}", fact.actor)


@tell_fact.register
def _(fact: ev.BotErred, names: Names) -> Told:
    return Told(f"{names.of(fact.bot_id)} had an error: {fact.message}", names.of(fact.bot_id))


@tell_fact.register
def _(fact: ev.Marked, _: Names) -> Told:
    prices = ", ".join(f"{symbol} {plain(price)}" for symbol, price in fact.marks.items())
    opening = "A day opened; equity" if fact.day_start else "Equity"
    return Told(f"{opening} was measured{f' at {prices}' if prices else ''}.", ENGINE)


@tell_fact.register
def _(fact: ev.TradingHalted, _: Names) -> Told:
    whose = "by an admin, for everybody" if fact.scope is ev.HaltScope.SYSTEM else "and resting entries were taken back"
    return Told(f"All trading was halted {whose}: {fact.reason}", fact.actor)


@tell_fact.register
def _(fact: ev.TradingResumed, _: Names) -> Told:
    return Told("The halt was lifted.", fact.actor)


@tell_fact.register
def _(fact: ev.LimitsChanged, _: Names) -> Told:
    limits = ", ".join(f"{name} {plain(limit)}" for name, limit in fact.limits.items()) or "those of the installation"
    return Told(f"The account's limits became: {limits}.", fact.actor)


@tell_fact.register
def _(fact: ev.BreakerTripped, names: Names) -> Told:
    scope = names.of(fact.bot_id) if fact.bot_id else "the account"
    metric = fact.metric.value.replace("_", " ")
    words = f"The circuit breaker of {scope} opened: {metric} {plain(fact.value)}, limit {plain(fact.threshold)}."
    return Told(words, ENGINE)


@tell_fact.register
def _(fact: ev.BreakerReset, names: Names) -> Told:
    scope = names.of(fact.bot_id) if fact.bot_id else "the account"
    return Told(f"The circuit breaker of {scope} was closed: {fact.reason}", fact.actor)


@tell_fact.register
def _(_: ev.OwnershipTaken, __: Names) -> Told:
    return Told("An engine took over the bots.", ENGINE)


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else "."
