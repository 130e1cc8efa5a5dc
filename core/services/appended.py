"""What listeners of the journal are told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.domain.account import Account
from core.domain.bot_state import RestingOrder
from core.domain.events import (
    AccountReset,
    BotPaused,
    BotStopped,
    BreakerTripped,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    TradingHalted,
)
from core.domain.evolve import evolve
from core.domain.journal import Event
from core.domain.trade import Trade


@dataclass(frozen=True, slots=True)
class Appended:
    """A durable event with the state right after it; listeners read the state at once and never keep it.

    `orders` are the resting orders the event is about, each with its bot's id: also those that ended with it and
    are in the state no more.
    """

    event: Event
    state: Account
    trade: Trade | None
    orders: tuple[tuple[str, RestingOrder], ...] = ()


_ENDS_ORDERS = (AccountReset, BotPaused, BotStopped, BreakerTripped, TradingHalted)
"""Events that end resting orders without naming them."""


class Follower(Protocol):
    """What is kept beside a journal and follows each fold of it: the projections, or nothing in a backtest."""

    async def begin(self, user_id: str, folded: int) -> None:
        """Events after seq `folded` will be told."""
        ...

    def before(self, state: Account, event: Event) -> None:
        """An event is about to be folded into this state."""
        ...

    def on_appended(self, appended: "Appended") -> None:
        """It was folded."""
        ...

    def abandon(self, user_id: str, seq: int) -> None:
        """The fold failed after event `seq`; the state means nothing."""
        ...


Listener = Callable[[Appended], None]


def apply(state: Account, event: Event) -> Appended:
    """Fold one event into a state the caller owns, and tell what came of it.

    Raises:
        IntegrityError: the event does not follow the state or contradicts it; the state is then of no use.
    """
    fact = event.payload
    orders: tuple[tuple[str, RestingOrder], ...] = ()
    if isinstance(fact, OrderFilled | OrderCanceled | OrderExpired) and fact.bot_id in state.bots:
        resting = state.bots[fact.bot_id].orders.get(fact.order_id)
        orders = ((fact.bot_id, resting),) if resting is not None else ()
    elif isinstance(fact, _ENDS_ORDERS):
        orders = tuple((bot_id, state.bots[bot_id].orders[order_id]) for order_id, bot_id in state.working.items())
    trade = evolve(state, event)
    if isinstance(fact, OrderAccepted):
        orders = ((fact.bot_id, state.bots[fact.bot_id].orders[fact.order_id]),)
    elif isinstance(fact, _ENDS_ORDERS):
        orders = tuple((bot_id, order) for bot_id, order in orders if order.order_id not in state.working)
    return Appended(event, state, trade, orders)
