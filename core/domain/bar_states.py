"""A bar as four market states: prices in an order that never flatters, a synthetic book around each, and a trade.

What a bar's trades were is not known. Each state claims one, at the bar's price, of the part of the volume that an
order of ours may have had of it.
"""

from datetime import datetime
from decimal import Decimal

from core.domain.instrument import Instrument
from core.domain.market import Bar, Level, MarketState, Sampling
from core.domain.money import floor_to

STEPS = 4
"""States of a bar, at equal distances from its open time: open, low, high, close (for a buyer the worse first)."""

HALF_SPREAD_BPS = Decimal("0.5")
"""Best bid and ask are this far from the mid, but at least a tick: whole ticks, so that the mid is exact."""

DEPTH_FRACTION = Decimal("0.025")
"""Of the bar's volume, per side and state: the four books of a bar together offer at most 10 % of it, and so do its
four trades to the orders that rest.

Where that is less than a lot, a level has one lot: a book without size would not be a book. A trade is left out then:
what was not traded fills nothing that rests.
"""

_HALF_SPREAD = HALF_SPREAD_BPS / 10_000

_LEVELS = ((0, Decimal("0.5")), (1, Decimal("0.3")), (3, Decimal("0.2")))  # distance in half spreads, part of depth


def lowest_bid(instrument: Instrument, price: Decimal) -> Decimal:
    """No state of a bar at this price has a best bid below this one."""
    return price - max(instrument.tick_size, price * _HALF_SPREAD)


def state_of(instrument: Instrument, bar: Bar, step: int, ts: datetime, source: str) -> MarketState:
    """One of a bar's four states: a trade at the bar's price, and a synthetic book whose mid is exactly that price."""
    price = (bar.open, bar.low, bar.high, bar.close)[step]
    tick = instrument.tick_size
    half_spread = max(tick, floor_to(price * HALF_SPREAD_BPS / 10_000, tick))
    if half_spread >= price:  # a price of a tick or less has no room for one below it
        half_spread = price / 2
    depth = bar.volume * DEPTH_FRACTION
    bids: list[Level] = []
    asks: list[Level] = []
    for distance, part in _LEVELS:
        size = max(instrument.lot_size, floor_to(depth * part, instrument.lot_size))
        offset = half_spread * (1 + distance)
        asks.append(Level(price + offset, size))
        if offset < price:
            bids.append(Level(price - offset, size))
    traded = floor_to(depth, instrument.lot_size)
    return MarketState(
        instrument.symbol,
        ts,
        tuple(bids),
        tuple(asks),
        bar.volume / STEPS,
        source,
        (Level(price, traded),) if traded else (),
        Sampling.BAR_INSIDE if step else Sampling.BAR_OPEN,
    )
