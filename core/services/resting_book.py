"""The resting orders of one symbol as the engine watches them: which of them a market state may fill or end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.bot_state import Bot, RestingOrder
from core.domain.market import MarketState
from core.domain.money import ZERO
from core.domain.order import Side
from core.domain.resting_fills import Waiting, trade_through


@dataclass(slots=True)
class Watched:
    """A resting order with its owner; `queue_ahead` is what is left before it, as far as this engine saw it go.

    Only fills are recorded, so after a restart the queue counts as it was recorded last: longer, never shorter.
    """

    user_id: str
    bot_id: str
    order: RestingOrder
    queue_ahead: Decimal | None
    filled: Decimal


@dataclass(slots=True)
class RestingBook:
    """All of them, by bot and order id; each is met by states after the one that accepted it."""

    lot_size: Decimal
    _watched: dict[str, dict[str, Watched]] = field(default_factory=dict[str, dict[str, Watched]])

    @property
    def empty(self) -> bool:
        """Whether no order rests."""
        return not self._watched

    def sync(self, user_id: str, bot: Bot, symbol: str) -> None:
        """Take over which orders of a bot rest in this symbol; also those of before a restart."""
        known = self._watched.pop(bot.bot_id, {})
        resting = [order for order in bot.orders.values() if order.symbol == symbol]
        if resting:
            self._watched[bot.bot_id] = {o.order_id: _watch(user_id, bot, o, known.get(o.order_id)) for o in resting}

    def expired(self, state: MarketState) -> list[Watched]:
        """Orders whose time is over."""
        return [w for w in self._all() if w.order.expires_at is not None and w.order.expires_at <= state.ts]

    def reached(self, state: MarketState) -> dict[str, list[Watched]]:
        """By user, the orders that this state lets fill, best price first, then the oldest; moves all queues on."""
        reached: dict[str, list[Watched]] = {}
        for watched in self._met_by(state):
            reached.setdefault(watched.user_id, []).append(watched)
        for orders in reached.values():
            orders.sort(key=_priority)
        return reached

    def _all(self) -> Iterator[Watched]:
        return (watched for orders in self._watched.values() for watched in orders.values())

    def _met_by(self, state: MarketState) -> Iterator[Watched]:
        lowest = min((trade.price for trade in state.trades), default=None)
        highest = max((trade.price for trade in state.trades), default=None)
        for watched in self._all():
            order, limit = watched.order, watched.order.limit_price
            if state.ts <= order.accepted_at:
                continue
            if limit is None:
                yield watched
                continue
            if lowest is None or highest is None or (limit < lowest if order.side is Side.BUY else limit > highest):
                continue
            waiting = Waiting(order.side, limit, order.left, watched.queue_ahead)
            traded = trade_through(waiting, state.trades, ZERO, self.lot_size)
            if traded.quantity:
                yield watched
            else:
                watched.queue_ahead = traded.queue_ahead


def _watch(user_id: str, bot: Bot, order: RestingOrder, known: Watched | None) -> Watched:
    """What is known of an order stays, unless it filled or was read anew: then the recorded queue counts."""
    if known is not None and known.order is order and known.filled == order.filled:
        return known
    return Watched(user_id, bot.bot_id, order, order.queue_ahead, order.filled)


def _priority(watched: Watched) -> tuple[Decimal, str]:
    order = watched.order
    price = order.limit_price or ZERO
    return (-price if order.side is Side.BUY else price), order.accepted_at.isoformat()
