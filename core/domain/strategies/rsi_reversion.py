"""Mean reversion: buy when an oversold market turns up, sell once it has recovered."""

from collections.abc import Mapping

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

RSI_MEMORY = 40
"""Periods after which what came before weighs less than e^-40 in Wilder's averages: below a float's digits."""


class RsiReversion:
    """Enters on the bar where RSI comes back up through `oversold`; leaves at or above `exit_level`.

    Waiting for the way back up avoids buying into a fall that goes on. The only state is the RSI of the
    bar before, and replaying past bars restores it.
    """

    def __init__(self, period: int, oversold: int, exit_level: int) -> None:
        self._rsi = IndicatorSpec(IndicatorKind.RSI, period)
        self._oversold = oversold
        self._exit_level = exit_level
        self._before: float | None = None

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """The one RSI."""
        return (self._rsi,)

    @property
    def warmup_bars(self) -> int:
        """RSI needs `period` changes, so `period + 1` bars; a crossing one more."""
        return self._rsi.period + 2

    @property
    def memory_bars(self) -> int:
        """Wilder's averages forget what lies further back."""
        return RSI_MEMORY * self._rsi.period

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Compare RSI after this bar with the one before it and with the exit level."""
        rsi = context.indicators.get(self._rsi)
        if rsi is None:
            return None
        before, self._before = self._before, rsi
        name = f"RSI({self._rsi.period}) {rsi:.1f}"
        if context.in_position and rsi >= self._exit_level:
            return Signal(Action.EXIT, f"{name} has reached {self._exit_level} at a close of {plain(bar.close)}")
        if not context.in_position and before is not None and before < self._oversold <= rsi:
            return Signal(
                Action.ENTER, f"{name} came back up through {self._oversold} at a close of {plain(bar.close)}"
            )
        return None


def _build(values: Mapping[str, int]) -> Strategy:
    return RsiReversion(values["period"], values["oversold"], values["exit_level"])


KIND = StrategyKind(
    "rsi_reversion",
    "RSI reversion",
    "Buys dips: enters when an oversold market turns up again, sells once it has recovered.",
    (
        Parameter("period", 14, 2, 100, "bars the RSI looks back"),
        Parameter("oversold", 30, 5, 45, "RSI level whose upward crossing is bought"),
        Parameter("exit_level", 55, 46, 95, "RSI level at which the position is sold"),
    ),
    _build,
)
