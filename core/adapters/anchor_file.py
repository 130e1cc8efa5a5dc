"""Anchors in a file of JSON lines outside the store: only ever appended to, whole lines, each synced to disk."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from core.domain.errors import Unavailable

_TAIL = 1 << 16


class AnchorFile:
    """Implements `core.ports.AnchorLog`; file work runs in a thread, writers exclude each other by a file lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def last(self) -> bytes | None:
        """The newest line; None when there is none yet.

        Raises:
            Unavailable: it cannot be read.
        """
        return await asyncio.to_thread(self._last)

    async def lines(self) -> list[bytes]:
        """All lines, oldest first; none when there is no file yet.

        Raises:
            Unavailable: it cannot be read.
        """
        return await asyncio.to_thread(self._lines)

    async def append(self, make: Callable[[bytes | None], bytes]) -> bytes:
        """Write the line that `make` gives for the last one there is; returns it.

        Raises:
            Unavailable: it cannot be written.
        """
        return await asyncio.to_thread(self._append, make)

    def _last(self) -> bytes | None:
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"Cannot read the anchors in {self._path}: {error.strerror}.") from error
        try:
            return _last_line(descriptor)[0]
        finally:
            os.close(descriptor)

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"Cannot read the anchors in {self._path}: {error.strerror}.") from error

    def _append(self, make: Callable[[bytes | None], bytes]) -> bytes:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = not self._path.exists()
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                last, torn = _last_line(descriptor)
                line = make(last)
                # What a crash left unfinished stays as a line of its own, for whoever reads to see.
                _write_all(descriptor, (b"\n" if torn else b"") + line + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                _sync_directory(self._path.parent)
        except OSError as error:
            raise Unavailable(f"Cannot write the anchors in {self._path}: {error.strerror}.") from error
        return line


def _last_line(descriptor: int) -> tuple[bytes | None, bool]:
    """The last line that is not blank, and whether it lacks its end."""
    size = os.fstat(descriptor).st_size
    length = _TAIL
    while True:
        start = max(0, size - length)
        tail = os.pread(descriptor, size - start, start)
        lines = [line for line in tail.splitlines() if line.strip()]
        if start == 0 or len(lines) > 1:
            return (lines[-1] if lines else None), bool(tail) and not tail.endswith(b"\n")
        length *= 4


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
