"""Trend following: buy when the fast average rises above the slow one, sell when it is below again."""

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

EMA_MEMORY = 20
"""Periods after which what came before weighs less than e^-40 in an exponential average: below a float's digits."""


class EmaCross:
    """Enters on the bar where EMA(fast) crosses above EMA(slow); leaves on any bar where it is below.

    The exit looks at the level, not at the crossing, so that a position whose exit bar was missed (a
    restart, a pause) is still left. The only state is which side the fast average was on, and replaying
    past bars restores it.
    """

    def __init__(self, fast: int, slow: int) -> None:
        self._fast = IndicatorSpec(IndicatorKind.EMA, fast)
        self._slow = IndicatorSpec(IndicatorKind.EMA, slow)
        self._was_above: bool | None = None

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """Both averages."""
        return (self._fast, self._slow)

    @property
    def warmup_bars(self) -> int:
        """The slow average needs `slow` bars, a crossing one more."""
        return self._slow.period + 1

    @property
    def memory_bars(self) -> int:
        """The slow average forgets what lies further back."""
        return EMA_MEMORY * self._slow.period

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Compare the averages after this bar with their order before it."""
        fast = context.indicators.get(self._fast)
        slow = context.indicators.get(self._slow)
        if fast is None or slow is None:
            return None
        was_above, self._was_above = self._was_above, fast > slow
        if fast < slow and context.in_position:
            return Signal(Action.EXIT, self._words("is below", fast, slow, bar))
        if fast > slow and was_above is False and not context.in_position:
            return Signal(Action.ENTER, self._words("crossed above", fast, slow, bar))
        return None

    def _words(self, happened: str, fast: float, slow: float, bar: Bar) -> str:
        pair = f"EMA({self._fast.period}) {fast:.8g}", f"EMA({self._slow.period}) {slow:.8g}"
        return f"{pair[0]} {happened} {pair[1]} at a close of {plain(bar.close)}"


def _build(values: Mapping[str, int]) -> Strategy:
    if values["fast"] >= values["slow"]:
        raise InvalidInput(f"ema_cross: fast ({values['fast']}) must be smaller than slow ({values['slow']}).")
    return EmaCross(values["fast"], values["slow"])


KIND = StrategyKind(
    "ema_cross",
    "EMA cross",
    "Follows trends: buys when a fast average of closing prices rises above a slow one, sells when it falls below.",
    (
        Parameter("fast", 9, 2, 100, "bars in the fast average"),
        Parameter("slow", 21, 3, 400, "bars in the slow average; more than fast"),
    ),
    _build,
)
