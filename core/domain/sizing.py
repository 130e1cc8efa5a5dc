"""How much a bot buys and sells: parts of what its risk mode allows, in whole lots."""

from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.instrument import Instrument
from core.domain.money import ONE, ZERO, floor_to, ratio
from core.domain.strategies.base import FLAT, PositionView, RiskProfile


def entry_quantity(bot: Bot, ask: Decimal, profile: RiskProfile, instrument: Instrument, size: Decimal) -> Decimal:
    """Base units to buy at the ask, rounded down to the lot; never more than the risk mode leaves room for.

    `size` is the wanted fraction of all that the risk mode allows to be held (see Signal).
    """
    allowed, lot = _allowed(bot, instrument.symbol, profile), instrument.lot_size
    room = allowed - _cost(bot, instrument.symbol)
    budget = min(allowed * size, room, bot.free_cash)
    return budget // (ask * lot) * lot if budget > 0 else ZERO


def exit_quantity(bot: Bot, instrument: Instrument, size: Decimal) -> Decimal | None:
    """Base units to sell, in whole lots and at least one; None for all that is held."""
    if size >= ONE:
        return None
    held, lot = bot.held(instrument.symbol), instrument.lot_size
    part = max(floor_to(held * size, lot), lot)
    return part if part < held else None


def position_view(bot: Bot, symbol: str, profile: RiskProfile) -> PositionView:
    """A bot's position as its strategy may know it; its last entry also after it was sold."""
    queue = bot.positions.get(symbol)
    if queue is None or not queue.quantity:
        return PositionView(last_entry_at=bot.last_entry_at) if bot.last_entry_at else FLAT
    allowed = _allowed(bot, symbol, profile)
    filled = ratio(queue.cost, allowed) if allowed > 0 else ONE
    return PositionView(queue.quantity, ratio(queue.cost, queue.quantity), filled, bot.last_entry_at)


def _cost(bot: Bot, symbol: str) -> Decimal:
    queue = bot.positions.get(symbol)
    return queue.cost if queue else ZERO


def _allowed(bot: Bot, symbol: str, profile: RiskProfile) -> Decimal:
    """Quote currency that the position may cost: a fraction of the bot's money, what it holds at cost."""
    return (bot.free_cash + _cost(bot, symbol)) * profile.position_fraction
