"""Finds for many positions at once the first bar whose prices touch a level, in O(log bars) array steps."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


class FirstBelow:
    """Answers: which bar, from a given one on, is the first with a value at or below a limit?

    Minima of ever bigger aligned blocks let a search climb over what cannot hold the answer and descend into what
    must. Highs and targets are asked for by their negatives.
    """

    def __init__(self, values: Ints) -> None:
        self.count = len(values)
        # Beyond the last bar lies one below any limit, so that every search ends; it means that no bar was found.
        size = 1 << self.count.bit_length()
        lowest = np.iinfo(np.int64).min
        self._levels = [np.concatenate([values, np.full(size - self.count, lowest, dtype=np.int64)])]
        while len(self._levels[-1]) > 1:
            self._levels.append(self._levels[-1].reshape(-1, 2).min(axis=1))

    def find(self, starts: Ints, limits: Ints) -> Ints:
        """The first bar at or after each start with a value <= its limit; the count of bars where there is none."""
        position = starts.copy()
        height = np.full(len(starts), -1)
        for level, minima in enumerate(self._levels):
            # A block in the right half of a bigger one is looked at alone, for the bigger one begins before it.
            begins = np.flatnonzero((height < 0) & ((position >> level) & 1 == 1))
            touched = minima[position[begins] >> level] <= limits[begins]
            height[begins[touched]] = level
            position[begins[~touched]] += 1 << level
        height[height < 0] = len(self._levels) - 1
        for level in range(len(self._levels) - 2, -1, -1):
            inside = np.flatnonzero(height > level)
            untouched = inside[self._levels[level][position[inside] >> level] > limits[inside]]
            position[untouched] += 1 << level
        return np.minimum(position, self.count)
