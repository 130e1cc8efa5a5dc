"""The journal's equity against what its projections give (spec/accounting.md, Reconcile and verify)."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.account import Account
from core.domain.book import Book
from core.domain.currency import rate
from core.domain.money import ZERO, exact, plain, ratio
from core.domain.order import Side

ALERT_ABOVE_PCT = Decimal("0.01")
HALT_ABOVE_PCT = Decimal(1)
_ADVICE = (
    "The journal is the truth; the projections for lists and reports differ from it. "
    "An operator rebuilds them with “amarktai verify --rebuild”."
)


@dataclass(frozen=True, slots=True)
class Issue:
    """One difference: in which collection, of what, and both values."""

    collection: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Equity in `currency` at the recorded marks, by the journal and by `fills_ledger`.

    `discrepancy` is the largest difference in money of any projection, also in percent of the journal's equity.
    """

    user_id: str
    seq: int
    currency: str
    equity_ledger: Decimal
    equity_projections: Decimal
    discrepancy: Decimal
    discrepancy_pct: Decimal
    issues: tuple[Issue, ...]
    advice: str

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.issues


@dataclass(slots=True)
class Projected:
    """What the projections add up to: positions by symbol, flows and totals by quote currency."""

    flow: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    positions: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    fees: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    volume: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    fills: int = 0
    trades: int = 0
    gross_pnl: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bots: dict[str, tuple[str, Decimal]] = field(default_factory=dict[str, tuple[str, Decimal]])
    open_orders: set[str] = field(default_factory=set[str])

    def add_fill(self, symbol: str, side: Side, quantity: Decimal, price: Decimal, fee: tuple[Decimal, str]) -> None:
        """Take one document of `fills_ledger`; `fee` is amount and currency."""
        base, _, quote = symbol.partition("/")
        amount, currency = fee
        notional, sign = quantity * price, 1 if side is Side.SELL else -1
        in_base = currency == base
        _add(self.flow, quote, sign * notional - (ZERO if in_base else amount))
        _add(self.positions, symbol, -sign * quantity - (amount if in_base else ZERO))
        _add(self.fees, quote, amount * price if in_base else amount)
        _add(self.volume, quote, notional)
        self.fills += 1

    def add_trade(self, symbol: str, gross_pnl: Decimal) -> None:
        """Take one document of `trades`."""
        _add(self.gross_pnl, symbol.partition("/")[2], gross_pnl)
        self.trades += 1


def reconcile(state: Account, projected: Projected) -> Reconciliation:
    """Compare a state with what its projections add up to, at the recorded marks."""
    issues: list[Issue] = []
    with exact():
        worst = max((_compare(state, projected, c, issues) for c in state.cash_total), default=ZERO)
        equity = state.equity(state.marks)
        theirs = sum(
            (_equity(state, projected, c) * rate(c, state.reporting, state.marks) for c in state.cash_total), ZERO
        )
        worst = max(worst, abs(equity - theirs), _compare_bots(state, projected, issues))
        _counts(state, projected, issues)
        share = ratio(worst * 100, equity) if equity else (ZERO if not worst else Decimal(100))
    return Reconciliation(
        user_id=state.user_id,
        seq=state.seq,
        currency=state.reporting,
        equity_ledger=equity,
        equity_projections=theirs,
        discrepancy=worst,
        discrepancy_pct=share,
        issues=tuple(issues),
        advice=_ADVICE if issues else "Nothing to do.",
    )


def _equity(state: Account, projected: Projected, currency: str) -> Decimal:
    """Money in and out by the journal, everything traded by `fills_ledger`."""
    total = state.funded.get(currency, ZERO) + state.converted.get(currency, ZERO) - _conversion_fees(state, currency)
    total += projected.flow.get(currency, ZERO)
    for symbol, quantity in projected.positions.items():
        if quantity and symbol.endswith("/" + currency) and symbol in state.marks:
            total += quantity * state.marks[symbol]
    return total


def _conversion_fees(state: Account, currency: str) -> Decimal:
    """Fees no fill has paid: what the user's book has beyond those of the bots."""
    trading = sum((bot.book.fees for bot in state.bots.values() if bot.quote == currency), ZERO)
    return state.books[currency].fees - trading if currency in state.books else ZERO


def _compare(state: Account, projected: Projected, currency: str, issues: list[Issue]) -> Decimal:
    """Money of one currency; gives the largest difference in the reporting currency."""
    book = state.books.get(currency) or Book()
    open_legs = sum(
        (
            (leg.fill.price - match.price) * match.quantity
            for bot in state.bots.values()
            if bot.quote == currency
            for order in bot.orders.values()
            for leg in order.legs
            for match in leg.matches
        ),
        ZERO,
    )
    pairs = (
        (
            "fills_ledger",
            f"equity in {currency}",
            state.equity_in(currency, state.marks),
            _equity(state, projected, currency),
        ),
        (
            "fills_ledger",
            f"fees in {currency}",
            book.fees - _conversion_fees(state, currency),
            projected.fees.get(currency, ZERO),
        ),
        ("trades", f"realized PnL in {currency}", book.realized - open_legs, projected.gross_pnl.get(currency, ZERO)),
    )
    worst = ZERO
    for collection, what, expected, found in pairs:
        if expected != found:
            issues.append(Issue(collection, what, plain(expected), plain(found)))
            worst = max(worst, abs(expected - found) * rate(currency, state.reporting, state.marks))
    expected, found = book.volume, projected.volume.get(currency, ZERO)
    if expected != found:
        issues.append(Issue("fills_ledger", f"volume in {currency}", plain(expected), plain(found)))
    return worst


def _compare_bots(state: Account, projected: Projected, issues: list[Issue]) -> Decimal:
    worst = ZERO
    for bot in state.bots.values():
        found = projected.bots.get(bot.bot_id)
        if found is None:
            issues.append(Issue("bots", bot.name, "listed", "missing"))
        elif found != (bot.name, bot.cash):
            issues.append(
                Issue("bots", bot.name, f"{bot.name}, cash {plain(bot.cash)}", f"{found[0]}, cash {plain(found[1])}")
            )
            worst = max(worst, abs(found[1] - bot.cash) * rate(bot.quote, state.reporting, state.marks))
    unknown = sorted(projected.bots.keys() - state.bots.keys())
    issues.extend(Issue("bots", bot_id, "no such bot", projected.bots[bot_id][0]) for bot_id in unknown)
    return worst


def _counts(state: Account, projected: Projected, issues: list[Issue]) -> None:
    resting = {order_id for bot in state.bots.values() for order_id in bot.orders}
    for collection, what, expected, found in (
        ("fills_ledger", "fills", sum(book.fills for book in state.books.values()), projected.fills),
        ("trades", "trades", sum(book.trades for book in state.books.values()), projected.trades),
        ("pending_orders", "open orders", len(resting), len(projected.open_orders)),
    ):
        if expected != found:
            issues.append(Issue(collection, what, str(expected), str(found)))
    for order_id in sorted(resting ^ projected.open_orders):
        where = ("open", "missing") if order_id in resting else ("not open", "open")
        issues.append(Issue("pending_orders", order_id, *where))


def _add(totals: dict[str, Decimal], key: str, amount: Decimal) -> None:
    totals[key] = totals.get(key, ZERO) + amount
