"""A card never reads as done when its command was refused (spec/chat.md, Confirmation levels)."""

import pytest

from core.domain.confirmation import ConfirmationRecord, ConfirmationStatus
from tests.builders import at
from web.card_state import card_state


@pytest.mark.parametrize(
    ("status", "secs", "shown"),
    [
        (ConfirmationStatus.PENDING, 119, "open"),
        (ConfirmationStatus.PENDING, 120, "closed"),
        (ConfirmationStatus.APPROVED, 1, "confirmed"),
        (ConfirmationStatus.DONE, 500, "confirmed"),
        (ConfirmationStatus.CANCELLED, 1, "cancelled"),
        (ConfirmationStatus.REFUSED, 1, "refused"),
    ],
)
def test_a_card_shows_what_became_of_it(status: ConfirmationStatus, secs: int, shown: str):
    record = ConfirmationRecord(
        confirmation_id="c1",
        user_id="u",
        conversation_id="u:1",
        tool="submit_order",
        arguments={},
        arguments_sha256="",
        title="Buy 0.01 BTC at the market",
        effect=(),
        basis={},
        created_at=at(0),
        expires_at=at(120),
        status=status,
        version=1,
    )
    assert card_state(record, at(secs)) == shown
