"""Orders as their events alone tell them, for comparison with what the state says of them."""

from decimal import Decimal

from core.domain import events as ev
from core.domain.bot_state import Bot, RestingOrder
from core.domain.market import Level, MarketState, Sampling
from core.domain.money import exact
from core.domain.order import Fill, Side, TimeInForce
from core.domain.order_status import FINAL, OrderStatus

_NOTHING = Decimal(0)
_OPEN = {OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED}
_ENDS_ENTRIES = (ev.BotPaused, ev.BotStopped, ev.BreakerTripped, ev.TradingHalted)


class Asked:
    """One order: what was asked and filled, and whether it ended."""

    def __init__(self, fact: ev.OrderAccepted | ev.OrderExecuted) -> None:
        self.fact = fact
        self.fills = list(fact.fills)
        self.ended = isinstance(fact, ev.OrderExecuted)

    @property
    def filled(self) -> Decimal:
        return _sum(self.fills)


class OrderRecords:
    """All orders of a user."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}

    @property
    def working(self) -> set[str]:
        """Ids of orders that have not ended."""
        return {order_id for order_id, asked in self.asked.items() if not asked.ended}

    @property
    def waiting_entries(self) -> int:
        """Entries that work and have filled nothing."""
        return sum(not (one.ended or one.fills or one.fact.reduce_only) for one in self.asked.values())

    @property
    def fees(self) -> Decimal:
        return sum((fill.fee_quote_value for asked in self.asked.values() for fill in asked.fills), _NOTHING)

    def held(self, bot_id: str) -> Decimal:
        """What a bot has bought and not sold."""
        signed = ((-1 if a.fact.reduce_only else 1) * a.filled for a in self.asked.values() if a.fact.bot_id == bot_id)
        return sum(signed, _NOTHING)

    def note(self, fact: ev.Payload, working: set[str]) -> None:
        """Take an event; `working` are the orders that the state has resting after it."""
        if isinstance(fact, ev.OrderExecuted | ev.OrderAccepted):
            assert fact.order_id not in self.asked
            self.asked[fact.order_id] = Asked(fact)
        elif isinstance(fact, ev.OrderFilled):
            asked = self.asked[fact.order_id]
            assert not asked.ended
            asked.fills += fact.fills
            asked.ended = fact.status is OrderStatus.FILLED
            assert asked.ended == (asked.filled == asked.fact.quantity)
        elif isinstance(fact, ev.OrderCanceled | ev.OrderExpired):
            assert not self.asked[fact.order_id].ended
            self.asked[fact.order_id].ended = True
        else:
            for order_id in self.working - working:
                assert not self.asked[order_id].fact.reduce_only, "only entries end with their bot or a halt"
                assert isinstance(fact, _ENDS_ENTRIES)
                self.asked[order_id].ended = True

    def check(self, bot: Bot, symbol: str) -> None:
        """The state of a bot's orders follows from their events."""
        assert bot.held(symbol) == self.held(bot.bot_id)
        for order in bot.orders.values():
            asked = self.asked[order.order_id]
            assert (order.filled, order.quantity) == (asked.filled, asked.fact.quantity)
            assert order.status in _OPEN
            assert (order.status is OrderStatus.PARTIALLY_FILLED) == bool(order.filled)


def check_arrival(fact: ev.OrderExecuted | ev.OrderAccepted, market: MarketState) -> None:
    """No fill is worse than the limit, nor than what the book held; its status follows from what it filled."""
    limit, buys = fact.limit_price, fact.side is Side.BUY
    for fill in fact.fills:
        assert limit is None or (fill.price <= limit if buys else fill.price >= limit)
    assert fact.filled_qty <= fact.quantity
    assert fact.time_in_force is not TimeInForce.FOK or fact.filled_qty in {_NOTHING, fact.quantity}
    assert not (fact.post_only and fact.fills)
    if market.sampling is not Sampling.QUOTE:
        offered = {level.price: level.quantity for level in (market.asks if buys else market.bids)}
        assert all(fill.quantity <= offered[fill.price] for fill in fact.fills)
    if isinstance(fact, ev.OrderAccepted):
        assert fact.filled_qty < fact.quantity
    else:
        assert fact.status in FINAL
        assert (fact.status is OrderStatus.FILLED) == (fact.filled_qty == fact.quantity)


def check_fill(before: RestingOrder, fact: ev.OrderFilled, trades: tuple[Level, ...]) -> Decimal:
    """Only what was traded where it waits fills a limit order, at its price; gives how much of the trades it took."""
    filled, limit, buys = _sum(fact.fills), before.limit_price, before.side is Side.BUY
    assert 0 < filled <= before.left
    if limit is None:
        return _NOTHING
    assert all(fill.price == limit for fill in fact.fills)
    reaching = [trade for trade in trades if (trade.price <= limit if buys else trade.price >= limit)]
    assert filled <= sum((trade.quantity for trade in reaching), _NOTHING)
    if buys:
        fee = fact.fills[0].fee
        with exact():
            assert before.reserved - fact.reserved == filled * limit + fee
            assert fee >= 0
    return filled


def _sum(fills: list[Fill] | tuple[Fill, ...]) -> Decimal:
    return sum((fill.quantity for fill in fills), _NOTHING)
