"""Closed bars of an exchange's own making, fetched in as many pages as it takes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.adapters.feeds.live_exchange import LiveExchange
from core.adapters.feeds.live_markets import exact, moment
from core.domain.bars import aggregate
from core.domain.errors import InvalidInput
from core.domain.market import Bar, CorruptMarketData, Timeframe

PAGE = 1_000
_MAX_PAGES = 50


async def fetch_bars(exchange: LiveExchange, symbol: str, timeframe: Timeframe, count: int, now: datetime) -> list[Bar]:
    """Up to `count` bars that closed at or before `now`, oldest first; bars that cannot be true are left out.

    A length that the exchange does not keep is made of the longest shorter one that fits.

    Raises:
        ExchangeTrouble: it did not answer.
        InvalidInput: it keeps no bars that these could be made of.
    """
    if count <= 0:
        return []
    smaller = [t for t in Timeframe if t.value in exchange.timeframes and timeframe.secs % t.secs == 0]
    if not smaller:
        raise InvalidInput(f"{exchange.exchange_id} keeps no bars of {timeframe}.")
    kept = max(smaller, key=lambda t: t.secs)
    if kept is timeframe:
        return (await _fetch(exchange, symbol, kept, count, now))[-count:]
    parts = await _fetch(exchange, symbol, kept, (count + 1) * (timeframe.secs // kept.secs), now)
    return aggregate(parts, timeframe)[-count:]


async def _fetch(exchange: LiveExchange, symbol: str, timeframe: Timeframe, count: int, now: datetime) -> list[Bar]:
    end = timeframe.floor(now)  # the bar that opened here is still being made
    since = end - timeframe.span * count
    bars: dict[datetime, Bar] = {}
    for _ in range(_MAX_PAGES):
        if since >= end:
            break
        wanted = min(PAGE, (end - since) // timeframe.span)
        rows = await exchange.bars(symbol, timeframe.value, int(since.timestamp()) * 1000, wanted)
        newest = since
        for row in rows:
            opened = moment(row[0]) if row else None
            bar = _bar(symbol, timeframe, row, opened) if opened is not None else None
            if opened is None or bar is None:
                exchange.tally.refused += 1
                continue
            newest = max(newest, opened + timeframe.span)
            if opened < end:
                bars[opened] = bar
        if newest <= since:
            break
        since = newest
    return [bars[opened] for opened in sorted(bars)]


def _bar(symbol: str, timeframe: Timeframe, row: Sequence[object], opened: datetime) -> Bar | None:
    numbers = [exact(value) for value in row[1:6]]
    if len(numbers) != 5 or opened != timeframe.floor(opened.astimezone(UTC)):  # noqa: PLR2004 - OHLCV
        return None
    try:
        return Bar(symbol, timeframe, opened, *numbers)
    except CorruptMarketData:
        return None
