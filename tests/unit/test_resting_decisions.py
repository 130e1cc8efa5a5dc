"""What becomes of an order that rests: filled, canceled, expired, or ended with its bot (spec/pipeline.md)."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.decision import NOTHING
from core.domain.errors import Conflict
from core.domain.evolve import fold
from core.domain.market import Level, MarketState
from core.domain.order import ExitReason, Side, TimeInForce
from core.domain.order_status import OrderStatus
from tests.builders import BOT, BTC, USER, Chain, asking, at, bot_created, dec, entry, executed, leave, market, running

GTC = TimeInForce.GTC
OTHER = "33333333-3333-4333-8333-333333333333"
LIMIT = dec(49_000)
#: The entry below reserves 490 and a maker's fee of ten basis points.
RESERVED = dec("490.49")


def _rests(bot_id: str = BOT, key: str = "in", **changes: Any) -> cmd.SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    terms = {"limit_price": LIMIT, "time_in_force": GTC, "stop_loss": dec(48_000), **changes}
    return asking(entry(market("49999", "50001"), bot_id=bot_id, key=key), **terms)


def _working() -> Chain:
    """One entry of 0.01 at 49,000 rests, with nothing before it."""
    chain = running()
    fact = chain.run(_rests()).payload
    assert isinstance(fact, ev.OrderAccepted)
    assert chain.state.bots[BOT].free_cash == 1000 - RESERVED
    return chain


def _traded(secs: float, *trades: tuple[str, str], bid: str = "48990", source: str = "scripted") -> MarketState:
    book = market(bid, str(dec(bid) + 2), at(secs), source=source)
    return replace(book, trades=tuple(Level(dec(price), dec(quantity)) for price, quantity in trades))


def _meet(
    state: MarketState, order_id: str = "order-in", *, queue: str | None = "0", bot_id: str = BOT, epoch: int = 0
) -> cmd.FillResting:
    return cmd.FillResting(bot_id, order_id, state, BTC, None if queue is None else dec(queue), epoch)


def test_a_trade_through_its_price_fills_it_at_its_price_for_the_makers_fee():
    chain = _working()
    fact = chain.run(_meet(_traded(1, ("48999", "0.01"))), at(1)).payload
    assert isinstance(fact, ev.OrderFilled)
    ((fill,), bot) = (fact.fills, chain.state.bots[BOT])
    assert (fact.status, fill.price, fill.quantity, fill.fee) == (OrderStatus.FILLED, LIMIT, dec("0.01"), dec("0.49"))
    assert (bot.orders, chain.state.working, bot.cash) == ({}, {}, 1000 - RESERVED)
    assert (bot.held(BTC.symbol), bot.protection and bot.protection.stop_loss) == (dec("0.01"), 48_000)


def test_a_part_fills_and_frees_what_it_cost_and_the_rest_goes_on():
    chain = _working()
    fact = chain.run(_meet(_traded(1, ("48999", "0.003")), queue="7"), at(1)).payload
    assert isinstance(fact, ev.OrderFilled)
    bot = chain.state.bots[BOT]
    order = bot.orders["order-in"]
    assert (fact.status, order.filled, order.left) == (OrderStatus.PARTIALLY_FILLED, dec("0.003"), dec("0.007"))
    assert order.reserved == fact.reserved == RESERVED * 7 / 10
    assert bot.free_cash == 1000 - RESERVED
    assert order.queue_ahead == 0
    assert bot.protection is not None  # what is held is protected from its first part on


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (_meet(_traded(1, ("49000.01", "9"))), "nothing was traded at its price"),
        (_meet(_traded(1, ("49000", "9")), queue="9"), "the queue before it has traded, and no more"),
        (_meet(_traded(1, ("49000", "9")), queue=None), "the queue is unknown"),
        (_meet(_traded(1)), "nothing was traded"),
        (_meet(_traded(1, ("48999", "9"), source="live:binance")), "it is another market"),
        (_meet(replace(_traded(1, ("48999", "9")), symbol="ETH/USDT")), "it is another symbol"),
        (_meet(_traded(1, ("48999", "9")), "order-unknown"), "there is no such order"),
        (_meet(_traded(1, ("48999", "9")), bot_id=OTHER), "there is no such bot"),
        (_meet(_traded(1, ("48999", "0.000009"))), "less than a lot was traded"),
    ],
)
def test_nothing_happens_where_nothing_may_fill(command: cmd.FillResting, why: str):
    assert _working().decide(command, at(1)) == NOTHING, why


def test_an_engine_that_was_replaced_fills_and_expires_nothing():
    chain = running()
    chain.run(_rests(good_for_secs=60))
    chain.run(cmd.TakeOwnership(8, "other"))
    assert chain.decide(_meet(_traded(1, ("48999", "9")), epoch=7), at(1)) == NOTHING
    assert chain.decide(cmd.ExpireOrder("order-in", 7), at(99)) == NOTHING
    assert chain.decide(_meet(_traded(1, ("48999", "9")), epoch=8), at(1)).payload is not None
    assert chain.decide(cmd.ExpireOrder("order-in", 8), at(99)).payload is not None


def test_two_orders_of_a_user_share_what_one_state_traded():
    chain = running()
    chain.add(bot_created(name="B", bot_id=OTHER))
    chain.add(ev.BotStarted(OTHER, 1, "scripted", "test"))
    chain.run(_rests(key="one"))
    chain.run(_rests(OTHER, key="two"))
    state = _traded(1, ("48999", "0.015"))
    filled: list[Decimal] = []
    for bot_id, key in ((BOT, "order-one"), (OTHER, "order-two")):
        fact = chain.run(_meet(state, key, bot_id=bot_id), at(1)).payload
        assert isinstance(fact, ev.OrderFilled)
        filled.append(fact.fills[0].quantity)
    assert filled == [dec("0.01"), dec("0.005")]
    assert chain.decide(_meet(state, "order-two", bot_id=OTHER), at(1)) == NOTHING
    later = chain.run(_meet(_traded(2, ("48999", "0.015")), "order-two", bot_id=OTHER), at(2)).payload
    assert isinstance(later, ev.OrderFilled)
    assert (later.status, chain.state.working) == (OrderStatus.FILLED, {})


def test_a_resting_sale_pays_the_makers_fee_and_becomes_one_trade():
    chain = running()
    chain.run(entry(market("49999", "50001")))
    chain.run(asking(leave(market("49999", "50001")), limit_price=dec(50_500), time_in_force=GTC))
    assert chain.state.bots[BOT].reserved_units(BTC.symbol) == dec("0.01")
    for second, quantity in ((1, "0.004"), (2, "9")):
        chain.run(_meet(_traded(second, ("50501", quantity), bid="50500"), "order-exit"), at(second))
    (trade,) = chain.trades
    assert (trade.quantity, trade.exit_price) == (dec("0.01"), 50_500)
    assert trade.fees == dec("0.01") * (50_001 + 50_500) / 1000
    assert (chain.state.bots[BOT].flat, chain.state.bots[BOT].protection, chain.state.working) == (True, None, {})


def _waiting_exit() -> Chain:
    """A stop-loss found no price, so it waits for one."""
    chain = running()
    chain.run(entry(market("49999", "50001")))
    fact = chain.run(asking(leave(None), exit_reason=ExitReason.STOP_LOSS)).payload
    assert isinstance(fact, ev.OrderAccepted)
    assert (fact.limit_price, fact.market, fact.reserved) == (None, None, dec("0.01"))
    return chain


def test_an_exit_that_waited_sells_at_the_first_price_there_is():
    chain = _waiting_exit()
    fact = chain.run(_meet(market("48000", "48002", at(90)), "order-exit", queue=None), at(90)).payload
    assert isinstance(fact, ev.OrderFilled)
    assert (fact.status, [(f.price, f.quantity) for f in fact.fills]) == (OrderStatus.FILLED, [(48_000, dec("0.01"))])
    assert fact.fills[0].fee == dec("0.48")  # it takes, so it pays the taker's fee
    (trade,) = chain.trades
    assert (trade.exit_reason, chain.state.bots[BOT].flat) == (ExitReason.STOP_LOSS, True)


def test_an_exit_that_waited_takes_what_the_book_offers_and_goes_on():
    chain = _waiting_exit()
    thin = market("48000", "48002", at(90), size="0.004")
    chain.run(_meet(thin, "order-exit", queue=None), at(90))
    assert chain.state.bots[BOT].orders["order-exit"].left == dec("0.006")
    again = _meet(replace(thin, ts=at(91)), "order-exit", queue=None)
    assert chain.decide(again, at(91)) == NOTHING, "the level was taken already and has not changed"
    fresh = market("48000", "48002", at(92), size="5")
    chain.run(_meet(fresh, "order-exit", queue=None), at(92))
    assert (chain.state.bots[BOT].flat, chain.state.working) == (True, {})
    assert [trade.quantity for trade in chain.trades] == [dec("0.01")]


def test_a_cancel_frees_what_is_reserved_once():
    chain = _working()
    chain.run(_meet(_traded(1, ("48999", "0.004"))), at(1))
    fact = chain.run(cmd.CancelOrder("order-in", "ann", "changed my mind"), at(2)).payload
    assert fact == ev.OrderCanceled("order-in", BOT, "ann", "changed my mind")
    bot = chain.state.bots[BOT]
    assert (bot.reserved_cash, bot.free_cash, bot.held(BTC.symbol)) == (0, 1000 - RESERVED * 4 / 10, dec("0.004"))
    with pytest.raises(Conflict, match="nothing to cancel"):
        chain.decide(cmd.CancelOrder("order-in", "ann", "again"), at(3))


def test_an_order_expires_at_its_time_and_not_before():
    chain = running()
    chain.run(_rests(good_for_secs=60))
    command = cmd.ExpireOrder("order-in", 0)
    assert chain.decide(command, at(59.999)) == NOTHING
    assert isinstance(chain.run(command, at(60)).payload, ev.OrderExpired)
    assert (chain.state.working, chain.state.bots[BOT].free_cash) == ({}, 1000)
    assert chain.decide(command, at(61)) == NOTHING


def test_an_order_without_a_time_never_expires():
    assert _working().decide(cmd.ExpireOrder("order-in", 0), at(10**9)) == NOTHING


def _two_bots_at_work() -> Chain:
    """Each of two bots has an entry that rests; the first also sells 0.002 that it holds."""
    chain = running("1000", "2000")
    chain.add(bot_created(name="B", bot_id=OTHER))
    chain.add(ev.BotStarted(OTHER, 1, "scripted", "test"))
    chain.add(executed(Side.BUY, [("0.00009", "50000", "0")], mark="50000"))
    chain.run(asking(leave(market("49999", "50001")), limit_price=dec(52_000), time_in_force=GTC))
    chain.run(_rests(key="one"))
    chain.run(_rests(OTHER, key="two"))
    assert set(chain.state.working) == {"order-exit", "order-one", "order-two"}
    return chain


ENDINGS: dict[str, tuple[Callable[[Chain], object], set[str]]] = {
    "the bot is paused": (lambda chain: chain.run(cmd.PauseBot(BOT, "ann", "lunch")), {"order-two"}),
    "the bot is stopped": (lambda chain: chain.run(cmd.StopBot(BOT, "ann", "enough")), {"order-two"}),
    "the bot trips": (
        lambda chain: chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.3"), dec("0.2"), bot_id=BOT)),
        {"order-two"},
    ),
    "the user trips": (
        lambda chain: chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.3"), dec("0.2"))),
        set(),
    ),
    "the user halts": (lambda chain: chain.run(cmd.HaltTrading("ann", "stop")), set()),
    "an admin halts": (lambda chain: chain.run(cmd.HaltTrading("root", "stop", ev.HaltScope.SYSTEM)), set()),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_entries_that_rest_end_in_one_event_and_give_back_what_they_reserved(ending: str):
    chain = _two_bots_at_work()
    happens, entries = ENDINGS[ending]
    before = chain.state.seq
    happens(chain)
    assert chain.state.seq == before + 1
    assert set(chain.state.working) == entries | {"order-exit"}
    assert {bot_id: set(bot.orders) for bot_id, bot in chain.state.bots.items()} == {
        BOT: {"order-exit"},
        OTHER: entries,
    }
    assert chain.state.bots[BOT].reserved_cash == 0
    assert chain.state.bots[OTHER].reserved_cash == (RESERVED if entries else 0)
    late = _meet(_traded(1, ("48000", "9")), "order-one")
    assert chain.decide(late, at(1)) == NOTHING, "a fill that was on its way comes too late"
    assert fold(Account(USER), chain.events()) == chain.state


def test_a_sale_that_rests_outlives_a_halt_and_still_fills():
    chain = _two_bots_at_work()
    chain.run(cmd.HaltTrading("ann", "stop"))
    fact = chain.run(_meet(_traded(1, ("52001", "9"), bid="52000"), "order-exit"), at(1)).payload
    assert isinstance(fact, ev.OrderFilled)
    assert chain.state.working == {}


def test_a_reset_of_the_account_ends_all_that_rests():
    chain = _two_bots_at_work()
    chain.run(cmd.ResetAccount(dec(5_000), "USDT", "ann", "a new start"))
    assert (chain.state.working, chain.state.free_cash) == ({}, {"USDT": 5_000})
    assert all(not bot.orders for bot in chain.state.bots.values())
    late = _meet(_traded(1, ("40000", "9")), "order-one")
    assert chain.decide(late, at(1)) == NOTHING
    assert fold(Account(USER), chain.events()) == chain.state


def test_a_halt_of_one_scope_stays_when_the_other_is_lifted():
    chain = running()
    chain.run(cmd.HaltTrading("ann", "mine"))
    chain.run(cmd.HaltTrading("root", "all", ev.HaltScope.SYSTEM))
    chain.run(cmd.ResumeTrading("root", ev.HaltScope.SYSTEM))
    assert (chain.state.halted, chain.state.user_halted, chain.state.system_halted) == (True, True, False)
    assert chain.decide(_rests()).denied is not None
    chain.run(cmd.ResumeTrading("ann"))
    assert not chain.state.halted
    assert chain.state.bots[BOT].status is BotStatus.PAUSED


def test_what_was_traded_before_an_order_came_fills_nothing():
    chain = running()
    chain.run(_rests(), at(5))
    assert chain.decide(_meet(_traded(5, ("40000", "9"))), at(5)) == NOTHING
    assert chain.decide(_meet(_traded(5.001, ("40000", "9"))), at(5.001)).payload is not None


def test_an_order_whose_time_is_over_fills_no_more_also_before_that_is_recorded():
    chain = running()
    chain.run(_rests(good_for_secs=60))
    assert chain.decide(_meet(_traded(60, ("40000", "9"))), at(60)) == NOTHING
    assert chain.decide(_meet(_traded(59.999, ("40000", "9"))), at(59.999)).payload is not None
