"""What the tools that change bots give back."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.services.bot_changes import BotOutcome


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different now, in words: `what`, its value before, its value from now on."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class BotEdited:
    """A bot was renamed or trades in another way from now on; `bot` is its name now."""

    bot: str
    status: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class CapitalMoved:
    """Cash went into a bot (`amount` above zero) or back to free cash (below); all in the bot's quote currency.

    `capital` is what the bot was given less what was taken back, `bot_cash` its cash, `free_cash` the person's
    unallocated cash; all after the move.
    """

    bot: str
    amount: Decimal
    currency: str
    capital: Decimal
    bot_cash: Decimal
    free_cash: Decimal


@dataclass(frozen=True, slots=True)
class BotsMoved:
    """All bots of a person were paused or resumed: a line for each, with what kept it from it; empty when none was."""

    what: Literal["paused", "resumed"]
    outcomes: tuple[BotOutcome, ...]
    words: str
