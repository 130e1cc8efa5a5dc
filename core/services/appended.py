"""What listeners of the journal are told."""

from collections.abc import Callable
from dataclasses import dataclass

from core.domain.account import Account
from core.domain.journal import Event
from core.domain.trade import Trade


@dataclass(frozen=True, slots=True)
class Appended:
    """A durable event with the state right after it; listeners read the state at once and never keep it."""

    event: Event
    state: Account
    trade: Trade | None


Listener = Callable[[Appended], None]
