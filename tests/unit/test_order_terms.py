"""What an order may ask for: limits, times in force, amounts, targets and stops (spec/pipeline.md)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain import events as ev
from core.domain.commands import SubmitOrder
from core.domain.gates.verdict import Denied, Gate
from core.domain.market import Level
from core.domain.order import TimeInForce
from core.domain.order_status import OrderStatus
from tests.builders import BOT, T0, Chain, asking, at, dec, entry, leave, market, running

BOOK = market("49999", "50001")
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


def _buy(**changes: Any) -> SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    return asking(entry(BOOK), **changes)


def _denied(command: SubmitOrder, chain: Chain | None = None) -> Denied:
    decision = (chain or running()).decide(command, T0)
    assert decision.payload is None
    assert decision.denied is not None
    return decision.denied


def _placed(command: SubmitOrder, chain: Chain | None = None) -> ev.OrderAccepted | ev.OrderExecuted:
    decision = (chain or running()).decide(command, T0)
    assert decision.denied is None
    assert isinstance(decision.payload, ev.OrderAccepted | ev.OrderExecuted)
    return decision.payload


def _holding() -> Chain:
    chain = running()
    chain.run(entry(BOOK))
    return chain


ODD = ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-1", "1E+40"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("quantity", "bad_quantity"),
        ("notional", "bad_quantity"),
        ("limit_price", "bad_price"),
        ("take_profit", "bad_price"),
        ("stop_loss", "bad_price"),
        ("decided_mid", "bad_price"),
        ("stop_loss_bps", "bad_price"),
    ],
)
def test_a_number_that_can_not_be_meant_is_denied_in_words(field: str, code: str, odd: str):
    changes: dict[str, Any] = {"quantity": None} if field == "notional" else {}
    assert _denied(_buy(**changes, **{field: Decimal(odd)})).code == code


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ["quantity", "limit_price"])
def test_an_exit_with_a_number_that_can_not_be_meant_is_denied_too(field: str, odd: str):
    assert _denied(asking(leave(BOOK), **{field: Decimal(odd)}), _holding()).code in {"bad_quantity", "bad_price"}


def test_a_limit_below_one_tick_is_no_price():
    for amount in ({}, {"quantity": None, "notional": dec(100)}):
        assert _denied(_buy(limit_price=dec("0.009"), time_in_force=GTC, **amount)).code == "bad_price"


def test_a_market_entry_cannot_rest():
    """What it would cost is unknown, so that nothing could be reserved for it."""
    denied = _denied(_buy(time_in_force=GTC))
    assert (denied.gate, denied.code) == (Gate.TRADE_LIMITER, "bad_order_type")


@pytest.mark.parametrize(
    "changes", [{}, {"limit_price": dec(49_000)}, {"limit_price": dec(49_000), "time_in_force": FOK}]
)
def test_only_a_limit_order_that_may_rest_can_be_post_only(changes: dict[str, Any]):
    assert _denied(_buy(post_only=True, **changes)).code == "bad_order_type"


@pytest.mark.parametrize("secs", [0, -1, 10**9])
def test_an_order_is_good_for_some_seconds_of_a_year(secs: int):
    denied = _denied(_buy(limit_price=dec(49_000), time_in_force=GTC, good_for_secs=secs))
    assert denied.code == "bad_order_type"


def test_an_order_expires_so_many_seconds_after_the_market_state_that_accepted_it():
    command = _buy(limit_price=dec(49_000), time_in_force=GTC, good_for_secs=90)
    late = replace(command, market=market("49999", "50001", at(3)))
    fact = _placed(late)
    assert isinstance(fact, ev.OrderAccepted)
    assert fact.expires_at == at(93)


def test_an_order_without_a_time_does_not_expire():
    fact = _placed(_buy(limit_price=dec(49_000), time_in_force=GTC))
    assert isinstance(fact, ev.OrderAccepted)
    assert fact.expires_at is None


def test_an_amount_buys_whole_lots_at_the_best_ask():
    fact = _placed(_buy(quantity=None, notional=dec(100)))
    assert fact.quantity == dec("0.00199")  # 100 / 50,001 is 0.0019999…
    assert fact.quantity * 50_001 <= 100


def test_an_amount_buys_whole_lots_at_the_limit():
    fact = _placed(
        _buy(quantity=None, notional=dec(100), limit_price=dec(40_000), time_in_force=GTC, take_profit=dec(45_000))
    )
    assert fact.quantity == dec("0.0025")


def test_an_amount_below_the_exchanges_minimum_is_denied_with_it():
    denied = _denied(_buy(quantity=None, notional=dec("4.99")))
    assert (denied.code, denied.limit) == ("below_minimum_notional", "5")


@pytest.mark.parametrize("amount", [{"notional": dec(100)}, {"quantity": None}])
def test_an_entry_states_a_quantity_or_an_amount_and_not_both(amount: dict[str, Any]):
    assert _denied(_buy(**amount)).code == "not_an_entry"


@pytest.mark.parametrize("quantity", [None, dec("0.001")])
def test_a_sale_by_amount_is_denied_before_it_sells_everything(quantity: Decimal | None):
    chain = _holding()
    assert _denied(asking(leave(BOOK), notional=dec(10), quantity=quantity), chain).code == "bad_quantity"


def test_a_target_stated_as_a_price_is_the_edge_and_is_placed_on_the_tick():
    """45.4 bps from the mid of 50,000 are needed: 50,227 is exactly enough."""
    fact = _placed(_buy(take_profit_bps=None, take_profit=dec("50227.009")))
    assert fact.take_profit == dec("50227")
    denied = _denied(_buy(take_profit_bps=None, take_profit=dec("50226.99")))
    assert (denied.gate, denied.code, denied.value) == (Gate.FEE_COVERAGE, "edge_below_cost", "45.398")


def test_a_target_is_measured_from_the_limit_where_there_is_one():
    """A limit order does not slip, so that 20 + 0.4 + 5 + 10 bps from 40,000 must be covered: 40,141.60."""
    terms: dict[str, Any] = {"limit_price": dec(40_000), "time_in_force": GTC, "take_profit_bps": None}
    assert _placed(_buy(**terms, take_profit=dec("40141.60"))).take_profit == dec("40141.60")
    assert _denied(_buy(**terms, take_profit=dec("40141.59"))).code == "edge_below_cost"
    assert _placed(_buy(limit_price=dec(40_000), time_in_force=GTC)).take_profit == 40_800  # 200 bps


def test_a_target_below_the_price_is_no_edge():
    assert _denied(_buy(take_profit_bps=None, take_profit=dec(49_000))).code == "edge_not_stated"


def test_only_an_order_that_is_sure_to_rest_is_spared_the_takers_fee():
    cost = {post_only: _placed(_kraken(post_only=post_only), _on_kraken()).cost for post_only in (True, False)}
    shown = {post_only: (c.entry_fee_bps, c.exit_fee_bps, c.slippage_buffer_bps) for post_only, c in cost.items() if c}
    assert shown == {True: (25, 40, 0), False: (40, 40, 0)}


def _kraken(**changes: Any) -> SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    return _buy(limit_price=dec(49_000), time_in_force=GTC, **changes)


def _on_kraken() -> Chain:
    chain = running()
    chain.state.bots[BOT].exchange = type(chain.state.bots[BOT].exchange).KRAKEN
    return chain


@pytest.mark.parametrize(("stop", "passes"), [("49998.99", True), ("49999", False), ("50000", False), ("60000", False)])
def test_a_stop_that_would_trigger_at_once_is_denied(stop: str, passes: bool):  # noqa: FBT001 - a row of the table
    """It is touched by the best bid, which is 49,999."""
    command = _buy(stop_loss=dec(stop))
    if passes:
        assert _placed(command).stop_loss == dec(stop)
    else:
        denied = _denied(command)
        assert (denied.gate, denied.code, denied.limit, denied.value) == (Gate.PRICE, "bad_stop", "49999", stop)


def test_the_stop_of_a_limit_order_is_below_its_limit():
    terms: dict[str, Any] = {"limit_price": dec(40_000), "time_in_force": GTC}
    assert _denied(_buy(**terms, stop_loss=dec(40_000))).code == "bad_stop"
    assert _placed(_buy(**terms, stop_loss=dec("39999.99"))).stop_loss == dec("39999.99")


@pytest.mark.parametrize("bps", ["10000", "20000"])
def test_a_stop_of_all_or_more_is_no_price(bps: str):
    assert _denied(_buy(stop_loss_bps=dec(bps))).code == "bad_price"


def test_a_limit_off_the_tick_is_moved_so_that_it_is_never_worse_than_asked():
    bought = _placed(_buy(limit_price=dec("49000.019"), time_in_force=GTC))
    assert bought.limit_price == dec("49000.01")
    sold = _placed(asking(leave(BOOK), limit_price=dec("51000.011"), time_in_force=GTC), _holding())
    assert sold.limit_price == dec("51000.02")


def test_a_limit_that_the_market_does_not_meet_is_canceled_at_once_or_rests():
    for time_in_force in (IOC, FOK):
        fact = _placed(_buy(limit_price=dec(49_000), time_in_force=time_in_force))
        assert isinstance(fact, ev.OrderExecuted)
        assert (fact.status, fact.fills) == (OrderStatus.CANCELED, ())
    resting = _placed(_buy(limit_price=dec(49_000), time_in_force=GTC))
    assert isinstance(resting, ev.OrderAccepted)
    assert (resting.fills, resting.reserved) == ((), dec("490.49"))  # 490 and ten basis points


def test_the_part_of_a_limit_order_that_crosses_fills_as_a_taker_and_the_rest_rests():
    thin = replace(BOOK, asks=(Level(dec(50_001), dec("0.004")), Level(dec(50_100), dec(9))))
    fact = _placed(asking(entry(thin), limit_price=dec(50_050), time_in_force=GTC))
    assert isinstance(fact, ev.OrderAccepted)
    assert [(fill.price, fill.quantity, fill.fee) for fill in fact.fills] == [
        (dec(50_001), dec("0.004"), dec("0.200004"))
    ]
    assert fact.reserved == dec("0.006") * 50_050 * dec("1.001")


def test_a_post_only_order_that_would_cross_is_rejected_and_nothing_is_reserved():
    chain = running()
    fact = chain.run(_buy(limit_price=dec(50_001), time_in_force=GTC, post_only=True)).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert (fact.status, fact.fills, chain.state.working) == (OrderStatus.REJECTED, (), {})
    assert chain.state.bots[BOT].free_cash == 1000


def test_a_market_exit_that_goes_on_rests_for_what_the_book_cannot_take():
    chain = _holding()
    thin = replace(market("49999", "50001"), bids=(Level(dec(49_999), dec("0.004")),))
    fact = chain.run(asking(leave(thin), time_in_force=GTC)).payload
    assert isinstance(fact, ev.OrderAccepted)
    assert (fact.filled_qty, fact.reserved, fact.limit_price) == (dec("0.004"), dec("0.006"), None)
