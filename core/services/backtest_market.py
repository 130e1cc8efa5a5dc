"""A backtest's market: the bars as history, a clock that stands where the runner puts it, ids that count up."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import isnan

from core.domain.bars import aggregate
from core.domain.errors import InvalidInput, NotFound
from core.domain.instrument import Instrument
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.strategies.base import IndicatorSpec
from core.ports import BatchIndicators, FeedStatus
from core.services.bar_source import WARM_BARS


@dataclass(slots=True)
class BacktestFeed:
    """Implements the MarketFeed port on a moment of history; nobody takes states from it, the runner makes them."""

    own: Instrument
    source: str
    time: datetime
    warm: Sequence[Bar]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The one symbol."""
        return (self.own.symbol,)

    def instrument(self, symbol: str) -> Instrument:
        """Its trading rules; NotFound for any other symbol."""
        if symbol != self.own.symbol:
            raise NotFound(f"This backtest has no {symbol[:20]}; it has {self.own.symbol}.")
        return self.own

    def now(self) -> datetime:
        """Where the backtest stands."""
        return self.time

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """The bars before the backtest's start: they warm its strategy."""
        del symbol, timeframe
        return list(self.warm[-count:])

    async def states(self, symbol: str) -> AsyncGenerator[MarketState]:
        """None: see above."""
        self.instrument(symbol)
        for state in ():
            yield state

    def status(self) -> FeedStatus:
        """Where the backtest stands."""
        return FeedStatus(self.source, self.time, (), finished=False, dropped=0, position={})

    async def close(self) -> None:
        """Nothing runs."""


@dataclass(slots=True)
class CountingIds:
    """Implements the Ids port: the same ids in every run, so that the same backtest has the same ledger."""

    last: int = 0

    def new(self) -> str:
        """The next number."""
        self.last += 1
        return f"{self.last:08d}"


Values = Mapping[IndicatorSpec, float]


@dataclass(frozen=True, slots=True)
class Tape:
    """A stretch of history as a backtest takes it.

    `bars` are what is traded on, the finest there are. `closing` are the bars of the strategy's timeframe that close
    within them, each with the indicators' values after it; `warm` are those of before.
    """

    bars: Sequence[Bar]
    warm: Sequence[Bar]
    closing: Sequence[Bar]
    columns: Mapping[IndicatorSpec, list[float]] = field(default_factory=dict[IndicatorSpec, list[float]])

    def closed(self) -> Iterator[tuple[Bar, Values]]:
        """Each closing bar with the values that are warm after it."""
        if not self.columns:
            empty: Values = {}
            yield from ((bar, empty) for bar in self.closing)
            return
        specs = tuple(self.columns)
        rows = zip(*self.columns.values(), strict=True)
        warm = False
        for bar, row in zip(self.closing, rows, strict=True):
            if warm:
                yield bar, dict(zip(specs, row, strict=True))
                continue
            known = {spec: value for spec, value in zip(specs, row, strict=True) if not isnan(value)}
            warm = len(known) == len(specs)
            yield bar, known


def make_tape(
    bars: Sequence[Bar],
    timeframe: Timeframe,
    span: tuple[datetime | None, datetime | None],
    specs: Sequence[IndicatorSpec],
    batch: BatchIndicators,
) -> Tape:
    """Cut the bars to the wanted stretch and compute what the strategy needs, from the bars that warm it on.

    `span` is the inclusive start and the exclusive end, None where it is as far as the bars reach.

    Raises:
        InvalidInput: there are no bars in it, or they are longer than the strategy's.
    """
    start, end = span
    traded = [bar for bar in bars if (start is None or bar.open_time >= start) and (end is None or bar.open_time < end)]
    if not traded:
        raise InvalidInput("There are no bars in that period. " + _reach(bars))
    first, last = traded[0].open_time, traded[-1].open_time + traded[-1].timeframe.span
    until = [bar for bar in bars if bar.open_time < last]
    own = until if timeframe is traded[0].timeframe else aggregate(until, timeframe)
    split = next((i for i, bar in enumerate(own) if bar.open_time + timeframe.span > first), len(own))
    begin = max(0, split - WARM_BARS)
    columns = {spec: values[split - begin :] for spec, values in batch.values(specs, own[begin:]).items()}
    return Tape(traded, own[begin:split], own[split:], columns)


def _reach(bars: Sequence[Bar]) -> str:
    if not bars:
        return "The history is empty."
    return f"The history goes from {bars[0].open_time:%Y-%m-%d %H:%M} to {bars[-1].open_time:%Y-%m-%d %H:%M} UTC."
