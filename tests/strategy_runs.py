"""Runs a strategy over bars as the engine would: what it holds follows its signals and the prices that guard it."""

import csv
import gzip
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from core.adapters.indicators import TalibIndicators
from core.domain.market import Bar, Timeframe
from core.domain.money import BPS, ONE, ZERO, ratio
from core.domain.strategies.base import FLAT, Action, BarContext, PositionView, Signal, Strategy
from core.domain.strategies.catalog import RISK_PROFILES
from tests.fakes.market import START

DATA = Path(__file__).parents[2] / "shared" / "data"
ALLOWED = Decimal(500)
"""Quote currency that a position in these runs may cost."""


def bar_at(number: int, close: Decimal, high: Decimal | None = None, low: Decimal | None = None) -> Bar:
    """A one-minute bar; the number counts minutes from the start."""
    opened = START + timedelta(minutes=number)
    return Bar("BTC/USDT", Timeframe.M1, opened, close, high or close, low or close, close, Decimal(1))


def walk(seed: int, count: int, tick: str = "0.01", swing: float = 0.004, start: float = 100) -> list[Bar]:
    """A random walk with a pull to its start; a coarse tick makes many equal prices."""
    rng, step = np.random.default_rng(seed), Decimal(tick)

    def on_tick(price: float) -> Decimal:
        return max(round(price / float(step)), 1) * step

    price, bars = start, list[Bar]()
    for number in range(count):
        price *= 1 + rng.normal(0, swing) + 0.02 * (start / price - 1)
        close = on_tick(price)
        above, below = on_tick(price * (1 + swing * rng.random())), on_tick(price * (1 - swing * rng.random()))
        bars.append(bar_at(number, close, max(close, above), min(close, below)))
    return bars


def recorded(name: str, count: int, skip: int = 0) -> list[Bar]:
    """Bars of a recorded market; skips the test, loudly, where the file is missing."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {name} is not in ../shared/data")
    symbol, _, rest = name.partition("-")
    timeframe = Timeframe(rest.partition(".")[0])
    bars: list[Bar] = []
    with gzip.open(path, "rt") as text:
        for row in list(csv.DictReader(text))[skip : skip + count]:
            opened = datetime.fromtimestamp(int(row["timestamp"]) / 1000, UTC)
            prices = [Decimal(row[column]) for column in ("open", "high", "low", "close")]
            bars.append(Bar(symbol.replace("_", "/"), timeframe, opened, *prices, volume=Decimal(row["volume"])))
    return bars


@dataclass
class Held:
    """A position that fills at closes and is sold whole at its target or stop."""

    lots: deque[tuple[Decimal, Decimal]] = field(default_factory=deque[tuple[Decimal, Decimal]])
    last_entry_at: datetime | None = None
    target: Decimal = ZERO
    stop: Decimal = ZERO
    entries: int = 0
    sales: int = 0

    @property
    def quantity(self) -> Decimal:
        return sum((quantity for quantity, _ in self.lots), ZERO)

    @property
    def cost(self) -> Decimal:
        return sum((quantity * price for quantity, price in self.lots), ZERO)

    def view(self) -> PositionView:
        if not self.lots:
            return replace(FLAT, last_entry_at=self.last_entry_at)
        average = ratio(self.cost, self.quantity)
        return PositionView(self.quantity, average, ratio(self.cost, ALLOWED), self.last_entry_at)

    def guard(self, bar: Bar) -> None:
        """Sell all where the bar touched stop or target."""
        if self.lots and (bar.low <= self.stop or bar.high >= self.target):
            self.lots.clear()
            self.sales += 1

    def follow(self, signal: Signal, bar: Bar) -> None:
        """Fill what a signal wants at the close."""
        if signal.action is Action.EXIT:
            self._sell(self.quantity * signal.size)
            return
        profile = RISK_PROFILES["balanced"]
        budget = min(ALLOWED * signal.size, ALLOWED - self.cost)
        if budget < 1:
            return
        self.lots.append((ratio(budget, bar.close), bar.close))
        self.last_entry_at = bar.open_time + bar.timeframe.span
        self.target = signal.target or bar.close * (ONE + profile.take_profit_bps / BPS)
        self.stop = signal.stop or bar.close * (ONE - profile.stop_loss_bps / BPS)
        self.entries += 1

    def _sell(self, left: Decimal) -> None:
        self.sales += bool(self.lots)
        while left > Decimal("1e-12") and self.lots:
            quantity, price = self.lots.popleft()
            if quantity > left:
                self.lots.appendleft((quantity - left, price))
            left -= quantity


@dataclass(frozen=True)
class Run:
    """What a strategy said to each bar, and what it was told it held."""

    signals: list[Signal | None]
    positions: list[PositionView]
    held: Held

    def at(self, action: Action) -> list[int]:
        """Numbers of the bars at which it wanted this."""
        return [number for number, signal in enumerate(self.signals) if signal and signal.action is action]


def run(strategy: Strategy, bars: Iterable[Bar]) -> Run:
    """Trade on bars from the first on."""
    indicators, held = TalibIndicators(), Held()
    signals: list[Signal | None] = []
    positions: list[PositionView] = []
    for spec in strategy.indicators:
        indicators.require(spec)
    for bar in bars:
        held.guard(bar)
        positions.append(held.view())
        signal = strategy.on_bar(bar, BarContext(indicators.update(bar), positions[-1]))
        signals.append(signal)
        if signal is not None:
            held.follow(signal, bar)
    return Run(signals, positions, held)


def restarted(
    fresh: Strategy, past: Sequence[Bar], bars: Sequence[Bar], held: Sequence[PositionView]
) -> list[Signal | None]:
    """What a strategy says to bars after it was rebuilt from past ones, when it is told what it holds."""
    indicators = TalibIndicators()
    for spec in fresh.indicators:
        indicators.require(spec)
    for bar in past:
        fresh.on_bar(bar, BarContext(indicators.update(bar)))
    return [
        fresh.on_bar(bar, BarContext(indicators.update(bar), position))
        for bar, position in zip(bars, held, strict=True)
    ]
