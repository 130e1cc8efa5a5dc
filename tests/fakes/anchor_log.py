"""Anchors kept in memory: a test's process leaves nothing outside its store."""

from collections.abc import Callable


class MemoryAnchorLog:
    """Implements `core.ports.AnchorLog`."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    async def last(self) -> bytes | None:
        return self._lines[-1] if self._lines else None

    async def lines(self) -> list[bytes]:
        return list(self._lines)

    async def append(self, make: Callable[[bytes | None], bytes]) -> bytes:
        self._lines.append(make(await self.last()))
        return self._lines[-1]
