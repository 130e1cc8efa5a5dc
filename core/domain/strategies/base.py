"""What a strategy is: a pure streaming object fed with closed bars and shared indicator values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from core.domain.errors import InvalidInput
from core.domain.market import Bar
from core.domain.money import ONE, ZERO


class IndicatorKind(StrEnum):
    """Indicators the engine can compute (definitions: TA-Lib's)."""

    EMA = "ema"
    RSI = "rsi"
    SMA = "sma"
    STDDEV = "stddev"
    """Of closing prices, over the population."""
    ATR = "atr"
    """Wilder's average true range, in quote currency."""
    ADX = "adx"
    """Wilder's average directional index, 0 to 100."""
    HIGHEST = "highest"
    """Highest high of the last `period` bars, this one included."""
    LOWEST = "lowest"
    """Lowest low of the last `period` bars, this one included."""


class IndicatorSpec(NamedTuple):
    """One indicator; equal specs of a symbol and timeframe are computed once. A tuple is hashed fast."""

    kind: IndicatorKind
    period: int


class Action(StrEnum):
    """What a signal asks for (spot, long only)."""

    ENTER = "enter"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish to trade, with its reason in plain words for the decision trace.

    `size` is a fraction, 0 < size <= 1: of an entry, of all that the bot's risk mode allows it to hold; of an exit,
    of what is held. `target` and `stop` are prices in quote currency of an entry's position; without them the risk
    mode sets them. The expected edge is the distance to the target.
    """

    action: Action
    reason: str
    size: Decimal = ONE
    target: Decimal | None = None
    stop: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PositionView:
    """What a strategy may know of its bot's position, as the ledger has it.

    `quantity` in base units. `average_price` is the volume-weighted entry price of the open lots, without fees.
    `filled_fraction` is the position's cost as a fraction of all that the risk mode allows, so that a strategy that
    enters in slices can count them. `last_entry_at` is the engine time of the newest entry.
    """

    quantity: Decimal = ZERO
    average_price: Decimal | None = None
    filled_fraction: Decimal = ZERO
    last_entry_at: datetime | None = None


FLAT = PositionView()


@dataclass(frozen=True, slots=True)
class BarContext:
    """What a strategy may know besides the bar.

    `indicators` holds the value after this bar; an indicator that is still warming up is absent.
    """

    indicators: Mapping[IndicatorSpec, float]
    position: PositionView = FLAT

    @property
    def in_position(self) -> bool:
        """Whether anything is held."""
        return bool(self.position.quantity)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bounded whole-number setting of a strategy, with words for people."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


class Strategy(Protocol):
    """Decides on closed bars only, so it cannot look ahead; the same object in live, replay and backtest.

    Its own state is a function of the bars and indicator values it has digested, never of its bot's fills (those
    come with each bar's context), so that it can be rebuilt from past bars after a restart.
    """

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """What must be computed for it."""
        ...

    @property
    def warmup_bars(self) -> int:
        """Closed bars needed before the first signal can come."""
        ...

    @property
    def memory_bars(self) -> int:
        """Closed bars after which it acts as one that has seen all bars before them, too; at least `warmup_bars`."""
        ...

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Digest one closed bar; bars come in order, each once."""
        ...


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """Catalogue entry: how a strategy is named, described, parameterised and made.

    `build` gets all parameters, within their bounds, and raises InvalidInput where they do not fit together.
    `entries_at_once` is how many entries it may work in a symbol; with one, it also enters only while it holds nothing.
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    build: Callable[[Mapping[str, int]], Strategy]
    entries_at_once: int = 1

    def complete(self, given: Mapping[str, int]) -> dict[str, int]:
        """All parameters with defaults filled in (bounds are checked by `make`)."""
        return {p.name: given.get(p.name, p.default) for p in self.parameters}

    def make(self, given: Mapping[str, int]) -> Strategy:
        """A fresh strategy; parameters that are not given take their defaults.

        Raises:
            InvalidInput: an unknown parameter, or a value out of bounds; the message gives the bounds.
        """
        known = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in known:
                there = ", ".join(p.name for p in self.parameters)
                raise InvalidInput(f"{self.name} has no parameter {name[:40]!r}; it has {there}.")
        values = self.complete(given)
        for parameter in self.parameters:
            self._check(parameter, values[parameter.name])
        return self.build(values)

    def _check(self, parameter: Parameter, value: object) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and parameter.minimum <= value <= parameter.maximum:
            return
        raise InvalidInput(
            f"{self.name}: {parameter.name} ({parameter.meaning}) must be a whole number from "
            f"{parameter.minimum} to {parameter.maximum}, not {str(value)[:20]}."
        )


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """Most of a bot's money that its position may cost, as a fraction; stop and target as bps of the entry price."""

    position_fraction: Decimal
    stop_loss_bps: Decimal
    take_profit_bps: Decimal
