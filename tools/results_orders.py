"""What the tools that place, cancel and explain orders give back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.order import CostBreakdown, Side
from core.domain.order_status import OrderStatus
from core.services.order_reader import OrderView
from core.services.order_result import OrderResult
from core.services.traces import Trace


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What became of an order of `bot`; not `submitted` when it was only looked at and would have come to nothing."""

    order: OrderResult
    bot: str
    side: Side
    symbol: str
    submitted: bool
    source: str

    @property
    def refused(self) -> bool:
        """Whether nothing filled and nothing works."""
        return not self.order.success


@dataclass(frozen=True, slots=True)
class OrderTakenBack:
    """An order that worked and was canceled, as it was before; what it reserved is free again."""

    order: OrderView


@dataclass(frozen=True, slots=True)
class Flattened:
    """A bot sold what it held; `canceled` of its orders were taken back before."""

    bot: str
    orders: tuple[OrderResult, ...]
    canceled: int
    source: str

    @property
    def refused(self) -> bool:
        """Whether something was to be sold and none of it was, nor waits to be."""
        return bool(self.orders) and not any(order.success for order in self.orders)


@dataclass(frozen=True, slots=True)
class CooldownSet:
    """The least minutes of engine time between two entries of a bot, 0 for none."""

    bot: str
    minutes: int


@dataclass(frozen=True, slots=True)
class LastOrder:
    """A bot's newest order as it was recorded: what was decided and why, what the gates let pass, what it cost.

    `avg_px` and `slippage_bps` (against the mid at decision) are volume-weighted over what filled at once.
    """

    order_id: str
    side: Side
    symbol: str
    status: OrderStatus
    reason: str
    ts: datetime
    quantity: Decimal
    filled_qty: Decimal
    limit_price: Decimal | None
    avg_px: Decimal | None
    fee: Decimal
    slippage_bps: Decimal | None
    take_profit: Decimal | None
    stop_loss: Decimal | None
    gates_passed: tuple[str, ...]
    cost: CostBreakdown | None
    required_bps: Decimal | None


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a bot acted or did not: its newest traces and its last order; `why_no_trade` while it has not traded."""

    bot: str
    status: str
    status_reason: str
    traces: tuple[Trace, ...]
    last_order: LastOrder | None
    why_no_trade: str | None
    source: str
    now: datetime
