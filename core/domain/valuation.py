"""What an account is worth, by two definitions that must agree to the last digit (spec/accounting.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Book
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.currency import rate
from core.domain.errors import IntegrityError
from core.domain.gates.circuit_breaker import fall
from core.domain.money import ZERO, exact, plain

Prices = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Mark:
    """A price with where and when it is from; `stale` when older than the rules allow."""

    symbol: str
    price: Decimal
    ts: datetime | None
    age_secs: Decimal | None
    source: str
    stale: bool


@dataclass(frozen=True, slots=True)
class BotFigures:
    """One bot's part, in its quote currency."""

    bot_id: str
    name: str
    status: str
    symbol: str
    capital: Decimal
    cash: Decimal
    position: Decimal
    equity: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    trades: int
    wins: int


@dataclass(frozen=True, slots=True)
class CurrencyFigures:
    """One currency's part, in that currency; `rate` is what a unit of it is worth in the reporting currency.

    equity = funded + converted + realized_pnl + unrealized_pnl - fees, and = cash + positions at the marks.
    """

    currency: str
    rate: Decimal
    equity: Decimal
    cash: Decimal
    free_cash: Decimal
    funded: Decimal
    converted: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Portfolio:
    """An account at marks; money in `currency` at the rates of the marks, drawdowns as fractions of the peak.

    `drawdown_current` is from the peak since the breaker was last reset, `drawdown_max` the deepest of all time.
    """

    currency: str
    equity: Decimal
    cash: Decimal
    free_cash: Decimal
    funded: Decimal
    converted: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    fees_total: Decimal
    net_pnl: Decimal
    drawdown_current: Decimal
    drawdown_max: Decimal
    total_fills: int
    total_volume: Decimal
    halted: bool
    seq: int
    by_bot: tuple[BotFigures, ...]
    by_currency: tuple[CurrencyFigures, ...]
    marks: tuple[Mark, ...]


def value(state: Account, marks: Mapping[str, Mark], now: datetime | None = None) -> Portfolio:
    """Value a state at marks, which must cover every symbol held and every other currency owned.

    `now` is engine time, for the drawdown's date.

    Raises:
        IntegrityError: the two definitions of equity differ, so no figure can be trusted.
    """
    prices = {symbol: mark.price for symbol, mark in marks.items()}
    with exact():
        parts = tuple(_currency(state, currency, prices) for currency in state.cash_total)
        equity = sum((part.equity * part.rate for part in parts), ZERO)
        realized = sum((part.realized_pnl * part.rate for part in parts), ZERO)
        unrealized = sum((part.unrealized_pnl * part.rate for part in parts), ZERO)
        fees = sum((part.fees * part.rate for part in parts), ZERO)
        unit_value = state.track.value(equity)
        deepest = state.track.drawdown.with_present(unit_value, state.track.units, now) if now else state.track.drawdown
        drawdown = fall(unit_value, state.track.peak)
        return Portfolio(
            currency=state.reporting,
            equity=equity,
            cash=sum((part.cash * part.rate for part in parts), ZERO),
            free_cash=sum((part.free_cash * part.rate for part in parts), ZERO),
            funded=sum((part.funded * part.rate for part in parts), ZERO),
            converted=sum((part.converted * part.rate for part in parts), ZERO),
            realized_pnl=realized,
            unrealized_pnl=unrealized,
            fees_total=fees,
            net_pnl=realized + unrealized - fees,
            drawdown_current=drawdown,
            drawdown_max=max(drawdown, deepest.fraction),
            total_fills=sum(book.fills for book in state.books.values()),
            total_volume=sum((part.volume * part.rate for part in parts), ZERO),
            halted=state.halted,
            seq=state.seq,
            by_bot=tuple(_bot(bot, prices, halted=state.halted) for bot in state.bots.values() if not bot.written_off),
            by_currency=parts,
            marks=tuple(marks.values()),
        )


def _currency(state: Account, currency: str, prices: Prices) -> CurrencyFigures:
    book = state.books.get(currency) or Book()
    equity, unrealized = state.equity_in(currency, prices), state.unrealized_in(currency, prices)
    funded, converted = state.funded.get(currency, ZERO), state.converted.get(currency, ZERO)
    expected = funded + converted + book.realized + unrealized - book.fees
    if expected != equity:
        raise IntegrityError(
            f"Account {state.user_id} at seq {state.seq}: in {currency}, funding plus profit is {plain(expected)}, "
            f"cash plus positions is {plain(equity)}."
        )
    return CurrencyFigures(
        currency=currency,
        rate=rate(currency, state.reporting, prices),
        equity=equity,
        cash=state.cash_total[currency],
        free_cash=state.free_cash.get(currency, ZERO),
        funded=funded,
        converted=converted,
        realized_pnl=book.realized,
        unrealized_pnl=unrealized,
        fees=book.fees,
        volume=book.volume,
    )


def effective_status(bot: Bot, *, halted: bool) -> str:
    """What a person should read: a running bot under a halt is `halted`, a stopped one with a position `stopping`."""
    if bot.status is BotStatus.RUNNING and halted:
        return "halted"
    if bot.status is BotStatus.STOPPED and not bot.flat:
        return "stopping"
    return bot.status.value


def _bot(bot: Bot, prices: Prices, *, halted: bool) -> BotFigures:
    unrealized = sum((q.unrealized(prices[s]) for s, q in bot.positions.items() if q.quantity), ZERO)
    return BotFigures(
        bot_id=bot.bot_id,
        name=bot.name,
        status=effective_status(bot, halted=halted),
        symbol=bot.symbol,
        capital=bot.capital,
        cash=bot.cash,
        position=bot.held(bot.symbol),
        equity=bot.equity(prices),
        realized_pnl=bot.book.realized,
        unrealized_pnl=unrealized,
        fees=bot.book.fees,
        net_pnl=bot.book.realized + unrealized - bot.book.fees,
        trades=bot.book.trades,
        wins=bot.book.wins,
    )
