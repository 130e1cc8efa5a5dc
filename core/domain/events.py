"""The journal's event types: facts, in the past tense, that change money, orders, bots or permission to trade."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.order import CostBreakdown, ExitReason, Fill, MarketEvidence, Side
from core.domain.order_status import OrderStatus


class Metric(StrEnum):
    """What trips the circuit breaker."""

    DRAWDOWN = "drawdown"
    DAILY_LOSS = "daily_loss"
    CONSECUTIVE_LOSSES = "consecutive_losses"
    ERRORS_PER_HOUR = "errors_per_hour"


@dataclass(frozen=True, slots=True)
class Funded:
    """Play money came in; `units` were bought at the unit value of that moment."""

    amount: Decimal
    currency: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class BotCreated:
    """A bot exists; `capital` moved from free cash into its book."""

    bot_id: str
    name: str
    exchange: Exchange
    symbol: str
    strategy: str
    parameters: dict[str, int]
    timeframe: Timeframe
    risk_mode: str
    capital: Decimal
    actor: str


@dataclass(frozen=True, slots=True)
class BotStarted:
    """A bot runs; `run` counts its starts and is part of its orders' keys. `source` is what it trades on."""

    bot_id: str
    run: int
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class BotPaused:
    """No new entries; protective exits stay."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class BotResumed:
    """A paused bot runs again."""

    bot_id: str
    run: int
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class BotStopped:
    """Final. Its cash goes to free cash at once when flat, else with the order that flattens it."""

    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class BotErred:
    """A strategy or the exchange failed for this bot; counts towards its breaker."""

    bot_id: str
    message: str


@dataclass(frozen=True, slots=True)
class OrderExecuted:
    """An order with all fills of its immediate execution: verdict, evidence and result in one fact.

    `take_profit` and `stop_loss` are the protective prices the position gets. `marks` are the mid
    prices of all symbols the user holds at that moment. `request_sha256` identifies the request, so
    that a reused key with another request is a conflict.
    """

    order_id: str
    client_order_id: str
    request_sha256: str
    bot_id: str
    exchange: Exchange
    symbol: str
    side: Side
    quantity: Decimal
    reduce_only: bool
    reason: str
    decided_at: datetime
    decided_mid: Decimal
    status: OrderStatus
    fills: tuple[Fill, ...]
    gates_passed: tuple[str, ...]
    market: MarketEvidence
    marks: dict[str, Decimal]
    exchange_version: int
    cost: CostBreakdown | None = None
    exit_reason: ExitReason | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None

    @property
    def filled_qty(self) -> Decimal:
        """Base units executed."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))


@dataclass(frozen=True, slots=True)
class Marked:
    """Equity was measured at these marks; `day_start` opens a UTC day of engine time."""

    marks: dict[str, Decimal]
    day_start: bool


@dataclass(frozen=True, slots=True)
class TradingHalted:
    """The emergency stop: from here on no entry of this user can be appended."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class TradingResumed:
    """The halt is lifted; bots stay paused until resumed."""

    actor: str


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
    | BotCreated
    | BotStarted
    | BotPaused
    | BotResumed
    | BotStopped
    | BotErred
    | OrderExecuted
    | Marked
    | TradingHalted
    | TradingResumed
    | BreakerTripped
    | BreakerReset
    | OwnershipTaken
)

TYPES: dict[str, type[Payload]] = {
    "funded": Funded,
    "bot_created": BotCreated,
    "bot_started": BotStarted,
    "bot_paused": BotPaused,
    "bot_resumed": BotResumed,
    "bot_stopped": BotStopped,
    "bot_erred": BotErred,
    "order_executed": OrderExecuted,
    "marked": Marked,
    "trading_halted": TradingHalted,
    "trading_resumed": TradingResumed,
    "breaker_tripped": BreakerTripped,
    "breaker_reset": BreakerReset,
    "ownership_taken": OwnershipTaken,
}
NAMES: dict[type[Payload], str] = {kind: name for name, kind in TYPES.items()}
