"""What a confirmation card shows once it was answered: what became of it, not just that somebody clicked."""

from datetime import datetime

from core.domain.confirmation import ConfirmationRecord, ConfirmationStatus


def card_state(record: ConfirmationRecord, now: datetime) -> str:
    """`open` while it can be answered, `confirmed` once done; `cancelled`, `refused` or `closed`: nothing was done."""
    match record.status:
        case ConfirmationStatus.PENDING:
            return "open" if now < record.expires_at else "closed"
        case ConfirmationStatus.CANCELLED:
            return "cancelled"
        case ConfirmationStatus.REFUSED:
            return "refused"
        case ConfirmationStatus.APPROVED | ConfirmationStatus.DONE:
            return "confirmed"
