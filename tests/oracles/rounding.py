"""How far the one figure that rounds may be from exact: the share of an entry fee that a sale takes with it.

`ratio` is wrong by half a unit of the 18th decimal at most. A fill of a sale cuts one lot at most, and what is
wrong with the shares of one lot adds up by that half per cut and vanishes when the lot is used up. So after n fills
of sales all shares given away so far are wrong by n / 2 units, and those of one trade, which has a cut at either
end, by n.
"""

from collections import Counter
from fractions import Fraction

from core.domain import events as ev
from core.domain.journal import START, verified
from core.domain.order import Side
from core.domain.trade import Trade
from tests.builders import Chain

UNIT = Fraction(1, 10**18)


def tolerances(chain: Chain) -> dict[str, Fraction]:
    """How far each trade's fees may be from exact, by order id."""
    fills: Counter[str] = Counter()
    most: dict[str, Fraction] = {}
    for event in verified(START, chain.documents):
        fact = event.payload
        if isinstance(fact, ev.OrderExecuted) and fact.side is Side.SELL:
            fills[fact.bot_id] += len(fact.fills)
            most[fact.order_id] = fills[fact.bot_id] * UNIT
    return most


def trades_of(chain: Chain) -> list[Trade]:
    """The trades a journal in memory has closed."""
    assert all(isinstance(trade, Trade) for trade in chain.trades)
    return [trade for trade in chain.trades if isinstance(trade, Trade)]
