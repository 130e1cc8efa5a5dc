"""What telling an event gives, and the function that every kind of event is registered with."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch

ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount that changed place; negative where the account, or a bot, gave it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event for a reader: `actor` is a person, a bot by its name, or the engine."""

    words: str
    actor: str
    amounts: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Present names of bots, and the quote currency of each, by id."""

    bots: Mapping[str, str]
    quotes: Mapping[str, str]

    def of(self, bot_id: str) -> str:
        """A bot's name."""
        return self.bots.get(bot_id, "a bot")

    def quote(self, bot_id: str) -> str:
        """Currency of a bot's cash."""
        return self.quotes.get(bot_id, "")


def money(amount: Decimal, currency: str) -> str:
    """An amount as a person reads it, unrounded."""
    return f"{amount:,f} {currency}".strip()


@singledispatch
def tell_fact(fact: object, _: Names) -> Told:
    """What a fact did; there is one function per type of event."""
    raise TypeError(f"Nothing tells {type(fact).__name__}.")
