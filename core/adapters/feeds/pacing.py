"""Pacing of virtual markets: when a state with a given engine time is due in real time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from core.domain.errors import InvalidInput

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits for that many real seconds, as `asyncio.sleep` does; 0 only lets others run."""

Monotonic: TypeAlias = Callable[[], float]
"""Real seconds that never go back, as `time.monotonic`."""

MAX_SLICE_SECS = 0.25
"""Longest single sleep, so that closing a feed is noticed soon."""

MAX_LAG_SECS = 5.0
"""A pacer further behind than this goes on from now: virtual time is owed to nobody."""


class Pacer:
    """Maps engine time to real time at `speed` (engine seconds per real second; 0: no waiting)."""

    def __init__(self, speed: float, sleep: Sleep, monotonic: Monotonic) -> None:
        if not 0 <= speed <= 1_000_000:  # noqa: PLR2004 - the bound is named in the message; refuses NaN too
            raise InvalidInput(f"The speed of a market must be from 0 (as fast as possible) to 1000000, not {speed}.")
        self.closed = False
        self._speed = speed
        self._sleep = sleep
        self._monotonic = monotonic
        self._anchor: tuple[datetime, float] | None = None

    async def due(self, ts: datetime) -> bool:
        """Wait until the state of engine time `ts` is due; False when the pacer was closed meanwhile.

        Always lets other tasks run at least once, also when behind.
        """
        delay = self._delay(ts)
        await self._sleep(min(delay, MAX_SLICE_SECS))
        while not self.closed and (delay := self._delay(ts)) > 0:
            await self._sleep(min(delay, MAX_SLICE_SECS))
        return not self.closed

    def rest(self) -> None:
        """Nobody takes states now: the next one asked for is due at once, whatever its time."""
        self._anchor = None

    def close(self) -> None:
        """End all waits."""
        self.closed = True

    def _delay(self, ts: datetime) -> float:
        if self._speed == 0:
            return 0.0
        real = self._monotonic()
        if self._anchor is None:
            self._anchor = (ts, real)
        since, anchored = self._anchor
        delay = anchored + (ts - since) / timedelta(seconds=1) / self._speed - real
        if delay < -MAX_LAG_SECS:
            self._anchor = (ts, real)
        return max(0.0, delay)
