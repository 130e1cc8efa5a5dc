"""A user's folded state: everything decide needs, built by evolve from the journal and from nothing else."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from core.domain.bot import BotStatus
from core.domain.errors import NotFound
from core.domain.events import Metric
from core.domain.instrument import Exchange
from core.domain.lots import LotQueue
from core.domain.market import Timeframe
from core.domain.money import ONE, ZERO, ratio

REPORTING_CURRENCY = "USDT"
ENTRIES_KEPT = 1_000
ERRORS_KEPT = 1_000
CONSUMED_LEVELS_KEPT = 64


@dataclass(slots=True)
class UnitTrack:
    """Equity per unit over time, so that money in or out is neither gain nor loss.

    `last`, `peak`, `day_open` and `deepest` (the largest fall from a peak, as a fraction, since the last
    reset) come from recorded events only.
    """

    units: Decimal = ZERO
    last: Decimal = ONE
    peak: Decimal = ONE
    day_open: Decimal = ONE
    deepest: Decimal = ZERO

    def value(self, equity: Decimal) -> Decimal:
        """Equity per unit; 1 before any unit exists."""
        return ratio(equity, self.units) if self.units else ONE

    def record(self, equity: Decimal) -> None:
        """Take note of a recorded equity."""
        if self.units:
            self.last = self.value(equity)
            self.peak = max(self.peak, self.last)
            self.deepest = max(self.deepest, ratio(self.peak - self.last, self.peak) if self.peak else ZERO)

    def rebase(self, equity: Decimal) -> None:
        """Start measuring afresh: peak and day opening are the value now."""
        self.last = self.peak = self.day_open = self.value(equity)
        self.deepest = ZERO


@dataclass(frozen=True, slots=True)
class Protection:
    """Protective prices of an open position; either may be absent."""

    take_profit: Decimal | None
    stop_loss: Decimal | None


@dataclass(slots=True)
class Book:
    """Running totals in quote currency; `realized` is gross of `fees`."""

    realized: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    trades: int = 0
    wins: int = 0


@dataclass(slots=True)
class Bot:
    """One bot inside its owner's state."""

    bot_id: str
    name: str
    exchange: Exchange
    symbol: str
    strategy: str
    parameters: dict[str, int]
    timeframe: Timeframe
    risk_mode: str
    capital: Decimal
    created_at: datetime
    status: BotStatus = BotStatus.CREATED
    status_reason: str = ""
    run: int = 0
    source: str = ""
    cash: Decimal = ZERO
    positions: dict[str, LotQueue] = field(default_factory=dict[str, LotQueue])
    protection: Protection | None = None
    book: Book = field(default_factory=Book)
    track: UnitTrack = field(default_factory=UnitTrack)
    orders_today: int = 0
    loss_streak: int = 0
    errors: deque[datetime] = field(default_factory=lambda: deque[datetime](maxlen=ERRORS_KEPT))
    tripped: Metric | None = None

    @property
    def quote(self) -> str:
        """Currency of its cash."""
        return self.symbol.split("/")[1]

    def held(self, symbol: str) -> Decimal:
        """Base units held."""
        queue = self.positions.get(symbol)
        return queue.quantity if queue else ZERO

    @property
    def flat(self) -> bool:
        """Whether it holds nothing."""
        return not any(queue.quantity for queue in self.positions.values())

    def equity(self, marks: dict[str, Decimal]) -> Decimal:
        """Cash plus positions at the marks."""
        return self.cash + sum((q.quantity * marks[s] for s, q in self.positions.items() if q.quantity), ZERO)


@dataclass(slots=True)
class Holding:
    """All bots' position in one symbol: base units and their cost in quote."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO


@dataclass(slots=True)
class Account:
    """A user's state after event `seq`."""

    user_id: str
    seq: int = 0
    epoch: int = 0
    free_cash: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    cash_total: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    funded: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bots: dict[str, Bot] = field(default_factory=dict[str, Bot])
    holdings: dict[str, Holding] = field(default_factory=dict[str, Holding])
    marks: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    marked_at: datetime | None = None
    book: Book = field(default_factory=Book)
    track: UnitTrack = field(default_factory=UnitTrack)
    day: date | None = None
    orders_today: int = 0
    entries: dict[str, deque[datetime]] = field(default_factory=dict[str, deque[datetime]])
    loss_streak: int = 0
    errors: deque[datetime] = field(default_factory=lambda: deque[datetime](maxlen=ERRORS_KEPT))
    halted: bool = False
    tripped: Metric | None = None
    consumed: dict[str, dict[tuple[str, Decimal], tuple[Decimal, Decimal]]] = field(
        default_factory=dict[str, dict[tuple[str, Decimal], tuple[Decimal, Decimal]]]
    )

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
        matches = [b for b in self.bots.values() if b.name.casefold() == wanted]
        if not matches:
            names = ", ".join(b.name for b in self.bots.values() if b.status is not BotStatus.STOPPED)
            raise NotFound(
                f"You have no bot called {name[:40]}. " + (f"Yours: {names}." if names else "You have none.")
            )
        living = [b for b in matches if b.status is not BotStatus.STOPPED]
        return (living or matches)[-1]

    def bound_elsewhere(self, symbol: str, source: str) -> bool:
        """Whether a bot holds this symbol from another market than `source`, whose prices mean nothing to it."""
        return any(bot.source not in {"", source} and bot.held(symbol) for bot in self.bots.values())

    def opens_day(self, now: datetime) -> bool:
        """Whether an event of this engine time is the first of its day.

        Symbols run side by side: what comes late from the last moments of yesterday opens nothing. A market
        that starts over further back does.
        """
        return self.day is None or (now.date() - self.day).days not in {0, -1}

    def equity(self, marks: dict[str, Decimal], currency: str = REPORTING_CURRENCY) -> Decimal:
        """All cash plus all positions at the marks, in one currency (the second definition of equity)."""
        total = self.cash_total.get(currency, ZERO)
        for symbol, holding in self.holdings.items():
            if holding.quantity and symbol.endswith("/" + currency):
                total += holding.quantity * marks[symbol]
        return total

    def unrealized(self, marks: dict[str, Decimal], currency: str = REPORTING_CURRENCY) -> Decimal:
        """Sum over open lots of (mark - lot price) x quantity, in one currency."""
        return sum(
            (
                h.quantity * marks[symbol] - h.cost
                for symbol, h in self.holdings.items()
                if h.quantity and symbol.endswith("/" + currency)
            ),
            ZERO,
        )

    def open_symbols(self) -> list[str]:
        """Symbols in which anything is held."""
        return [symbol for symbol, holding in self.holdings.items() if holding.quantity]
