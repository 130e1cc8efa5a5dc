"""What has happened to one simulated symbol: recent minutes in full, older days coarsely, and how to go on.

The last nine days are kept minute by minute, the 60 days before as daily candles. Days before genesis are
made coarsely by the model; days that leave the minute window are folded. So there are at least 200 bars of
every timeframe up to 1 h, at least 54 of 4 h and 69 of 1 d.
"""

from collections.abc import Sequence
from typing import Any

from core.adapters.feeds.market_model import (
    DAY_MINUTES,
    Asset,
    Candle,
    Minute,
    ModelState,
    candle_of,
    far_days,
    first_state,
    live_minute,
)
from core.domain.market import Timeframe
from core.ports import Document

WINDOW_DAYS = 9
FAR_DAYS = 60


class Chronicle:
    """The past and present of one symbol; `minute` is the one being lived through, not yet closed.

    It begins at the oldest of its day checkpoints and must then be advanced minute by minute: everything
    in between follows from the seed again.
    """

    def __init__(self, seed: int, asset: Asset, day: int, state: ModelState, far: list[Candle]) -> None:
        self.asset = asset
        self.minute = day * DAY_MINUTES
        self._seed = seed
        self._first_day = day
        self._checkpoints = [state]
        self._far = far
        self._candles: list[Candle] = []
        self._steps, self._next = live_minute(seed, asset, self.minute, state)

    @classmethod
    def genesis(cls, seed: int, asset: Asset, origin_minute: int) -> "Chronicle":
        """Begin so early that history is complete at the feed's origin."""
        day = origin_minute // DAY_MINUTES - WINDOW_DAYS
        far, level = far_days(seed, asset, day - FAR_DAYS, FAR_DAYS)
        return cls(seed, asset, day, first_state(level), far)

    @classmethod
    def restore(cls, seed: int, asset: Asset, position: Document) -> "Chronicle":
        """Begin where `position()` says; KeyError, TypeError or ValueError when it is not such a document."""
        level, unrest, regime, centre, left = position["state"]
        state = ModelState(float(level), float(unrest), str(regime), float(centre), int(left))
        far: list[list[Any]] = position["far"]
        return cls(seed, asset, int(position["day"]), state, [Candle(*map(int, candle)) for candle in far])

    def position(self) -> Document:
        """A small JSON document (no floats: they are text) from which all this can be made again."""
        level, unrest, regime, centre, left = self._checkpoints[0]
        return {
            "day": self._first_day,
            "state": [repr(level), repr(unrest), regime, repr(centre), left],
            "far": [list(candle) for candle in self._far],
        }

    @property
    def steps(self) -> Minute:
        """The steps of the present minute, all of them."""
        return self._steps

    def advance(self) -> None:
        """Close the present minute and begin the next."""
        self._candles.append(candle_of(self._steps))
        self.minute += 1
        if self.minute % DAY_MINUTES == 0:
            self._begin_day(self._next)
        self._steps, self._next = live_minute(self._seed, self.asset, self.minute, self._next)

    def closed(self, timeframe: Timeframe, count: int) -> list[tuple[int, Candle]]:
        """Up to `count` closed candles with the minutes they opened at, oldest first."""
        minutes = timeframe.secs // 60
        whole = len(self._candles) // minutes
        first_minute = self._first_day * DAY_MINUTES
        recent = [
            (first_minute + index * minutes, fold(self._candles[index * minutes : (index + 1) * minutes]))
            for index in range(max(0, whole - count), whole)
        ]
        if timeframe is not Timeframe.D1:
            return recent
        first_far = self._first_day - len(self._far)
        far = [((first_far + index) * DAY_MINUTES, candle) for index, candle in enumerate(self._far)]
        return (far + recent)[-count:]

    def _begin_day(self, state: ModelState) -> None:
        self._checkpoints.append(state)
        if len(self._checkpoints) > WINDOW_DAYS + 1:
            self._far = [*self._far, fold(self._candles[:DAY_MINUTES])][-FAR_DAYS:]
            del self._candles[:DAY_MINUTES]
            del self._checkpoints[0]
            self._first_day += 1


def fold(candles: Sequence[Candle]) -> Candle:
    """One candle over consecutive ones."""
    return Candle(
        candles[0].open,
        max(candle.high for candle in candles),
        min(candle.low for candle in candles),
        candles[-1].close,
        sum(candle.volume for candle in candles),
    )
