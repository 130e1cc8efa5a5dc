"""How much a bot buys: a fraction of its cash by risk mode, in whole lots."""

from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.instrument import Instrument
from core.domain.money import floor_to
from core.domain.strategies.base import RiskProfile


def entry_quantity(bot: Bot, ask: Decimal, profile: RiskProfile, instrument: Instrument) -> Decimal:
    """Base units to buy at the ask with the profile's share of the bot's free cash, rounded down to the lot."""
    return floor_to(bot.free_cash * profile.position_fraction / ask, instrument.lot_size)
