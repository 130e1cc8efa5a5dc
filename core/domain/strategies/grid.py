"""A grid below a moving average: buy a slice at each line on the way down, sell one at each on the way up."""

from collections.abc import Mapping

from core.domain.errors import InvalidInput
from core.domain.market import Bar
from core.domain.money import BPS, plain
from core.domain.strategies.base import (
    Action,
    BarContext,
    IndicatorKind,
    IndicatorSpec,
    Parameter,
    PositionView,
    Signal,
    Strategy,
    StrategyKind,
)
from core.domain.strategies.levels import above, as_price, reaches
from core.domain.strategies.slices import part_of, slices_held

_MOST_LEVELS = 10


class Grid:
    """Line k lies k steps of the middle (the average of the closes) below it; the stop lies one step below the last.

    With k slices held, it buys the next when the close is at or below line k + 1 and not above the average entry
    price; never at or below the stop. It sells one when the close is back at line k - 1 and a step above the
    average entry price, and all at the middle. So lines that move with the middle cannot make it buy high or sell
    low, and no sale brings less than a step over what it holds. It has no state.
    """

    def __init__(self, period: int, step: int, levels: int) -> None:
        self._sma = IndicatorSpec(IndicatorKind.SMA, period)
        self._step = step
        self._levels = levels

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """The middle."""
        return (self._sma,)

    @property
    def warmup_bars(self) -> int:
        """The middle needs `period` bars."""
        return self._sma.period

    @property
    def memory_bars(self) -> int:
        """The middle looks back no further."""
        return self._sma.period

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Compare the close with the lines next to what is held."""
        middle = context.indicators.get(self._sma)
        if middle is None:
            return None
        held = slices_held(context.position, self._levels)
        return self._sell(bar, middle, held, context.position) or self._buy(bar, middle, held, context.position)

    def _line(self, middle: float, number: int) -> float:
        return above(middle, -number * self._step)

    def _buy(self, bar: Bar, middle: float, held: int, position: PositionView) -> Signal | None:
        close, number = float(bar.close), held + 1
        if number > self._levels or not reaches(self._line(middle, number), close):
            return None
        stop = self._line(middle, self._levels + 1)
        if reaches(stop, close):
            return None
        if held and position.average_price is not None and not reaches(float(position.average_price), close):
            return None
        target = as_price(middle)
        words = (
            f"The close of {plain(bar.close)} is {number} x {self._step} bps or more below "
            f"the average at {plain(target)}: slice {number} of {self._levels}"
        )
        return Signal(Action.ENTER, words, part_of(self._levels), target, as_price(stop))

    def _sell(self, bar: Bar, middle: float, held: int, position: PositionView) -> Signal | None:
        if not position.quantity or position.average_price is None:
            return None
        close, line = float(bar.close), self._line(middle, max(held - 1, 0))
        pays = above(float(position.average_price), self._step)
        if not (reaches(close, line) and reaches(close, pays)):
            return None
        gain = (
            f"a step of {self._step} bps above the entries' average of {plain(as_price(float(position.average_price)))}"
        )
        if held <= 1 or reaches(close, middle):
            return Signal(Action.EXIT, f"The close of {plain(bar.close)} is back at the average and {gain}")
        words = f"The close of {plain(bar.close)} is back at line {held - 1} and {gain}: one of {held} slices is sold"
        return Signal(Action.EXIT, words, part_of(held))


def _build(values: Mapping[str, int]) -> Strategy:
    if values["step"] * (values["levels"] + 1) >= BPS:
        raise InvalidInput(f"grid: {values['levels']} levels of {values['step']} bps reach below a price of zero.")
    return Grid(values["period"], values["step"], values["levels"])


KIND = StrategyKind(
    "grid",
    "Grid",
    "Trades swings around an average: buys one slice more at each step the price falls below it, sells slices on the "
    "way back up, and gives up below the last step.",
    (
        Parameter("period", 100, 10, 400, "bars in the average the grid hangs on"),
        Parameter("step", 60, 20, 1000, "distance of the lines in bps; it must pay for a round trip's costs"),
        Parameter("levels", 5, 1, _MOST_LEVELS, "slices to buy at most"),
    ),
    _build,
    entries_at_once=_MOST_LEVELS,
)
