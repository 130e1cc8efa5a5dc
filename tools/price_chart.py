"""The tool that shows candles with what the person and their bots bought and sold among them."""

from datetime import datetime
from decimal import Decimal

from core.domain.errors import Unavailable
from core.domain.order import Side
from core.services.services import Services
from tools.arguments import PriceChart as PriceChartArguments
from tools.context import Caller
from tools.results import FillMark, PriceChart
from tools.symbols import resolve_symbol

_MOST_MARKS = 200
_PAGE = 1_000
_MOST_PAGES = 5


async def price_chart(services: Services, caller: Caller, args: PriceChartArguments) -> PriceChart:
    """Closed bars up to now, and the fills since the first of them.

    Raises:
        NotFound: the market data source does not serve the symbol.
        Unavailable: it has no bars of it yet.
    """
    feed = services.hub.feed
    symbol = resolve_symbol(args.symbol, feed.symbols)
    bars = await feed.history(symbol, args.timeframe, args.bars)
    if not bars:
        raise Unavailable(f"There are no {args.timeframe.value} bars of {symbol} from {feed.source} yet.")
    marks = await _marks(services, caller.principal.user_id, symbol, bars[0].open_time)
    shown = marks[:_MOST_MARKS]
    return PriceChart(
        symbol=symbol,
        timeframe=args.timeframe.value,
        bars=tuple(bars),
        marks=tuple(reversed(shown)),
        left_off=len(marks) - len(shown),
        source=feed.source,
        now=feed.now(),
    )


async def _marks(services: Services, user_id: str, symbol: str, since: datetime) -> list[FillMark]:
    """The person's fills in a symbol, newest first."""
    names = {bot.bot_id: bot.name for bot in (await services.writer.account(user_id)).bots.values()}
    found: list[FillMark] = []
    cursor = None
    for _ in range(_MOST_PAGES):
        page = await services.ledger.fills(user_id, None, _PAGE, cursor)
        for fill in page.documents:
            ts = datetime.fromisoformat(fill["ts"])
            if ts < since:
                return found
            if fill["symbol"] == symbol:
                price, quantity = Decimal(fill["price"]), Decimal(fill["quantity"])
                found.append(FillMark(ts, Side(fill["side"]), price, quantity, names.get(fill["bot_id"], "")))
        cursor = page.cursor
        if cursor is None:
            return found
    return found
