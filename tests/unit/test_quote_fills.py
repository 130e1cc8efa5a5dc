"""Without depth the size moves the price, up to a limit, and nothing is invented (spec/pipeline.md, paper exchange)."""

from decimal import Decimal

import pytest

from core.domain.instrument import FeeSchedule
from core.domain.market import Level, MarketState, Sampling
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.domain.paper_exchange import ExchangeOrder, Execution, execute
from tests.builders import BTC, T0, dec

FEES = FeeSchedule(maker_bps=dec(4), taker_bps=dec(10))
Consumed = dict[Decimal, tuple[Decimal, Decimal]]


def _fill(
    side: Side, quantity: str, volume: str = "10", limit: str | None = None, consumed: Consumed | None = None
) -> Execution:
    bids, asks = (Level(dec(99), dec("0.1")),), (Level(dec(101), dec("0.1")),)
    market = MarketState(BTC.symbol, T0, bids, asks, dec(volume), "scripted", sampling=Sampling.QUOTE)
    order = ExchangeOrder(side, dec(quantity), dec(100), None if limit is None else dec(limit))
    return execute(order, market, BTC, FEES, consumed or {})


def _taken(done: Execution) -> Consumed:
    (fill,) = done.fills
    return {fill.price: (fill.level_quantity, fill.quantity)}


@pytest.mark.parametrize(
    ("side", "quantity", "price"),
    [
        (Side.BUY, "1", "101.11"),  # a tenth of the volume: 10 bps of 101 above it, up to the tick
        (Side.BUY, "10", "102.01"),
        (Side.SELL, "1", "98.90"),
        (Side.SELL, "10", "98.01"),
    ],
)
def test_the_size_over_the_volume_moves_the_price_against_the_order(side: Side, quantity: str, price: str):
    (fill,) = _fill(side, quantity).fills
    assert (fill.price, fill.quantity) == (dec(price), dec(quantity))
    assert fill.fee == fill.price * fill.quantity / 1000


def test_what_would_move_the_price_beyond_the_protection_stays_unfilled():
    done = _fill(Side.BUY, "60")
    assert (done.quantity, done.fills[0].price, done.status) == (50, dec("106.05"), OrderStatus.CANCELED)


def test_a_limit_order_takes_only_what_its_limit_allows():
    done = _fill(Side.BUY, "60", limit="102.01")
    assert (done.quantity, done.fills[0].price) == (10, dec("102.01"))
    assert _fill(Side.BUY, "1", limit="100.99").fills == ()


def test_without_any_volume_nothing_fills():
    assert _fill(Side.BUY, "1", volume="0").status is OrderStatus.REJECTED


def test_splitting_an_order_saves_nothing():
    first = _fill(Side.BUY, "30")
    second = _fill(Side.BUY, "30", consumed=_taken(first))
    assert (first.quantity, second.quantity) == (30, 20)
    assert second.fills[0].price == _fill(Side.BUY, "50").fills[0].price
