"""Real seconds that pass only when somebody sleeps, so that paced code runs at once and exactly."""

import asyncio


class VirtualSeconds:
    """A `sleep` and a `monotonic` that belong together; `stall` lets time pass without anybody sleeping."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    async def sleep(self, secs: float) -> None:
        self.elapsed += secs
        await asyncio.sleep(0)

    def monotonic(self) -> float:
        return self.elapsed

    def stall(self, secs: float) -> None:
        self.elapsed += secs
