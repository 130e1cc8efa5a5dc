"""Stops and targets trigger at their price, once, the stop first (spec/pipeline.md, The paper exchange)."""

from decimal import Decimal

from core.domain.bot_state import Protection
from core.domain.order import ExitReason
from core.domain.protective import ProtectivePrices
from tests.builders import dec

STOP, TARGET = ExitReason.STOP_LOSS, ExitReason.TAKE_PROFIT


def _protect(target: str | None, stop: str | None) -> Protection:
    return Protection(None if target is None else dec(target), None if stop is None else dec(stop))


def _prices(**bots: tuple[str | None, str | None]) -> ProtectivePrices:
    prices = ProtectivePrices()
    for bot_id, (target, stop) in bots.items():
        prices.set(bot_id, _protect(target, stop))
    return prices


def _hits(prices: ProtectivePrices, bid: Decimal) -> list[tuple[str, ExitReason]]:
    return [(hit.bot_id, hit.reason) for hit in prices.triggered(bid)]


def test_a_trigger_says_at_which_price_it_was_set():
    assert [hit.price for hit in _prices(a=("110", "90")).triggered(dec(80))] == [90]


def test_a_price_between_stop_and_target_triggers_nothing():
    assert _hits(_prices(a=("110", "90")), dec(100)) == []


def test_a_stop_triggers_at_its_price_and_not_above():
    prices = _prices(a=("110", "90"))
    assert _hits(prices, dec("90.01")) == []
    assert _hits(prices, dec(90)) == [("a", STOP)]


def test_a_target_triggers_at_its_price_and_not_below():
    prices = _prices(a=("110", "90"))
    assert _hits(prices, dec("109.99")) == []
    assert _hits(prices, dec(110)) == [("a", TARGET)]


def test_what_has_triggered_is_gone_until_it_is_set_again():
    prices = _prices(a=("110", "90"))
    assert _hits(prices, dec(80)) == [("a", STOP)]
    assert _hits(prices, dec(80)) == []
    assert _hits(prices, dec(120)) == []
    prices.set("a", _protect("110", "90"))
    assert _hits(prices, dec(80)) == [("a", STOP)]


def test_where_both_were_touched_the_stop_counts():
    assert _hits(_prices(a=("95", "105")), dec(100)) == [("a", STOP)]


def test_a_gap_triggers_every_price_it_jumps_over_nearest_first():
    prices = _prices(a=("110", "90"), b=("110", "95"), c=("110", "60"))
    assert _hits(prices, dec(70)) == [("b", STOP), ("a", STOP)]
    assert _hits(prices, dec(200)) == [("c", TARGET)]


def test_replaced_prices_no_longer_trigger():
    prices = _prices(a=("110", "90"))
    prices.set("a", _protect("130", "80"))
    assert _hits(prices, dec(90)) == []
    assert _hits(prices, dec(110)) == []
    assert _hits(prices, dec(130)) == [("a", TARGET)]


def test_a_closed_position_no_longer_triggers():
    prices = _prices(a=("110", "90"), b=("110", "90"))
    prices.set("a", None)
    assert _hits(prices, dec(90)) == [("b", STOP)]
    prices.set("never seen", None)


def test_setting_the_same_prices_again_triggers_once():
    prices = _prices(a=("110", "90"))
    prices.set("a", _protect("110", "90"))
    assert _hits(prices, dec(90)) == [("a", STOP)]


def test_a_missing_stop_or_target_never_triggers():
    prices = _prices(a=(None, "90"), b=("110", None), c=(None, None))
    assert _hits(prices, dec(100_000)) == [("b", TARGET)]
    assert _hits(prices, dec(1)) == [("a", STOP)]
