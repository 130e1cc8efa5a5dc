"""A user's folded state: everything decide needs, built by evolve from the journal and from nothing else."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from core.domain.book import Book, Exposure
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.currency import rate
from core.domain.errors import NotFound
from core.domain.events import Metric
from core.domain.money import ZERO
from core.domain.order import Side
from core.domain.track import UnitTrack

DEFAULT_CURRENCY = "USDT"
"""Reporting currency of an account that has not been funded yet."""

ENTRIES_KEPT = 1_000
CONSUMED_LEVELS_KEPT = 1_000
"""More than a book shows: a level that is forgotten while it stands would be offered a second time."""


@dataclass(slots=True)
class Holding:
    """All bots' position in one symbol: base units and their cost in `quote`."""

    quote: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO


Levels = dict[Decimal, tuple[Decimal, Decimal]]
"""Price -> (what the level offered, what this user's orders took of it)."""


@dataclass(slots=True)
class ConsumedDepth:
    """Depth of one symbol's book that this user's orders have taken, by the side of the orders."""

    buy: Levels = field(default_factory=dict[Decimal, tuple[Decimal, Decimal]])
    sell: Levels = field(default_factory=dict[Decimal, tuple[Decimal, Decimal]])

    def by(self, side: Side) -> Levels:
        """Levels that orders of this side have consumed."""
        return self.buy if side is Side.BUY else self.sell


@dataclass(slots=True)
class TradedShare:
    """What this user's resting orders took of the trades that one market state brought, by their side."""

    ts: datetime
    buy: Decimal = ZERO
    sell: Decimal = ZERO

    def by(self, side: Side) -> Decimal:
        """Base units taken by orders of this side."""
        return self.buy if side is Side.BUY else self.sell


