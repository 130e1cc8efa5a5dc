"""Finds for many positions at once the first bar whose value reaches a limit, in O(log bars) array steps."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


class FirstAbove:
    """Answers: which bar, from a given one on, is the first with a value at or above a limit?

    Maxima of ever bigger aligned blocks let a search climb over what cannot hold the answer and descend into what
    must. Where a value must be at or below a limit, ask with the negatives of both.
    """

    def __init__(self, values: Ints | Floats) -> None:
        self.count = len(values)
        # Beyond the last bar lies one that reaches any limit, so that every search ends: then no bar was found.
        size = 1 << self.count.bit_length()
        beyond = np.inf if values.dtype.kind == "f" else np.iinfo(np.int64).max
        self._levels = [np.concatenate([values, np.full(size - self.count, beyond, dtype=values.dtype)])]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append(np.maximum(below[::2], below[1::2]))

    def find(self, starts: Ints, limits: Ints | Floats) -> Ints:
        """The first bar at or after each start with a value >= its limit; the count of bars where there is none."""
        position = starts.copy()
        height = np.full(len(starts), len(self._levels) - 1)
        climbing = np.arange(len(starts))
        for level, maxima in enumerate(self._levels):
            # A block in the right half of a bigger one is looked at alone, for the bigger one begins before it.
            here = position[climbing] >> level
            alone = here & 1 == 1
            reached = alone & (maxima[here] >= limits[climbing])
            height[climbing[reached]] = level
            position[climbing[alone & ~reached]] += 1 << level
            climbing = climbing[~reached]
        for level in range(len(self._levels) - 2, -1, -1):
            inside = np.flatnonzero(height > level)
            short = inside[self._levels[level][position[inside] >> level] < limits[inside]]
            position[short] += 1 << level
        return np.minimum(position, self.count)
