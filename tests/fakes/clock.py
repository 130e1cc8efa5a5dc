"""Time and identifiers that a test controls."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Implements `core.ports.Clock`; time stands still until `advance`."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, step: timedelta) -> None:
        self._now += step


class FakeIds:
    """Implements `core.ports.Ids`: UUID-shaped, counting up from 1."""

    def __init__(self) -> None:
        self._last = 0

    def new(self) -> str:
        self._last += 1
        return f"00000000-0000-4000-8000-{self._last:012d}"
