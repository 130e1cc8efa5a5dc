"""Limit orders on a book and on bare quotes, level by level: GTC, IOC, FOK, post-only (spec/pipeline.md)."""

from decimal import Decimal

import pytest

from core.domain.instrument import FeeSchedule
from core.domain.market import Level, MarketState, Sampling
from core.domain.money import plain
from core.domain.order import Side, TimeInForce
from core.domain.order_status import OrderStatus
from core.domain.paper_exchange import ExchangeOrder, Execution, execute
from tests.builders import BTC, T0, dec

FEES = FeeSchedule(maker_bps=dec(4), taker_bps=dec(10))
BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
FILLED, CANCELED, REJECTED = OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED
ACCEPTED, PART = OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED
Levels = list[tuple[str, str]]

ASKS: Levels = [("100.01", "1"), ("100.03", "2"), ("100.07", "5")]
BIDS: Levels = [("99.99", "1"), ("99.97", "2"), ("99.93", "5")]


def _book(
    bids: Levels | None = None, asks: Levels | None = None, *, sampling: Sampling = Sampling.BOOK, volume: str = "0"
) -> MarketState:
    def side(levels: Levels) -> tuple[Level, ...]:
        return tuple(Level(dec(price), dec(quantity)) for price, quantity in levels)

    return MarketState(
        BTC.symbol, T0, side(bids or BIDS), side(asks or ASKS), dec(volume), "scripted", sampling=sampling
    )


def _quotes(volume: str) -> MarketState:
    return _book([("100", "0.001")], [("100.02", "0.001")], sampling=Sampling.QUOTE, volume=volume)


def _meet(
    side: Side,
    quantity: str,
    limit: str | None,
    time_in_force: TimeInForce = GTC,
    *,
    book: MarketState | None = None,
    post_only: bool = False,
) -> Execution:
    order = ExchangeOrder(
        side, dec(quantity), dec(100), None if limit is None else dec(limit), time_in_force, post_only
    )
    return execute(order, book or _book(), BTC, FEES, {})


def _walk(execution: Execution) -> Levels:
    return [(plain(fill.price), plain(fill.quantity)) for fill in execution.fills]


@pytest.mark.parametrize(
    ("side", "limit", "filled"),
    [
        (BUY, "100", []),
        (BUY, "100.01", ["1"]),
        (BUY, "100.02", ["1"]),
        (BUY, "100.03", ["1", "2"]),
        (BUY, "100.06", ["1", "2"]),
        (BUY, "100.07", ["1", "2", "5"]),
        (BUY, "999", ["1", "2", "5"]),
        (SELL, "100", []),
        (SELL, "99.99", ["1"]),
        (SELL, "99.98", ["1"]),
        (SELL, "99.97", ["1", "2"]),
        (SELL, "99.93", ["1", "2", "5"]),
        (SELL, "1", ["1", "2", "5"]),
    ],
)
@pytest.mark.parametrize("time_in_force", [GTC, IOC])
def test_a_limit_takes_level_by_level_what_is_no_worse(
    side: Side, limit: str, filled: list[str], time_in_force: TimeInForce
):
    done = _meet(side, "9", limit, time_in_force)
    assert [plain(fill.quantity) for fill in done.fills] == filled
    left = 9 - sum(map(int, filled))
    if time_in_force is GTC:
        assert (done.status, done.rests) == (PART if filled else ACCEPTED, left)
    else:
        assert (done.status, done.rests) == (CANCELED, 0)


@pytest.mark.parametrize("time_in_force", TimeInForce)
def test_a_limit_that_fills_at_once_and_whole_is_filled_whatever_its_time_in_force(time_in_force: TimeInForce):
    done = _meet(BUY, "2.5", "100.03", time_in_force)
    assert (_walk(done), done.status, done.rests) == ([("100.01", "1"), ("100.03", "1.5")], FILLED, 0)


@pytest.mark.parametrize("limit", ["100.03", None])
def test_fill_or_kill_fills_whole_or_not_at_all(limit: str | None):
    offered = "3" if limit else "8"
    whole = _meet(BUY, offered, limit, FOK)
    assert (whole.status, plain(whole.quantity)) == (FILLED, offered)
    more = str(dec(offered) + dec("0.00001"))
    killed = _meet(BUY, more, limit, FOK)
    assert (killed.status, killed.fills, killed.rests) == (CANCELED, (), 0)


def test_a_market_order_pays_takers_fees_and_so_does_the_crossing_part_of_a_limit():
    for limit in (None, "100.03"):
        done = _meet(BUY, "1", limit, IOC)
        assert [fill.fee for fill in done.fills] == [dec("0.10001")]


@pytest.mark.parametrize(("side", "crossing", "resting"), [(BUY, "100.01", "100"), (SELL, "99.99", "100")])
def test_post_only_is_rejected_where_it_would_cross_and_rests_one_tick_away(side: Side, crossing: str, resting: str):
    rejected = _meet(side, "1", crossing, post_only=True)
    assert (rejected.status, rejected.fills, rejected.rests) == (REJECTED, (), 0)
    rests = _meet(side, "1", resting, post_only=True)
    assert (rests.status, rests.fills, rests.rests) == (ACCEPTED, (), 1)


