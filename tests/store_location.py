"""Where a test's store is, so that other instances and other processes can open the same one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Location:
    """Backend and address (file path or MongoDB URL)."""

    backend: Literal["sqlite", "mongo"]
    address: str

    def make(self) -> SqliteStore | MongoStore:
        """A store there, not yet opened; polls fast."""
        if self.backend == "sqlite":
            return SqliteStore(Path(self.address), poll_interval_secs=0.02)
        return MongoStore(self.address, poll_interval_secs=0.02)
