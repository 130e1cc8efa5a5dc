"""The paper exchange: a market order walks the book it is given, and fills what is really there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import FeeSchedule, Instrument
from core.domain.market import MarketState
from core.domain.money import BPS, ZERO, bps_of, floor_to, round_fee_up
from core.domain.order import Fill, Side
from core.domain.order_status import OrderStatus, Trigger, after

#: Stored with each order, so that old fills can be explained after the rules below have changed.
VERSION = 1

#: A market order never pays more than this away from the mid; the rest stays unfilled.
PRICE_PROTECTION_BPS = Decimal(500)


@dataclass(frozen=True, slots=True)
class MarketOrder:
    """What the exchange sees of an order: `quantity` is a whole number of lots unless dust is sold."""

    side: Side
    quantity: Decimal
    decided_mid: Decimal


@dataclass(frozen=True, slots=True)
class Execution:
    """Fills best level first, and the final status of the order."""

    fills: tuple[Fill, ...]
    status: OrderStatus

    @property
    def quantity(self) -> Decimal:
        """Base units filled."""
        return sum((f.quantity for f in self.fills), ZERO)

    @property
    def notional(self) -> Decimal:
        """Quote currency that changed hands, without fees."""
        return sum((f.quantity * f.price for f in self.fills), ZERO)

    @property
    def fees(self) -> Decimal:
        """Fees in quote currency."""
        return sum((f.fee_quote_value for f in self.fills), ZERO)


def execute(
    order: MarketOrder,
    market: MarketState,
    instrument: Instrument,
    fees: FeeSchedule,
    consumed: Mapping[Decimal, tuple[Decimal, Decimal]],
) -> Execution:
    """Fill a market order against the book, level by level.

    `consumed` maps the prices of the order's side to (what the level offered, what this user's earlier orders
    took of it): that part is not offered again until the level shows another quantity. What the book cannot fill
    within the price protection is canceled: no invented liquidity. An order nothing of which fills is
    rejected.
    """
    levels = market.asks if order.side is Side.BUY else market.bids
    reach = market.mid * PRICE_PROTECTION_BPS / BPS
    fills: list[Fill] = []
    left = order.quantity
    for level in levels:
        if left <= 0 or abs(level.price - market.mid) > reach:
            break
        offered, used = consumed.get(level.price, (level.quantity, ZERO))
        available = level.quantity - used if offered == level.quantity else level.quantity
        # A whole order may end in dust; a part of one is cut to whole lots, as an exchange would.
        quantity = left if left <= available else floor_to(available, instrument.lot_size)
        if quantity <= 0:
            continue
        fills.append(_fill(order, level.price, quantity, level.quantity, instrument, fees))
        left -= quantity
    return Execution(tuple(fills), _status(bool(fills), done=left <= 0))


def _fill(
    order: MarketOrder,
    price: Decimal,
    quantity: Decimal,
    level_quantity: Decimal,
    instrument: Instrument,
    fees: FeeSchedule,
) -> Fill:
    fee = round_fee_up(price * quantity * fees.taker_bps / BPS, fees.decimals)
    worse = price - order.decided_mid if order.side is Side.BUY else order.decided_mid - price
    return Fill(
        price=price,
        quantity=quantity,
        fee=fee,
        fee_currency=instrument.quote,
        fee_quote_value=fee,
        slippage_bps=bps_of(worse, order.decided_mid),
        level_quantity=level_quantity,
    )


def _status(filled: bool, *, done: bool) -> OrderStatus:  # noqa: FBT001 - reads as a phrase at its one call
    if not filled:
        return after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.REJECT)
    if done:
        return after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.ACCEPT, Trigger.FILL)
    return after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.ACCEPT, Trigger.FILL_PART, Trigger.CANCEL)
