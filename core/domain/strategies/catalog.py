"""The strategies and risk modes there are: names, words for people, bounds, and how each is made."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from core.domain.errors import InvalidInput
from core.domain.strategies.base import Parameter, RiskProfile, Strategy, StrategyKind
from core.domain.strategies.ema_cross import EmaCross
from core.domain.strategies.rsi_reversion import RsiReversion

_EMA_CROSS = StrategyKind(
    "ema_cross",
    "EMA cross",
    "Follows trends: buys when a fast average of closing prices rises above a slow one, sells when it falls below.",
    (
        Parameter("fast", 9, 2, 100, "bars in the fast average"),
        Parameter("slow", 21, 3, 400, "bars in the slow average; more than fast"),
    ),
)
_RSI_REVERSION = StrategyKind(
    "rsi_reversion",
    "RSI reversion",
    "Buys dips: enters when an oversold market turns up again, sells once it has recovered.",
    (
        Parameter("period", 14, 2, 100, "bars the RSI looks back"),
        Parameter("oversold", 30, 5, 45, "RSI level whose upward crossing is bought"),
        Parameter("exit_level", 55, 46, 95, "RSI level at which the position is sold"),
    ),
)

STRATEGIES: dict[str, StrategyKind] = {kind.name: kind for kind in (_EMA_CROSS, _RSI_REVERSION)}

#: Targets are the spec's (1, 2, 3 %). Stops are three quarters of the target: after a round trip's costs of
#: roughly 20-25 bps a loss then takes about what a win brings. No mode bets all of the cash, for fees are due too.
RISK_PROFILES: dict[str, RiskProfile] = {
    "safe": RiskProfile(Decimal("0.25"), Decimal(75), Decimal(100)),
    "balanced": RiskProfile(Decimal("0.50"), Decimal(150), Decimal(200)),
    "aggressive": RiskProfile(Decimal("0.90"), Decimal(225), Decimal(300)),
}


def _make_ema_cross(values: Mapping[str, int]) -> Strategy:
    if values["fast"] >= values["slow"]:
        raise InvalidInput(f"ema_cross: fast ({values['fast']}) must be smaller than slow ({values['slow']}).")
    return EmaCross(values["fast"], values["slow"])


def _make_rsi_reversion(values: Mapping[str, int]) -> Strategy:
    return RsiReversion(values["period"], values["oversold"], values["exit_level"])


_MAKERS: dict[str, Callable[[Mapping[str, int]], Strategy]] = {
    "ema_cross": _make_ema_cross,
    "rsi_reversion": _make_rsi_reversion,
}


def make(name: str, parameters: Mapping[str, int]) -> Strategy:
    """A fresh strategy; parameters that are not given take their defaults.

    Raises:
        InvalidInput: unknown strategy or parameter, or a value out of bounds; the message gives the bounds.
    """
    kind = STRATEGIES.get(name)
    if kind is None:
        raise InvalidInput(f"There is no strategy {name[:40]!r}; there are {', '.join(STRATEGIES)}.")
    known = {parameter.name: parameter for parameter in kind.parameters}
    for given in parameters:
        if given not in known:
            raise InvalidInput(f"{name} has no parameter {given[:40]!r}; it has {', '.join(known)}.")
    values = kind.complete(parameters)
    for parameter in kind.parameters:
        _check(name, parameter, values[parameter.name])
    return _MAKERS[name](values)


def _check(strategy: str, parameter: Parameter, value: object) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and parameter.minimum <= value <= parameter.maximum:
        return
    raise InvalidInput(
        f"{strategy}: {parameter.name} ({parameter.meaning}) must be a whole number from "
        f"{parameter.minimum} to {parameter.maximum}, not {str(value)[:20]}."
    )
