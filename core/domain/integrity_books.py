"""Double entry kept beside the fold, and both definitions of equity (checks 7 and 8)."""

from collections.abc import Iterable
from decimal import Decimal

from core.domain import events as ev
from core.domain.account import Account
from core.domain.book import Book
from core.domain.integrity_findings import Check, Findings
from core.domain.journal import Event
from core.domain.money import ZERO
from core.domain.postings import BOT_CASH, BOT_POSITION, FREE_CASH, Posting, sums

_Moves = dict[tuple[str, str], Decimal]
_REVERSIBLE = (ev.Funded, ev.Withdrawn, ev.Converted)


class Books:
    """Balances by account and currency, from postings alone, held against a folded state."""

    def __init__(self, findings: Findings, state: Account) -> None:
        self._findings = findings
        self._state = state
        self._balances: _Moves = {}
        self._cash: dict[str, Decimal] = {}
        self._costs: dict[str, Decimal] = {}
        self._cost_of: dict[str, Decimal] = {}
        self._reversible: dict[int, _Moves] = {}
        self._differences: dict[tuple[Check, str], Decimal] = {}

    def follow(self, event: Event, symbol: str | None) -> None:
        """Know the cost of what is held after an event that traded this symbol."""
        if isinstance(event.payload, ev.AccountReset):
            self._costs.clear()
            self._cost_of.clear()
        holding = self._state.holdings.get(symbol) if symbol is not None else None
        if symbol is not None and holding is not None:
            before = self._cost_of.get(symbol, ZERO)
            self._cost_of[symbol] = holding.cost
            self._costs[holding.quote] = self._costs.get(holding.quote, ZERO) + holding.cost - before

    def post(self, event: Event, entries: list[Posting]) -> None:
        """Carry an event's entries into the balances and check whatever they touch."""
        seq = event.seq
        for currency, total in sums(entries).items():
            if total:
                self._findings.add(Check.POSTINGS, seq, ZERO, total, f"Postings in {currency} do not balance.")
        touched: _Moves = {}
        currencies: dict[str, None] = {}
        for account, currency, amount in entries:
            key = (account, currency)
            self._balances[key] = touched[key] = self._balances.get(key, ZERO) + amount
            if account.startswith("cash:"):
                currencies[currency] = None
                self._cash[currency] = self._cash.get(currency, ZERO) + amount
        for (account, currency), balance in touched.items():
            self._compare(seq, account, currency, balance)
        for currency in currencies:
            self._check_currency(seq, currency)
        if isinstance(event.payload, _REVERSIBLE):
            self._reversible[seq] = _moves(entries)
        elif isinstance(event.payload, ev.Reversed):
            self._check_reversal(seq, event.payload, _moves(entries))

    def finish(self, seq: int) -> None:
        """Look at all accounts and currencies once more, at the recorded marks."""
        for (account, currency), balance in self._balances.items():
            self._compare(seq, account, currency, balance)
        for currency in self._state.cash_total:
            self._both_equities(seq, currency)

    def _compare(self, seq: int, account: str, currency: str, posted: Decimal) -> None:
        folded = _folded(self._state, account, currency)
        if folded is not None and (folded != posted or self._differences):
            what = f"{account} in {currency}"
            self._same(Check.POSTINGS, seq, what, (posted, folded), "The postings and the folded state differ")

    def _check_currency(self, seq: int, currency: str) -> None:
        """Both definitions of equity value the same units at the same marks, so that the marks cancel out."""
        state = self._state
        total = state.cash_total.get(currency, ZERO)
        book = state.books.get(currency)
        earned = book.realized - book.fees if book else ZERO
        put_in = state.funded.get(currency, ZERO) + state.converted.get(currency, ZERO)
        if self._differences or put_in + earned != total + self._costs.get(currency, ZERO):
            self._both_equities(seq, currency)
        if self._differences or self._cash[currency] != total:
            pair = (self._cash[currency], total)
            self._same(Check.POSTINGS, seq, f"all cash in {currency}", pair, "The postings and the folded state differ")

    def _both_equities(self, seq: int, currency: str) -> None:
        state = self._state
        book = state.books.get(currency) or Book()
        first = state.funded.get(currency, ZERO) + state.converted.get(currency, ZERO)
        first += book.realized + state.unrealized_in(currency, state.marks) - book.fees
        second = state.equity_in(currency, state.marks)
        message = "Funding plus profit is not cash plus positions"
        self._same(Check.EQUITY, seq, currency, (first, second), message)

    def _same(self, check: Check, seq: int, what: str, pair: tuple[Decimal, Decimal], differ: str) -> None:
        expected, found = pair
        if expected == found:
            self._differences.pop((check, what), None)
        elif self._differences.get((check, what)) != expected - found:
            # The same difference goes on with every later event; where it came in is what matters.
            self._differences[check, what] = expected - found
            self._findings.add(check, seq, expected, found, f"{differ}: {what}.")

    def _check_reversal(self, seq: int, fact: ev.Reversed, moves: _Moves) -> None:
        undone = self._reversible.get(fact.reverses)
        if undone is None:
            message = "A reversal names an event that moved no money from or to outside."
            self._findings.add(Check.POSTINGS, seq, "a funding, withdrawal or conversion", fact.reverses, message)
            return
        for account, currency in dict.fromkeys([*undone, *moves]):
            expected, found = -undone.get((account, currency), ZERO), moves.get((account, currency), ZERO)
            if expected != found:
                message = f"The reversal of event {fact.reverses} does not undo it: {account} in {currency}."
                self._findings.add(Check.POSTINGS, seq, expected, found, message)


def _moves(entries: Iterable[Posting]) -> _Moves:
    moves: _Moves = {}
    for account, currency, amount in entries:
        moves[account, currency] = moves.get((account, currency), ZERO) + amount
    return moves


def _folded(state: Account, account: str, currency: str) -> Decimal | None:
    """What the folded state has in an account; None for accounts that it does not keep."""
    if account == FREE_CASH:
        return state.free_cash.get(currency, ZERO)
    if account.startswith(BOT_CASH):
        bot = state.bots.get(account[len(BOT_CASH) :])
        return bot.cash if bot and currency == bot.quote else ZERO
    if account.startswith(BOT_POSITION):
        bot = state.bots.get(account[len(BOT_POSITION) :])
        positions = bot.positions.items() if bot else ()
        return sum((queue.quantity for symbol, queue in positions if symbol.partition("/")[0] == currency), ZERO)
    return None
