"""Figures that follow from a journal alone, at the prices it recorded last: the same for whoever folds it."""

from dataclasses import dataclass
from typing import Any

from core.domain.account import Account
from core.domain.book import Book
from core.domain.codec import encode, iso
from core.domain.currency import rate
from core.domain.errors import ProductError
from core.domain.money import ONE, exact, plain
from core.domain.performance import Performance, TradeFigures, performance, trade_figures
from core.domain.valuation import Mark, Portfolio, value


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """An account at its recorded marks, what its closed trades tell, and the same of each bot by its id."""

    portfolio: Portfolio
    performance: Performance
    by_bot: dict[str, TradeFigures]


def ledger_figures(state: Account) -> LedgerFigures | None:
    """None when they cannot be given: nothing has happened yet, a mark is missing, or the equities disagree."""
    if state.started_at is None:
        return None
    try:
        prices = {symbol: state.marks[symbol] for symbol in state.priced_symbols()}
        now = state.marked_at or state.started_at
        marks = {s: Mark(s, price, state.marked_at, None, "recorded", stale=True) for s, price in prices.items()}
        portfolio = value(state, marks, now)
        with exact():
            books = [(book, rate(currency, state.reporting, prices)) for currency, book in state.books.items()]
            unit_value = state.track.value(portfolio.equity)
            figures = performance(books, state.track, state.exposure, (state.started_at, now), unit_value)
            return LedgerFigures(portfolio, figures, {b.bot_id: _of(b.book) for b in state.bots.values()})
    except (ProductError, LookupError, ArithmeticError):
        return None


def _of(book: Book) -> TradeFigures:
    return trade_figures([(book, ONE)])


def figures_document(figures: LedgerFigures) -> dict[str, Any]:
    """As JSON: amounts as text, counts as numbers, null for figures that do not exist."""
    portfolio = figures.portfolio
    document = encode(portfolio)
    bots: dict[str, Any] = {}
    for bot, text in zip(portfolio.by_bot, document["by_bot"], strict=True):
        bots[bot.bot_id] = text | _nullable(figures.by_bot[bot.bot_id])
    return {
        **{name: document[name] for name in ("currency", "equity", "cash", "free_cash", "funded", "converted")},
        "realized_pnl": document["realized_pnl"],
        "unrealized_pnl": document["unrealized_pnl"],
        "fees": plain(portfolio.fees_total),
        "net_pnl": document["net_pnl"],
        "fills": portfolio.total_fills,
        "volume": plain(portfolio.total_volume),
        **_nullable(figures.performance),
        "by_currency": {part["currency"]: part for part in document["by_currency"]},
        "by_bot": bots,
        "marks": {mark.symbol: plain(mark.price) for mark in portfolio.marks},
        "marked_at": next((iso(mark.ts) for mark in portfolio.marks if mark.ts), None),
    }


def _nullable(figures: Performance | TradeFigures) -> dict[str, Any]:
    """All fields by name, absent ones as null."""
    return dict.fromkeys(figures.__dataclass_fields__) | encode(figures)
