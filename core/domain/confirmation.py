"""A stored proposal that only a person's click or typed phrase can turn into a command (spec/chat.md)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.domain.errors import Conflict, InvalidInput
from core.domain.journal import canonical


class ConfirmationStatus(StrEnum):
    """`approved` is durable intent; `done` says that its command has run, `refused` that it came to nothing."""

    PENDING = "pending"
    APPROVED = "approved"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ConfirmationRecord:
    """Who may confirm what, where, until when.

    `basis` is the state the preview was made on: when it has moved, the person is asked again.
    `phrase` is set where it must be typed.
    """

    confirmation_id: str
    user_id: str
    conversation_id: str
    tool: str
    arguments: dict[str, Any]
    arguments_sha256: str
    title: str
    effect: tuple[str, ...]
    basis: dict[str, str]
    created_at: datetime
    expires_at: datetime
    status: ConfirmationStatus
    version: int
    phrase: str | None = None


def arguments_digest(arguments: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical arguments."""
    return hashlib.sha256(canonical(arguments)).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person did with a card: the phrase is what was typed, None for a click."""

    user_id: str
    conversation_id: str
    phrase: str | None


def check_answer(record: ConfirmationRecord, answer: Answer, now: datetime) -> None:
    """Everything that must hold before a confirmation is consumed; anything else denies.

    Raises:
        Conflict: another user or conversation, already answered, expired, or changed arguments.
        InvalidInput: the phrase is wrong; the proposal stays open for another try.
    """
    if answer.user_id != record.user_id or answer.conversation_id != record.conversation_id:
        raise Conflict("That confirmation belongs to another conversation. Nothing was done.")
    if record.status is not ConfirmationStatus.PENDING:
        raise Conflict(f"That confirmation was already answered ({record.status}). Nothing more was done.")
    if now >= record.expires_at:
        raise Conflict("That confirmation has expired. Nothing was done; ask again for a new one.")
    if arguments_digest(record.arguments) != record.arguments_sha256:
        raise Conflict("The stored request does not match what was shown. Nothing was done.")
    if record.phrase is not None and (answer.phrase or "").strip() != record.phrase:
        raise InvalidInput(f"That is not the phrase, so nothing was done. Type exactly: {record.phrase}")
