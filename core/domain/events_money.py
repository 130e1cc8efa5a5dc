"""Events that move money without a trade."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Funded:
    """Play money came in; `units` were bought at the unit value that these marks give.

    The first funding sets the account's reporting currency.
    """

    amount: Decimal
    currency: str
    units: Decimal
    marks: dict[str, Decimal] | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Play money went out of free cash; `units` were redeemed at the unit value that these marks give."""

    amount: Decimal
    currency: str
    units: Decimal
    marks: dict[str, Decimal]
    actor: str


@dataclass(frozen=True, slots=True)
class Converted:
    """Free cash changed its currency: `sold` went away, `bought` came at `rate`, less `fee` (in what was bought)."""

    sold: Decimal
    sold_currency: str
    bought: Decimal
    bought_currency: str
    fee: Decimal
    rate: Decimal
    marks: dict[str, Decimal]
    actor: str


@dataclass(frozen=True, slots=True)
class Reversed:
    """A correction: undoes the money movement recorded as event `reverses`, which stays in the journal.

    Signed changes by currency: net `funding`, `conversion` (without fees) and `fees`; `units` are bought (or
    redeemed, below zero) at the unit value that these marks give, so that a correction is neither gain nor loss.
    """

    reverses: int
    kind: str
    funding: dict[str, Decimal]
    conversion: dict[str, Decimal]
    fees: dict[str, Decimal]
    units: Decimal
    marks: dict[str, Decimal]
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountReset:
    """The paper account starts anew with this balance; all bots, positions and figures of before are written off."""

    amount: Decimal
    currency: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Allocated:
    """Free cash moved into a bot's book; the bot's `units` were bought at its unit value."""

    bot_id: str
    amount: Decimal
    units: Decimal
    marks: dict[str, Decimal]
    actor: str


@dataclass(frozen=True, slots=True)
class Released:
    """A bot's unreserved cash moved back to free cash; the bot's `units` were redeemed at its unit value."""

    bot_id: str
    amount: Decimal
    units: Decimal
    marks: dict[str, Decimal]
    actor: str


@dataclass(frozen=True, slots=True)
class ReinvestLeg:
    """One bot's part in a reinvestment: what it gave, what it got, and its change of units (may be negative)."""

    bot_id: str
    released: Decimal
    allocated: Decimal
    units: Decimal


@dataclass(frozen=True, slots=True)
class Reinvested:
    """Profits were allocated to the best bots; `watermark` is the net realized profit that is spent from now on."""

    profit: Decimal
    currency: str
    legs: tuple[ReinvestLeg, ...]
    ranking: tuple[str, ...]
    watermark: Decimal
    marks: dict[str, Decimal]
    actor: str
