"""Adaptive: sees the regime, weighs other strategies by it and by their recent results, and follows the weight."""

from collections.abc import Mapping
from decimal import Decimal
from math import exp

from core.domain.market import Bar
from core.domain.strategies import bollinger, breakout, ema_cross, rsi_reversion
from core.domain.strategies.adaptive_members import Member
from core.domain.strategies.base import (
    Action,
    BarContext,
    IndicatorSpec,
    Parameter,
    Signal,
    Strategy,
    StrategyKind,
)
from core.domain.strategies.regime import Reading, Regime, RegimeDetector

MEMBERS = (ema_cross.KIND, breakout.KIND, rsi_reversion.KIND, bollinger.KIND)
"""Those that time one bet. Grid and DCA spread theirs over prices or time, whatever the market does."""

_TREND, _REVERSION, _CAUTION = (3, 3, 1, 1, 2), (1, 1, 3, 3, 2), (1, 1, 1, 1, 8)
_SUITED: dict[Regime, tuple[int, ...]] = {
    Regime.RISING: _TREND,
    Regime.RANGE: _REVERSION,
    Regime.FALLING: _CAUTION,
    Regime.VOLATILE: _CAUTION,
}
"""Weight of each member and of cash before there are results: which kind of strategy is made for which market.

Without short selling there is nothing to win in a falling market, and a wild one turns bets into luck.
"""

_MOST_SCORE = 3.0
"""A score counts up to here either way: no run of luck may multiply a weight by more than e^3, about 20."""


class Adaptive:
    """A member's weight is what suits the regime times e to the power of its score; cash keeps its own.

    Buys when a member wants in and those that want to hold weigh `agreement` percent of all, as large a part of what
    the risk mode allows as they weigh; leaves when they weigh less than half of that. The gap keeps it from trading
    to and fro as weights change. Target and stop are the risk mode's.
    """

    def __init__(self, window: int, agreement: int, trend_level: int) -> None:
        self._window = window
        self._agreement = agreement
        self._detector = RegimeDetector(trend_level)
        self._members = [Member(kind, window) for kind in MEMBERS]

    @property
    def indicators(self) -> tuple[IndicatorSpec, ...]:
        """The detector's and all members', each once."""
        wanted = [*self._detector.indicators]
        for member in self._members:
            wanted += member.indicators
        return tuple(dict.fromkeys(wanted))

    @property
    def warmup_bars(self) -> int:
        """It acts once it can tell the regime and all members are warm."""
        return max(self._detector.warmup_bars, *(member.strategy.warmup_bars for member in self._members))

    @property
    def memory_bars(self) -> int:
        """Results of `window` bars, by members and true ranges that remember further; see Member about its position."""
        before = max(self._detector.memory_bars, *(member.strategy.memory_bars for member in self._members))
        return before + self._window

    def weights(self, regime: Regime) -> dict[str, float]:
        """Each member's share of all weight in a regime, as things stand; what is missing to 1 is cash's."""
        suited = _SUITED[regime]
        weights = {
            member.name: start * exp(max(-_MOST_SCORE, min(_MOST_SCORE, member.results.score)))
            for start, member in zip(suited, self._members, strict=False)
        }
        total = sum(weights.values()) + suited[-1]
        return {name: weight / total for name, weight in weights.items()}

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:
        """Let the detector and the members digest the bar, weigh them, compare the weight with the position."""
        reading = self._detector.on_bar(float(bar.close), context)
        for member in self._members:
            net = member.on_bar(bar, context)
            if reading is not None:
                member.results.add(net, reading.typical_range)
        if reading is None:
            return None
        entering = [member for member in self._members if member.enters]
        if not (entering or context.in_position):
            return None
        weights = self.weights(reading.regime)
        backing = {member.name: weights[member.name] for member in self._members if member.wants}
        percent = 100 * sum(backing.values())
        if context.in_position:
            return self._leave(reading, percent) if percent < self._agreement / 2 else None
        if percent < self._agreement:
            return None
        return self._enter(reading, max(entering, key=lambda member: weights[member.name]), backing, percent)

    def _enter(self, reading: Reading, newest: Member, backing: dict[str, float], percent: float) -> Signal:
        heaviest_first = sorted(backing.items(), key=lambda backer: -backer[1])
        names = ", ".join(f"{name} {share * 100:.0f} %" for name, share in heaviest_first)
        reason = f"{_seen(reading, percent)} ({names}), at least {self._agreement} %. {_said(newest)}"
        return Signal(Action.ENTER, reason, size=Decimal(round(percent)) / 100)

    def _leave(self, reading: Reading, percent: float) -> Signal:
        seen = f"{_seen(reading, percent)}, less than {self._agreement / 2:g} %."
        leaving = [_said(member) for member in self._members if member.leaves]
        why = leaving or ["Results and regime now speak for cash and for those that stay out"]
        return Signal(Action.EXIT, f"{seen} {why[0]}")


def _seen(reading: Reading, percent: float) -> str:
    return f"Sees {reading.words}. Strategies that weigh {percent:.0f} % want to hold"


def _said(member: Member) -> str:
    return f"{member.name} says: {member.signal.reason if member.signal else 'nothing'}"


def _build(values: Mapping[str, int]) -> Strategy:
    return Adaptive(values["window"], values["agreement"], values["trend_level"])


KIND = StrategyKind(
    "adaptive",
    "Adaptive",
    "Sees whether the market trends, ranges or is wild, follows the strategies made for that which did well lately "
    "after costs, and stays out while none does; says which it follows and why.",
    (
        Parameter("window", 300, 50, 340, "bars whose results count"),
        Parameter("agreement", 50, 20, 90, "percent of the weight that must want to hold before it buys"),
        Parameter("trend_level", 25, 15, 40, "ADX above which the market trends"),
    ),
    _build,
)
