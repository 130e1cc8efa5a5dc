"""Whether somebody's key for an order was used before, asked without bringing an order."""

from datetime import datetime

from core.domain.commands import CancelOrder
from core.domain.errors import Conflict, IdempotencyConflict
from core.services.journal_writer import JournalWriter

_NO_ORDER = ""


async def is_used(writer: JournalWriter, user_id: str, client_order_id: str, now: datetime) -> bool:
    """Whether the journal has an order with this key.

    Before a command is refused, the writer looks what its key was used for. So taking back an order that never was
    is refused as such while the key is free, and as a conflict of the key once an order has it.
    """
    probe = CancelOrder(_NO_ORDER, "", "")
    try:
        await writer.execute(user_id, probe, now=now, key=f"order:{client_order_id}")
    except IdempotencyConflict:
        return True
    except Conflict:
        return False
    return False
