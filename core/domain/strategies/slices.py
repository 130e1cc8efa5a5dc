"""Positions built in slices: equal parts of all that a bot's risk mode allows it to hold."""

from decimal import Decimal

from core.domain.money import ONE, ratio
from core.domain.strategies.base import PositionView


def slices_held(position: PositionView, slices: int) -> int:
    """How many of so many slices are held, to the nearest; what is left over of a sale counts as none."""
    return round(position.filled_fraction * slices) if position.quantity else 0


def part_of(slices: int) -> Decimal:
    """One slice as a fraction."""
    return ratio(ONE, Decimal(slices))
