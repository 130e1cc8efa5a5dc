"""Tools that show the market."""

from datetime import timedelta
from decimal import Decimal

from core.domain.errors import Unavailable
from core.services.services import Services
from tools.arguments import MarketPrice
from tools.context import Caller
from tools.results import Price
from tools.symbols import resolve_symbol

_WAIT_SECS = 5.0


async def market_price(services: Services, _: Caller, args: MarketPrice) -> Price:
    """Best prices now; a symbol nobody follows yet is followed from here on."""
    return await price_of(services, args.symbol)


async def price_of(services: Services, text: str) -> Price:
    """Best prices of the pair that is meant.

    Raises:
        NotFound: the market data source does not serve it.
        Unavailable: no price came within some seconds.
    """
    symbol = resolve_symbol(text, services.hub.feed.symbols)
    state = services.hub.latest(symbol)
    if state is None:
        state = await services.hub.state_from(symbol, services.hub.feed.now(), _WAIT_SECS)
    if state is None:
        raise Unavailable(f"There is no price of {symbol} from {services.hub.feed.source} now. Try again in a moment.")
    return Price(symbol, state.bid, state.ask, state.mid, state.ts, state.source)


def price_age(services: Services, price: Price) -> tuple[Decimal, bool]:
    """Seconds of engine time since a price, and whether it is too old to be relied on."""
    age = max(services.hub.feed.now() - price.ts, timedelta())
    secs = Decimal(age // timedelta(milliseconds=1)) / 1000
    return secs, secs > services.writer.rules.mark_stale_secs
