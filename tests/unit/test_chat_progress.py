"""A long tool says how far it is, in one line that ends cleanly, also on Stop (spec/bots.md, Backtest)."""

import asyncio

import pytest

from web.chat_progress import ProgressLine


class Screen:
    """A chat that keeps what was shown, and looks for news when it is told to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._looks = asyncio.Semaphore(0)
        self._looked = asyncio.Event()

    async def show(self, words: str) -> None:
        self.lines.append(words)
        self._looked.set()

    async def pause(self) -> None:
        await self._looks.acquire()

    async def look(self) -> None:
        """Let the line look for news once, and wait until it has shown them."""
        self._looked.clear()
        self._looks.release()
        await self._looked.wait()

    def line(self) -> ProgressLine:
        return ProgressLine(self.show, self.pause)


async def test_a_long_tool_is_followed_to_its_end():
    screen = Screen()
    async with screen.line() as line:
        line.report(12_000, 45_031, "EMA cross on BTC/USDT")
        await screen.look()
        line.report(45_031, 45_031, "EMA cross on BTC/USDT")
    assert screen.lines == [
        "EMA cross on BTC/USDT: 12,000 of 45,031 bars",
        "EMA cross on BTC/USDT: 45,031 of 45,031 bars",
    ]


async def test_a_tool_that_is_done_at_once_shows_no_line():
    screen = Screen()
    async with screen.line() as line:
        line.report(10, 10, "Grid")
    assert screen.lines == []


async def test_stopping_says_how_far_it_had_come():
    screen, busy = Screen(), asyncio.Event()

    async def run() -> None:
        async with screen.line() as line:
            line.report(7, 10, "Grid")
            await screen.look()
            line.report(8, 10, "Grid")
            busy.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await busy.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert screen.lines[-1] == "Grid: 8 of 10 bars (stopped)"


async def test_nothing_is_left_running_behind():
    screen = Screen()
    before = asyncio.all_tasks()
    async with screen.line() as line:
        line.report(1, 2, "Grid")
    assert asyncio.all_tasks() == before
