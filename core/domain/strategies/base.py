"""What a strategy is: a pure streaming object fed with closed bars and shared indicator values."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from core.domain.market import Bar


class IndicatorKind(StrEnum):
    """Indicators the engine can compute (definitions: TA-Lib's)."""

    EMA = "ema"
    RSI = "rsi"


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """One indicator over closing prices; equal specs of a symbol and timeframe are computed once."""

    kind: IndicatorKind
    period: int


class Action(StrEnum):
    """What a signal asks for (spot, long only)."""

    ENTER = "enter"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish to trade, with its reason in plain words for the decision trace."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class BarContext:
    """What a strategy may know besides the bar.

    `indicators` holds the value after this bar; an indicator that is still warming up is absent.
    """

    indicators: Mapping[IndicatorSpec, float]
    in_position: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bounded whole-number setting of a strategy, with words for people."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


class Strategy(Protocol):
    """Decides on closed bars only, so it cannot look ahead; the same object in live, replay and backtest."""

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """What must be computed for it."""
        ...

    @property
    def warmup_bars(self) -> int:
        """Closed bars needed before the first signal can come."""
        ...

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Digest one closed bar; bars come in order, each once."""
        ...


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """Catalogue entry: how a strategy is named, described, parameterised and made.

    `entries_at_once` is how many entries it may work in a symbol; with one, it also enters only while it holds nothing.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    entries_at_once: int = 1

    def complete(self, given: Mapping[str, int]) -> dict[str, int]:
        """All parameters with defaults filled in (bounds are checked by `strategies.make`)."""
        return {p.name: given.get(p.name, p.default) for p in self.parameters}


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """Position size as a fraction of the bot's cash; stop and target as bps of the entry price."""

    position_fraction: Decimal
    stop_loss_bps: Decimal
    take_profit_bps: Decimal
