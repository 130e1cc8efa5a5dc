"""Prices that strategies compute: compared with a little slack, said and placed with ten digits."""

from decimal import Decimal

_BPS = 10_000
SLACK = 1e-12
DIGITS = 10


def reaches(price: float, level: float) -> bool:
    """Whether a price is at or above a level.

    A running average carries rounding of its whole past in its last digits. The slack keeps that from deciding
    where a price is at the level, as it is in a market that stands still; so a restart changes nothing.
    """
    return price >= level * (1 - SLACK)


def above(level: float, bps: int) -> float:
    """What lies so many basis points of it above a level; below it where they are negative."""
    return level * (1 + bps / _BPS)


def distance_bps(price: float, level: float) -> float:
    """How far a level lies above a price, in basis points of the price."""
    return (level / price - 1) * _BPS


def as_price(level: float) -> Decimal:
    """A level as a price in quote currency, to ten significant digits: finer than ticks, coarser than float noise."""
    return Decimal(format(Decimal(f"{level:.{DIGITS}g}"), "f"))