@dataclass(slots=True)
class Account:
    """A user's state after event `seq`; money by currency.

    `funded` is net funding, `converted` what conversions brought and took (before their fees).
    `reporting` is the currency of the first funding: drawdown, returns and totals are measured in it.
    `day_seq` is the event that opened the present day of engine time, `reset_seq` the last account reset: what
    was traded up to it counts no more. `working` maps the ids of all resting orders to their bots.
    """

    user_id: str
    seq: int = 0
    epoch: int = 0
    reporting: str = DEFAULT_CURRENCY
    started_at: datetime | None = None
    free_cash: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    cash_total: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    funded: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    converted: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    books: dict[str, Book] = field(default_factory=dict[str, Book])
    reversed_seqs: list[int] = field(default_factory=list[int])
    reinvested_until: Decimal = ZERO
    bots: dict[str, Bot] = field(default_factory=dict[str, Bot])
    holdings: dict[str, Holding] = field(default_factory=dict[str, Holding])
    exposure: Exposure = field(default_factory=Exposure)
    marks: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    marked_at: datetime | None = None
    track: UnitTrack = field(default_factory=UnitTrack)
    day: date | None = None
    day_seq: int = 0
    reset_seq: int = 0
    orders_today: int = 0
    entries: dict[str, deque[datetime]] = field(default_factory=dict[str, deque[datetime]])
    loss_streak: int = 0
    errors: deque[datetime] = field(default_factory=deque[datetime])
    user_halted: bool = False
    system_halted: bool = False
    tripped: Metric | None = None
    limits: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    consumed: dict[str, ConsumedDepth] = field(default_factory=dict[str, ConsumedDepth])
    traded: dict[str, TradedShare] = field(default_factory=dict[str, TradedShare])
    working: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def halted(self) -> bool:
        """Whether no entry may pass: the user stopped, or an admin stopped everybody."""
        return self.user_halted or self.system_halted

    def bot(self, bot_id: str) -> Bot:
        """The bot with this id.

        Raises:
            NotFound: this user has none.
        """
        if bot_id not in self.bots:
            raise NotFound("You have no such bot.")
        return self.bots[bot_id]

    def named(self, name: str) -> Bot:
        """The living bot of this name, ignoring case; else the newest stopped one.

        Raises:
            NotFound: the message lists the names there are.
        """
        wanted = name.strip().casefold()
        matches = [b for b in self.bots.values() if b.name.casefold() == wanted and not b.written_off]
        if not matches:
            names = ", ".join(b.name for b in self.bots.values() if b.status is not BotStatus.STOPPED)
            raise NotFound(
                f"You have no bot called {name[:40]}. " + (f"Yours: {names}." if names else "You have none.")
            )
        living = [b for b in matches if b.status is not BotStatus.STOPPED]
        return (living or matches)[-1]

    def manual_bot(self, quote: str) -> Bot | None:
        """The built-in bot for orders in this quote currency that name none, once there is one."""
        return next((b for b in self.bots.values() if b.manual and b.quote == quote and not b.written_off), None)

    def bound_elsewhere(self, symbol: str, source: str) -> bool:
        """Whether a bot holds this symbol from another market than `source`, whose prices mean nothing to it."""
        return any(bot.source not in {"", source} and bot.held(symbol) for bot in self.bots.values())

    def held_elsewhere(self, source: str) -> set[str]:
        """All symbols that a bot holds from another market than `source`."""
        return {
            symbol
            for bot in self.bots.values()
            if bot.source not in {"", source}
            for symbol, queue in bot.positions.items()
            if queue.quantity
        }

    def opens_day(self, now: datetime) -> bool:
        """Whether an event of this engine time is the first of its day.

        Symbols run side by side: what comes late from the last moments of yesterday opens nothing. A market
        that starts over further back does.
        """
        return self.day is None or (now.date() - self.day).days not in {0, -1}

    def book(self, currency: str) -> Book:
        """Totals of what was traded in this quote currency."""
        book = self.books.get(currency)
        if book is None:
            book = self.books[currency] = Book()
        return book

    def equity_in(self, currency: str, marks: dict[str, Decimal]) -> Decimal:
        """All cash of one currency plus all positions quoted in it, at the marks (the second definition)."""
        total = self.cash_total.get(currency, ZERO)
        for symbol, holding in self.holdings.items():
            if holding.quantity and holding.quote == currency:
                total += holding.quantity * marks[symbol]
        return total

    def unrealized_in(self, currency: str, marks: dict[str, Decimal]) -> Decimal:
        """Sum over open lots quoted in one currency of (mark - lot price) x quantity."""
        return sum(
            (
                h.quantity * marks[symbol] - h.cost
                for symbol, h in self.holdings.items()
                if h.quantity and h.quote == currency
            ),
            ZERO,
        )

    def equity(self, marks: dict[str, Decimal]) -> Decimal:
        """Equity of all currencies, in the reporting currency at the marks.

        Raises:
            LookupError: a mark is missing, of a symbol held or of a currency owned.
        """
        total = ZERO
        for currency in self.cash_total:
            own = self.equity_in(currency, marks)
            if own:
                total += own if currency == self.reporting else own * rate(currency, self.reporting, marks)
        return total

    @property
    def holding(self) -> bool:
        """Whether anything is held."""
        for holding in self.holdings.values():  # noqa: SIM110 - any() costs three times as much on the order path
            if holding.quantity:
                return True
        return False

    def open_symbols(self) -> list[str]:
        """Symbols in which anything is held."""
        return [symbol for symbol, holding in self.holdings.items() if holding.quantity]

    def priced_symbols(self) -> list[str]:
        """Symbols whose marks the account's equity needs: those held, and those that rate its other currencies."""
        symbols = self.open_symbols()
        for currency in self.cash_total:
            if currency != self.reporting:
                direct = f"{currency}/{self.reporting}"
                symbol = direct if direct in self.marks else f"{self.reporting}/{currency}"
                if symbol not in symbols:
                    symbols.append(symbol)
        return symbols
