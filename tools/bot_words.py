"""How cards put a bot that is made or changed into words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.money import plain
from core.domain.strategies import catalog as strategies
from core.domain.strategies.base import RiskProfile
from core.services.bot_changes import BotEdit
from core.services.bots import BotPlan
from tools.results import Change


@dataclass(frozen=True, slots=True)
class Ways:
    """What of a bot a person can change, as it is or would be."""

    name: str
    strategy: str
    parameters: Mapping[str, int]
    timeframe: str
    risk_mode: str

    @property
    def basis(self) -> dict[str, str]:
        """All of it as text, to tell whether it has moved."""
        values = " ".join(f"{name}={value}" for name, value in sorted(self.parameters.items()))
        rest = (self.strategy, self.timeframe, self.risk_mode)
        return {"name": self.name, "ways": " ".join((*rest, values))}


def ways_of(bot: Bot) -> Ways:
    """A bot as it is now (the bot itself goes on changing)."""
    return Ways(bot.name, bot.strategy, dict(bot.parameters), bot.timeframe.value, bot.risk_mode)


def ways_after(bot: Bot, edit: BotEdit) -> Ways:
    """The bot as an edit that is allowed will leave it."""
    before = ways_of(bot)
    kind = strategies.kind_of(edit.strategy or bot.strategy)
    kept = dict(before.parameters) if kind.name == before.strategy else dict[str, int]()
    return replace(
        before,
        name=edit.name or before.name,
        strategy=kind.name,
        parameters=kind.complete(kept | (edit.parameters or {})),
        timeframe=edit.timeframe.value if edit.timeframe else before.timeframe,
        risk_mode=edit.risk_mode or before.risk_mode,
    )


def changes_between(before: Ways, after: Ways) -> tuple[Change, ...]:
    """What differs, in the order of a card; a new strategy's parameters stand behind its name."""
    found = [
        Change("Name", before.name, after.name),
        Change("Strategy", _strategy_words(before), _strategy_words(after)),
        Change("Bars", before.timeframe, after.timeframe),
        Change("Risk mode", before.risk_mode, after.risk_mode),
    ]
    if before.strategy == after.strategy:
        found[1:2] = [
            Change(_parameter_words(after.strategy, name), str(before.parameters.get(name, "")), str(value))
            for name, value in after.parameters.items()
        ]
    return tuple(change for change in found if change.before != change.after)


def change_words(change: Change) -> str:
    """A line such as “Bars: 1m → 5m.”."""
    return f"{change.what}: {change.before} → {change.after}."


def _strategy_words(ways: Ways) -> str:
    return f"{strategies.kind_of(ways.strategy).title} ({parameter_words(ways.parameters)})"


def _parameter_words(strategy: str, name: str) -> str:
    parameters = strategies.kind_of(strategy).parameters
    meaning = next((parameter.meaning for parameter in parameters if parameter.name == name), "")
    return f"{name} ({meaning})" if meaning else name


def parameter_words(values: Mapping[str, int]) -> str:
    """Such as “fast 9, slow 21”."""
    return ", ".join(f"{name} {value}" for name, value in values.items())


def plan_words(plan: BotPlan, free_cash: Decimal, source: str, *, start: bool) -> tuple[str, ...]:
    """A new bot with every value that was chosen for it."""
    kind, risk = strategies.kind_of(plan.strategy), strategies.profile_of(plan.risk_mode)
    quote = plan.symbol.partition("/")[2]
    way = f"{kind.title} on {plan.symbol}, {plan.timeframe.value} bars ({parameter_words(plan.parameters)})."
    return (
        f"{way} {kind.description}",
        f"Capital: {Decimal(plain(plan.capital)):,f} {quote} of your free {free_cash:,f} {quote}.",
        risk_words(plan.risk_mode, risk),
        f"Fees and rules of {plan.exchange.value}; prices: {source}. Paper trading.",
        "It starts at once." if start else "It does not trade until you start it.",
    )


def risk_words(mode: str, risk: RiskProfile) -> str:
    """What a risk mode means, in figures."""
    share = plain(risk.position_fraction * 100)
    target, stop = plain(risk.take_profit_bps / 100), plain(risk.stop_loss_bps / 100)
    return (
        f"Risk {mode}: at most {share} % of its money in a position; "
        f"target +{target} %, stop -{stop} % unless the strategy sets its own."
    )
