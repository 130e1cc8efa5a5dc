"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """Wall time from the operating system."""

    def now(self) -> datetime:
        """Current time, UTC, timezone-aware."""
        return datetime.now(UTC)  # noqa: TID251  # this adapter is the one place that asks the system
