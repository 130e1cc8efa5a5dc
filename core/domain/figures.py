"""Figures of plain fills: FIFO lots, trades and PnL by the ledger's own rules, without a journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.domain.book import Book
from core.domain.errors import InvalidInput
from core.domain.instrument import split_symbol
from core.domain.lots import Lot, LotQueue, realized
from core.domain.money import ONE, ZERO, exact
from core.domain.order import Fill, Side
from core.domain.performance import TradeFigures, trade_figures
from core.domain.trade import Exit, Leg, Trade, close


@dataclass(frozen=True, slots=True)
class PlainFill:
    """One execution of a bot; `fee` in `fee_currency`, which is the symbol's quote or, of a buy, its base."""

    bot: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    ts: datetime


@dataclass(frozen=True, slots=True)
class OpenLot:
    """What is left of a buy."""

    bot: str
    symbol: str
    quantity: Decimal
    price: Decimal
    ts: datetime


@dataclass(frozen=True, slots=True)
class FillFigures:
    """Money in one quote currency; `net_pnl` = realized + unrealized - fees."""

    currency: str
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    volume: Decimal
    lots: tuple[OpenLot, ...]
    trades: tuple[Trade, ...]
    of_trades: TradeFigures


@dataclass(slots=True)
class _Scope:
    """Running totals of one bot in one quote currency."""

    bot: str
    currency: str
    book: Book = field(default_factory=Book)
    queues: dict[str, LotQueue] = field(default_factory=dict[str, LotQueue])
    trades: list[Trade] = field(default_factory=list[Trade])


class FillBook:
    """Folds fills in the order they are given; each sale is one trade."""

    def __init__(self) -> None:
        self._scopes: dict[tuple[str, str], _Scope] = {}
        self._count = 0

    def add(self, fill: PlainFill) -> None:
        """Take one fill.

        Raises:
            InvalidInput: it sells more than its bot holds, or its fee's currency does not fit.
        """
        base, quote = split_symbol(fill.symbol)
        self._count += 1
        scope = self._scopes.setdefault((fill.bot, quote), _Scope(fill.bot, quote))
        queue = scope.queues.setdefault(fill.symbol, LotQueue())
        with exact():
            fee_value = _fee_in_quote(fill, base, quote)
            executed = Fill(
                fill.price, fill.quantity, fill.fee, fill.fee_currency, fee_value, ZERO, level_quantity=fill.quantity
            )
            if fill.side is Side.BUY:
                received = fill.quantity - (fill.fee if fill.fee_currency == base else ZERO)
                queue.buy(Lot(received, fill.price, fill.ts, fee_value))
            else:
                self._sell(scope, queue, fill, executed)
            scope.book.count_fill(executed, fill.quantity * fill.price)

    def _sell(self, scope: _Scope, queue: LotQueue, fill: PlainFill, executed: Fill) -> None:
        if fill.quantity > queue.quantity:
            raise InvalidInput(
                f"{fill.bot} sells {fill.quantity:f} {fill.symbol} and holds {queue.quantity:f}: spot is long only."
            )
        matches = queue.sell(fill.quantity)
        scope.book.realized += realized(matches, fill.price)
        trade = close(Exit(str(self._count), fill.bot, fill.symbol, None, fill.ts, [Leg(executed, matches)]))
        scope.book.count_trade(trade)
        scope.trades.append(trade)

    @property
    def currencies(self) -> list[str]:
        """Quote currencies in which anything was traded."""
        return list(dict.fromkeys(currency for _, currency in self._scopes))

    @property
    def bots(self) -> list[str]:
        """Bots that traded, in order of their first fill."""
        return list(dict.fromkeys(bot for bot, _ in self._scopes))

    def figures(self, currency: str, marks: Mapping[str, Decimal], bot: str | None = None) -> FillFigures:
        """Figures of one bot, or of all, in one quote currency, open lots valued at the marks.

        Raises:
            InvalidInput: a symbol that is held has no mark.
        """
        scopes = [s for s in self._scopes.values() if s.currency == currency and bot in {None, s.bot}]
        with exact():
            unrealized = sum((_unrealized(scope, marks) for scope in scopes), ZERO)
            gained = sum((scope.book.realized for scope in scopes), ZERO)
            fees = sum((scope.book.fees for scope in scopes), ZERO)
            return FillFigures(
                currency=currency,
                realized_pnl=gained,
                unrealized_pnl=unrealized,
                fees=fees,
                net_pnl=gained + unrealized - fees,
                volume=sum((scope.book.volume for scope in scopes), ZERO),
                lots=tuple(lot for scope in scopes for lot in _lots(scope)),
                trades=tuple(trade for scope in scopes for trade in scope.trades),
                of_trades=trade_figures((scope.book, ONE) for scope in scopes),
            )


def _fee_in_quote(fill: PlainFill, base: str, quote: str) -> Decimal:
    if fill.fee_currency == quote:
        return fill.fee
    if fill.fee_currency == base and fill.side is Side.BUY:
        if fill.fee >= fill.quantity:
            raise InvalidInput(f"The fee of {fill.fee:f} {base} leaves nothing of the {fill.quantity:f} bought.")
        return fill.fee * fill.price
    if not fill.fee:
        return ZERO
    raise InvalidInput(
        f"A fee in {fill.fee_currency} does not fit a {fill.side} of {fill.symbol}: "
        f"it is in {quote}" + (f" or {base}." if fill.side is Side.BUY else ".")
    )


def _unrealized(scope: _Scope, marks: Mapping[str, Decimal]) -> Decimal:
    total = ZERO
    for symbol, queue in scope.queues.items():
        if queue.quantity:
            if symbol not in marks:
                raise InvalidInput(f"{scope.bot} holds {queue.quantity:f} {symbol}, which has no mark.")
            total += queue.unrealized(marks[symbol])
    return total


def _lots(scope: _Scope) -> Iterable[OpenLot]:
    for symbol, queue in scope.queues.items():
        for lot in queue.lots:
            yield OpenLot(scope.bot, symbol, lot.quantity, lot.price, lot.ts)
