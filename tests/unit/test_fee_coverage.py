"""Gate 2: an edge must pay for the round trip and leave something, to the last digit (spec/pipeline.md)."""

from decimal import Decimal

import pytest

from core.domain.gates import fee_coverage
from core.domain.gates.verdict import Gate
from core.domain.instrument import FEE_SCHEDULES, Exchange
from core.domain.rules import TradingRules
from tests.builders import dec, market

BOOK = market("99.99", "100.01")  # the spread is 2 bps of the mid


def _required(exchange: Exchange) -> Decimal:
    return fee_coverage.round_trip_cost(FEE_SCHEDULES[exchange], BOOK, TradingRules()).required_bps


@pytest.mark.parametrize(
    ("exchange", "both_fees"),
    [
        (Exchange.BINANCE, 20),
        (Exchange.KUCOIN, 20),
        (Exchange.KRAKEN, 80),
        (Exchange.LUNO, 50),
        (Exchange.VALR, 30),
        (Exchange.OVEX, 40),
    ],
)
def test_the_cost_is_two_taker_fees_the_spread_and_the_margins(exchange: Exchange, both_fees: int):
    assert _required(exchange) == both_fees + 2 + 10 + 5 + 10


def test_every_part_of_the_cost_is_itemised():
    rules = TradingRules(min_edge_bps=dec(7), safety_margin_bps=dec(3), slippage_buffer_bps=dec(4))
    cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[Exchange.LUNO], BOOK, rules)
    parts = (cost.entry_fee_bps, cost.exit_fee_bps, cost.spread_bps, cost.slippage_buffer_bps)
    assert parts == (25, 25, 2, 4)
    assert (cost.safety_margin_bps, cost.min_edge_bps) == (3, 7)
    assert cost.required_bps == 66


def test_breaking_even_takes_neither_the_margin_nor_the_least_gain():
    rules = TradingRules(min_edge_bps=dec(7), safety_margin_bps=dec(3), slippage_buffer_bps=dec(4))
    cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[Exchange.LUNO], BOOK, rules)
    assert cost.break_even_bps == 25 + 25 + 2 + 4


def test_the_required_edge_passes_and_a_billionth_less_is_denied():
    cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[Exchange.BINANCE], BOOK, TradingRules())
    assert fee_coverage.check(cost.required_bps, cost) is None
    denied = fee_coverage.check(cost.required_bps - dec("1e-9"), cost)
    assert denied is not None
    assert (denied.gate, denied.code) == (Gate.FEE_COVERAGE, "edge_below_cost")
    assert (denied.limit, denied.value) == ("47", "46.999999999")


@pytest.mark.parametrize("edge", [None, "0", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_edge_that_is_no_positive_number_is_not_stated(edge: str | None):
    cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[Exchange.BINANCE], BOOK, TradingRules())
    denied = fee_coverage.check(None if edge is None else Decimal(edge), cost)
    assert denied is not None
    assert denied.code == "edge_not_stated"
