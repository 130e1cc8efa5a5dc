"""Tools that show the market."""

from core.domain.errors import Unavailable
from core.services.services import Services
from tools.arguments import MarketPrice
from tools.context import Caller
from tools.results import Price
from tools.symbols import resolve_symbol

_WAIT_SECS = 5.0


async def market_price(services: Services, _: Caller, args: MarketPrice) -> Price:
    """Best prices now; a symbol nobody follows yet is followed from here on."""
    symbol = resolve_symbol(args.symbol, services.hub.feed.symbols)
    state = services.hub.latest(symbol)
    if state is None:
        state = await services.hub.state_from(symbol, services.hub.feed.now(), _WAIT_SECS)
    if state is None:
        raise Unavailable(f"There is no price of {symbol} from {services.hub.feed.source} now. Try again in a moment.")
    return Price(symbol, state.bid, state.ask, state.mid, state.ts, state.source)
