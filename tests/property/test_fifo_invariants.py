"""A refold is the incremental fold, lots make the position, equity agrees both ways, a fill in parts is the fill.

What spec/accounting.md says of every journal, on the histories on which the ledger also agrees with two independent
calculations (test_fifo_oracles.py).
"""

import json
from collections import Counter
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.account import Account
from core.domain.book import Book
from core.domain.evolve import fold
from core.domain.journal import START, Event, canonical, verified
from core.domain.lots import LotQueue
from core.domain.money import exact
from tests.builders import USER
from tests.oracles.histories import QUOTES, Step, histories, marks_at, opened, play, prices, split
from tests.oracles.rounding import UNIT, tolerances, trades_of

#: Thousandths of a fill; the last part takes the rest.
weights = st.lists(st.integers(1, 240), min_size=2, max_size=4)
#: Fields of a book that are made of net results, and those that count winners.
ROUNDED = {"gross_profit", "gross_loss", "best", "worst"}
COUNTED = {"wins", "losses"}


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(histories, st.integers(0, 30))
def test_a_refold_of_the_stored_documents_is_the_incremental_state(history: list[Step], cut: int):
    chain = play(history)
    stored = [json.loads(canonical(document)) for document in chain.documents]
    assert fold(Account(USER), verified(START, stored)) == chain.state
    # Also when the fold stops anywhere and goes on later.
    events = list(verified(START, stored))
    assert fold(fold(Account(USER), events[:cut]), events[cut:]) == chain.state


@settings(max_examples=800, deadline=None, derandomize=True)
@given(histories, prices)
def test_after_every_event_lots_make_the_position_and_equity_agrees_both_ways(history: list[Step], ticks: int):
    def observe(state: Account, _: Event) -> None:
        _assert_consistent(state)
        for marks in (state.marks or marks_at(ticks), marks_at(ticks)):
            for currency in QUOTES:
                _assert_equity(state, currency, marks)

    play(history, observe)


def _assert_consistent(state: Account) -> None:
    positions: Counter[str] = Counter()
    with exact():
        for bot in state.bots.values():
            for symbol, queue in bot.positions.items():
                assert queue.quantity == sum((lot.quantity for lot in queue.lots), Decimal(0))
                assert queue.cost == sum((lot.quantity * lot.price for lot in queue.lots), Decimal(0))
                assert all(lot.quantity > 0 for lot in queue.lots)
                positions[symbol] += queue.quantity  # type: ignore[assignment]
        assert {symbol: holding.quantity for symbol, holding in state.holdings.items()} == positions
        for currency, cash in state.cash_total.items():
            bots = sum((bot.cash for bot in state.bots.values() if bot.quote == currency), Decimal(0))
            assert cash == state.free_cash[currency] + bots


def _assert_equity(state: Account, currency: str, marks: dict[str, Decimal]) -> None:
    """Funding plus profit is cash plus positions, in one currency."""
    bots = [bot for bot in state.bots.values() if bot.quote == currency]
    with exact():
        profit = worth = Decimal(0)
        for bot in bots:
            profit += bot.book.realized - bot.book.fees
            for symbol, queue in bot.positions.items():
                profit += queue.unrealized(marks[symbol])
                worth += queue.quantity * marks[symbol]
        assert state.funded.get(currency, Decimal(0)) + profit == state.cash_total.get(currency, Decimal(0)) + worth
        book = state.books.get(currency, Book())
        for name in ("realized", "fees", "volume", "fills", "trades", "wins", "losses", "gross_profit", "gross_loss"):
            assert getattr(book, name) == sum(getattr(bot.book, name) for bot in bots)


@settings(max_examples=800, deadline=None, derandomize=True)
@given(histories, weights)
def test_splitting_fills_changes_nothing_but_the_rounding_of_entry_fee_shares(history: list[Step], parts: list[int]):
    """Only counts of fills and lots differ, and what is derived from shares of entry fees.

    Those are a lot's fee, a trade's fees, net result and return, and whether it won when that result is as small as
    the rounding: n fills of sales are wrong by n units at most, their parts by n units for each part.
    """
    whole, parted = play(history), opened()
    events = list(verified(START, whole.documents))
    for event in events[len(parted.documents) :]:
        fact = event.payload
        parted.add(split(fact, parts) if isinstance(fact, ev.OrderExecuted) else fact, event.ts)
    tolerance = {order: (1 + len(parts)) * most for order, most in tolerances(whole).items()}
    decided = all(abs(Fraction(trade.net_pnl)) > tolerance[trade.order_id] for trade in trades_of(whole))
    _assert_same(parted.state, whole.state, {"bots", "books", "loss_streak"})
    for currency, theirs in whole.state.books.items():
        _assert_same(parted.state.books[currency], theirs, {"fills", *ROUNDED, *(() if decided else COUNTED)})
    for bot_id, theirs in whole.state.bots.items():
        ours = parted.state.bots[bot_id]
        _assert_same(ours, theirs, {"positions", "book", "loss_streak"})
        _assert_same(ours.book, theirs.book, {"fills", *ROUNDED, *(() if decided else COUNTED)})
        assert ours.book.fills == len(parts) * theirs.book.fills
        assert ours.loss_streak == theirs.loss_streak or not decided
        for symbol, queue in theirs.positions.items():
            mine = ours.positions[symbol]
            assert (mine.quantity, mine.cost, _merged(mine)) == (queue.quantity, queue.cost, _merged(queue))
            most = max(tolerance.values(), default=Fraction(0))
            assert abs(_open_fees(mine) - _open_fees(queue)) <= most
    for ours, theirs in zip(trades_of(parted), trades_of(whole), strict=True):
        _assert_same(ours, theirs, {"fees", "net_pnl", "return_pct"})
        most = tolerance[theirs.order_id]
        assert abs(Fraction(ours.fees) - Fraction(theirs.fees)) <= most
        cost = Fraction(theirs.entry_price) * Fraction(theirs.quantity)
        assert abs(Fraction(ours.return_pct) - Fraction(theirs.return_pct)) <= 100 * most / cost * 2 + UNIT


def _assert_same(ours: object, theirs: object, but: set[str]) -> None:
    for field in fields(theirs):  # type: ignore[arg-type]
        if field.name not in but:
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name


def _merged(queue: LotQueue) -> list[tuple[Fraction, Decimal]]:
    """Lots of one time and price, side by side, as one."""
    groups = groupby(queue.lots, key=lambda lot: (lot.price, lot.ts))
    return [(sum((Fraction(lot.quantity) for lot in lots), Fraction(0)), price) for (price, _), lots in groups]


def _open_fees(queue: LotQueue) -> Fraction:
    return sum((Fraction(lot.fee) for lot in queue.lots), Fraction(0))
