"""The same orders booked by beancount, with its FIFO method.

Every buy is a lot with a label of its own: beancount would merge lots of one day and one cost. A sale leaves the
profit out; beancount picks the lots and weighs the postings, and what its transaction lacks to balance is the profit.
The orders are booked in the ledger's exact context, so that a rounding inside beancount would raise.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from beancount.core.amount import Amount
from beancount.core.data import Booking, Posting, Transaction
from beancount.core.interpolate import compute_residual
from beancount.core.inventory import Inventory
from beancount.core.number import MISSING
from beancount.core.position import CostSpec, Position
from beancount.parser import booking
from beancount.parser.options import OPTIONS_DEFAULTS

from core.domain.events import OrderExecuted
from core.domain.money import exact
from core.domain.order import Fill, Side

_OPTIONS = {**OPTIONS_DEFAULTS, "booking_method": Booking.FIFO}


@dataclass(frozen=True)
class Booked:
    """What beancount makes of a bot: money in quote, lots as (quantity, price), oldest first."""

    cash: Decimal
    realized: Decimal
    fees: Decimal
    lots: dict[str, list[tuple[Decimal, Decimal]]]


def _cash(bot_id: str) -> str:
    return f"Assets:{bot_id}:Cash"


def _lots(bot_id: str, symbol: str) -> str:
    return f"Assets:{bot_id}:Lots:{symbol}"


def _fees(bot_id: str) -> str:
    return f"Expenses:{bot_id}:Fees"


def _posting(account: str, number: Decimal, currency: str, cost: CostSpec | None = None) -> Posting:
    return Posting(account, Amount(number, currency), cost, None, None, None)


@dataclass
class BeancountJournal:
    """Transactions of all bots of a user, to be booked together."""

    transactions: list[tuple[str, Transaction]] = field(default_factory=list[tuple[str, Transaction]])
    traded: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def fund(self, bot_id: str, capital: Decimal, currency: str, ts: datetime) -> None:
        """A bot's capital."""
        postings = [_posting(_cash(bot_id), capital, currency), _posting("Equity:Funding", -capital, currency)]
        self._add(bot_id, ts.date(), postings)

    def follow(self, order: OrderExecuted, ts: datetime) -> None:
        """An executed order: one transaction, three postings a fill."""
        base, quote = order.symbol.split("/")
        self.traded.add((order.bot_id, order.symbol))
        postings: list[Posting] = []
        with exact():
            for number, fill in enumerate(order.fills):
                make = self._buy if order.side is Side.BUY else self._sale
                postings += make(order, fill, base, quote, f"{order.order_id}-{number}")
        self._add(order.bot_id, ts.date(), postings)

    def _buy(self, order: OrderExecuted, fill: Fill, base: str, quote: str, label: str) -> list[Posting]:
        in_base = fill.fee_currency == base
        received = fill.quantity - fill.fee if in_base else fill.quantity
        paid = fill.quantity * fill.price + (0 if in_base else fill.fee)
        spec = CostSpec(fill.price, None, quote, None, label, merge=False)
        return [
            _posting(_lots(order.bot_id, order.symbol), received, base, spec),
            _posting(_cash(order.bot_id), -paid, quote),
            _posting(_fees(order.bot_id), fill.fee_quote_value, quote),
        ]

    def _sale(self, order: OrderExecuted, fill: Fill, base: str, quote: str, _label: str) -> list[Posting]:
        any_lot = CostSpec(MISSING, None, quote, None, None, merge=False)  # pyright: ignore[reportArgumentType]
        return [
            _posting(_lots(order.bot_id, order.symbol), -fill.quantity, base, any_lot),
            _posting(_cash(order.bot_id), fill.quantity * fill.price - fill.fee, quote),
            _posting(_fees(order.bot_id), fill.fee_quote_value, quote),
        ]

    def _add(self, bot_id: str, day: date, postings: list[Posting]) -> None:
        entry = Transaction({}, day, "*", None, bot_id, frozenset(), frozenset(), postings)
        self.transactions.append((bot_id, entry))

    def match(self) -> list[Transaction]:
        """Let beancount match the lots; what it has to say against the journal is an error."""
        with exact():
            entries, errors = booking.book([entry for _, entry in self.transactions], _OPTIONS)
        if errors:
            raise ValueError(f"beancount found {errors[:3]}")
        return entries

    def book(self) -> dict[str, Booked]:
        """What the matched transactions come to, by bot."""
        entries = self.match()
        with exact():
            balances: defaultdict[str, Inventory] = defaultdict(Inventory)
            realized: defaultdict[str, Decimal] = defaultdict(Decimal)
            for (bot_id, raw), entry in zip(self.transactions, entries, strict=True):
                assert raw.narration == entry.narration
                for posting in entry.postings:
                    balances[posting.account].add_position(posting)
                for lacking in compute_residual(entry.postings):
                    realized[bot_id] += _number(lacking)
        return {bot_id: self._booked(bot_id, balances, realized[bot_id]) for bot_id, _ in self.transactions}

    def _booked(self, bot_id: str, balances: dict[str, Inventory], realized: Decimal) -> Booked:
        lots = {
            symbol: [(_number(lot), lot.cost.number) for lot in balances[_lots(bot_id, symbol)] if lot.cost]
            for owner, symbol in self.traded
            if owner == bot_id
        }
        return Booked(_total(balances[_cash(bot_id)]), realized, _total(balances[_fees(bot_id)]), lots)


def _total(inventory: Inventory) -> Decimal:
    return sum((_number(position) for position in inventory), Decimal(0))


def _number(position: Position) -> Decimal:
    assert isinstance(position.units.number, Decimal)
    return position.units.number
