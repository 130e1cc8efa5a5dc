"""The paper exchange fills what the book really holds, at its prices, and nothing else (spec/pipeline.md)."""

from decimal import Decimal

import pytest

from core.domain.commands import OpenManualBot, StartBot
from core.domain.events import OrderExecuted
from core.domain.instrument import FeeSchedule
from core.domain.market import Level, MarketState
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.domain.paper_exchange import ExchangeOrder, Execution, execute
from core.domain.rules import TradingRules
from tests.builders import BTC, T0, Chain, dec, entry, funded, leave, running

FEES = FeeSchedule(maker_bps=dec(4), taker_bps=dec(10))

Side_ = list[tuple[str, str]]
Consumed = dict[Decimal, tuple[Decimal, Decimal]]
ASKS: Side_ = [("100.01", "1"), ("100.03", "2"), ("100.07", "5")]
BIDS: Side_ = [("99.99", "1"), ("99.97", "2"), ("99.93", "5")]


def _book(bids: Side_ | None = None, asks: Side_ | None = None) -> MarketState:
    def side(levels: Side_) -> tuple[Level, ...]:
        return tuple(Level(dec(price), dec(quantity)) for price, quantity in levels)

    return MarketState(BTC.symbol, T0, side(bids or BIDS), side(asks or ASKS), dec(0), "scripted")


def _execute(
    side: Side, quantity: str, book: MarketState | None = None, consumed: Consumed | None = None, mid: str = "100"
) -> Execution:
    return execute(ExchangeOrder(side, dec(quantity), dec(mid)), book or _book(), BTC, FEES, consumed or {})


def _walk(execution: Execution) -> list[tuple[Decimal, Decimal]]:
    return [(fill.price, fill.quantity) for fill in execution.fills]


def test_a_buy_walks_the_asks_best_first():
    done = _execute(Side.BUY, "3.5")
    assert _walk(done) == [(dec("100.01"), 1), (dec("100.03"), 2), (dec("100.07"), dec("0.5"))]
    assert done.status is OrderStatus.FILLED
    assert done.quantity == dec("3.5")
    assert done.notional == dec("100.01") + dec("200.06") + dec("50.035")
    assert [fill.fee for fill in done.fills] == [dec("0.10001"), dec("0.20006"), dec("0.050035")]
    assert done.fees == dec("0.350105")
    assert [fill.level_quantity for fill in done.fills] == [1, 2, 5]


def test_a_sale_walks_the_bids_best_first():
    done = _execute(Side.SELL, "2")
    assert _walk(done) == [(dec("99.99"), 1), (dec("99.97"), 1)]
    assert done.notional == dec("199.96")


def test_fees_are_rounded_up_at_the_eighth_decimal():
    (fill,) = _execute(Side.BUY, "0.00001").fills
    assert fill.fee == fill.fee_quote_value == dec("0.00000101")  # 0.0000010001, rounded against the trader
    assert fill.fee_currency == "USDT"


def test_slippage_is_positive_when_it_is_worse_for_the_trader():
    assert [fill.slippage_bps for fill in _execute(Side.BUY, "2").fills] == [1, 3]
    assert [fill.slippage_bps for fill in _execute(Side.SELL, "2").fills] == [1, 3]
    assert _execute(Side.BUY, "1", mid="100.02").fills[0].slippage_bps < 0
    assert _execute(Side.SELL, "1", mid="99.98").fills[0].slippage_bps < 0


@pytest.mark.parametrize(("side", "held"), [(Side.BUY, 8), (Side.SELL, 8)])
def test_what_the_book_does_not_hold_stays_unfilled_and_is_canceled(side: Side, held: int):
    done = _execute(side, "9")
    assert done.quantity == held
    assert done.status is OrderStatus.CANCELED


