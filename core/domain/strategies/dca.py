"""Averaging in: buy a slice every so many bars, cheaper than before, and sell all at a gain on the average price."""

from collections.abc import Mapping

from core.domain.market import Bar
from core.domain.money import plain
from core.domain.strategies.base import (
    Action,
    BarContext,
    IndicatorSpec,
    Parameter,
    PositionView,
    Signal,
    Strategy,
    StrategyKind,
)
from core.domain.strategies.levels import above, as_price, reaches
from core.domain.strategies.slices import part_of, slices_held

_MOST_SLICES = 20


class Dca:
    """Buys a slice when `interval` bars have passed since the last entry and the close is below the average paid.

    While it holds nothing any price will do. Each entry sets target and stop `target` and `stop` bps from the average
    that it leads to. Bars are counted in engine time from the ledger's newest entry, so it has no state and a restart
    changes nothing.
    """

    def __init__(self, interval: int, slices: int, target: int, stop: int) -> None:
        self._interval = interval
        self._slices = slices
        self._target = target
        self._stop = stop

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """None: it looks at the close and its own average only."""
        return ()

    @property
    def warmup_bars(self) -> int:
        """It may begin with the first bar."""
        return 1

    @property
    def memory_bars(self) -> int:
        """It remembers nothing."""
        return 1

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Sell at the target, else buy when it is time and cheap enough."""
        position = context.position
        average = position.average_price
        if average is not None and reaches(float(bar.close), above(float(average), self._target)):
            words = f"The close of {plain(bar.close)} is {self._target} bps or more above"
            return Signal(Action.EXIT, f"{words} the entries' average of {plain(as_price(float(average)))}")
        held = slices_held(position, self._slices)
        if held >= self._slices or not self._due(bar, position):
            return None
        if not held or average is None:
            return self._buy(bar, float(bar.close), f"The first of {self._slices} slices")
        if reaches(float(bar.close), float(average)):
            return None
        below = f"below the entries' average of {plain(as_price(float(average)))}"
        words = f"The close is {below}, {self._interval} bars or more after the last entry: slice {held + 1}"
        return self._buy(bar, self._average_with(bar, position), f"{words} of {self._slices}")

    def _due(self, bar: Bar, position: PositionView) -> bool:
        """The bar in which the last entry filled counts as the first one after it."""
        last = position.last_entry_at
        if last is None:
            return True
        if not position.quantity and last >= bar.open_time + 2 * bar.timeframe.span:
            return True  # it was made on another market, whose clock is ahead of this one's
        return bar.open_time - bar.timeframe.floor(last) >= (self._interval - 1) * bar.timeframe.span

    def _average_with(self, bar: Bar, position: PositionView) -> float:
        """The average price once another slice is bought at the close; a slice is what its share of the cost says."""
        held, filled = float(position.quantity), float(position.filled_fraction)
        cost = held * float(position.average_price or bar.close)
        added = cost / filled * min(1 / self._slices, max(1 - filled, 0))
        return (cost + added) / (held + added / float(bar.close))

    def _buy(self, bar: Bar, average: float, words: str) -> Signal:
        return Signal(
            Action.ENTER,
            f"{words}, bought at a close of {plain(bar.close)}",
            part_of(self._slices),
            as_price(above(average, self._target)),
            as_price(above(average, -self._stop)),
        )


def _build(values: Mapping[str, int]) -> Strategy:
    return Dca(values["interval"], values["slices"], values["target"], values["stop"])


KIND = StrategyKind(
    "dca",
    "Averaging in",
    "Buys in slices: one every so many bars, as long as the price is below what was paid on average, and "
    "sells all at a gain on that average.",
    (
        Parameter("interval", 60, 1, 10_000, "bars between two entries"),
        Parameter("slices", 5, 1, _MOST_SLICES, "equal slices to buy at most"),
        Parameter("target", 100, 20, 5000, "gain on the average price in bps at which all is sold"),
        Parameter("stop", 500, 50, 5000, "loss on the average price in bps at which all is sold"),
    ),
    _build,
    entries_at_once=_MOST_SLICES,
)
