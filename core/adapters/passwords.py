"""Password hashing with bcrypt, off the event loop and bounded in threads and in queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from core.domain.credentials import password_bytes
from core.domain.errors import Unavailable

_T = TypeVar("_T")


class BcryptPasswords:
    """Implements `core.ports.Passwords`.

    Args:
        cost: binary logarithm of the rounds; 12 takes about half a second on a small machine.
        threads: hashes computed at the same time.
        waiting: requests that may queue behind them; more are turned away, so that a flood of logins
            cannot pile up hours of work.
    """

    def __init__(self, cost: int = 12, threads: int = 2, waiting: int = 64) -> None:
        self._cost = cost
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bcrypt")
        self._free = threads + waiting

    async def hash(self, password: str) -> str:
        """Salted hash of a password (InvalidInput above 72 bytes)."""
        raw = password_bytes(password)
        return await self._run(lambda: bcrypt.hashpw(raw, bcrypt.gensalt(self._cost)).decode())

    async def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password belongs to the hash (InvalidInput above 72 bytes)."""
        raw = password_bytes(password)
        return await self._run(lambda: bcrypt.checkpw(raw, password_hash.encode()))

    async def close(self) -> None:
        """Let running hashes finish, drop waiting ones."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._free == 0:
            raise Unavailable("Too many logins at the same moment; try again in a few seconds.")
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._free += 1
