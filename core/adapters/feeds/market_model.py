"""The simulated market's model: how a price walks through one minute, as a pure function of a seed.

Randomness is counter-based: each minute has its own generator, keyed by seed, symbol and minute, so that
equal seeds give equal prices however fast or in however many runs they are lived through. Floats are fine
here: they make up the market; what leaves the model are whole ticks and lots.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, exp, floor, log, sqrt
from random import Random  # noqa: TID251 - an adapter that makes the simulated market's seeded generators
from typing import NamedTuple, TypeAlias

from core.domain.instrument import Instrument

MODEL_VERSION = 1
"""Raised with any change that alters prices; a stored position of another version cannot go on."""

STEP_SECS = 5
STEPS = 60 // STEP_SECS
DAY_MINUTES = 1440

_YEAR_SECS = 365 * 86_400
_ANCHOR_PULL_PER_MINUTE = log(2) / (60 * DAY_MINUTES)  # half-life 60 days: prices stay plausible for years
_CALM_PERSISTENCE, _CALM_NOISE = 0.97, 0.10  # log volatility, per minute: clusters of about half an hour
_JUMPS_PER_MINUTE, _JUMP_SIGMAS = 0.002, 5.0  # about three a day, in one-minute standard deviations
_REGIME_MINUTES = (20, 70)  # shortest, and mean of the exponential part


@dataclass(frozen=True, slots=True)
class Asset:
    """A simulated pair; money figures in quote currency.

    `spread_bps` is the range in calm and in wild steps, `turnover` the typical volume of a step,
    `depth` the typical size of the best level. `tick` and `lot` are the instrument's, as floats.
    """

    instrument: Instrument
    anchor_price: float
    annual_volatility: float
    spread_bps: tuple[float, float]
    turnover: float
    depth: float
    tick: float
    lot: float


def _asset(symbol: str, rules: tuple[str, str], price: float, volatility: float, *market: float) -> Asset:
    tick, lot = rules
    low, high, turnover, depth = market
    instrument = Instrument(symbol, Decimal(tick), Decimal(lot), Decimal(5))
    return Asset(instrument, price, volatility, (low, high), turnover, depth, float(tick), float(lot))


ASSETS: dict[str, Asset] = {
    asset.instrument.symbol: asset
    for asset in (
        _asset("BTC/USDT", ("0.01", "0.00001"), 92_000, 0.60, 1.0, 2.0, 90_000, 40_000),
        _asset("ETH/USDT", ("0.01", "0.0001"), 3_100, 0.65, 1.2, 2.5, 60_000, 30_000),
        _asset("SOL/USDT", ("0.01", "0.001"), 150, 0.80, 1.5, 3.0, 25_000, 15_000),
        _asset("XRP/USDT", ("0.0001", "0.1"), 2.2, 0.75, 1.5, 3.5, 20_000, 12_000),
        _asset("LTC/USDT", ("0.01", "0.001"), 95, 0.70, 2.0, 4.0, 6_000, 5_000),
    )
}


class _Regime(NamedTuple):
    """`volatility` multiplies the asset's; `drift` in one-minute deviations per minute; `pull` per minute."""

    weight: float
    volatility: float
    drift: float
    pull: float


_REGIMES: dict[str, _Regime] = {
    "range": _Regime(0.45, 0.85, 0.0, 0.05),
    "up": _Regime(0.22, 1.0, 0.10, 0.0),
    "down": _Regime(0.22, 1.0, -0.10, 0.0),
    "wild": _Regime(0.11, 1.8, 0.0, 0.0),
}


class ModelState(NamedTuple):
    """Everything the next minute depends on, at its start.

    `level` is the log price, `unrest` the log of the volatility's deviation, `centre` the log price a
    range turns around, `left` the minutes until the next regime.
    """

    level: float
    unrest: float
    regime: str
    centre: float
    left: int


class Step(NamedTuple):
    """A moment of the market: best prices in ticks, volume since the step before in lots."""

    bid: int
    ask: int
    volume: int


class Candle(NamedTuple):
    """A bar in half ticks (mids are halves of ticks) and lots."""

    open: int
    high: int
    low: int
    close: int
    volume: int


