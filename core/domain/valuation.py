"""What an account is worth, by two definitions that must agree to the last digit (spec/accounting.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.account import REPORTING_CURRENCY, Account, Bot
from core.domain.bot import BotStatus
from core.domain.errors import IntegrityError
from core.domain.gates.circuit_breaker import fall
from core.domain.money import ZERO, exact, plain


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
class Portfolio:
    """An account at marks; money in `currency`, drawdown as a fraction of the unit value's peak."""

    currency: str
    equity: Decimal
    cash: Decimal
    free_cash: Decimal
    funded: Decimal
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
    marks: tuple[Mark, ...]


def value(state: Account, marks: Mapping[str, Mark]) -> Portfolio:
    """Value a state at marks, which must cover every symbol held.

    Raises:
        IntegrityError: the two definitions of equity differ, so no figure can be trusted.
    """
    prices = {symbol: mark.price for symbol, mark in marks.items()}
    currency = REPORTING_CURRENCY
    with exact():
        equity = state.equity(prices, currency)
        unrealized = state.unrealized(prices, currency)
        funded = state.funded.get(currency, ZERO)
        net = state.book.realized + unrealized - state.book.fees
        if funded + net != equity:
            raise IntegrityError(
                f"Account {state.user_id} at seq {state.seq}: funding plus profit is {plain(funded + net)}, "
                f"cash plus positions is {plain(equity)}."
            )
        drawdown = fall(state.track.value(equity), state.track.peak)
        return Portfolio(
            currency=currency,
            equity=equity,
            cash=state.cash_total.get(currency, ZERO),
            free_cash=state.free_cash.get(currency, ZERO),
            funded=funded,
            realized_pnl=state.book.realized,
            unrealized_pnl=unrealized,
            fees_total=state.book.fees,
            net_pnl=net,
            drawdown_current=drawdown,
            drawdown_max=max(drawdown, state.track.deepest),
            total_fills=state.book.fills,
            total_volume=state.book.volume,
            halted=state.halted,
            seq=state.seq,
            by_bot=tuple(_bot(bot, prices, halted=state.halted) for bot in state.bots.values()),
            marks=tuple(marks.values()),
        )


def effective_status(bot: Bot, *, halted: bool) -> str:
    """What a person should read: a running bot under a halt is `halted`, a stopped one with a position `stopping`."""
    if bot.status is BotStatus.RUNNING and halted:
        return "halted"
    if bot.status is BotStatus.STOPPED and not bot.flat:
        return "stopping"
    return bot.status.value


def _bot(bot: Bot, prices: dict[str, Decimal], *, halted: bool) -> BotFigures:
    unrealized = sum((q.unrealized(prices[s]) for s, q in bot.positions.items() if q.quantity), ZERO)
    return BotFigures(
        bot_id=bot.bot_id,
        name=bot.name,
        status=effective_status(bot, halted=halted),
        symbol=bot.symbol,
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
