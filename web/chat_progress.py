"""How far a long tool is, as one line of the chat that is rewritten while it works (spec/bots.md, Backtest)."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

Show: TypeAlias = Callable[[str], Awaitable[None]]
"""Shows the line, or rewrites it where it is shown already."""
Pause: TypeAlias = Callable[[], Awaitable[None]]

REWRITE_SECS = 0.4


async def _pause() -> None:
    await asyncio.sleep(REWRITE_SECS)


class ProgressLine:
    """Keeps the newest figures and shows them from time to time; a tool that is done sooner shows nothing.

    Its end is told too: `100 of 100 bars`, or where it was when it was stopped.
    """

    def __init__(self, show: Show, pause: Pause = _pause) -> None:
        self._show = show
        self._pause = pause
        self._newest: tuple[int, int, str] | None = None
        self._shown: str | None = None
        self._task: asyncio.Task[None] | None = None

    def report(self, done: int, total: int, words: str) -> None:
        """Steps done, steps in all, and what is being done; returns at once."""
        self._newest = (done, total, words)

    async def __aenter__(self) -> Self:
        """Begin to look for news."""
        self._task = asyncio.create_task(self._rewrite())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The last word, if there was a first."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._shown is not None:
            await self._tell(" (stopped)" if kind is not None else "")

    async def _rewrite(self) -> None:
        while True:
            await self._pause()
            await self._tell("")

    async def _tell(self, end: str) -> None:
        if self._newest is None:
            return
        done, total, words = self._newest
        line = f"{words}: {done:,} of {total:,} bars{end}"
        if line != self._shown:
            self._shown = line
            await self._show(line)
