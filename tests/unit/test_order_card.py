"""The card of an order tells breaking even from what the gate asks for (spec/pipeline.md, gate 2; spec/chat.md)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.order import CostBreakdown, Side
from core.services.manual_orders import ManualOrder
from tests.fakes.order_results import COST, SOURCE, order_answers
from tools.order_card import OrderCard, worth


def costs(cost: CostBreakdown) -> str:
    """The line on costs, of an order filled at 20,000."""
    result = replace(order_answers()[0].order, cost_bps=cost, avg_px=Decimal(20000))
    card = OrderCard(ManualOrder("BTC/USDT", Side.BUY, quantity=Decimal("0.01")), result, None, SOURCE, proposed=False)
    return card.effect()[1]


def test_breaking_even_and_what_the_gate_asks_for_are_told_apart():
    assert costs(COST) == (
        "Break-even: the price must rise 0.31 %, to about 20,062: "
        "31 bps (entry fee 10 + exit fee 10 + spread 1 + slippage 10). "
        "The gate asks for at least 0.46 % (margin 5 + least gain 10 more)."
    )


def test_without_margin_and_least_gain_the_gate_asks_for_breaking_even():
    bare = replace(COST, safety_margin_bps=Decimal(0), min_edge_bps=Decimal(0))
    assert costs(bare).endswith("The gate asks for at least 0.31 %.")


def test_what_the_gate_asks_for_is_rounded_up_so_that_it_is_enough():
    assert "at least 0.47 %" in costs(replace(COST, spread_bps=Decimal("1.01")))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.10904777", "0.11"),
        ("196.8", "196.80"),
        ("1234567.005", "1,234,567.00"),
        ("0.01", "0.01"),
        ("0.00999", "0.00999"),
        ("-0.004", "-0.004"),
        ("0.000000014", "0.00000001"),
        ("0", "0.00"),
    ],
)
def test_quote_amounts_are_to_the_cent_and_smaller_ones_keep_what_matters(amount: str, shown: str):
    assert worth(Decimal(amount)) == shown
