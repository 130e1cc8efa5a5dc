"""Mean reversion on bands: buy when the price comes back into its band from below, sell at the middle."""

from collections.abc import Mapping

from core.domain.market import Bar
from core.domain.money import plain
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
from core.domain.strategies.levels import above, as_price, distance_bps, reaches

_TENTHS = 10


class Bollinger:
    """Bands lie `width` tenths of a standard deviation of the closes around their average, the middle.

    Enters on the bar whose close is back above the lower band after a close below it. Its target is the middle
    where that is worth `min_gain`; nearer ones would not pay for the trade, so then the risk mode's. Leaves by
    level, so that a missed exit is made up: at the middle once that brings `min_gain` over the average entry
    price, at the upper band anyway. The only state is on which side of the lower band the last close was.
    """

    def __init__(self, period: int, width: int, min_gain: int) -> None:
        self._sma = IndicatorSpec(IndicatorKind.SMA, period)
        self._stddev = IndicatorSpec(IndicatorKind.STDDEV, period)
        self._width = width
        self._min_gain = min_gain
        self._was_below: bool = False

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """The middle and the deviation around it."""
        return (self._sma, self._stddev)

    @property
    def warmup_bars(self) -> int:
        """The bands need `period` bars, a crossing one more."""
        return self._sma.period + 1

    @property
    def memory_bars(self) -> int:
        """Both indicators see `period` bars and no further; the state is one bar old."""
        return self.warmup_bars

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Compare the close with the bands after this bar."""
        middle = context.indicators.get(self._sma)
        deviation = context.indicators.get(self._stddev)
        if middle is None or deviation is None:
            return None
        close, reach = float(bar.close), deviation * self._width / _TENTHS
        was_below, self._was_below = self._was_below, not reaches(close, middle - reach)
        if context.in_position:
            return self._leave(bar, close, middle, middle + reach, context.position)
        if was_below and not self._was_below:
            return self._enter(bar, close, middle, middle - reach)
        return None

    def _enter(self, bar: Bar, close: float, middle: float, lower: float) -> Signal:
        band, aim = as_price(lower), as_price(middle)
        reason = f"The close of {plain(bar.close)} is back above the lower band at {plain(band)}"
        if distance_bps(close, middle) < self._min_gain:
            return Signal(Action.ENTER, f"{reason}; the average at {plain(aim)} is too near to be the target")
        return Signal(Action.ENTER, f"{reason}; the target is the average at {plain(aim)}", target=aim)

    def _leave(self, bar: Bar, close: float, middle: float, upper: float, position: PositionView) -> Signal | None:
        paid = float(position.average_price or bar.close)
        if reaches(close, upper) and upper > middle:
            level, name = upper, "upper band"
        elif reaches(close, middle) and reaches(close, above(paid, self._min_gain)):
            level, name = middle, f"average of {self._sma.period} closes"
        else:
            return None
        words = f"The close of {plain(bar.close)} has reached the {name} at {plain(as_price(level))}"
        return Signal(Action.EXIT, f"{words}; the entry was at {plain(as_price(paid))} on average")


def _build(values: Mapping[str, int]) -> Strategy:
    return Bollinger(values["period"], values["width"], values["min_gain"])


KIND = StrategyKind(
    "bollinger",
    "Bollinger bands",
    "Buys exaggerations: enters when the price comes back up into its usual range from below, sells when it is back at "
    "its average and that pays for the trade, at the latest at the upper end of the range.",
    (
        Parameter("period", 20, 5, 200, "bars in the average and the deviation"),
        Parameter("width", 20, 5, 50, "half the band in tenths of a standard deviation; 20 is two"),
        Parameter("min_gain", 50, 10, 1000, "gain in bps worth selling at the average for; above a round trip's costs"),
    ),
    _build,
)
