"""The ledger's figures are those of two other calculations, whatever was traded (spec/accounting.md, A bot's book).

One is a closed form of cumulative sums (tests/oracles/cumulative_fifo.py), the other is beancount's own booking. All
figures are compared exactly but one: shares of entry fees round to 18 decimals (tests/oracles/rounding.py).
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings

from core.domain import events as ev
from core.domain.account import Account
from core.domain.journal import Event
from core.domain.lots import LotQueue
from core.domain.money import exact
from core.domain.valuation import Mark, value
from tests.builders import T0, Chain
from tests.oracles.beancount_fifo import BeancountJournal
from tests.oracles.cumulative_fifo import CumulativeBook
from tests.oracles.histories import (
    BOTS,
    CAPITAL,
    FUNDS,
    QUOTES,
    Step,
    histories,
    marks_at,
    play,
    prices,
    quote_of,
)
from tests.oracles.rounding import tolerances, trades_of

EMPTY = LotQueue()


def _oracle(history: Sequence[Step]) -> tuple[Chain, dict[str, CumulativeBook]]:
    books = {bot_id: CumulativeBook(Fraction(CAPITAL)) for bot_id in BOTS}

    def observe(_: Account, event: Event) -> None:
        if isinstance(event.payload, ev.OrderExecuted):
            books[event.payload.bot_id].follow(event.payload)

    return play(history, observe), books


@settings(max_examples=1_500, deadline=None, derandomize=True)
@given(histories, prices)
def test_the_ledger_agrees_with_a_fifo_in_closed_form(history: list[Step], ticks: int):
    chain, books = _oracle(history)
    marks = marks_at(ticks)
    for bot_id, book in books.items():
        bot = chain.state.bots[bot_id]
        assert (bot.cash, bot.book.realized, bot.book.fees, bot.book.volume) == (
            book.cash,
            book.realized,
            book.fees,
            book.volume,
        )
        worth = book.cash
        for symbol in BOTS[bot_id]:
            queue, position = bot.positions.get(symbol, EMPTY), book.positions[symbol]
            assert [(lot.quantity, lot.price) for lot in queue.lots] == position.lots
            assert bot.held(symbol) == position.quantity
            assert queue.cost == position.cost
            with exact():
                assert queue.unrealized(marks[symbol]) == position.unrealized(marks[symbol])
            worth += position.quantity * Fraction(marks[symbol])
        with exact():
            assert bot.equity(marks) == worth


@settings(max_examples=300, deadline=None, derandomize=True)
@given(histories, prices)
def test_the_ledger_agrees_with_beancount(history: list[Step], ticks: int):
    journal = BeancountJournal()
    for bot_id, symbols in BOTS.items():
        journal.fund(bot_id, CAPITAL, quote_of(symbols[0]), T0)

    def observe(_: Account, event: Event) -> None:
        if isinstance(event.payload, ev.OrderExecuted):
            journal.follow(event.payload, event.ts)

    chain = play(history, observe)
    marks = marks_at(ticks)
    for bot_id, booked in journal.book().items():
        bot = chain.state.bots[bot_id]
        assert (bot.cash, bot.book.realized, bot.book.fees) == (booked.cash, booked.realized, booked.fees)
        for symbol in BOTS[bot_id]:
            queue, lots = bot.positions.get(symbol, EMPTY), booked.lots.get(symbol, [])
            assert [(lot.quantity, lot.price) for lot in queue.lots] == lots
            assert queue.quantity == sum((quantity for quantity, _ in lots), Decimal(0))
            with exact():
                unrealized = sum(((marks[symbol] - price) * quantity for quantity, price in lots), Decimal(0))
                assert queue.unrealized(marks[symbol]) == unrealized


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories, prices)
def test_the_portfolio_is_what_the_closed_form_makes_of_all_bots_and_currencies(history: list[Step], ticks: int):
    chain, books = _oracle(history)
    prices_now = marks_at(ticks)
    marks = {symbol: Mark(symbol, price, None, None, "scripted", stale=False) for symbol, price in prices_now.items()}
    portfolio = value(chain.state, marks)  # raises when the two definitions differ
    rates = {"USDT": Fraction(1), "BTC": Fraction(prices_now["BTC/USDT"]), "EUR": Fraction(prices_now["EUR/USDT"])}
    equity = sum((Fraction(FUNDS) * rates[currency] for currency in QUOTES), Fraction(0))
    net = Fraction(0)
    for bot_id, book in books.items():
        unrealized = sum((p.unrealized(prices_now[symbol]) for symbol, p in book.positions.items()), Fraction(0))
        held = sum((p.quantity * Fraction(prices_now[symbol]) for symbol, p in book.positions.items()), Fraction(0))
        rate = rates[quote_of(BOTS[bot_id][0])]
        equity += (book.cash + held - Fraction(CAPITAL)) * rate
        net += (book.realized + unrealized - book.fees) * rate
    assert portfolio.equity == equity
    assert portfolio.net_pnl == net
    with exact():
        assert portfolio.equity == portfolio.funded + portfolio.net_pnl


@settings(max_examples=800, deadline=None, derandomize=True)
@given(histories)
def test_entry_fees_are_shared_out_once_and_wrong_by_half_a_unit_per_sale_at_most(history: list[Step]):
    """A sale's fill cuts one lot at most; each cut rounds by half a unit, at either end of what a trade consumed."""
    chain, books = _oracle(history)
    most = tolerances(chain)
    given_away: Counter[str] = Counter()
    for bot_id, book in books.items():
        trades = [trade for trade in trades_of(chain) if trade.bot_id == bot_id]
        for trade, sale in zip(trades, book.sales, strict=True):
            assert (trade.order_id, trade.gross_pnl) == (sale.order_id, sale.gross_pnl)
            assert trade.net_pnl == trade.gross_pnl - trade.fees
            assert abs(Fraction(trade.fees) - sale.fees) <= most[trade.order_id]
            given_away[bot_id] += Fraction(trade.fees)  # type: ignore[assignment]
        open_fees = [lot.fee for queue in chain.state.bots[bot_id].positions.values() for lot in queue.lots]
        assert all(fee >= 0 for fee in open_fees)
        # Rounded shares or not, nothing is lost and nothing is charged twice.
        assert given_away[bot_id] + sum(map(Fraction, open_fees), Fraction(0)) == book.fees
