"""Gate 3: limits bind exactly where they are set, and clear when they say (spec/pipeline.md)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.gates.verdict import Denied, Gate
from core.domain.order import Side
from core.domain.rules import TradingRules
from tests.builders import BOT, T0, Chain, at, bot_created, dec, entry, executed, leave, market, running

OTHER = "33333333-3333-4333-8333-333333333333"
MIDNIGHT = datetime.fromisoformat("2026-01-06T00:00:00Z")


def _round_trip(chain: Chain, ts: datetime = T0, bot_id: str = BOT) -> None:
    """Two orders, one of them an entry, without gain or loss."""
    chain.add(executed(Side.BUY, [("0.001", "50000", "0")], mark="50000", ts=ts, bot_id=bot_id), ts)
    chain.add(executed(Side.SELL, [("0.001", "50000", "0")], mark="50000", ts=ts, bot_id=bot_id), ts)


def _denied(chain: Chain, ts: datetime, rules: TradingRules, bot_id: str = BOT) -> Denied | None:
    return chain.decide(entry(market("49999", "50001", ts), "0.001", bot_id=bot_id), ts, rules).denied


def _two_bots() -> Chain:
    chain = running()
    chain.add(bot_created(name="B", bot_id=OTHER))
    chain.add(ev.BotStarted(OTHER, 1, "scripted", "test"))
    return chain


def test_a_bot_may_make_orders_up_to_its_daily_limit():
    chain = _two_bots()
    _round_trip(chain)
    assert _denied(chain, at(60), TradingRules(max_trades_per_bot_daily=3)) is None
    denied = _denied(chain, at(60), TradingRules(max_trades_per_bot_daily=2))
    assert denied is not None
    assert (denied.gate, denied.code, denied.limit, denied.value) == (Gate.TRADE_LIMITER, "daily_limit", "2", "2")
    assert denied.clears_at == MIDNIGHT
    assert "A made 2 of 2 orders today; clears at 00:00Z in 11 h 59 min." in denied.message
    assert _denied(chain, at(60), TradingRules(max_trades_per_bot_daily=2), OTHER) is None


def test_a_users_bots_share_the_users_daily_limit():
    chain = _two_bots()
    _round_trip(chain, bot_id=OTHER)
    assert _denied(chain, at(60), TradingRules(max_trades_per_user_daily=3)) is None
    denied = _denied(chain, at(60), TradingRules(max_trades_per_user_daily=2))
    assert denied is not None
    assert "You made 2 of 2" in denied.message


@pytest.mark.parametrize("rules", [TradingRules(max_trades_per_bot_daily=2), TradingRules(max_trades_per_user_daily=2)])
def test_a_daily_limit_clears_at_midnight_without_any_event_of_the_new_day(rules: TradingRules):
    chain = running()
    _round_trip(chain)
    assert _denied(chain, MIDNIGHT - timedelta(milliseconds=1), rules) is not None
    assert _denied(chain, MIDNIGHT, rules) is None


def test_a_new_day_counts_from_zero():
    chain = running()
    _round_trip(chain)
    _round_trip(chain, MIDNIGHT)
    assert chain.state.orders_today == chain.state.bots[BOT].orders_today == 2


def test_an_order_that_filled_nothing_is_not_counted():
    chain = running()
    far = market("40000", "60000")
    fact = chain.run(entry(far, edge="9000")).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert not fact.fills
    assert chain.state.orders_today == 0
    assert not chain.state.entries


def test_the_burst_window_slides():
    chain = running()
    rules = TradingRules(burst_limit_orders=3, burst_window_secs=10)
    for second in (0, 4, 5):
        assert _denied(chain, at(second), rules) is None
        _round_trip(chain, at(second))
    denied = _denied(chain, at(9.999), rules)
    assert denied is not None
    assert (denied.code, denied.limit, denied.value, denied.clears_at) == ("burst_limit", "3", "3", at(10))
    assert _denied(chain, at(10), rules) is None
    _round_trip(chain, at(10))
    denied = _denied(chain, at(10), rules)
    assert denied is not None
    assert denied.clears_at == at(14)
    assert _denied(chain, at(14), rules) is None


def test_under_a_lowered_burst_limit_enough_entries_must_leave_the_window():
    chain = running()
    for second in (0, 4, 5):
        _round_trip(chain, at(second))
    rules = TradingRules(burst_limit_orders=2, burst_window_secs=10)
    denied = _denied(chain, at(6), rules)
    assert denied is not None
    assert (denied.value, denied.clears_at) == ("3", at(14))
    assert _denied(chain, at(10), rules) is not None
    assert _denied(chain, at(14), rules) is None


def test_exits_do_not_fill_the_burst_window():
    chain = running()
    _round_trip(chain)
    assert len(chain.state.entries["binance"]) == 1


def test_a_bot_enters_once_at_a_time_unless_what_is_left_is_dust():
    chain = running()
    chain.add(executed(Side.BUY, [("0.00009", "50000", "0")], mark="50000"))  # worth 4.50, below the minimum of 5
    assert _denied(chain, at(60), TradingRules()) is None
    chain.add(executed(Side.BUY, [("0.00001", "50000", "0")], mark="50000"))
    denied = chain.decide(entry(market("49999", "50000", at(60)), "0.001"), at(60)).denied
    assert denied is not None
    assert (denied.code, denied.limit, denied.value) == ("position_open", "1", "0.0001")


def test_the_minimum_notional_itself_is_enough():
    assert running().decide(entry(market("49999", "50000"), "0.0001")).denied is None


def test_the_last_cent_may_be_spent_and_not_one_unit_more():
    book = market("49999", "50000")
    cost = dec("0.01") * 50_000 * dec("1.001")
    assert running(str(cost)).decide(entry(book)).denied is None
    denied = running(str(cost - Decimal("0.00000001"))).decide(entry(book)).denied
    assert denied is not None
    assert (denied.code, denied.value) == ("not_enough_cash", "500.5")


def test_an_exit_is_counted_but_not_limited():
    chain = running()
    _round_trip(chain)
    chain.add(executed(Side.BUY, [("0.001", "50000", "0")], mark="50000"))
    rules = TradingRules(max_trades_per_bot_daily=1, max_trades_per_user_daily=1, burst_limit_orders=1)
    assert chain.run(leave(market("49999", "50001")), T0, rules).denied is None
    assert chain.state.orders_today == 4


def test_a_late_event_from_before_midnight_opens_no_second_day():
    """Symbols run side by side, so the last moment of yesterday may be recorded after the first of today."""
    chain = running()
    chain.add(ev.Marked({}, day_start=True), MIDNIGHT)
    chain.add(executed(Side.BUY, [("0.001", "50000", "0.05")], mark="50000"), MIDNIGHT + timedelta(seconds=1))
    chain.add(ev.Marked({"BTC/USDT": dec(50_000)}, day_start=False), MIDNIGHT - timedelta(seconds=1))
    assert chain.state.orders_today == 1
    assert chain.state.day == MIDNIGHT.date()


def test_the_burst_window_counts_entries_of_symbols_that_run_a_little_ahead():
    chain = _two_bots()
    ahead = executed(Side.BUY, [("0.001", "50000", "0")], mark="50000", bot_id=OTHER)
    chain.add(ahead, at(5))
    denied = _denied(chain, at(0), TradingRules(burst_limit_orders=1))
    assert denied is not None
    assert denied.code == "burst_limit"
