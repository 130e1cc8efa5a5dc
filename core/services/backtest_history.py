"""Where a backtest's bars come from: what the running installation's market source has by engine time, and no more."""

from core.domain.backtest import BacktestPlan
from core.domain.errors import InvalidInput
from core.domain.market import LIVE, Bar, Timeframe
from core.ports import MarketFeed
from core.services.backtest_run import BacktestHistory
from core.services.bar_source import WARM_BARS

MAX_BARS = 1_000_000
"""Of a source that is at hand."""

MAX_LIVE_BARS = 20_000
"""Of a source that is asked over the network, a page of 1,000 at a time."""


async def feed_history(feed: MarketFeed, plan: BacktestPlan) -> BacktestHistory:
    """The finest bars that the source has for the whole period, with those before it that warm the strategy.

    Finer bars decide more exactly when a stop is met. Where they would be too many (live sources), the strategy's own
    are taken; without a start, as many of them as may be had.

    Raises:
        NotFound: the source does not serve the symbol.
        InvalidInput: it has no bars as short as the strategy's, or too many would be needed.
    """
    instrument = feed.instrument(plan.symbol)
    most = MAX_LIVE_BARS if feed.source.startswith(LIVE) else MAX_BARS
    for timeframe in Timeframe:
        wanted = _count(feed, plan, timeframe)
        if timeframe is plan.timeframe or (wanted is None and most == MAX_BARS) or (wanted or most + 1) <= most:
            if wanted is not None and wanted > most:
                raise InvalidInput(_too_many(plan, wanted, most))
            bars = await _bars(feed, plan, timeframe, wanted or most)
            if bars is not None:
                return BacktestHistory(bars, instrument, feed.source)
    raise InvalidInput(f"{feed.source} has no {plan.timeframe.value} bars of {plan.symbol}.")


async def _bars(feed: MarketFeed, plan: BacktestPlan, timeframe: Timeframe, count: int) -> list[Bar] | None:
    """None when the source has no bars as short as that, unless the plan asks for them."""
    try:
        return await feed.history(plan.symbol, timeframe, count)
    except InvalidInput:
        if timeframe is plan.timeframe:
            raise
        return None


def _count(feed: MarketFeed, plan: BacktestPlan, timeframe: Timeframe) -> int | None:
    """How many bars reach from now back to where the warming begins; None without a start."""
    if plan.start is None:
        return None
    reach = feed.now() - plan.start + plan.timeframe.span * WARM_BARS
    return max(1, -(-reach // timeframe.span))


def _too_many(plan: BacktestPlan, wanted: int, most: int) -> str:
    return (
        f"That takes {wanted:,} bars of {plan.timeframe.value}, and at most {most:,} are asked for at a time. "
        "Choose a later start or longer bars."
    )
