"""The journal in words: what each event did, who did it, and what money it moved (the audit trail)."""

from core.domain.journal import Event
from core.domain.narrative import bots, money, orders
from core.domain.narrative.base import Movement, Names, Told, tell_fact

__all__ = ["Movement", "Names", "Told", "bots", "money", "orders", "tell"]


def tell(event: Event, names: Names) -> Told:
    """What an event did."""
    return tell_fact(event.payload, names)
