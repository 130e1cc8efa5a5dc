"""Bars of a made market with trends, jumps, gaps and stretches that stand still; a seed gives always the same."""

import random  # noqa: TID251 - seeded prices
from datetime import timedelta
from decimal import Decimal

from core.domain.instrument import Instrument
from core.domain.market import Bar, Timeframe
from tests.builders import T0, dec

MADE = Instrument("BTC/USDT", dec("0.01"), dec("0.00001"), dec(5))


def made_bars(seed: int, count: int, volume: Decimal, timeframe: Timeframe = Timeframe.M1) -> list[Bar]:
    """So many bars with prices around a hundred; each opens near the close before it, now and then far off."""
    chance = random.Random(seed)  # noqa: S311 - a made market
    price, drift, bars = 100.0, 0.0, list[Bar]()
    for number in range(count):
        if chance.random() < 0.03:
            drift = chance.choice([0.0, 0.0, chance.gauss(0, 0.002)])
        if chance.random() < 0.02:
            price *= 1 + chance.gauss(0, 0.02)
        path = [price]
        if chance.random() > 0.2:
            for _ in range(4):
                path.append(path[-1] * (1 + chance.gauss(drift, 0.004)))
        opened, close, low, high = (dec(f"{p:.2f}") for p in (path[0], path[-1], min(path), max(path)))
        price = float(close)
        open_time = T0 + timedelta(seconds=timeframe.secs * number)
        bars.append(Bar(MADE.symbol, timeframe, open_time, opened, high, low, close, volume))
    return bars
