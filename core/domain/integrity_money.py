"""The checks that need the folded state: fees, negative amounts, and by `Books` both equities and postings (4, 6-8).

The journal is folded as everywhere else, and beside it double entry is kept from the events alone, so that neither
can be wrong unnoticed. Only what an event touches is looked at; the end looks at everything once more.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.instrument import split_symbol
from core.domain.integrity_books import Books
from core.domain.integrity_findings import Check, Findings, shown
from core.domain.journal import Event
from core.domain.money import ZERO
from core.domain.order import Fill, Side
from core.domain.postings import BOT_CASH, FREE_CASH, Posting, postings

Fold = Callable[[Account, Event], object]
"""Folds an event into a state, as `evolve` does; who needs more than the state takes it from there."""


class Unfoldable(Exception):
    """The event contradicts the state, and what is wrong with it is noted."""


class MoneyChecks:
    """Folds one user's events in order; all calls within the exact context."""

    def __init__(self, findings: Findings, fold: Fold) -> None:
        self._findings = findings
        self._fold = fold
        self.state = Account(findings.user_id)
        self._books = Books(findings, self.state)
        self._negative: set[str] = set()
        self._pairs: dict[str, tuple[str, str]] = {}

    def take(self, event: Event) -> None:
        """Check and fold the next event.

        Raises:
            Unfoldable: it cannot be folded, and the reason is noted.
            Exception: whatever else folding raises; the state must not be used any more.
        """
        symbol = self._before(event)
        entries = postings(self.state, event)
        self._fold(self.state, event)
        self._books.follow(event, symbol)
        if entries:
            self._books.post(event, entries)
        self._check_amounts(event, entries)

    def finish(self, seq: int) -> None:
        """Look at everything once more."""
        self._books.finish(seq)
        for currency in self.state.free_cash:
            self._check_free(seq, currency)
        for bot in self.state.bots.values():
            self._check_bot(seq, bot)

    def _before(self, event: Event) -> str | None:
        """What only the state before the event can tell; gives the symbol that is traded, if any."""
        match event.payload:
            case ev.OrderExecuted() | ev.OrderAccepted() as order:
                self._check_fills(event, order.symbol, order.fills)
                self._covered(event, order.bot_id, order.symbol, order.side, order.fills)
                return order.symbol
            case ev.OrderFilled() as filled:
                return self._before_filled(event, filled)
            case ev.Converted(fee=fee) if fee < 0:
                self._findings.add(Check.FEES, event.seq, "at least 0", fee, "The fee of a conversion is negative.")
            case ev.Reversed(reverses=seq) if seq in self.state.reversed_seqs:
                self._stop(Check.DUPLICATES, event, "its only reversal", seq, "An event is reversed a second time.")
            case _:
                pass
        return None

    def _before_filled(self, event: Event, filled: ev.OrderFilled) -> str | None:
        resting = self.state.bot(filled.bot_id).orders.get(filled.order_id)
        left = resting.quantity - resting.filled if resting else ZERO
        if resting is None or _quantity(filled.fills) > left:
            message = f"Order {filled.order_id} is filled beyond what is left of it."
            self._stop(Check.DUPLICATES, event, f"at most {shown(left)}", _quantity(filled.fills), message)
        else:
            self._check_fills(event, resting.symbol, filled.fills)
            self._covered(event, filled.bot_id, resting.symbol, resting.side, filled.fills)
        return resting.symbol if resting else None

    def _covered(self, event: Event, bot_id: str, symbol: str, side: Side, fills: Iterable[Fill]) -> None:
        """A sale must not make a position negative, which no fold could represent."""
        if side is Side.SELL:
            held, sold = self.state.bot(bot_id).held(symbol), _quantity(fills)
            if sold > held:
                message = f"Bot {bot_id} sells more {symbol} than it holds, so that its position would be negative."
                self._stop(Check.BALANCES, event, f"at most {shown(held)}", sold, message)

    def _stop(self, check: Check, event: Event, expected: str, found: object, message: str) -> None:
        self._findings.add(check, event.seq, expected, found, message)
        raise Unfoldable

    def _check_fills(self, event: Event, symbol: str, fills: Iterable[Fill]) -> None:
        pair = self._pairs.get(symbol)
        if pair is None:
            pair = self._pairs[symbol] = split_symbol(symbol)
        for number, fill in enumerate(fills, start=1):
            fee, currency = fill.fee, fill.fee_currency
            worth = fee if currency == pair[1] else fee * fill.price
            if fee >= 0 and fill.fee_quote_value == worth and currency in pair:
                continue
            if currency not in pair:
                expected, found, message = " or ".join(pair), currency, "is in another currency"
            elif fee < 0:
                expected, found, message = "at least 0", shown(fee), "is negative"
            else:
                expected, found, message = shown(worth), shown(fill.fee_quote_value), "is not worth what is recorded"
            self._findings.add(Check.FEES, event.seq, expected, found, f"The fee of fill {number} {message}.")

    def _check_amounts(self, event: Event, entries: list[Posting]) -> None:
        bot_ids: dict[str, None] = {}
        for account, currency, _ in entries:
            if account == FREE_CASH:
                self._check_free(event.seq, currency)
            elif account.startswith(BOT_CASH):
                bot_ids[account[len(BOT_CASH) :]] = None
        if isinstance(event.payload, ev.OrderAccepted | ev.OrderFilled):
            bot_ids[event.payload.bot_id] = None
        for bot_id in bot_ids:
            self._check_bot(event.seq, self.state.bots[bot_id])
        marks: dict[str, Decimal] = getattr(event.payload, "marks", None) or {}
        for symbol, mark in marks.items():
            if mark <= 0:
                message = f"Nothing can be valued at this mark of {shown(symbol)}."
                self._findings.add(Check.EQUITY, event.seq, "above 0", mark, message)

    def _check_free(self, seq: int, currency: str) -> None:
        self._least_zero(seq, "free cash in ", currency, self.state.free_cash.get(currency, ZERO))

    def _check_bot(self, seq: int, bot: Bot) -> None:
        self._least_zero(seq, "cash of bot ", bot.bot_id, bot.cash)
        for symbol, queue in bot.positions.items():
            if queue.quantity < 0 or self._negative:
                self._least_zero(seq, f"{symbol} of bot ", bot.bot_id, queue.quantity)
        if not bot.orders:
            return
        self._least_zero(seq, "unreserved cash of bot ", bot.bot_id, bot.cash - bot.reserved_cash)
        for order in bot.orders.values():
            self._least_zero(seq, "reservation of order ", order.order_id, order.reserved)
            if order.side is Side.SELL:
                left = bot.held(order.symbol) - bot.reserved_units(order.symbol)
                self._least_zero(seq, f"unreserved {order.symbol} of bot ", bot.bot_id, left)

    def _least_zero(self, seq: int, kind: str, whose: str, amount: Decimal) -> None:
        """What is negative stays so for a while; where it becomes so is what matters."""
        if amount >= 0:
            if self._negative:
                self._negative.discard(kind + whose)
        elif kind + whose not in self._negative:
            self._negative.add(kind + whose)
            self._findings.add(Check.BALANCES, seq, "at least 0", amount, f"Negative: {kind}{whose}.")


def _quantity(fills: Iterable[Fill]) -> Decimal:
    return sum((fill.quantity for fill in fills), ZERO)