def test_nothing_is_paid_beyond_the_price_protection():
    """5 % of a mid of 100: 105 is the last price, a cent more is not paid."""
    edge = _book(bids=[("99", "1")], asks=[("101", "1"), ("105", "1"), ("105.01", "1")])
    done = _execute(Side.BUY, "3", edge)
    assert _walk(done) == [(101, 1), (105, 1)]
    assert done.status is OrderStatus.CANCELED


@pytest.mark.parametrize("side", Side)
def test_an_order_of_which_nothing_fills_is_rejected(side: Side):
    done = _execute(side, "1", _book(bids=[("94.98", "1")], asks=[("105.02", "1")]))
    assert done.fills == ()
    assert done.status is OrderStatus.REJECTED


def test_a_part_is_cut_to_whole_lots_and_the_rest_goes_deeper():
    done = _execute(Side.BUY, "1", _book(asks=[("100.01", "0.500005"), ("100.03", "2")]))
    assert _walk(done) == [(dec("100.01"), dec("0.5")), (dec("100.03"), dec("0.5"))]


def test_a_level_of_less_than_a_lot_is_passed_over():
    done = _execute(Side.BUY, "1", _book(asks=[("100.01", "0.000009"), ("100.03", "2")]))
    assert _walk(done) == [(dec("100.03"), 1)]


def test_dust_is_sold_whole():
    done = _execute(Side.SELL, "0.0000012345")
    assert _walk(done) == [(dec("99.99"), dec("0.0000012345"))]
    assert done.status is OrderStatus.FILLED


def test_depth_taken_before_is_not_offered_again():
    consumed: Consumed = {dec("100.01"): (dec(1), dec("0.75")), dec("100.03"): (dec(2), dec(2))}
    done = _execute(Side.BUY, "1", consumed=consumed)
    assert _walk(done) == [(dec("100.01"), dec("0.25")), (dec("100.07"), dec("0.75"))]


def test_depth_is_offered_again_when_the_level_shows_another_quantity():
    consumed: Consumed = {dec("100.01"): (dec("1.5"), dec("1.5"))}
    assert _walk(_execute(Side.BUY, "1", consumed=consumed)) == [(dec("100.01"), 1)]


def test_the_same_order_on_the_same_book_fills_the_same():
    assert _execute(Side.BUY, "3.5") == _execute(Side.BUY, "3.5")


def test_an_accounts_own_orders_use_up_the_book_until_it_changes():
    chain, rules = running("10000", "10000"), TradingRules(max_consecutive_losses=100)
    bought: list[Decimal] = []
    for number, offered in enumerate(["1", "1", "1", "1", "1.1", "1.1", "1.1"]):
        fact = chain.run(entry(_book(asks=[("100.01", offered)]), "0.4", key=f"in {number}"), rules=rules).payload
        assert isinstance(fact, OrderExecuted)
        bought.append(fact.filled_qty)
        chain.run(leave(_book(bids=[("99.99", str(10 + number))]), key=f"out {number}"), rules=rules)
    # The level's 1 is used up, then it shows 1.1, all of which is new.
    assert bought == [dec("0.4"), dec("0.4"), dec("0.2"), 0, dec("0.4"), dec("0.4"), dec("0.3")]


def test_orders_that_take_a_hundred_levels_leave_none_of_them_to_the_next():
    deep = _book(asks=[(str(100 + dec(n) / 100), "0.1") for n in range(1, 101)])
    chain = Chain()
    chain.add(funded("10000"))
    chain.run(OpenManualBot("manual", BTC.symbol, "ann"))
    chain.run(StartBot("manual", "scripted", "ann"))
    taken: list[Decimal] = []
    for number, quantity in enumerate(["9", "0.5", "2", "1"]):
        fact = chain.run(entry(deep, quantity, bot_id="manual", key=str(number))).payload
        assert isinstance(fact, OrderExecuted)
        taken.append(fact.filled_qty)
    assert taken == [9, dec("0.5"), dec("0.5"), 0]
