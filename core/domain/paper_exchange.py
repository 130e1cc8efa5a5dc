"""The paper exchange: what an order fills at once, against what is really there (spec/pipeline.md).

A book is walked level by level. Where only the best prices are known, a size moves the price against itself. What
stays in the book is filled later by core/domain/resting_fills.py. All of it is pure: the same order, market and
consumption give the same fills.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import FeeSchedule, Instrument
from core.domain.market import MarketState, Sampling
from core.domain.money import BPS, ONE, ZERO, bps_of, ceil_to, floor_to, ratio, round_fee_up
from core.domain.order import Fill, Side, TimeInForce
from core.domain.order_status import OrderStatus, Trigger, after

#: Stored with each order, so that old fills can be explained after the rules below have changed.
VERSION = 2

#: A market order never pays more than this away from the mid; the rest stays unfilled.
PRICE_PROTECTION_BPS = Decimal(500)

#: Where only the best prices are known: how far an order of the size of all recent volume moves the price.
IMPACT_BPS_PER_VOLUME = Decimal(100)

Consumed = Mapping[Decimal, tuple[Decimal, Decimal]]
"""Price -> (what the level offered, what this user's earlier orders took of it)."""


@dataclass(frozen=True, slots=True)
class ExchangeOrder:
    """What the exchange sees of an order: `quantity` is a whole number of lots unless dust is sold."""

    side: Side
    quantity: Decimal
    decided_mid: Decimal
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.IOC
    post_only: bool = False

    def accepts(self, price: Decimal) -> bool:
        """Whether the order may trade at this price."""
        if self.limit_price is None:
            return True
        return price <= self.limit_price if self.side is Side.BUY else price >= self.limit_price


@dataclass(frozen=True, slots=True)
class Execution:
    """Fills best level first, the status they leave the order in, and what of it rests in the book.

    `queue_ahead` is what stands before the resting part at its price; None when that is unknown.
    """

    fills: tuple[Fill, ...]
    status: OrderStatus
    rests: Decimal = ZERO
    queue_ahead: Decimal | None = None

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
    order: ExchangeOrder, market: MarketState, instrument: Instrument, fees: FeeSchedule, consumed: Consumed
) -> Execution:
    """Fill what an order meets on its arrival, as a taker, and say what becomes of the rest.

    `consumed` maps the prices of the order's side to what this user's orders took of them: that part is not offered
    again until the level shows another quantity. What nobody offers within the limit (the price protection, for a
    market order) stays unfilled: no invented liquidity.
    """
    levels = market.asks if order.side is Side.BUY else market.bids
    if order.post_only and order.accepts(levels[0].price):
        return Execution((), after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.REJECT))
    walk = _walk_quote if market.sampling is Sampling.QUOTE else _walk_book
    fills = walk(order, market, instrument, fees, consumed)
    left = order.quantity - sum((fill.quantity for fill in fills), ZERO)
    if order.time_in_force is TimeInForce.FOK and left > 0:
        return Execution((), after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.ACCEPT, Trigger.CANCEL))
    if left > 0 and order.time_in_force is TimeInForce.GTC:
        triggers = [Trigger.SUBMIT, Trigger.ACCEPT, *([Trigger.FILL_PART] if fills else [])]
        return Execution(tuple(fills), after(OrderStatus.INITIALIZED, *triggers), left, _queue_ahead(order, market))
    return Execution(tuple(fills), _final(order, filled=bool(fills), done=left <= 0))


