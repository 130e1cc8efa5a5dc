"""An exit: only lot, tick and what is held bound it; without a price it waits for one (spec/pipeline.md)."""

from decimal import Decimal

from core.domain.decision import Decision
from core.domain.gates.verdict import Denied, Gate
from core.domain.market import MarketState
from core.domain.money import ZERO, floor_to, plain
from core.domain.order import Side
from core.domain.order_attempt import Attempt


def decide_exit(attempt: Attempt, market: MarketState) -> Decision:
    """Sell what is asked for, as far as it is held and no other order has claimed it."""
    quantity = _sellable(attempt)
    if isinstance(quantity, Denied):
        return Decision(None, quantity)
    return Decision(attempt.executed(quantity, attempt.execute(quantity, market), market))


def wait_for_price(attempt: Attempt) -> Decision:
    """Keep a sale as a pending order until there is a price for it."""
    quantity = _sellable(attempt)
    if isinstance(quantity, Denied):
        return Decision(None, quantity)
    return Decision(attempt.waiting(quantity))


def _sellable(attempt: Attempt) -> Decimal | Denied:
    request, instrument, bot = attempt.request, attempt.instrument, attempt.bot
    claimed = bot.reserved_units(request.symbol) if bot.orders else ZERO
    held = bot.held(request.symbol) - claimed
    if request.side is not Side.SELL or not held:
        words = f"{bot.name} holds no {instrument.base} to sell."
        if claimed:
            words = f"All {instrument.base} of {bot.name} is in orders that work already. Cancel one first."
        return Denied(Gate.LIFE_CYCLE, "no_position", words)
    wanted = held if request.quantity is None else min(request.quantity, held)
    # Dust may be sold whole; anything else is rounded down to the lot.
    quantity = held if wanted == held else floor_to(wanted, instrument.lot_size)
    if quantity <= 0:
        lot = plain(instrument.lot_size)
        return Denied(Gate.TRADE_LIMITER, "below_lot_size", f"Less than one lot of {lot}.", lot, plain(wanted))
    return quantity
