"""A long tool says how far it is, in one line that ends cleanly, also on Stop (spec/bots.md, Backtest)."""

import asyncio

from web.chat_progress import ProgressLine


class Screen:
    """A chat that keeps what was shown; a line rests until it is woken."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._rest = asyncio.Semaphore(0)
        self._shown = asyncio.Event()

    async def show(self, words: str) -> None:
        self.lines.append(words)
        self._shown.set()

    async def shown(self) -> None:
        """Wait until something more was shown."""
        await self._shown.wait()
        self._shown.clear()

    def wake(self) -> None:
        """End the line's rest."""
        self._rest.release()

    async def _pause(self) -> None:
        await self._rest.acquire()

    def line(self) -> ProgressLine:
        return ProgressLine(lambda: self.show, self._pause)


async def test_a_long_tool_is_followed_from_its_first_figures_to_its_last():
    screen = Screen()
    line = screen.line()
    await line.begin()
    line.report(1_000, 45_031, "EMA cross on BTC/USDT")
    await screen.shown()
    line.report(6_000, 45_031, "EMA cross on BTC/USDT")
    line.report(12_000, 45_031, "EMA cross on BTC/USDT")
    screen.wake()
    await screen.shown()
    line.report(45_031, 45_031, "EMA cross on BTC/USDT")
    await line.end()
    assert screen.lines == [
        "EMA cross on BTC/USDT: 1,000 of 45,031 bars",
        "EMA cross on BTC/USDT: 12,000 of 45,031 bars",
        "EMA cross on BTC/USDT: 45,031 of 45,031 bars",
    ]


async def test_a_tool_that_is_done_at_once_shows_its_end_only():
    screen = Screen()
    line = screen.line()
    await line.begin()
    line.report(5, 10, "Grid")
    line.report(10, 10, "Grid")
    await line.end()
    assert screen.lines == ["Grid: 10 of 10 bars"]


async def test_a_tool_that_reports_nothing_has_no_line():
    screen = Screen()
    line = screen.line()
    await line.begin()
    await line.end()
    assert screen.lines == []


async def test_stopping_says_how_far_it_had_come():
    screen = Screen()
    line = screen.line()
    await line.begin()
    line.report(7, 10, "Grid")
    await screen.shown()
    line.report(8, 10, "Grid")
    await line.end(stopped=True)
    assert screen.lines[-1] == "Grid: 8 of 10 bars (stopped)"


async def test_the_figures_of_one_tool_are_not_shown_for_the_next():
    screen = Screen()
    line = screen.line()
    await line.begin()
    line.report(7, 10, "Grid")
    await line.begin()
    await line.end()
    assert screen.lines == ["Grid: 7 of 10 bars"]


async def test_nothing_is_left_running_behind():
    screen = Screen()
    before = asyncio.all_tasks()
    line = screen.line()
    await line.begin()
    line.report(1, 2, "Grid")
    await line.end()
    await line.end()
    assert asyncio.all_tasks() == before
    assert screen.lines == ["Grid: 1 of 2 bars"]
