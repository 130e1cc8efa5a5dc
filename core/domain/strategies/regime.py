"""What kind of market the bars show: a rising or falling trend, a range, or high volatility."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from core.domain.strategies.base import BarContext, IndicatorKind, IndicatorSpec

PERIOD = 14
"""Bars that Wilder's ADX and average true range look back; his own choice."""
SIDE_BARS = 50
"""A trend rises while the close is above the average of so many closes, else it falls."""
USUAL_BARS = 100
"""The usual range of a bar is the average of so many average true ranges."""

_WILD, _WILD_UNTIL = 1.5, 1.2
"""Times the usual range from which volatility is high, and until which it stays so."""
_TREND_SLACK = 5
"""Points the ADX may fall below the trend level before a trend is over."""
_WILDER_MEMORY = 40
"""Periods after which what came before weighs less than e^-40 in Wilder's averages: below a float's digits."""
_UNITS = 1_000_000_000
"""Ranges are summed in whole billionths of the close, so that a sum does not depend on where it began."""


class Regime(StrEnum):
    """Kinds of market; the value is how people read it."""

    RANGE = "a range"
    RISING = "a rising trend"
    FALLING = "a falling trend"
    VOLATILE = "high volatility"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a bar shows.

    `typical_range` is the average true range as a fraction of the close, `volatility` how many times the usual it is.
    """

    regime: Regime
    adx: float
    typical_range: float
    volatility: float

    @property
    def words(self) -> str:
        """The regime and why it is taken for that."""
        return f"{self.regime.value} (ADX {self.adx:.0f}, bars {self.volatility:.1f} times as wide as usual)"


class RegimeDetector:
    """Reads the regime off each bar: high volatility first, then a trend where the ADX is high, else a range.

    A regime is left later than it is entered, so that a value near its limit does not make it flicker.
    """

    def __init__(self, trend_level: int) -> None:
        self._adx = IndicatorSpec(IndicatorKind.ADX, PERIOD)
        self._atr = IndicatorSpec(IndicatorKind.ATR, PERIOD)
        self._average = IndicatorSpec(IndicatorKind.SMA, SIDE_BARS)
        self._trend_level = trend_level
        self._ranges: deque[int] = deque()
        self._range_sum = 0
        self._wild = False
        self._trending = False

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """Strength of a trend, width of a bar, and the average that tells a rise from a fall."""
        return (self._adx, self._atr, self._average)

    @property
    def warmup_bars(self) -> int:
        """The true range needs a bar before the first; then come the bars that make up the usual."""
        return PERIOD + USUAL_BARS

    @property
    def memory_bars(self) -> int:
        """Wilder's averages forget what lies further back; the usual is made of their values."""
        return _WILDER_MEMORY * PERIOD + USUAL_BARS

    def on_bar(self, close: float, context: BarContext) -> Reading | None:
        """Digest one closed bar; None while the indicators or the usual range are still warming up."""
        values = context.indicators
        atr = values.get(self._atr)
        if atr is None:
            return None
        typical = atr / close
        usual = self._usual(typical)
        adx, average = values.get(self._adx), values.get(self._average)
        if usual is None or adx is None or average is None:
            return None
        volatility = typical / usual if usual else 1.0
        self._wild = volatility > (_WILD_UNTIL if self._wild else _WILD)
        self._trending = adx > self._trend_level - (_TREND_SLACK if self._trending else 0)
        return Reading(self._regime(close, average), adx, typical, volatility)

    def _usual(self, typical: float) -> float | None:
        units = round(typical * _UNITS)
        self._ranges.append(units)
        self._range_sum += units
        if len(self._ranges) > USUAL_BARS:
            self._range_sum -= self._ranges.popleft()
        return self._range_sum / USUAL_BARS / _UNITS if len(self._ranges) == USUAL_BARS else None

    def _regime(self, close: float, average: float) -> Regime:
        if self._wild:
            return Regime.VOLATILE
        if self._trending:
            return Regime.RISING if close > average else Regime.FALLING
        return Regime.RANGE
