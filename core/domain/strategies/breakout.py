"""Breakouts (Donchian): buy above the highest price of the last bars, sell below the lowest."""

from collections.abc import Mapping

from core.domain.errors import InvalidInput
from core.domain.market import Bar
from core.domain.money import plain
from core.domain.strategies.base import (
    Action,
    BarContext,
    IndicatorKind,
    IndicatorSpec,
    Parameter,
    Signal,
    Strategy,
    StrategyKind,
)
from core.domain.strategies.levels import as_price

_TENTHS = 10
ATR_PERIOD = 14
_ATR_MEMORY = 40 * ATR_PERIOD
"""Bars after which what came before weighs less than e^-40 in Wilder's average: below a float's digits."""


class Breakout:
    """Enters when the close is above the highest high of the `entry` bars before.

    Leaves when it is below the lowest low of the `exit` bars before. Such a fall is kept in mind for `exit` bars,
    unless a breakout follows, so that a missed exit is made up. With `stop` the stop lies so many tenths of an average
    true range below the close, else where the risk mode has it. The state is the bounds before this bar and the age
    of the last fall.
    """

    def __init__(self, entry: int, leave: int, stop: int) -> None:
        self._highest = IndicatorSpec(IndicatorKind.HIGHEST, entry)
        self._lowest = IndicatorSpec(IndicatorKind.LOWEST, leave)
        self._atr = IndicatorSpec(IndicatorKind.ATR, ATR_PERIOD) if stop else None
        self._stop = stop
        self._bounds: tuple[float, float] | None = None
        self._fall_counts_for = 0

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """Both bounds, and the true range where it sets the stop."""
        return (self._highest, self._lowest, *([self._atr] if self._atr else []))

    @property
    def warmup_bars(self) -> int:
        """The bounds are those of the bars before; the true range needs one bar before it, too."""
        longest = max(self._highest.period, self._lowest.period, ATR_PERIOD if self._atr else 0)
        return longest + 1

    @property
    def memory_bars(self) -> int:
        """The bounds are exact; a fall counts for a while."""
        return max(self.warmup_bars + self._lowest.period, _ATR_MEMORY if self._atr else 0)

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Compare the close with the bounds before this bar."""
        highest = context.indicators.get(self._highest)
        lowest = context.indicators.get(self._lowest)
        if highest is None or lowest is None:
            return None
        bounds, self._bounds = self._bounds, (highest, lowest)
        if bounds is None:
            return None
        close = float(bar.close)
        fell, rose = close < bounds[1], close > bounds[0]
        self._fall_counts_for = self._lowest.period if fell else 0 if rose else max(self._fall_counts_for - 1, 0)
        if context.in_position:
            return self._leave(bar, bounds[1], fell=fell) if self._fall_counts_for else None
        return self._enter(bar, bounds[0], context) if rose else None

    def _enter(self, bar: Bar, bound: float, context: BarContext) -> Signal | None:
        words = (
            f"The close of {plain(bar.close)} is above {plain(as_price(bound))}, "
            f"the highest price of the {self._highest.period} bars before"
        )
        if self._atr is None:
            return Signal(Action.ENTER, words)
        atr = context.indicators.get(self._atr)
        if atr is None:
            return None
        distance = atr * self._stop / _TENTHS
        stop = as_price(float(bar.close) - distance) if 0 < distance < float(bar.close) else None
        return Signal(Action.ENTER, words, stop=stop)

    def _leave(self, bar: Bar, bound: float, *, fell: bool) -> Signal:
        if not fell:
            return Signal(Action.EXIT, f"A fall below the lowest prices before is made up for at {plain(bar.close)}")
        words = f"The close of {plain(bar.close)} is below {plain(as_price(bound))}"
        return Signal(Action.EXIT, f"{words}, the lowest price of the {self._lowest.period} bars before")


def _build(values: Mapping[str, int]) -> Strategy:
    if values["exit"] > values["entry"]:
        raise InvalidInput(f"breakout: exit ({values['exit']}) must not be more than entry ({values['entry']}).")
    return Breakout(values["entry"], values["exit"], values["stop"])


KIND = StrategyKind(
    "breakout",
    "Breakout",
    "Follows breakouts: buys when the price rises above the highest of the last bars, sells when it falls below the "
    "lowest of the last few.",
    (
        Parameter("entry", 20, 5, 300, "bars whose highest price must be exceeded to buy"),
        Parameter("exit", 10, 2, 300, "bars whose lowest price must be undercut to sell; at most entry"),
        Parameter("stop", 0, 0, 100, "stop below the entry in tenths of the average true range; 0 as the risk mode"),
    ),
    _build,
)