@pytest.mark.parametrize(
    ("side", "limit", "queue"),
    [
        (BUY, "100", "0"),  # a new best price
        (BUY, "99.99", "1"),
        (BUY, "99.98", "0"),  # between two levels
        (BUY, "99.97", "2"),
        (BUY, "99.93", "5"),
        (BUY, "99.92", None),  # deeper than the book is shown
        (SELL, "100", "0"),
        (SELL, "100.01", "1"),
        (SELL, "100.02", "0"),
        (SELL, "100.07", "5"),
        (SELL, "100.08", None),
    ],
)
def test_before_a_resting_order_stands_what_the_book_shows_at_its_price(side: Side, limit: str, queue: str | None):
    assert _meet(side, "1", limit).queue_ahead == (None if queue is None else dec(queue))


@pytest.mark.parametrize("sampling", [Sampling.QUOTE, Sampling.BAR_OPEN, Sampling.BAR_INSIDE])
def test_without_a_real_book_the_queue_is_unknown(sampling: Sampling):
    book = _book(sampling=sampling, volume="5")
    assert _meet(BUY, "1", "99.97", book=book).queue_ahead is None


def test_only_a_market_order_is_price_protected():
    """Five percent of a mid of 100: a limit is its own protection."""
    far = _book(bids=[("99", "1")], asks=[("101", "1"), ("110", "1")])
    assert _walk(_meet(BUY, "2", None, IOC, book=far)) == [("101", "1")]
    assert _walk(_meet(BUY, "2", "110", IOC, book=far)) == [("101", "1"), ("110", "1")]
    deep = _book(bids=[("99", "1"), ("50", "1")], asks=[("101", "1")])
    assert _walk(_meet(SELL, "2", None, IOC, book=deep)) == [("99", "1")]
    assert _walk(_meet(SELL, "2", "50", IOC, book=deep)) == [("99", "1"), ("50", "1")]


def test_on_bare_quotes_a_size_moves_the_price_by_its_share_of_the_volume():
    """A tenth of the volume moves the price by 10 bps; the tick rounds it against the order."""
    done = _meet(BUY, "1", None, IOC, book=_quotes("10"))
    assert (_walk(done), done.status) == ([("100.13", "1")], FILLED)  # 100.02 and 10 bps are 100.12002
    assert _walk(_meet(SELL, "1", None, IOC, book=_quotes("10"))) == [("99.9", "1")]
    assert _walk(_meet(BUY, "0.00001", None, IOC, book=_quotes("10"))) == [("100.03", "0.00001")]


def test_on_bare_quotes_nothing_is_filled_beyond_the_price_protection():
    """500 bps are reached at five times the volume."""
    done = _meet(BUY, "60", None, IOC, book=_quotes("10"))
    assert (_walk(done), done.status) == ([("105.03", "50")], CANCELED)  # 100.02 x 1.05 is 105.021


def test_on_bare_quotes_a_limit_takes_as_much_as_stays_within_it():
    """10 bps are between the ask of 100.02 and 100.12002, so that a tenth of the volume may fill."""
    done = _meet(BUY, "3", "100.13", IOC, book=_quotes("10"))
    assert done.status is CANCELED
    (fill,) = done.fills
    assert fill.price <= dec("100.13")
    assert dec(1) <= fill.quantity < dec("1.11")
    assert _meet(BUY, "3", "100.01", IOC, book=_quotes("10")).fills == ()


@pytest.mark.parametrize("side", Side)
def test_without_any_volume_bare_quotes_fill_nothing(side: Side):
    done = _meet(side, "1", None, IOC, book=_quotes("0"))
    assert (done.fills, done.status) == ((), REJECTED)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("quantity", ["0.00001", "0.7", "3", "44.4"])
def test_a_limit_on_bare_quotes_is_never_filled_worse_than_asked(side: Side, quantity: str):
    for ticks in range(0, 300, 7):
        limit = dec("100.02") + ticks * BTC.tick_size if side is BUY else dec(100) - ticks * BTC.tick_size
        for fill in _meet(side, quantity, str(limit), IOC, book=_quotes("10")).fills:
            assert fill.price <= limit if side is BUY else fill.price >= limit
            assert fill.quantity <= dec(quantity)
            assert fill.quantity % BTC.lot_size == 0


def test_slippage_is_measured_against_the_mid_at_decision():
    order = ExchangeOrder(BUY, dec(1), dec("100"), dec("100.03"), IOC)
    (fill,) = execute(order, _book(), BTC, FEES, {}).fills
    assert fill.slippage_bps == 1
    better = ExchangeOrder(BUY, dec(1), Decimal("100.02"), dec("100.03"), IOC)
    assert execute(better, _book(), BTC, FEES, {}).fills[0].slippage_bps < 0
