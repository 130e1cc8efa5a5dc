"""A parameter sweep's question and its answer: which settings of a strategy would have done best (spec/bots.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import product
from math import prod

from core.domain.backtest import BacktestFigures, BacktestPlan
from core.domain.errors import InvalidInput
from core.domain.instrument import Exchange, FeeSchedule, Instrument
from core.domain.market import Bar, Timeframe
from core.domain.money import MAX_AMOUNT
from core.domain.rules import TradingRules
from core.domain.strategies.base import RiskProfile, StrategyKind
from core.domain.strategies.catalog import kind_of, profile_of

MAX_COMBINATIONS = 10_000
MAX_SHOWN = 100
MAX_CHECKED = 10

MAX_BAR_COMBINATIONS = 1_000_000_000
"""Bars times combinations: some minutes of one core."""

MAX_WHOLE_BACKTESTS = 30
"""Combinations of a strategy that cannot be estimated: each of them is a backtest."""

ESTIMATE = (
    "These figures are an estimate that ranks: of the gates only fee coverage counts, and every order finds all the "
    "volume it wants. "
    "The best are run through the real backtest."
)
NO_ESTIMATE = (
    "What {name} does depends on its position after each fill, so each combination was run as a whole backtest."
)


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """One strategy with many combinations of parameters over a stretch of history (see BacktestPlan for the rest).

    `grid` has the values to try of each parameter that is not left at its default. `shown` is how many of the best
    combinations are reported, `checked` how many of these are run through the real backtest.
    """

    strategy: str
    symbol: str
    timeframe: Timeframe
    capital: Decimal
    grid: dict[str, tuple[int, ...]]
    start: datetime | None = None
    end: datetime | None = None
    risk_mode: str = "balanced"
    exchange: Exchange = Exchange.BINANCE
    shown: int = 10
    checked: int = 3

    def backtest(self, parameters: Mapping[str, int]) -> BacktestPlan:
        """The real backtest of one combination."""
        return BacktestPlan(
            strategy=self.strategy,
            symbol=self.symbol,
            timeframe=self.timeframe,
            capital=self.capital,
            start=self.start,
            end=self.end,
            parameters=dict(parameters),
            risk_mode=self.risk_mode,
            exchange=self.exchange,
        )


@dataclass(frozen=True, slots=True)
class SweepTask:
    """What an estimate works on.

    `bars` are those that orders meet, the finest there are. `closing` are the bars of the strategy's timeframe that its
    signals come from, oldest first; those that end before `bars` begin only warm it. Of the `rules`, those of fee
    coverage count.
    """

    strategy: str
    combinations: tuple[dict[str, int], ...]
    bars: Sequence[Bar]
    closing: Sequence[Bar]
    instrument: Instrument
    fees: FeeSchedule
    profile: RiskProfile
    rules: TradingRules
    capital: Decimal


@dataclass(frozen=True, slots=True)
class SweepFigures:
    """What one combination is estimated to bring; money in quote currency, `_pct` in percent.

    `max_drawdown_pct` is of the equity at the closes of bars. `win_rate_pct` is None without a closed trade.
    """

    final_equity: Decimal
    net_profit_pct: Decimal
    max_drawdown_pct: Decimal
    trades: int
    wins: int
    win_rate_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One combination; `real` is what the real backtest of it gave, where it was run.

    `stopped_by` is why that traded no more before its end, if it did not.
    """

    parameters: dict[str, int]
    estimate: SweepFigures | None
    real: BacktestFigures | None = None
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True)
class SweepReport:
    """A sweep that was run: its best combinations, best first.

    `left_out` counts combinations whose values do not fit together. `first` and `last` are the open time of the first
    and the end of the last bar that was traded on. `note` says what the figures are.
    """

    plan: SweepPlan
    source: str
    first: datetime
    last: datetime
    bars: int
    combinations: int
    left_out: int
    rows: tuple[SweepRow, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Combinations:
    """The complete parameters of each combination, in the order of the grid, and how many do not fit together."""

    fitting: tuple[dict[str, int], ...]
    left_out: int = field(default=0)


def combinations(plan: SweepPlan) -> Combinations:
    """All combinations of a plan's grid.

    Raises:
        InvalidInput: an unknown strategy, risk mode or parameter, a value out of bounds, too many combinations, or
            none that fits together.
    """
    kind = kind_of(plan.strategy)
    profile_of(plan.risk_mode)
    if not (plan.capital.is_finite() and 0 < plan.capital <= MAX_AMOUNT):
        raise InvalidInput("The capital of a sweep is a number above zero.")
    if not (1 <= plan.shown <= MAX_SHOWN and 0 <= plan.checked <= min(plan.shown, MAX_CHECKED)):
        raise InvalidInput(f"A sweep shows 1 to {MAX_SHOWN} combinations, and checks at most {MAX_CHECKED} of them.")
    axes = {name: tuple(dict.fromkeys(values)) for name, values in plan.grid.items()}
    count = prod(len(values) for values in axes.values())
    if not count:
        raise InvalidInput("A parameter of the grid has no values.")
    if count > MAX_COMBINATIONS:
        raise InvalidInput(f"The grid has {count:,} combinations; a sweep takes at most {MAX_COMBINATIONS:,}.")
    _check_bounds(kind, axes)
    fitting = [kind.complete(dict(zip(axes, values, strict=True))) for values in product(*axes.values())]
    fitting = [parameters for parameters in fitting if _fits(kind, parameters)]
    if not fitting:
        raise InvalidInput(f"None of the {count:,} combinations is possible: their values do not fit together.")
    return Combinations(tuple(fitting), count - len(fitting))


def _check_bounds(kind: StrategyKind, axes: Mapping[str, tuple[int, ...]]) -> None:
    """Name a parameter that does not exist, and a value out of bounds, whatever the others are."""
    known = {parameter.name: parameter for parameter in kind.parameters}
    for name, values in axes.items():
        parameter = known.get(name)
        if parameter is None:
            raise InvalidInput(f"{kind.name} has no parameter {name[:40]!r}; it has {', '.join(known)}.")
        for value in values:
            if not parameter.minimum <= value <= parameter.maximum:
                raise InvalidInput(
                    f"{kind.name}: {name} ({parameter.meaning}) must be from {parameter.minimum} to "
                    f"{parameter.maximum}, not {value}."
                )


def _fits(kind: StrategyKind, parameters: Mapping[str, int]) -> bool:
    try:
        kind.make(parameters)
    except InvalidInput:
        return False
    return True


def axis(text: str) -> tuple[int, ...]:
    """Values as people write them: `9`, `5,10,20`, or from:to:step with both ends, as in `5:20:5`.

    Raises:
        InvalidInput: not of that form, or more values than a sweep has combinations.
    """
    try:
        if ":" not in text:
            return tuple(int(part) for part in text.split(","))
        first, last, *rest = (int(part) for part in text.split(":"))
        (step,) = rest or [1]
    except ValueError:
        raise InvalidInput(f"Values to try look like 9 or 5,10,20 or 5:20:5, not {text[:40]!r}.") from None
    if step < 1 or last < first:
        raise InvalidInput(f"{text[:40]!r} goes nowhere: from:to:step rises from the first value to the last.")
    if (last - first) // step >= MAX_COMBINATIONS:
        raise InvalidInput(f"{text[:40]!r} has more than {MAX_COMBINATIONS:,} values.")
    return tuple(range(first, last + 1, step))
