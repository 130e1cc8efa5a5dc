"""Gate 3: limits bind exactly where they are set, and clear when they say (spec/pipeline.md)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.bot_state import MANUAL
from core.domain.commands import CancelOrder, FillResting, SetCooldown
from core.domain.errors import InvalidInput
from core.domain.gates.verdict import Denied, Gate
from core.domain.market import Level
from core.domain.order import Side, TimeInForce
from core.domain.rules import TradingRules
from tests.builders import BOT, BTC, T0, Chain, asking, at, bot_created, dec, entry, executed, leave, market, running

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


def _resting(chain: Chain, key: str, bot_id: str = BOT, ts: datetime = T0, rules: TradingRules | None = None) -> Denied:
    """An entry of 0.001 below the market that rests; gives the denial, if there is one."""
    command = asking(
        entry(market("49999", "50001", ts), "0.001", bot_id=bot_id, key=key),
        limit_price=dec(49_000),
        time_in_force=TimeInForce.GTC,
    )
    decision = chain.run(command, ts, rules)
    return decision.denied or Denied(Gate.LIFE_CYCLE, "passed", "")


def test_entries_that_rest_take_their_place_under_the_daily_limits():
    """They count when they fill, so that without this any number could be placed and fill at once."""
    chain = _two_bots()
    assert _resting(chain, "one").code == "passed"
    assert chain.state.orders_today == 0
    for rules, bot_id, code in (
        (TradingRules(max_trades_per_user_daily=1), OTHER, "daily_limit"),
        (TradingRules(max_trades_per_bot_daily=1), OTHER, "passed"),
    ):
        assert _resting(chain, "two", bot_id, rules=rules).code == code
    rules = TradingRules(max_trades_per_user_daily=2)
    denied = _denied(chain, T0, rules)
    assert denied is not None
    assert (denied.code, denied.limit, denied.value) == ("daily_limit", "2", "2")
    chain.run(CancelOrder("order-one", "ann", ""))
    assert _denied(chain, T0, rules) is None


def test_a_resting_entry_that_has_filled_in_part_is_not_counted_twice():
    chain = _two_bots()
    _resting(chain, "one")
    state = replace(market("48990", "48992", at(1)), trades=(Level(dec(48_999), dec("0.0004")),))
    chain.run(FillResting(BOT, "order-one", state, BTC, dec(0), 0), at(1))
    assert (chain.state.orders_today, set(chain.state.working)) == (1, {"order-one"})
    assert _denied(chain, at(1), TradingRules(max_trades_per_user_daily=2), OTHER) is None
    assert _denied(chain, at(1), TradingRules(max_trades_per_user_daily=1), OTHER) is not None


def test_an_entry_that_rests_fills_the_burst_window_when_it_is_accepted():
    chain = _two_bots()
    _resting(chain, "one")
    denied = _denied(chain, at(9.999), TradingRules(burst_limit_orders=1), OTHER)
    assert denied is not None
    assert (denied.code, denied.clears_at) == ("burst_limit", at(10))


def test_a_bot_has_one_entry_working_at_a_time():
    chain = running()
    _resting(chain, "one")
    denied = _resting(chain, "two")
    assert (denied.gate, denied.code, denied.limit, denied.value) == (Gate.TRADE_LIMITER, "entry_working", "1", "1")
    chain.run(CancelOrder("order-one", "ann", ""))
    assert _resting(chain, "two").code == "passed"


def test_cash_that_an_entry_has_reserved_cannot_be_spent_again():
    chain = running("80")
    assert _resting(chain, "one").code == "passed"
    chain.state.bots[BOT].strategy = MANUAL  # which may have many entries
    denied = _resting(chain, "two")
    assert denied.code == "passed"  # from the free cash of its owner
    chain = running("80", "80")
    _resting(chain, "one")
    chain.state.bots[BOT].strategy = MANUAL
    denied = _resting(chain, "two")
    assert (denied.code, denied.limit, denied.value) == ("not_enough_cash", "30.951", "49.049")


def test_a_cooldown_passes_after_its_minutes_and_not_before():
    chain = running()
    chain.run(SetCooldown(BOT, 5, "ann"))
    assert _denied(chain, T0, TradingRules()) is None
    _round_trip(chain)
    denied = _denied(chain, at(299.999), TradingRules())
    assert denied is not None
    assert (denied.gate, denied.code, denied.limit, denied.value) == (Gate.TRADE_LIMITER, "cooldown", "5", "5")
    assert denied.clears_at == at(300)
    assert "A waits 5 min between entries" in denied.message
    assert _denied(chain, at(300), TradingRules()) is None


def test_a_cooldown_runs_from_the_acceptance_of_an_entry_and_is_its_bots_alone():
    chain = _two_bots()
    chain.run(SetCooldown(BOT, 10, "ann"))
    _resting(chain, "one")
    chain.run(CancelOrder("order-one", "ann", ""))
    assert _resting(chain, "two", ts=at(599)).code == "cooldown"
    assert _resting(chain, "three", OTHER, at(599)).code == "passed"
    chain.run(SetCooldown(BOT, 0, "ann"), at(599))
    assert _resting(chain, "two", ts=at(599)).code == "passed"


@pytest.mark.parametrize("minutes", [-1, 1, 4, 121])
def test_a_cooldown_is_none_or_five_to_a_hundred_and_twenty_minutes(minutes: int):
    chain = running()
    with pytest.raises(InvalidInput, match="5 to 120"):
        chain.decide(SetCooldown(BOT, minutes, "ann"))
    for allowed in (0, 5, 120):
        chain.run(SetCooldown(BOT, allowed, "ann"))
        assert chain.state.bots[BOT].cooldown_minutes == allowed


def test_an_exit_knows_no_cooldown():
    chain = running()
    chain.run(SetCooldown(BOT, 120, "ann"))
    chain.run(entry(market("49999", "50001"), "0.001"))
    assert chain.decide(leave(market("49999", "50001")), at(1)).denied is None


def test_a_denied_entry_is_told_what_its_round_trip_would_cost():
    chain = running()
    _round_trip(chain)
    denied = _denied(chain, at(60), TradingRules(max_trades_per_bot_daily=2))
    assert denied is not None
    assert denied.cost is not None
    assert denied.cost.required_bps == dec("45.4")
