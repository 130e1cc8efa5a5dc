"""Long calculations that people ask for: each in a thread with an event loop of its own, few at once."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from core.domain.errors import Conflict

Progress = Callable[[int, int], None]
"""Told how much is done, of how much in all; called from the thread. What it raises ends the calculation."""

MAX_AT_ONCE = 2

_T = TypeVar("_T")


class _Stopped(Exception):
    """Whoever asked for it waits no more."""


class Places:
    """Who calculates now: one calculation a person, two in all. `noun` names it in refusals."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._taken: set[str] = set()

    @contextmanager
    def taken(self, user_id: str) -> Generator[None]:
        """Hold a place.

        Raises:
            Conflict: this person's last one is not done, or all places are taken.
        """
        if user_id in self._taken:
            raise Conflict(f"Your last {self._noun} is still running. Wait until it is done.")
        if len(self._taken) >= MAX_AT_ONCE:
            words = f"{MAX_AT_ONCE} {self._noun}s run already, which is all this program does at once."
            raise Conflict(f"{words} Try again soon.")
        self._taken.add(user_id)
        try:
            yield
        finally:
            self._taken.discard(user_id)


async def in_thread(work: Callable[[Progress], Coroutine[Any, Any, _T]], progress: Progress | None) -> _T:
    """Run a calculation that reports its progress, off this event loop.

    Whoever is cancelled while waiting ends it with its next report, and waits until it has ended.
    """
    stop = threading.Event()

    def told(done: int, total: int) -> None:
        if stop.is_set():
            raise _Stopped
        if progress is not None:
            progress(done, total)

    task = asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run(work(told))))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)  # its place is free only when it has ended
        raise
