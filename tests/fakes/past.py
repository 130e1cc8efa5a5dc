"""A market's past for charts and backtests: one-minute bars that swing around a price."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from core.domain.market import Bar, Timeframe
from tests.fakes.market import START

_MIDDLE, _SWING = Decimal(20_000), Decimal(600)


def swinging(minutes: int = 2_400, period: int = 240) -> list[Bar]:
    """Bars of BTC/USDT that end at START; the price goes down and up by three percent once every `period` minutes."""
    opened, bars = _MIDDLE, list[Bar]()
    for number, closed in enumerate(swings_on(minutes, period)):
        time = START - timedelta(minutes=minutes - number)
        high, low = max(opened, closed) + 5, min(opened, closed) - 5
        bars.append(Bar("BTC/USDT", Timeframe.M1, time, opened, high, low, closed, Decimal(50)))
        opened = closed
    return bars


def swings_on(minutes: int, period: int = 240) -> Iterator[Decimal]:
    """Prices minute by minute: down and up by three percent once every `period` minutes."""
    quarter = period // 4
    for minute in range(minutes):
        phase = minute % period
        steps = abs((phase + quarter) % period - 2 * quarter) - quarter
        yield _MIDDLE + (_SWING * steps / quarter).quantize(Decimal("0.01"))
