"""The strategies and risk modes there are. A new strategy is a file with a KIND, and a place in this list."""

from collections.abc import Mapping
from decimal import Decimal

from core.domain.errors import InvalidInput
from core.domain.strategies import adaptive, bollinger, breakout, dca, ema_cross, grid, rsi_reversion
from core.domain.strategies.base import RiskProfile, Strategy, StrategyKind

STRATEGIES: dict[str, StrategyKind] = {
    kind.name: kind
    for kind in (
        ema_cross.KIND,
        rsi_reversion.KIND,
        bollinger.KIND,
        breakout.KIND,
        grid.KIND,
        dca.KIND,
        adaptive.KIND,
    )
}

#: Targets are the spec's (1, 2, 3 %). Stops are three quarters of the target: after a round trip's costs of
#: roughly 20-25 bps a loss then takes about what a win brings. No mode bets all of the cash, for fees are due too.
RISK_PROFILES: dict[str, RiskProfile] = {
    "safe": RiskProfile(Decimal("0.25"), Decimal(75), Decimal(100)),
    "balanced": RiskProfile(Decimal("0.50"), Decimal(150), Decimal(200)),
    "aggressive": RiskProfile(Decimal("0.90"), Decimal(225), Decimal(300)),
}


def kind_of(name: str) -> StrategyKind:
    """The strategy of this name.

    Raises:
        InvalidInput: there is none; the message lists those there are.
    """
    kind = STRATEGIES.get(name)
    if kind is None:
        raise InvalidInput(f"There is no strategy {name[:40]!r}; there are {', '.join(STRATEGIES)}.")
    return kind


def profile_of(risk_mode: str) -> RiskProfile:
    """The risk mode of this name.

    Raises:
        InvalidInput: there is none; the message lists those there are.
    """
    profile = RISK_PROFILES.get(risk_mode)
    if profile is None:
        raise InvalidInput(f"There is no risk mode {risk_mode[:40]!r}; there are {', '.join(RISK_PROFILES)}.")
    return profile


def make(name: str, parameters: Mapping[str, int]) -> Strategy:
    """A fresh strategy; parameters that are not given take their defaults.

    Raises:
        InvalidInput: unknown strategy or parameter, or a value out of bounds; the message gives the bounds.
    """
    return kind_of(name).make(parameters)
