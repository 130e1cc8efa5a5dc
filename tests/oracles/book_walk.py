"""A market order against a book by cumulative depth and bisection, instead of level by level; in ticks and units."""

from bisect import bisect_left
from itertools import accumulate

from tests.oracles.recorded import Pairs


def walk(levels: Pairs, units: int) -> list[tuple[int, int]]:
    """(price, units) filled at each level, best first; what the book does not hold is missing."""
    depth = list(accumulate(quantity for _, quantity in levels))
    last = bisect_left(depth, units)
    whole = list(levels[:last])
    if last < len(levels):
        whole.append((levels[last][0], units - (depth[last - 1] if last else 0)))
    return [pair for pair in whole if pair[1]]
