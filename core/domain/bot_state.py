"""One bot inside its owner's folded state: its cash, lots, resting orders and figures."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.book import Book, Exposure
from core.domain.bot import BotStatus
from core.domain.events import Metric
from core.domain.instrument import Exchange
from core.domain.lots import LotQueue
from core.domain.market import Timeframe
from core.domain.money import ZERO
from core.domain.order import ExitReason, Side
from core.domain.order_status import OrderStatus
from core.domain.track import UnitTrack
from core.domain.trade import Leg

ERRORS_KEPT = 1_000

MANUAL = "manual"
"""Strategy of the built-in bot: none; a person decides each order."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Protective prices of an open position; either may be absent."""

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


@dataclass(slots=True)
class RestingOrder:
    """An order that waits in the book; `reserved` is quote cash (buy) or base units (sell).

    Without `limit_price` it is an exit that sells at the market as soon as it can. `queue_ahead` is what was
    recorded to stand before it at its price, None when that is unknown. `legs` are what a sale has sold so far:
    they become one trade when the order ends.
    """

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None
    filled: Decimal
    reserved: Decimal
    status: OrderStatus
    reduce_only: bool
    accepted_at: datetime
    decided_mid: Decimal
    expires_at: datetime | None = None
    queue_ahead: Decimal | None = None
    exit_reason: ExitReason | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    legs: list[Leg] = field(default_factory=list[Leg])

    @property
    def left(self) -> Decimal:
        """Base units that have not filled."""
        return self.quantity - self.filled

    @property
    def only_asked(self) -> bool:
        """Whether it is a sale at a limit that has sold nothing."""
        return self.side is Side.SELL and self.limit_price is not None and not self.filled

    @property
    def waits_to_enter(self) -> bool:
        """Whether it is an entry of which nothing has filled."""
        return self.side is Side.BUY and not self.filled


@dataclass(slots=True)
class Bot:
    """A bot's book; money in its quote currency. `capital` is what was allocated less what was released."""

    bot_id: str
    name: str
    exchange: Exchange
    symbol: str
    strategy: str
    parameters: dict[str, int]
    timeframe: Timeframe
    risk_mode: str
    capital: Decimal
    created_at: datetime
    status: BotStatus = BotStatus.CREATED
    status_reason: str = ""
    run: int = 0
    source: str = ""
    cash: Decimal = ZERO
    positions: dict[str, LotQueue] = field(default_factory=dict[str, LotQueue])
    orders: dict[str, RestingOrder] = field(default_factory=dict[str, RestingOrder])
    protections: dict[str, Protection] = field(default_factory=dict[str, Protection])
    cooldown_minutes: int = 0
    last_entry_at: datetime | None = None
    book: Book = field(default_factory=Book)
    exposure: Exposure = field(default_factory=Exposure)
    track: UnitTrack = field(default_factory=UnitTrack)
    orders_today: int = 0
    loss_streak: int = 0
    errors: deque[datetime] = field(default_factory=deque[datetime])
    tripped: Metric | None = None
    written_off: bool = False

    @property
    def manual(self) -> bool:
        """Whether it is the user's built-in bot for orders that name none; it trades any symbol of its quote."""
        return self.strategy == MANUAL

    @property
    def protection(self) -> Protection | None:
        """Protective prices of its position in its own symbol."""
        return self.protections.get(self.symbol)

    @property
    def symbols(self) -> dict[str, None]:
        """Symbols it may hold or work an order in now, its own first."""
        working = (order.symbol for order in self.orders.values())
        return dict.fromkeys((self.symbol, *(s for s, queue in self.positions.items() if queue.quantity), *working))

    @property
    def quote(self) -> str:
        """Currency of its cash."""
        return self.symbol.partition("/")[2]

    def held(self, symbol: str) -> Decimal:
        """Base units held."""
        queue = self.positions.get(symbol)
        return queue.quantity if queue else ZERO

    @property
    def flat(self) -> bool:
        """Whether it holds nothing."""
        for queue in self.positions.values():  # noqa: SIM110 - all() costs three times as much on the order path
            if queue.quantity:
                return False
        return True

    @property
    def reserved_cash(self) -> Decimal:
        """Cash that resting buys have claimed."""
        return sum((order.reserved for order in self.orders.values() if order.side is Side.BUY), ZERO)

    def reserved_units(self, symbol: str) -> Decimal:
        """Base units that resting sells of a symbol have claimed."""
        resting = self.orders.values()
        return sum((o.reserved for o in resting if o.side is Side.SELL and o.symbol == symbol), ZERO)

    @property
    def free_cash(self) -> Decimal:
        """Cash that no resting order has claimed."""
        return self.cash - self.reserved_cash if self.orders else self.cash

    def equity(self, marks: dict[str, Decimal]) -> Decimal:
        """Cash plus positions at the marks."""
        total = self.cash
        for symbol, queue in self.positions.items():
            if queue.quantity:
                total += queue.quantity * marks[symbol]
        return total
