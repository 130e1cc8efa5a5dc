"""Markets to examine strategies on: an own generator of regimes, the product's simulated market, and recorded bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import exp, log, sqrt
from pathlib import Path
from random import Random  # noqa: TID251 - seeded markets to measure on
from typing import NamedTuple

from core.adapters.feeds.market_model import ASSETS, candle_of, first_state, live_minute
from core.bootstrap import read_history
from core.domain.market import Bar, Timeframe
from core.services.backtest_run import BacktestHistory

DATA = Path(__file__).parents[2] / "shared" / "data"
START = datetime(2026, 1, 5, tzinfo=UTC)
_YEAR_SECS = 365 * 86_400
_ANNUAL_VOLATILITY = 0.60
_FIRST_PRICE = 50_000.0
_MOVES_A_BAR = 4
_SHORTEST, _MEAN = 60, 180  # bars a regime lasts


class _Kind(NamedTuple):
    """`drift` in a bar's standard deviations per bar; `pull` towards where the regime began, per bar."""

    weight: float
    volatility: float
    drift: float
    pull: float


@dataclass(frozen=True, slots=True)
class RegimeMarket:
    """Random walks that switch between a range, a rise, a fall and a wild time; equal seeds give equal bars.

    `drift` is that of rises and falls, in a bar's standard deviations per bar.
    """

    timeframe: Timeframe
    count: int
    drift: float = 0.2

    def bars(self, seed: int) -> list[Bar]:
        """The bars of a seed."""
        rng = Random(f"regimes|{seed}")
        kinds = _kinds(self.drift)
        calm = _ANNUAL_VOLATILITY * sqrt(self.timeframe.secs / _YEAR_SECS)
        level = centre = log(_FIRST_PRICE)
        kind, left = kinds[0], 0
        bars: list[Bar] = []
        for number in range(self.count):
            if left == 0:
                kind = rng.choices(kinds, [kind.weight for kind in kinds])[0]
                left, centre = _SHORTEST + int(rng.expovariate(1 / (_MEAN - _SHORTEST))), level
            left -= 1
            levels = [level]
            for _ in range(_MOVES_A_BAR):
                drift = kind.drift * calm - kind.pull * (level - centre)
                level += drift / _MOVES_A_BAR + kind.volatility * calm / sqrt(_MOVES_A_BAR) * rng.gauss(0, 1)
                levels.append(level)
            bars.append(_bar(self.timeframe, START + number * self.timeframe.span, [exp(at) for at in levels]))
        return bars

    def history(self, seed: int) -> BacktestHistory:
        """The same for a backtest, with the trading rules of the simulated feed's bitcoin."""
        return BacktestHistory(self.bars(seed), ASSETS["BTC/USDT"].instrument, "made")


def _kinds(drift: float) -> list[_Kind]:
    return [_Kind(0.4, 0.9, 0, 0.04), _Kind(0.2, 1, drift, 0), _Kind(0.2, 1, -drift, 0), _Kind(0.2, 2.5, 0, 0)]


def _bar(timeframe: Timeframe, opened: datetime, prices: Sequence[float]) -> Bar:
    first, last = _cents(prices[0]), _cents(prices[-1])
    high, low = _cents(max(prices)), _cents(min(prices))
    return Bar("BTC/USDT", timeframe, opened, first, high, low, last, Decimal(100))


def _cents(price: float) -> Decimal:
    return Decimal(round(price * 100)) / 100


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """The simulated feed's own model: regimes of about an hour and a half, in minutes."""

    count: int
    timeframe: Timeframe = Timeframe.M1

    def bars(self, seed: int) -> list[Bar]:
        """The one-minute bars of a seed."""
        asset = ASSETS["BTC/USDT"]
        state = first_state(log(asset.anchor_price))
        first = int(START.timestamp()) // 60
        bars: list[Bar] = []
        for minute in range(first, first + self.count):
            steps, state = live_minute(seed, asset, minute, state)
            candle = candle_of(steps)
            opened, high, low, close = (Decimal(halves) / 200 for halves in candle[:4])
            at = datetime.fromtimestamp(minute * 60, UTC)
            bars.append(Bar("BTC/USDT", Timeframe.M1, at, opened, high, low, close, Decimal(100)))
        return bars

    def history(self, seed: int) -> BacktestHistory:
        """The same for a backtest."""
        return BacktestHistory(self.bars(seed), ASSETS["BTC/USDT"].instrument, "made")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded market of ../shared/data, traded at a timeframe at least as long as the file's."""

    file: str
    timeframe: Timeframe

    @property
    def path(self) -> Path:
        """Where it would be."""
        return DATA / self.file

    def history(self) -> BacktestHistory:
        """All its bars."""
        return read_history(self.path)


RECORDED = (
    Recorded("BTC_USDT-1m.csv.gz", Timeframe.M1),
    Recorded("BTC_USDT-1m.csv.gz", Timeframe.M5),
    Recorded("BTC_USDT-1m.csv.gz", Timeframe.M15),
    Recorded("XRP_USDT-5m.csv.gz", Timeframe.M5),
    Recorded("ETH_BTC-5m.csv.gz", Timeframe.M5),
    Recorded("LTC_BTC-5m.csv.gz", Timeframe.M5),
)
