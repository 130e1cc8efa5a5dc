"""The journal's event types: facts, in the past tense, that change money, orders, bots or permission to trade."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from core.domain.events_bot import (
    BotCreated,
    BotEdited,
    BotErred,
    BotPaused,
    BotResumed,
    BotStarted,
    BotStopped,
)
from core.domain.events_money import (
    AccountReset,
    Allocated,
    Converted,
    Funded,
    Reinvested,
    ReinvestLeg,
    Released,
    Reversed,
    Withdrawn,
)
from core.domain.events_order import OrderAccepted, OrderCanceled, OrderExecuted, OrderExpired, OrderFilled

__all__ = [
    "NAMES",
    "TYPES",
    "AccountReset",
    "Allocated",
    "BotCreated",
    "BotEdited",
    "BotErred",
    "BotPaused",
    "BotResumed",
    "BotStarted",
    "BotStopped",
    "BreakerReset",
    "BreakerTripped",
    "Converted",
    "Funded",
    "HaltScope",
    "LimitsChanged",
    "Marked",
    "Metric",
    "OrderAccepted",
    "OrderCanceled",
    "OrderExecuted",
    "OrderExpired",
    "OrderFilled",
    "OwnershipTaken",
    "Payload",
    "ReinvestLeg",
    "Reinvested",
    "Released",
    "Reversed",
    "TradingHalted",
    "TradingResumed",
    "Withdrawn",
]


class Metric(StrEnum):
    """What trips the circuit breaker."""

    DRAWDOWN = "drawdown"
    DAILY_LOSS = "daily_loss"
    CONSECUTIVE_LOSSES = "consecutive_losses"
    ERRORS_PER_HOUR = "errors_per_hour"


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """This account's own limits, by their names in TradingRules, instead of the installation's; none when empty."""

    limits: dict[str, Decimal]
    actor: str


@dataclass(frozen=True, slots=True)
class Marked:
    """Equity was measured at these marks; `day_start` opens a UTC day of engine time."""

    marks: dict[str, Decimal]
    day_start: bool


class HaltScope(StrEnum):
    """Who halted: the user (or what watches the account) alone, or an admin the whole system."""

    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TradingHalted:
    """The emergency stop: from here on no entry of this user can be appended, and none that rests is left.

    `takes_back_sales`: neither is a sale that rests at a limit and has sold nothing.
    """

    actor: str
    reason: str
    scope: HaltScope = HaltScope.USER
    takes_back_sales: bool = False


@dataclass(frozen=True, slots=True)
class TradingResumed:
    """The halt of this scope is lifted; bots stay paused until resumed."""

    actor: str
    scope: HaltScope = HaltScope.USER


@dataclass(frozen=True, slots=True)
class BreakerTripped:
    """The circuit breaker opened for a bot, or for the user when `bot_id` is absent."""

    metric: Metric
    value: Decimal
    threshold: Decimal
    evidence: dict[str, str] = field(default_factory=dict[str, str])
    bot_id: str | None = None


@dataclass(frozen=True, slots=True)
class BreakerReset:
    """A person closed the breaker again; metrics start afresh from the marks given."""

    actor: str
    reason: str
    marks: dict[str, Decimal]
    bot_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnershipTaken:
    """An engine took over the user's bots; writers with a lower epoch are fenced off."""

    holder: str


Payload: TypeAlias = (
    Funded
    | Withdrawn
    | Converted
    | Allocated
    | Released
    | Reinvested
    | Reversed
    | AccountReset
    | BotCreated
    | BotEdited
    | BotStarted
    | BotPaused
    | BotResumed
    | BotStopped
    | BotErred
    | OrderExecuted
    | OrderAccepted
    | OrderFilled
    | OrderCanceled
    | OrderExpired
    | Marked
    | TradingHalted
    | TradingResumed
    | LimitsChanged
    | BreakerTripped
    | BreakerReset
    | OwnershipTaken
)

TYPES: dict[str, type[Payload]] = {
    "funded": Funded,
    "withdrawn": Withdrawn,
    "converted": Converted,
    "allocated": Allocated,
    "released": Released,
    "reinvested": Reinvested,
    "reversed": Reversed,
    "account_reset": AccountReset,
    "bot_created": BotCreated,
    "bot_edited": BotEdited,
    "bot_started": BotStarted,
    "bot_paused": BotPaused,
    "bot_resumed": BotResumed,
    "bot_stopped": BotStopped,
    "bot_erred": BotErred,
    "order_executed": OrderExecuted,
    "order_accepted": OrderAccepted,
    "order_filled": OrderFilled,
    "order_canceled": OrderCanceled,
    "order_expired": OrderExpired,
    "marked": Marked,
    "trading_halted": TradingHalted,
    "trading_resumed": TradingResumed,
    "limits_changed": LimitsChanged,
    "breaker_tripped": BreakerTripped,
    "breaker_reset": BreakerReset,
    "ownership_taken": OwnershipTaken,
}
NAMES: dict[type[Payload], str] = {kind: name for name, kind in TYPES.items()}
