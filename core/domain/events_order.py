"""Events of orders: executed at once, or resting in the book."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.instrument import Exchange
from core.domain.order import CostBreakdown, ExitReason, Fill, MarketEvidence, Side, TimeInForce
from core.domain.order_status import OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """What every order records: who asked for what, what it cost to decide, and what it filled on arrival.

    `take_profit` and `stop_loss` are the protective prices the position gets. `marks` are the mid
    prices of all symbols the user holds at that moment. `request_sha256` identifies the request, so
    that a reused key with another request is a conflict. `drawn` is the free cash that a manual order took.
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
    fills: tuple[Fill, ...]
    gates_passed: tuple[str, ...]
    marks: dict[str, Decimal]
    exchange_version: int
    cost: CostBreakdown | None = None
    exit_reason: ExitReason | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.IOC
    post_only: bool = False
    drawn: Decimal | None = None

    @property
    def filled_qty(self) -> Decimal:
        """Base units executed."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExecuted(OrderPlaced):
    """An order with all fills of its immediate execution: verdict, evidence and result in one fact."""

    status: OrderStatus
    market: MarketEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(OrderPlaced):
    """An order rests in the book after what it filled at once; it reserves quote cash (buy) or base units (sell).

    An exit without `limit_price` sells at the market as soon as there is a price or depth for it; while there is
    no price at all, `market` is absent. `queue_ahead` is what stood before it at its price, absent when unknown.
    """

    reserved: Decimal
    market: MarketEvidence | None = None
    expires_at: datetime | None = None
    queue_ahead: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """A resting order filled, in part or whole (`status`); `reserved` is what it still reserves.

    `exchange_version` is that of the rules it was filled by, `queue_ahead` what still stands before it at its price.
    """

    order_id: str
    bot_id: str
    status: OrderStatus
    fills: tuple[Fill, ...]
    reserved: Decimal
    market: MarketEvidence
    marks: dict[str, Decimal]
    exchange_version: int
    queue_ahead: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderCanceled:
    """A resting order was taken back; what it reserved is free again."""

    order_id: str
    bot_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """A resting order's time was over; what it reserved is free again."""

    order_id: str
    bot_id: str
    reason: str
