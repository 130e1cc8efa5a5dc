"""Replays an OHLCV file as market states, at any speed, so that the bars built from them are the file's."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from core.adapters.feeds.ohlcv_file import OhlcvFile, read_ohlcv
from core.adapters.feeds.pacing import Monotonic, Pacer, Sleep
from core.domain.bar_states import STEPS, state_of
from core.domain.bars import aggregate
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.instrument import Instrument
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.money import ratio
from core.ports import Document, FeedStatus

WARMUP_BARS = 240


class ReplayFeed:
    """A MarketFeed on one file; made with `open`. Engine time stands while nobody takes states.

    The first bars (240, or half of a short file) are history from the start.
    """

    def __init__(self, data: OhlcvFile, pacer: Pacer, position: Document | None, warmup_bars: int) -> None:
        self._data = data
        self._pacer = pacer
        self._taken = False
        self._started = False
        self._finished = False
        self._next_bar = max(1, min(warmup_bars, len(data.bars) // 2))
        self._next_step = 0
        warm = data.bars[self._next_bar - 1]
        self._now = warm.open_time + warm.timeframe.span
        if position is not None:
            self._restore(position)

    @classmethod
    async def open(
        cls,
        path: Path,
        speed: float,
        position: Document | None,
        sleep: Sleep,
        monotonic: Monotonic,
        warmup_bars: int = WARMUP_BARS,
    ) -> "ReplayFeed":
        """Load the file in a thread and stand at its start, or where `position` (of an earlier run) says.

        Args:
            path: `BASE_QUOTE-TIMEFRAME` and `.csv`, `.csv.gz`, `.parquet` or `.feather`, with the columns
                timestamp (ms), open, high, low, close, volume.
            speed: engine seconds per real second; 0 is as fast as the consumer takes it.
            position: `status().position` of an earlier run on the same file. Its `now` may be moved
                forward, to engine time already acted upon after the position was stored.
            sleep: waits for real seconds, as `asyncio.sleep`.
            monotonic: real seconds that never go back, as `time.monotonic`.
            warmup_bars: how many bars are history at the start.

        Raises:
            NotFound: no such file.
            InvalidInput: the file, speed or position cannot be used; the message says why.
        """
        pacer = Pacer(speed, sleep, monotonic)
        return cls(await asyncio.to_thread(read_ohlcv, path), pacer, position, warmup_bars)

    @property
    def source(self) -> str:
        """`replay:` and the file's name without its ending."""
        return f"replay:{self._data.stem}"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The file's one symbol."""
        return (self._data.instrument.symbol,)

    def instrument(self, symbol: str) -> Instrument:
        """Trading rules inferred from the file; NotFound for any other symbol."""
        if symbol != self._data.instrument.symbol:
            raise NotFound(f"The replay {self._data.stem} has no {symbol[:20]}; it has {self._data.instrument.symbol}.")
        return self._data.instrument

    def now(self) -> datetime:
        """Time of the newest state given; before the first one, the end of the warm-up."""
        return self._now

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """The file's bars that have closed, or bigger ones made of them.

        Raises:
            NotFound: not the file's symbol.
            InvalidInput: a timeframe smaller than the file's.
        """
        self.instrument(symbol)
        if timeframe.secs < self._data.timeframe.secs:
            raise InvalidInput(f"{self._data.stem} holds {self._data.timeframe} bars; {timeframe} is smaller.")
        per_bar = timeframe.secs // self._data.timeframe.secs
        closed = self._closed_bars()
        # One interval more is taken, for a first one that is cut off; gaps in the file can make it fewer bars.
        recent = self._data.bars[max(0, closed - (max(0, count) + 1) * per_bar) : closed]
        bars = list(recent) if per_bar == 1 else await asyncio.to_thread(aggregate, recent, timeframe)
        return bars[-count:] if count > 0 else []

    async def states(self, symbol: str) -> AsyncGenerator[MarketState]:
        """Four states a bar from where the replay stands, to the file's end.

        Raises:
            NotFound: not the file's symbol.
            Conflict: the states are being taken already.
        """
        self.instrument(symbol)
        if self._taken:
            raise Conflict(f"The states of {symbol} are being taken already; there is one consumer per symbol.")
        self._taken = True
        self._pacer.rest()
        try:
            while self._next_bar < len(self._data.bars):
                bar, step, ts = self._data.bars[self._next_bar], self._next_step, self._next_ts()
                if not await self._pacer.due(ts):
                    return
                self._now = ts
                self._started = True
                self._step_on()
                yield state_of(self._data.instrument, bar, step, ts, self.source)
            self._finish()
        finally:
            self._taken = False

    def status(self) -> FeedStatus:
        """Where the replay stands; `dropped` counts the file's corrupt rows, `progress` what of it lies behind."""
        at = self._data.bars[min(self._next_bar, len(self._data.bars) - 1)]
        position: Document = {
            "file": self._data.stem,
            "bar": self._next_bar,
            "step": self._next_step,
            "open_time": at.open_time.isoformat(),
            "now": self._now.isoformat(),
            "started": self._started,
        }
        running = self.symbols if self._taken else ()
        return FeedStatus(
            self.source, self._now, running, self._finished, self._data.dropped, position, self._progress()
        )

    async def close(self) -> None:
        """Stop pacing; a running iterator ends within a quarter of a second."""
        self._pacer.close()

    def _progress(self) -> Decimal:
        return ratio(Decimal(self._next_bar * STEPS + self._next_step), Decimal(len(self._data.bars) * STEPS))

    def _closed_bars(self) -> int:
        """How many of the file's bars have ended by now: the one whose last state was given has not."""
        closed = self._next_bar
        while closed and self._data.bars[closed - 1].open_time + self._data.timeframe.span > self._now:
            closed -= 1
        return closed

    def _finish(self) -> None:
        """The last bar has no successor to close it: time moves to its end."""
        last = self._data.bars[-1]
        self._finished = True
        self._now = last.open_time + last.timeframe.span

    def _restore(self, position: Document) -> None:
        stem = self._data.stem
        try:
            file, bar, step = str(position["file"]), int(position["bar"]), int(position["step"])
            self._started = bool(position["started"])
            now, open_time = datetime.fromisoformat(position["now"]), datetime.fromisoformat(position["open_time"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"The stored position of the replay cannot be read ({error!r}).") from error
        fits = 0 <= bar <= len(self._data.bars) and 0 <= step < STEPS
        if file != stem or not fits or self._data.bars[min(bar, len(self._data.bars) - 1)].open_time != open_time:
            raise InvalidInput(f"The stored position is of another {file} than {stem}: its bar {bar} is not there.")
        self._next_bar, self._next_step, self._now = bar, step, now
        while self._next_bar < len(self._data.bars) and self._given(self._next_ts()):
            self._step_on()
        last = self._data.bars[-1]
        self._finished = self._next_bar == len(self._data.bars) and now >= last.open_time + last.timeframe.span

    def _given(self, ts: datetime) -> bool:
        """Whether the state of that time lies behind; a replay that never gave one stands before its first."""
        return ts < self._now or (ts == self._now and self._started)

    def _next_ts(self) -> datetime:
        bar = self._data.bars[self._next_bar]
        return bar.open_time + bar.timeframe.span * self._next_step / STEPS

    def _step_on(self) -> None:
        whole_bars, self._next_step = divmod(self._next_step + 1, STEPS)
        self._next_bar += whole_bars
