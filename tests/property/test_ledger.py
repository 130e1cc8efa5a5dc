"""Whatever was traded, the ledger's figures are those of an independent FIFO (spec/accounting.md).

The oracle never keeps a queue of lots: the first units bought are the first sold, so the cost of what was sold is a
function of two cumulative sums. It calculates with fractions, the ledger with decimals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.account import Account
from core.domain.evolve import fold
from core.domain.journal import START, verified
from core.domain.money import exact
from core.domain.order import Fill, Side
from core.domain.trade import Trade
from core.domain.valuation import Mark, value
from tests.builders import USER, Chain, at, bot_created, dec, executed, funded

BOTS = ["bot-0", "bot-1", "bot-2"]
CAPITAL = "1000000"
FUNDS = "5000000"
SYMBOL = "BTC/USDT"
LOT, TICK, UNIT = Decimal("0.00001"), Decimal("0.01"), Decimal("0.00000001")


@dataclass(frozen=True)
class Step:
    """One order with its fills, or a recorded mark when there are none: quantities in lots, prices in ticks."""

    bot: int
    fills: Sequence[tuple[int, int, int, bool]]  # (lots, ticks, fee in 1e-8, fee in base)
    buy: bool
    whole: bool  # sell all that is held
    mark: int


quantities = st.integers(1, 1_000_000)
prices = st.integers(1, 20_000_000)
fills = st.tuples(quantities, prices, st.integers(0, 500), st.booleans())
steps = st.builds(
    Step,
    bot=st.integers(0, len(BOTS) - 1),
    fills=st.lists(fills, max_size=3),
    buy=st.booleans(),
    whole=st.integers(0, 4).map(lambda n: n == 0),
    mark=prices,
)
histories = st.lists(steps, min_size=1, max_size=25)


@dataclass
class Oracle:
    """One bot by cumulative sums: what was bought, and how much of it is sold."""

    cash: Fraction = Fraction(CAPITAL)
    bought: list[tuple[Fraction, Fraction]] = field(default_factory=list)  # (quantity, price)
    sold: Fraction = Fraction(0)
    proceeds: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)

    def cost_of_first(self, units: Fraction) -> Fraction:
        """What the first so many units bought have cost."""
        total, start = Fraction(0), Fraction(0)
        for quantity, price in self.bought:
            total += price * min(max(units - start, Fraction(0)), quantity)
            start += quantity
        return total

    @property
    def held(self) -> Fraction:
        return sum((quantity for quantity, _ in self.bought), Fraction(0)) - self.sold

    @property
    def cost_of_position(self) -> Fraction:
        return self.cost_of_first(self.sold + self.held) - self.cost_of_first(self.sold)

    @property
    def realized(self) -> Fraction:
        return self.proceeds - self.cost_of_first(self.sold)

    def lots(self) -> list[tuple[Fraction, Fraction]]:
        """What is left of each buy."""
        left, start = [], Fraction(0)
        for quantity, price in self.bought:
            rest = min(max(start + quantity - self.sold, Fraction(0)), quantity)
            start += quantity
            if rest:
                left.append((rest, price))
        return left

    def take(self, side: Side, fill: Fill) -> None:
        """Follow one fill."""
        quantity, price, fee = Fraction(fill.quantity), Fraction(fill.price), Fraction(fill.fee)
        self.fees += Fraction(fill.fee_quote_value)
        if side is Side.BUY:
            in_base = fill.fee_currency == "BTC"
            self.cash -= quantity * price + (0 if in_base else fee)
            self.bought.append((quantity - fee if in_base else quantity, price))
        else:
            self.cash += quantity * price - fee
            self.sold += quantity
            self.proceeds += quantity * price


def _fill(quantity: Decimal, ticks: int, fee: int, *, in_base: bool) -> Fill:
    price, paid = ticks * TICK, fee * UNIT
    with exact():
        worth = paid * price if in_base else paid
    return Fill(price, quantity, paid, "BTC" if in_base else "USDT", worth, dec(0), quantity)


def _order(step: Step, held: Decimal, number: int) -> ev.OrderExecuted | None:
    """The step as an order the position allows; None when nothing is left of it."""
    side = Side.BUY if step.buy else Side.SELL
    made: list[Fill] = []
    for index, (lots, ticks, fee, in_base) in enumerate(step.fills):
        quantity = lots * LOT
        if not step.buy:
            last = step.whole and index == len(step.fills) - 1
            quantity = held if last else min(quantity, held)
            held -= quantity
        if quantity:
            made.append(_fill(quantity, ticks, fee, in_base=in_base and step.buy))
    if not made:
        return None
    order = executed(side, [("1", "1", "0")], mark=str(step.mark * TICK), bot_id=BOTS[step.bot], order_id=str(number))
    total = sum((fill.quantity for fill in made), Decimal(0))
    return ev.OrderExecuted(
        **{f: getattr(order, f) for f in order.__dataclass_fields__ if f not in {"fills", "quantity"}},
        fills=tuple(made),
        quantity=total,
    )


def _world() -> Chain:
    chain = Chain()
    chain.add(funded(FUNDS))
    for number, bot_id in enumerate(BOTS):
        chain.add(bot_created(CAPITAL, name=f"Bot {number}", bot_id=bot_id))
    return chain


def _play(history: list[Step]) -> tuple[Chain, list[Oracle], list[tuple[Trade, Fraction, Fraction]]]:
    """The ledger and the oracle after a history, with (trade, gross, exit fees) of each sale."""
    chain, oracles = _world(), [Oracle() for _ in BOTS]
    sales: list[tuple[Trade, Fraction, Fraction]] = []
    for number, step in enumerate(history):
        oracle = oracles[step.bot]
        order = _order(step, chain.state.bots[BOTS[step.bot]].held(SYMBOL), number)
        if order is None:
            chain.add(ev.Marked({SYMBOL: step.mark * TICK}, day_start=step.whole), at(number * 7_000))
            continue
        before = oracle.realized
        for fill in order.fills:
            oracle.take(order.side, fill)
        chain.add(order, at(number * 7_000))
        if order.side is Side.SELL:
            trade = chain.trades[-1]
            assert isinstance(trade, Trade)
            exit_fees = sum((Fraction(fill.fee_quote_value) for fill in order.fills), Fraction(0))
            sales.append((trade, oracle.realized - before, exit_fees))
    return chain, oracles, sales


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(histories, prices)
def test_the_ledger_agrees_with_an_independent_fifo(history: list[Step], ticks: int):
    chain, oracles, _ = _play(history)
    state, mark = chain.state, ticks * TICK
    for bot_id, oracle in zip(BOTS, oracles, strict=True):
        bot = state.bots[bot_id]
        queue = bot.positions.get(SYMBOL)
        lots = [(Fraction(lot.quantity), Fraction(lot.price)) for lot in queue.lots] if queue else []
        assert lots == oracle.lots()
        assert bot.cash == oracle.cash
        assert bot.held(SYMBOL) == oracle.held == sum((quantity for quantity, _ in lots), Fraction(0))
        assert bot.book.realized == oracle.realized
        assert bot.book.fees == oracle.fees
        if queue:
            assert queue.cost == oracle.cost_of_position
        with exact():
            equity = bot.equity({SYMBOL: mark})
            unrealized = queue.unrealized(mark) if queue else Decimal(0)
            assert equity == Decimal(CAPITAL) + bot.book.realized + unrealized - bot.book.fees
        assert equity == oracle.cash + oracle.held * Fraction(mark)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(histories, prices)
def test_the_users_figures_are_the_sums_of_the_bots_and_equity_agrees_both_ways(history: list[Step], ticks: int):
    chain, oracles, _ = _play(history)
    state = chain.state
    mark = Mark(SYMBOL, ticks * TICK, None, None, "scripted", stale=False)
    portfolio = value(state, {SYMBOL: mark})  # raises when the two definitions differ
    bots = list(state.bots.values())
    with exact():
        assert state.cash_total["USDT"] == state.free_cash["USDT"] + sum(bot.cash for bot in bots)
        for name in ("realized", "fees", "volume", "fills", "trades", "wins"):
            assert getattr(state.book("USDT"), name) == sum(getattr(bot.book, name) for bot in bots)
        assert portfolio.equity == state.free_cash["USDT"] + sum(bot.equity for bot in portfolio.by_bot)
        if SYMBOL in state.holdings:
            assert state.holdings[SYMBOL].quantity == sum(bot.held(SYMBOL) for bot in bots)
    worth = sum((o.cash + o.held * Fraction(mark.price) for o in oracles), Fraction(0))
    assert portfolio.equity == worth + Fraction(FUNDS) - len(BOTS) * Fraction(CAPITAL)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories)
def test_trades_give_away_every_entry_fee_exactly_once(history: list[Step]):
    chain, oracles, sales = _play(history)
    for trade, gross, _ in sales:
        assert trade.gross_pnl == gross
        assert trade.net_pnl == trade.gross_pnl - trade.fees
    for bot_id, oracle in zip(BOTS, oracles, strict=True):
        queue = chain.state.bots[bot_id].positions.get(SYMBOL)
        open_fees = sum((Fraction(lot.fee) for lot in queue.lots), Fraction(0)) if queue else Fraction(0)
        given_away = sum((Fraction(trade.fees) for trade, _, _ in sales if trade.bot_id == bot_id), Fraction(0))
        assert given_away + open_fees == oracle.fees
        assert open_fees >= 0


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories, st.integers(0, 25))
def test_a_refold_from_the_documents_is_the_incremental_state(history: list[Step], cut: int):
    chain, _, _ = _play(history)
    assert fold(Account(USER), verified(START, chain.documents)) == chain.state
    # Also when the fold stops anywhere and goes on later.
    half = fold(Account(USER), verified(START, chain.documents[:cut]))
    assert half.seq == min(cut, len(chain.documents))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories, st.integers(1, 99), prices)
def test_splitting_a_fill_changes_nothing_but_how_fees_are_shared(history: list[Step], percent: int, ticks: int):
    """Two fills at one price are one: only a lot's fee share may move, in its 18th decimal."""
    whole, _, _ = _play(history)
    split = _world()
    for number, document in enumerate(verified(START, whole.documents)):
        fact = document.payload
        if isinstance(fact, ev.OrderExecuted):
            parts = tuple(part for fill in fact.fills for part in _split(fill, percent))
            fact = ev.OrderExecuted(
                **{f: getattr(fact, f) for f in fact.__dataclass_fields__ if f != "fills"}, fills=parts
            )
        if number > len(BOTS):
            split.add(fact, document.ts)
    mark = {SYMBOL: ticks * TICK}
    with exact():
        assert split.state.equity(mark) == whole.state.equity(mark)
        assert split.state.unrealized_in("USDT", mark) == whole.state.unrealized_in("USDT", mark)
    assert split.state.cash_total == whole.state.cash_total
    assert split.state.holdings == whole.state.holdings
    assert split.state.track == whole.state.track
    for name in ("realized", "fees", "volume", "trades"):
        assert getattr(split.state.book("USDT"), name) == getattr(whole.state.book("USDT"), name)
    for ours, theirs in zip(split.trades, whole.trades, strict=True):
        assert isinstance(ours, Trade)
        assert isinstance(theirs, Trade)
        assert (ours.quantity, ours.gross_pnl, ours.entry_price) == (
            theirs.quantity,
            theirs.gross_pnl,
            theirs.entry_price,
        )
        assert abs(ours.fees - theirs.fees) <= Decimal("1e-15")


def _split(fill: Fill, percent: int) -> tuple[Fill, Fill]:
    """The fill in two parts whose quantities and fees add up to it exactly."""
    with exact():
        share = Decimal(percent) / 100
        first = Fill(
            fill.price,
            fill.quantity * share,
            fill.fee * share,
            fill.fee_currency,
            fill.fee_quote_value * share,
            fill.slippage_bps,
            fill.level_quantity,
        )
        rest = Fill(
            fill.price,
            fill.quantity - first.quantity,
            fill.fee - first.fee,
            fill.fee_currency,
            fill.fee_quote_value - first.fee_quote_value,
            fill.slippage_bps,
            fill.level_quantity,
        )
    return first, rest
