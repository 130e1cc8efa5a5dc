"""A user's journal as one process has folded it so far."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.domain.account import Account
from core.domain.journal import START, Head

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Chain:
    """A folded state with the head it stands at.

    Attributes:
        recorded_at: wall time of the newest event, which the next one must not precede.
        behind: the store may know more than is folded here.
        opened: whether it has been loaded; before that the state is empty, whatever the store holds.
        broken: an event was folded in part; the state means nothing and must be kept nowhere.
        saved_seq: where the newest snapshot known of stands.
        snapshot_due: the seq from which on the next one is worth writing.
    """

    state: Account
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    head: Head = START
    recorded_at: datetime = LONG_AGO
    behind: bool = True
    opened: bool = False
    broken: bool = False
    saved_seq: int = 0
    snapshot_due: int = 0

    @property
    def user_id(self) -> str:
        """Whose journal."""
        return self.state.user_id

    @property
    def open_lots(self) -> int:
        """Lots of all bots: what a snapshot's size grows with."""
        return sum(len(queue.lots) for bot in self.state.bots.values() for queue in bot.positions.values())
