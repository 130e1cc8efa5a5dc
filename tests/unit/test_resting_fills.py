"""What rests fills when the market trades through it, or at its price after the queue (spec/pipeline.md)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.instrument import FEE_SCHEDULES, Exchange
from core.domain.market import Level
from core.domain.money import exact
from core.domain.order import Side
from core.domain.resting_fills import Traded, Waiting, reservation, trade_through
from tests.builders import dec

BUY, SELL = Side.BUY, Side.SELL
LOT = dec("0.01")
Trades = list[tuple[str, str]]


def _pass(order: Waiting, trades: Trades, taken: str = "0") -> Traded:
    return trade_through(order, [Level(dec(price), dec(quantity)) for price, quantity in trades], dec(taken), LOT)


def _buy(left: str = "1", queue: str | None = "0") -> Waiting:
    return Waiting(BUY, dec(100), dec(left), None if queue is None else dec(queue))


def _sell(left: str = "1", queue: str | None = "0") -> Waiting:
    return Waiting(SELL, dec(100), dec(left), None if queue is None else dec(queue))


@pytest.mark.parametrize(("order", "worse", "through"), [(_buy(), "100.01", "99.99"), (_sell(), "99.99", "100.01")])
def test_only_what_trades_strictly_through_or_at_the_price_fills(order: Waiting, worse: str, through: str):
    assert _pass(order, [(worse, "50")]).quantity == 0
    assert _pass(order, [(through, "0.4")]).quantity == dec("0.4")
    assert _pass(order, [("100", "0.4")]).quantity == dec("0.4")


@pytest.mark.parametrize("order", [_buy("1", "2"), _sell("1", "2")])
def test_at_its_price_the_queue_before_it_trades_first(order: Waiting):
    assert _pass(order, [("100", "1.5")]) == Traded(dec(0), dec("0.5"))
    assert _pass(order, [("100", "1.5"), ("100", "0.6")]) == Traded(dec("0.1"), dec(0))
    assert _pass(order, [("100", "2")]) == Traded(dec(0), dec(0))
    assert _pass(order, [("100", "9")]) == Traded(dec(1), dec(0))


@pytest.mark.parametrize(("order", "through"), [(_buy("1", None), "99.99"), (_sell("1", None), "100.01")])
def test_an_unknown_queue_never_ends_until_the_market_trades_through(order: Waiting, through: str):
    assert _pass(order, [("100", "1000000")]) == Traded(dec(0), None)
    assert _pass(order, [("100", "1000000"), (through, "0.2"), ("100", "0.3")]) == Traded(dec("0.5"), dec(0))


def test_a_trade_through_the_price_clears_the_queue_and_later_ones_at_the_price_fill():
    assert _pass(_buy("1", "5"), [("99.99", "0.2"), ("100", "0.3")]) == Traded(dec("0.5"), dec(0))
    assert _pass(_buy("1", "5"), [("100", "0.3"), ("99.99", "0.2")]) == Traded(dec("0.2"), dec(0))


def test_no_more_fills_than_is_left_or_was_traded():
    assert _pass(_buy("0.3"), [("99", "5")]).quantity == dec("0.3")
    assert _pass(_buy("5"), [("99", "0.3"), ("98", "0.4")]).quantity == dec("0.7")
    assert _pass(_buy(), []) == Traded(dec(0), dec(0))


def test_what_other_orders_of_the_user_took_of_these_trades_is_not_there_again():
    assert _pass(_buy(), [("99", "0.7")], taken="0.5").quantity == dec("0.2")
    assert _pass(_buy(), [("99", "0.7")], taken="0.7").quantity == 0
    assert _pass(_buy(), [("99", "0.7")], taken="9").quantity == 0


def test_a_part_is_cut_to_whole_lots_and_what_is_left_may_be_dust():
    assert _pass(_buy(), [("99", "0.129")]).quantity == dec("0.12")
    assert _pass(_buy(), [("99", "0.009")]).quantity == 0
    assert _pass(_sell("0.0034"), [("101", "0.0034")]).quantity == dec("0.0034")
    assert _pass(_sell("0.0034"), [("101", "0.0033")]).quantity == 0


prices = st.integers(9_990, 10_010).map(lambda ticks: Decimal(ticks) / 100)
quantities = st.integers(1, 400).map(lambda thousandths: Decimal(thousandths) / 1_000)
tapes = st.lists(st.builds(Level, prices, quantities), max_size=12)
waiters = st.lists(
    st.builds(
        Waiting,
        st.just(BUY),
        prices,
        st.integers(1, 100).map(lambda lots: lots * LOT),
        st.none() | quantities | st.just(Decimal(0)),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(waiters, tapes, st.sampled_from(Side))
def test_several_orders_of_a_user_together_never_fill_more_than_was_traded_where_they_wait(
    orders: list[Waiting], tape: list[Level], side: Side
):
    taken = Decimal(0)
    for order in sorted(orders, key=lambda o: o.limit_price, reverse=side is BUY):
        asked = Waiting(side, order.limit_price, order.left, order.queue_ahead)
        filled = trade_through(asked, tape, taken, LOT).quantity
        assert 0 <= filled <= order.left
        taken += filled
        reaching = [t for t in tape if (t.price <= order.limit_price if side is BUY else t.price >= order.limit_price)]
        assert filled <= sum((t.quantity for t in reaching), Decimal(0))
    best = max(o.limit_price for o in orders) if side is BUY else min(o.limit_price for o in orders)
    reachable = (t.quantity for t in tape if (t.price <= best if side is BUY else t.price >= best))
    assert taken <= sum(reachable, Decimal(0))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(waiters, tapes, st.integers(0, 12))
def test_trades_in_two_states_fill_what_they_fill_in_one_but_for_the_lots(
    orders: list[Waiting], tape: list[Level], cut: int
):
    """Queue progress is carried over, so that how the feed batches trades does not matter beyond a lot each."""
    for order in orders:
        whole = trade_through(order, tape, Decimal(0), LOT)
        first = trade_through(order, tape[:cut], Decimal(0), LOT)
        rest = Waiting(order.side, order.limit_price, order.left - first.quantity, first.queue_ahead)
        second = trade_through(rest, tape[cut:], Decimal(0), LOT)
        assert second.queue_ahead == whole.queue_ahead
        assert 0 <= whole.quantity - first.quantity - second.quantity <= LOT


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    st.sampled_from(Exchange),
    st.integers(1, 9_999_999).map(lambda ticks: ticks * dec("0.01")),
    st.lists(st.integers(1, 2_000_000), min_size=1, max_size=30),
)
def test_many_partial_fills_cost_exactly_what_was_reserved_and_no_fee_is_negative(
    exchange: Exchange, price: Decimal, parts: list[int]
):
    """The fee of a part is what the reservation frees less its notional, so that rounding up never adds up."""
    fees, lot = FEE_SCHEDULES[exchange], dec("0.00001")
    with exact():
        left = sum(parts) * lot
        first = reserved = reservation(BUY, left, price, fees)
        spent = Decimal(0)
        for part in parts:
            left -= part * lot
            after = reservation(BUY, left, price, fees)
            fee = reserved - after - part * lot * price
            exact_fee = part * lot * price * fees.maker_bps / 10_000
            assert fee >= 0
            assert abs(fee - exact_fee) < dec("0.00000001")
            spent += part * lot * price + fee
            reserved = after
        assert (reserved, spent) == (0, first)


def test_a_sale_and_an_order_without_a_limit_reserve_the_units_they_sell():
    fees = FEE_SCHEDULES[Exchange.BINANCE]
    assert reservation(SELL, dec("1.5"), dec(100), fees) == dec("1.5")
    assert reservation(SELL, dec("1.5"), None, fees) == dec("1.5")
