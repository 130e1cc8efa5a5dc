"""What can be asked of orders."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import Instrument
from core.domain.market import MarketState
from core.domain.order import OrderRequest


@dataclass(frozen=True, slots=True)
class OpenManualBot:
    """The built-in bot for orders that name none: without capital, it draws what its orders need."""

    bot_id: str
    symbol: str
    actor: str


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """An order against the first market state after its latency; `market` is None without a price.

    `system_halted`: an admin stopped everybody, whether or not that is in this journal yet.
    """

    order_id: str
    request: OrderRequest
    market: MarketState | None
    instrument: Instrument
    system_halted: bool = False


@dataclass(frozen=True, slots=True)
class FillResting:
    """A resting order meets a market state; `queue_ahead` is what stood before it at its price until then."""

    bot_id: str
    order_id: str
    market: MarketState
    instrument: Instrument
    queue_ahead: Decimal | None
    writer_epoch: int


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Take a resting order back."""

    order_id: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExpireOrder:
    """End a resting order whose time is over."""

    order_id: str
    writer_epoch: int
