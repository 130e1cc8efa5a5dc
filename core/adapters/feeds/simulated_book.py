"""The simulated market's figures as domain objects: a plausible book and trades around a step, bars from candles."""

from datetime import UTC, datetime, timedelta

from core.adapters.feeds.market_model import STEP_SECS, Asset, Candle, Step, generator
from core.domain.market import Bar, Level, MarketState, Sampling, Timeframe

SOURCE = "simulated"
LEVELS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GAP_BPS = 0.6  # mean distance between levels
_SIZE_SPREAD = 0.7  # of the logarithm of a level's size
_GROWTH = 0.25  # deeper levels are thicker, by this part of the best level each


def time_of(minute: int, index: int = 0) -> datetime:
    """Engine time of a step; `minute` counts from the UNIX epoch."""
    return _EPOCH + timedelta(seconds=minute * 60 + index * STEP_SECS)


def minute_of(ts: datetime) -> tuple[int, int]:
    """Minute and step index that contain `ts`."""
    secs = int(ts.timestamp())
    return secs // 60, secs % 60 // STEP_SECS


def state_of(seed: int, asset: Asset, minute: int, index: int, step: Step) -> MarketState:
    """The book of one step: the model's best prices, then seeded gaps and log-normal sizes.

    The step's volume was traded at the best prices. How it is shared between them is drawn last, so that books are
    what they were before there were trades.
    """
    symbol = asset.instrument.symbol
    rng = generator(seed, symbol, minute, index)
    tick, lot = asset.instrument.tick_size, asset.instrument.lot_size
    mean_gap = max(0.5, step.bid * _GAP_BPS / 10_000)
    lots = asset.depth / (step.bid * asset.tick) / asset.lot

    def side(best: int, direction: int) -> tuple[Level, ...]:
        levels: list[Level] = []
        price = best
        for depth in range(LEVELS):
            size = max(1, round(lots * (1 + _GROWTH * depth) * rng.lognormvariate(0.0, _SIZE_SPREAD)))
            levels.append(Level(price * tick, size * lot))
            price += direction * (1 + round(rng.expovariate(1 / mean_gap)))
            if price < 1:
                break
        return tuple(levels)

    bids, asks = side(step.bid, -1), side(step.ask, +1)
    sold = round(step.volume * rng.random())
    shares = ((bids[0].price, sold), (asks[0].price, step.volume - sold))
    trades = tuple(Level(price, size * lot) for price, size in shares if size)
    return MarketState(symbol, time_of(minute, index), bids, asks, step.volume * lot, SOURCE, trades, Sampling.BOOK)


def bar_of(asset: Asset, timeframe: Timeframe, minute: int, candle: Candle) -> Bar:
    """A closed bar that opened with `minute`."""
    instrument = asset.instrument
    half = instrument.tick_size / 2
    return Bar(
        instrument.symbol,
        timeframe,
        time_of(minute),
        candle.open * half,
        candle.high * half,
        candle.low * half,
        candle.close * half,
        candle.volume * instrument.lot_size,
    )
