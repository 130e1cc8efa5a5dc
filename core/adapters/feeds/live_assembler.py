"""Makes market states of books, quotes and trades as they come from an exchange, by exchange time alone.

A state never holds trades of two minutes, and no state of a minute is given before all trades of the minute before are
known: so bars built from the states are those of the exchange, in whatever order its messages come.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.adapters.feeds.live_minute import LiveBook, LiveTrade, Minute
from core.adapters.feeds.live_tally import Tally
from core.domain.market import Level, MarketState, Sampling, Timeframe

GRACE_SECS = 2.0
"""How long the first state of a minute waits for a trade that shows the minute before to be complete."""

MAX_MINUTES = 60
"""A consumer that is further behind loses the oldest minutes; bars come from history then."""

BOOK_OLD_SECS = 5.0
"""A book that was not renewed for so long lends no depth to a newer quote."""

_MAX_SEEN = 5_000
_TICK = timedelta(microseconds=1)
_FUTURE = timedelta(hours=1)
_DAWN = datetime(2009, 1, 1, tzinfo=UTC)
_MINUTE = Timeframe.M1


class Assembler:
    """The messages of one symbol in, its states out; times of states strictly increase.

    Args:
        symbol: what the states are of.
        source: what the states say where they are from.
        tally: counts what is refused, late, repeated or merged.
        grace_secs: see GRACE_SECS; polled trades need as long as two polls.

    `heard` is when a message came, in monotonic seconds. A message without a time of its own is taken to be of the
    newest exchange time known plus what has passed since.
    """

    def __init__(self, symbol: str, source: str, tally: Tally, grace_secs: float = GRACE_SECS) -> None:
        self._symbol = symbol
        self._source = source
        self._tally = tally
        self._grace = grace_secs
        self._waiting: dict[datetime, Minute] = {}
        self._seen: dict[str, None] = {}
        self._book: LiveBook | None = None
        self._depth: tuple[LiveBook, float] | None = None
        self._given: datetime | None = None
        self._complete_until = _DAWN
        self._newest: tuple[datetime, float] | None = None
        self._unsure = False
        self._gap = False

    def knows(self, trade_id: str | None) -> bool:
        """Whether a trade of this id has come before."""
        return trade_id is not None and trade_id in self._seen

    def pass_over(self, trade_id: str | None) -> None:
        """A trade from before the states begin: known, but in none of them."""
        if trade_id is not None:
            self._is_new(trade_id)

    def on_trade(self, trade: LiveTrade, heard: float, now: datetime) -> None:
        """Take up a trade unless it cannot be true, came before, or its minute is over."""
        if not (_sound(trade.price) and _sound(trade.quantity)) or not _plausible(trade.ts, now):
            self._tally.refused += 1
            return
        if trade.trade_id is not None and not self._is_new(trade.trade_id):
            self._tally.duplicates += 1
            return
        minute = _MINUTE.floor(trade.ts)
        if self._given is not None and minute < _MINUTE.floor(self._given):
            self._tally.late += 1
            self._lost()
            return
        self._note(trade.ts, heard)
        self._complete_until = max(self._complete_until, trade.ts)
        waiting = self._minute(minute, trade.ts, heard)
        if not waiting.tape.add(trade.price, trade.quantity):
            self._tally.refused += 1
            self._lost()

    def on_book(self, book: LiveBook, heard: float, now: datetime) -> None:
        """Take up a book or, with Sampling.QUOTE, best bid and ask, unless it cannot be true."""
        if not _possible(book) or not (book.ts is None or _plausible(book.ts, now)):
            self._tally.refused += 1
            return
        if book.sampling is Sampling.QUOTE:
            if self._overtaken(book):
                return
            book = self._deepened(book, heard)
        else:
            self._depth = book, heard
        if book.ts is not None:
            self._note(book.ts, heard)
        ts = book.ts or self._stamp(heard, now)
        minute = _MINUTE.floor(max(ts, self._given or ts))  # an old book says nothing of an old minute any more
        waiting = self._minute(minute, ts, heard)
        if waiting.book is not None:
            self._tally.merged += 1
        waiting.book = book

    def complete_until(self, ts: datetime) -> None:
        """All trades before `ts` are known, though none may have come."""
        self._complete_until = max(self._complete_until, ts)

    def on_lost(self) -> None:
        """Trades do not come any more; those of now on may be missed."""
        self._unsure = True

    def on_restored(self, *, complete: bool) -> None:
        """Trades come again; `complete` when all that were missed have been handed in meanwhile."""
        self._unsure = False
        if not complete:
            self._lost()

    def wait_secs(self, heard: float) -> float | None:
        """Seconds until a state that waits for trades is given anyway; None when nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, self._waiting[min(self._waiting)].heard + self._grace - heard)

    def next_state(self, heard: float) -> MarketState | None:
        """The next state, if one may be given now."""
        while self._waiting:
            minute = min(self._waiting)
            waiting = self._waiting[minute]
            crossing = self._given is not None and minute > _MINUTE.floor(self._given)
            if crossing and self._complete_until < minute and heard < waiting.heard + self._grace:
                return None
            del self._waiting[minute]
            self._book = waiting.book or self._book
            ts = waiting.newest if self._given is None else max(waiting.newest, self._given + _TICK)
            if self._book is None or _MINUTE.floor(ts) != minute:
                self._lost()  # no book yet to show these trades with, or no time left in the minute
                continue
            if crossing and self._unsure:
                self._lost()
            return self._state(self._book, waiting, ts)
        return None

    def _state(self, book: LiveBook, waiting: Minute, ts: datetime) -> MarketState:
        trades = tuple(waiting.tape.levels)
        volume = sum((trade.quantity for trade in trades), Decimal(0))
        gap, self._gap, self._given = self._gap, False, ts
        return MarketState(self._symbol, ts, book.bids, book.asks, volume, self._source, trades, book.sampling, gap)

    def _minute(self, minute: datetime, ts: datetime, heard: float) -> Minute:
        waiting = self._waiting.get(minute)
        if waiting is None:
            if len(self._waiting) >= MAX_MINUTES:
                del self._waiting[min(self._waiting)]
                self._lost()
            waiting = self._waiting[minute] = Minute(heard, max(ts, minute))
        waiting.newest = max(waiting.newest, ts)
        return waiting

    def _lost(self) -> None:
        self._gap = True
        self._tally.gaps += 1

    def _is_new(self, trade_id: str) -> bool:
        if trade_id in self._seen:
            return False
        self._seen[trade_id] = None
        if len(self._seen) > _MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    def _note(self, ts: datetime, heard: float) -> None:
        if self._newest is None or ts > self._newest[0]:
            self._newest = ts, heard

    def _stamp(self, heard: float, now: datetime) -> datetime:
        if self._newest is None:
            return now
        ts, since = self._newest
        return ts + timedelta(seconds=max(0.0, heard - since))

    def _overtaken(self, quote: LiveBook) -> bool:
        """Whether the book is newer than the quote; only exchanges that number their changes tell."""
        depth = self._depth
        known = depth[0].sequence if depth else None
        return known is not None and quote.sequence is not None and quote.sequence <= known

    def _deepened(self, quote: LiveBook, heard: float) -> LiveBook:
        """The quote with the levels behind it, when the book is young enough to know them."""
        if self._depth is None or heard - self._depth[1] > BOOK_OLD_SECS:
            return quote
        depth, (bid,), (ask,) = self._depth[0], quote.bids, quote.asks
        bids = (bid, *(level for level in depth.bids if level.price < bid.price))
        asks = (ask, *(level for level in depth.asks if level.price > ask.price))
        return LiveBook(bids, asks, quote.ts, quote.sequence)


def _sound(number: Decimal) -> bool:
    return number.is_finite() and number > 0


def _possible(book: LiveBook) -> bool:
    if not book.bids or not book.asks:
        return False
    levels: tuple[Level, ...] = (*book.bids, *book.asks)
    return all(_sound(x.price) and _sound(x.quantity) for x in levels) and book.bids[0].price < book.asks[0].price


def _plausible(ts: datetime, now: datetime) -> bool:
    """Not so far ahead that it would hold up everything after it."""
    return _DAWN < ts <= now + _FUTURE
