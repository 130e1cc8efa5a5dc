"""What is asked of the exchange, and what came back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Direction of an order."""

    BUY = "buy"
    SELL = "sell"


class TimeInForce(StrEnum):
    """How long an order works: until canceled, for what fills at once, or at once and whole or not at all."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class ExitReason(StrEnum):
    """Why a position was closed."""

    SIGNAL = "signal"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    FLATTEN = "flatten"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as decided by a strategy, a protective price or a person.

    An entry (`reduce_only` False) buys `quantity`, or for `notional` quote currency, and states its target as
    `take_profit_bps` from its `reference` price or as the price `take_profit`: that distance is its edge, and the
    target is really placed. An exit with `quantity` None sells all. Without `limit_price` it is a market order; a
    market exit that is `gtc` goes on until all is sold. What rests longer than `good_for_secs` (engine time)
    expires. `writer_epoch` is the engine's ownership epoch; None for orders of people.
    """

    client_order_id: str
    bot_id: str
    symbol: str
    side: Side
    quantity: Decimal | None
    reduce_only: bool
    reason: str
    decided_at: datetime
    decided_mid: Decimal
    exit_reason: ExitReason | None = None
    take_profit_bps: Decimal | None = None
    stop_loss_bps: Decimal | None = None
    writer_epoch: int | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.IOC
    post_only: bool = False
    good_for_secs: int | None = None
    notional: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None

    @property
    def reference(self) -> Decimal:
        """The price that targets and stops are measured from: the limit, else the mid at decision."""
        return self.decided_mid if self.limit_price is None else self.limit_price


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution against one level.

    `fee` is in `fee_currency`; `fee_quote_value` is its worth in quote at the fill price.
    `level_quantity` is what the level offered, so that consumption of depth can be replayed.
    `slippage_bps` is against the mid at decision; positive is worse for the trader.
    """

    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    fee_quote_value: Decimal
    slippage_bps: Decimal
    level_quantity: Decimal


@dataclass(frozen=True, slots=True)
class CostBreakdown:
    """What a round trip costs, in bps of the notional, and what the edge must reach."""

    entry_fee_bps: Decimal
    exit_fee_bps: Decimal
    spread_bps: Decimal
    slippage_buffer_bps: Decimal
    safety_margin_bps: Decimal
    min_edge_bps: Decimal

    @property
    def break_even_bps(self) -> Decimal:
        """How far the price must rise to pay for the round trip: both fees, the spread and the slippage buffer."""
        return self.entry_fee_bps + self.exit_fee_bps + self.spread_bps + self.slippage_buffer_bps

    @property
    def required_bps(self) -> Decimal:
        """Smallest edge that passes: break-even, a safety margin and the least gain."""
        return self.break_even_bps + self.safety_margin_bps + self.min_edge_bps


@dataclass(frozen=True, slots=True)
class MarketEvidence:
    """The best prices an order was executed against, and where they are from."""

    bid: Decimal
    ask: Decimal
    ts: datetime
    source: str
