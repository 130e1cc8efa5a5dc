"""How far a long tool is, as one line of the chat that is rewritten while it works (spec/bots.md, Backtest)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Show: TypeAlias = Callable[[str], Awaitable[None]]
"""Shows the line, or rewrites it where it is shown already."""
Pause: TypeAlias = Callable[[], Awaitable[None]]

REWRITE_SECS = 0.4


async def _pause() -> None:
    await asyncio.sleep(REWRITE_SECS)


class ProgressLine:
    """Shows the first figures at once and then the newest from time to time; a tool that reports none has no line.

    One tool after the other: each has a line of its own from `begin` to `end`, which is told too: `100 of 100 bars`,
    or where it was when it was stopped.
    """

    def __init__(self, new_line: Callable[[], Show], pause: Pause = _pause) -> None:
        self._new_line = new_line
        self._pause = pause
        self._show = new_line()
        self._newest: tuple[int, int, str] | None = None
        self._shown: str | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def report(self, done: int, total: int, words: str) -> None:
        """Steps done, steps in all, and what is being done; returns at once."""
        self._newest = (done, total, words)
        self._news.set()

    async def begin(self) -> None:
        """A tool starts: what is reported from now on is about it."""
        await self.end()
        self._show, self._newest, self._shown = self._new_line(), None, None
        self._news.clear()
        self._task = asyncio.create_task(self._rewrite())

    async def end(self, *, stopped: bool = False) -> None:
        """The last word, if there was a first; before anything of its result is shown."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._tell(" (stopped)" if stopped else "")

    async def _rewrite(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._tell("")
            await self._pause()

    async def _tell(self, end: str) -> None:
        if self._newest is None:
            return
        done, total, words = self._newest
        line = f"{words}: {done:,} of {total:,} bars{end}"
        if line != self._shown:
            self._shown = line
            await self._show(line)
