"""What the offline router makes of a message, before anything is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a message is answered."""

    CALLS = "calls"
    CHOICES = "choices"
    QUESTION = "question"
    BARE_ASSENT = "bare_assent"
    REMARK = "remark"
    REFUSED = "refused"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; `confidence` runs from 0 to 1 and is 1 for slash commands."""

    tool: str
    arguments: Mapping[str, Any]
    confidence: float


@dataclass(frozen=True, slots=True)
class Option:
    """A button: what it says and the message it sends."""

    label: str
    message: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """Calls to make in order, or words with up to three (for bots: ten) buttons."""

    outcome: Outcome
    calls: tuple[Call, ...] = ()
    text: str = ""
    options: tuple[Option, ...] = ()