Minute: TypeAlias = tuple[Step, ...]


def generator(*key: object) -> Random:
    """The generator of one counter, independent of all others."""
    return Random("|".join(map(str, key)))  # noqa: S311 - a market, not a secret


def deviation(asset: Asset, secs: float) -> float:
    """Standard deviation of the log price over so many seconds in calm times."""
    return asset.annual_volatility * sqrt(secs / _YEAR_SECS)


def first_state(level: float) -> ModelState:
    """State at genesis: a new regime begins with the first minute."""
    return ModelState(level, 0.0, "range", level, 0)


def live_minute(seed: int, asset: Asset, minute: int, state: ModelState) -> tuple[Minute, ModelState]:
    """One minute of the market and the state after it; `minute` counts from the UNIX epoch."""
    rng = generator(seed, asset.instrument.symbol, minute)
    state = _next_regime(rng, state)
    regime = _REGIMES[state.regime]
    unrest = _CALM_PERSISTENCE * state.unrest + _CALM_NOISE * rng.gauss(0.0, 1.0)
    calm = deviation(asset, 60)
    sigma = deviation(asset, STEP_SECS) * regime.volatility * exp(unrest)
    drift = regime.drift * calm - regime.pull * (state.level - state.centre)
    drift -= _ANCHOR_PULL_PER_MINUTE * (state.level - log(asset.anchor_price))
    drift /= STEPS
    jump_at = rng.randrange(STEPS) if rng.random() < _JUMPS_PER_MINUTE else -1
    level = state.level
    steps: list[Step] = []
    gauss = rng.gauss
    for index in range(STEPS):
        shock = gauss(0.0, 1.0)
        level += drift + sigma * shock
        if index == jump_at:
            level += _JUMP_SIGMAS * calm * gauss(0.0, 1.0)
        steps.append(_step(asset, level, abs(shock), gauss(0.0, 0.8) + 0.5 * unrest))
    return tuple(steps), ModelState(level, unrest, state.regime, state.centre, state.left - 1)


def far_days(seed: int, asset: Asset, first_day: int, count: int) -> tuple[list[Candle], float]:
    """Coarse daily candles before genesis and the log price after them: twelve moves a day, no regimes."""
    level = log(asset.anchor_price)
    sigma = deviation(asset, 86_400 / STEPS)
    pull = _ANCHOR_PULL_PER_MINUTE * DAY_MINUTES / STEPS
    candles: list[Candle] = []
    for day in range(first_day, first_day + count):
        rng = generator(seed, asset.instrument.symbol, "day", day)
        steps: list[Step] = []
        for _ in range(STEPS):
            shock = rng.gauss(0.0, 1.0)
            level += sigma * shock - pull * (level - log(asset.anchor_price))
            steps.append(_step(asset, level, abs(shock), rng.gauss(0.0, 0.3) + log(86_400 / 60)))
        candles.append(candle_of(steps))
    return candles, level


def candle_of(steps: list[Step] | Minute) -> Candle:
    """The bar of some steps, from their mids."""
    mids = [step.bid + step.ask for step in steps]
    return Candle(mids[0], max(mids), min(mids), mids[-1], sum(step.volume for step in steps))


def _next_regime(rng: Random, state: ModelState) -> ModelState:
    if state.left > 0:
        return state
    name = rng.choices(list(_REGIMES), [regime.weight for regime in _REGIMES.values()])[0]
    shortest, mean = _REGIME_MINUTES
    return state._replace(regime=name, centre=state.level, left=shortest + int(rng.expovariate(1 / mean)))


def _step(asset: Asset, level: float, size: float, log_turnover: float) -> Step:
    price = exp(level)
    tick = asset.tick
    calm, wild = asset.spread_bps
    half = price * (calm + (wild - calm) * min(1.0, size / 3)) / 20_000
    bid = floor((price - half) / tick) or 1
    ask = max(bid + 1, ceil((price + half) / tick))
    lots = asset.turnover * exp(log_turnover) * (0.5 + size) / (price * asset.lot)
    return Step(bid, ask, int(lots) + 1)
