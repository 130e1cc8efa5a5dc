"""What a live feed counts, and how it waits before it tries again."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from core.ports import FeedCounts

FIRST_SECS = 0.5
LONGEST_SECS = 60.0


@dataclass(slots=True)
class Tally:
    """Running counts; the meanings are those of `FeedCounts`."""

    refused: int = 0
    late: int = 0
    duplicates: int = 0
    merged: int = 0
    gaps: int = 0
    reconnects: int = 0
    failures: int = 0

    def counts(self) -> FeedCounts:
        """The counts as they are now."""
        return FeedCounts(**asdict(self))


class Backoff:
    """Waits that double from half a second to a minute, each cut at random so that many do not return at once.

    Args:
        uniform: a random number between two others, as `random.uniform`.
    """

    def __init__(self, uniform: Callable[[float, float], float]) -> None:
        self._uniform = uniform
        self._longest = FIRST_SECS

    def reset(self) -> None:
        """It worked: the next failure waits shortly again."""
        self._longest = FIRST_SECS

    def next(self, at_least: float = 0.0) -> float:
        """Seconds to wait after another failure; not less than the exchange asked for."""
        longest = self._longest
        self._longest = min(LONGEST_SECS, longest * 2)
        return max(at_least, self._uniform(longest / 2, longest))