def _walk_book(
    order: ExchangeOrder, market: MarketState, instrument: Instrument, fees: FeeSchedule, consumed: Consumed
) -> list[Fill]:
    """Level by level, as far as the limit and the price protection allow."""
    levels = market.asks if order.side is Side.BUY else market.bids
    reach = market.mid * PRICE_PROTECTION_BPS / BPS
    fills: list[Fill] = []
    left = order.quantity
    for level in levels:
        unprotected = order.limit_price is None and abs(level.price - market.mid) > reach
        if left <= 0 or unprotected or not order.accepts(level.price):
            break
        offered, used = consumed.get(level.price, (level.quantity, ZERO))
        available = level.quantity - used if offered == level.quantity else level.quantity
        # A whole order may end in dust; a part of one is cut to whole lots, as an exchange would.
        quantity = left if left <= available else floor_to(available, instrument.lot_size)
        if quantity <= 0:
            continue
        fee = round_fee_up(level.price * quantity * fees.taker_bps / BPS, fees.decimals)
        fills.append(make_fill(order, level.price, quantity, fee, level.quantity, instrument))
        left -= quantity
    return fills


def _walk_quote(
    order: ExchangeOrder, market: MarketState, instrument: Instrument, fees: FeeSchedule, consumed: Consumed
) -> list[Fill]:
    """One fill at the best price, moved against the order by its size over the volume, up to the price protection.

    The impact is linear in participation: (size / volume) x 100 bps. What would be moved beyond the protection or
    the limit is not filled, and without any volume nothing is.
    """
    best = market.ask if order.side is Side.BUY else market.bid
    if not market.volume or not order.accepts(best):
        return []
    worst_bps = PRICE_PROTECTION_BPS
    if order.limit_price is not None:
        worst_bps = min(worst_bps, abs(bps_of(order.limit_price - best, best)))
    offered = floor_to(ratio(PRICE_PROTECTION_BPS * market.volume, IMPACT_BPS_PER_VOLUME), instrument.lot_size)
    within = floor_to(ratio(worst_bps * market.volume, IMPACT_BPS_PER_VOLUME), instrument.lot_size)
    # What was had of the same offer moved the price already, so that splitting an order saves nothing.
    used = sum((had for level, had in consumed.values() if level == offered), ZERO)
    quantity = min(order.quantity, within - used)
    if quantity <= 0:
        return []
    impact = ratio(IMPACT_BPS_PER_VOLUME * (used + quantity), market.volume) / BPS
    if order.side is Side.BUY:
        price = ceil_to(best * (ONE + impact), instrument.tick_size)
    else:
        price = floor_to(best * (ONE - impact), instrument.tick_size)
    if price <= 0 or not order.accepts(price):
        return []
    fee = round_fee_up(price * quantity * fees.taker_bps / BPS, fees.decimals)
    return [make_fill(order, price, quantity, fee, offered, instrument)]


def make_fill(
    order: ExchangeOrder, price: Decimal, quantity: Decimal, fee: Decimal, offered: Decimal, instrument: Instrument
) -> Fill:
    """A fill with its fee in quote currency, and its slippage against the mid at decision."""
    worse = price - order.decided_mid if order.side is Side.BUY else order.decided_mid - price
    return Fill(
        price=price,
        quantity=quantity,
        fee=fee,
        fee_currency=instrument.quote,
        fee_quote_value=fee,
        slippage_bps=bps_of(worse, order.decided_mid),
        level_quantity=offered,
    )


def _queue_ahead(order: ExchangeOrder, market: MarketState) -> Decimal | None:
    """What the book shows at the order's price on its own side when it arrives.

    Deeper than the book is shown, or without a real book, the queue is unknown.
    """
    if order.limit_price is None or market.sampling is not Sampling.BOOK:
        return None
    own = market.bids if order.side is Side.BUY else market.asks
    for level in own:
        if level.price == order.limit_price:
            return level.quantity
    beyond = order.limit_price < own[-1].price if order.side is Side.BUY else order.limit_price > own[-1].price
    return None if beyond else ZERO


def _final(order: ExchangeOrder, *, filled: bool, done: bool) -> OrderStatus:
    accepted = (OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.ACCEPT)
    if done:
        return after(*accepted, Trigger.FILL)
    if filled:
        return after(*accepted, Trigger.FILL_PART, Trigger.CANCEL)
    if order.limit_price is None:
        return after(OrderStatus.INITIALIZED, Trigger.SUBMIT, Trigger.REJECT)
    return after(*accepted, Trigger.CANCEL)
