"""What a user holds and where the money is, from the folded state at marks: O(open positions)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import Account
from core.domain.currency import rate
from core.domain.money import ZERO, exact, ratio
from core.domain.valuation import Mark, effective_status


@dataclass(frozen=True, slots=True)
class Position:
    """One bot's open position in one symbol; money in `currency`, the symbol's quote.

    `avg_price` = cost / quantity, `cost` is without fees, `unrealized_pct` of the cost. `mark.stale` flags a price
    older than the rules allow; `opened_at` is engine time of the oldest lot still held.
    """

    symbol: str
    bot_id: str
    bot_name: str
    currency: str
    quantity: Decimal
    avg_price: Decimal
    cost: Decimal
    mark: Mark
    value: Decimal
    unrealized_pnl: Decimal
    unrealized_pct: Decimal
    opened_at: datetime
    lots: int


@dataclass(frozen=True, slots=True)
class CurrencyCapital:
    """One currency, in that currency: total = free + in_bots + positions. `rate` is into the reporting currency."""

    currency: str
    rate: Decimal
    free: Decimal
    in_bots: Decimal
    positions: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class BotCapital:
    """One bot, in its quote currency: equity = cash + positions; `reserved` is the cash its resting orders claim."""

    bot_id: str
    name: str
    status: str
    currency: str
    capital: Decimal
    cash: Decimal
    reserved: Decimal
    positions: Decimal
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Capital:
    """Where an account's equity is; `equity` and `free` in `currency` at the marks' rates."""

    currency: str
    equity: Decimal
    free: Decimal
    by_bot: tuple[BotCapital, ...]
    by_currency: tuple[CurrencyCapital, ...]


def positions(state: Account, marks: Mapping[str, Mark]) -> list[Position]:
    """Everything that is held, by bot in the order of their creation."""
    with exact():
        return list(_positions(state, marks))


def _positions(state: Account, marks: Mapping[str, Mark]) -> Iterator[Position]:
    for bot in state.bots.values():
        for symbol, queue in bot.positions.items():
            if not queue.quantity:
                continue
            mark = marks[symbol]
            gain = queue.unrealized(mark.price)
            yield Position(
                symbol=symbol,
                bot_id=bot.bot_id,
                bot_name=bot.name,
                currency=bot.quote,
                quantity=queue.quantity,
                avg_price=ratio(queue.cost, queue.quantity),
                cost=queue.cost,
                mark=mark,
                value=queue.quantity * mark.price,
                unrealized_pnl=gain,
                unrealized_pct=ratio(gain * 100, queue.cost),
                opened_at=queue.lots[0].ts,
                lots=len(queue.lots),
            )


def capital(state: Account, marks: Mapping[str, Mark]) -> Capital:
    """Free cash, bots and currencies; bots that an account reset wrote off are left out."""
    prices = {symbol: mark.price for symbol, mark in marks.items()}
    with exact():
        currencies = tuple(_currency(state, currency, prices) for currency in state.cash_total)
        return Capital(
            currency=state.reporting,
            equity=sum((part.total * part.rate for part in currencies), ZERO),
            free=sum((part.free * part.rate for part in currencies), ZERO),
            by_bot=tuple(_bots(state, prices)),
            by_currency=currencies,
        )


def _currency(state: Account, currency: str, prices: dict[str, Decimal]) -> CurrencyCapital:
    free, cash = state.free_cash.get(currency, ZERO), state.cash_total[currency]
    total = state.equity_in(currency, prices)
    return CurrencyCapital(
        currency=currency,
        rate=rate(currency, state.reporting, prices),
        free=free,
        in_bots=cash - free,
        positions=total - cash,
        total=total,
    )


def _bots(state: Account, prices: dict[str, Decimal]) -> Iterator[BotCapital]:
    for bot in state.bots.values():
        if bot.written_off:
            continue
        equity = bot.equity(prices)
        yield BotCapital(
            bot_id=bot.bot_id,
            name=bot.name,
            status=effective_status(bot, halted=state.halted),
            currency=bot.quote,
            capital=bot.capital,
            cash=bot.cash,
            reserved=bot.reserved_cash,
            positions=equity - bot.cash,
            equity=equity,
        )
