"""Resting orders reserve what they may need, give the rest back, and end as one trade (spec/accounting.md, Events)."""

import dataclasses

import pytest

from core.domain import events as ev
from core.domain.account import Account
from core.domain.errors import IntegrityError
from core.domain.evolve import fold
from core.domain.instrument import Exchange
from core.domain.order import ExitReason, Fill, MarketEvidence, Side
from core.domain.order_status import OrderStatus
from core.domain.trade import Trade
from tests.builders import BOT, T0, USER, Chain, at, bot_created, dec, executed, funded, leave, market, running

BTC = "BTC/USDT"
EVIDENCE = MarketEvidence(dec(49_999), dec(50_001), T0, "scripted")


def _fill(quantity: str, price: str, fee: str = "0") -> Fill:
    return Fill(dec(price), dec(quantity), dec(fee), "USDT", dec(fee), dec(0), dec(quantity))


def _accepted(side: Side, quantity: str, price: str, reserved: str, *fills: Fill) -> ev.OrderAccepted:
    return ev.OrderAccepted(
        order_id="r",
        client_order_id="r",
        request_sha256="0" * 64,
        bot_id=BOT,
        exchange=Exchange.BINANCE,
        symbol=BTC,
        side=side,
        quantity=dec(quantity),
        limit_price=dec(price),
        reserved=dec(reserved),
        reduce_only=side is Side.SELL,
        reason="test",
        decided_at=T0,
        decided_mid=dec(50_000),
        fills=fills,
        gates_passed=(),
        market=EVIDENCE,
        marks={BTC: dec(50_000)},
        exchange_version=1,
        exit_reason=ExitReason.TAKE_PROFIT if side is Side.SELL else None,
    )


def _filled(status: OrderStatus, reserved: str, *fills: Fill) -> ev.OrderFilled:
    return ev.OrderFilled("r", BOT, status, fills, dec(reserved), EVIDENCE, {BTC: dec(50_000)}, 2)


def test_a_resting_buy_reserves_cash_and_returns_what_it_did_not_need():
    chain = running()
    chain.add(_accepted(Side.BUY, "0.01", "50000", "500.5", _fill("0.002", "50000", "0.1")))
    bot = chain.state.bots[BOT]
    assert (bot.cash, bot.reserved_cash, bot.free_cash) == (dec("899.9"), dec("500.5"), dec("399.4"))
    chain.add(_filled(OrderStatus.PARTIALLY_FILLED, "250.25", _fill("0.003", "49000", "0.147")))
    assert (bot.reserved_cash, bot.orders["r"].filled) == (dec("250.25"), dec("0.005"))
    chain.add(ev.OrderCanceled("r", BOT, "ann", "enough"))
    assert (bot.orders, bot.reserved_cash, bot.free_cash) == ({}, 0, bot.cash)
    assert bot.held(BTC) == dec("0.005")
    assert chain.trades == []


def test_a_resting_sale_filled_in_parts_is_one_trade_when_it_ends():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0.5")], mark="50000"))
    chain.add(_accepted(Side.SELL, "0.01", "52000", "0.01"), at(1))
    bot = chain.state.bots[BOT]
    assert bot.reserved_units(BTC) == dec("0.01")
    chain.add(_filled(OrderStatus.PARTIALLY_FILLED, "0.006", _fill("0.004", "52000", "0.208")), at(2))
    assert (chain.trades, bot.book.realized, bot.book.trades) == ([], 8, 0)
    chain.add(_filled(OrderStatus.FILLED, "0", _fill("0.006", "52000", "0.312")), at(3))
    (trade,) = chain.trades
    assert isinstance(trade, Trade)
    assert (trade.quantity, trade.gross_pnl, trade.fees, trade.exit_reason) == (
        dec("0.01"),
        20,
        dec("1.02"),
        "take_profit",
    )
    assert (trade.closed_at, bot.orders, bot.flat, bot.book.trades) == (at(3), {}, True, 1)


@pytest.mark.parametrize(
    "ending", [ev.OrderCanceled("r", BOT, "ann", "x"), ev.OrderExpired("r", BOT, "its day is over")]
)
def test_a_sale_that_ends_early_is_a_trade_of_what_it_sold(ending: ev.OrderCanceled | ev.OrderExpired):
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.add(_accepted(Side.SELL, "0.01", "52000", "0.01", _fill("0.004", "52000")))
    chain.add(ending, at(5))
    (trade,) = chain.trades
    assert isinstance(trade, Trade)
    assert (trade.quantity, chain.state.bots[BOT].held(BTC)) == (dec("0.004"), dec("0.006"))


def test_what_a_resting_sale_has_claimed_cannot_be_sold_again():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.add(_accepted(Side.SELL, "0.006", "52000", "0.006"))
    decision = chain.decide(leave(market("49999", "50001")))
    assert isinstance(decision.payload, ev.OrderExecuted)
    assert decision.payload.quantity == dec("0.004")


def test_an_entry_counts_as_an_order_when_it_first_fills_and_as_an_entry_when_it_is_accepted():
    chain = running()
    chain.add(_accepted(Side.BUY, "0.01", "50000", "500"))
    assert (chain.state.orders_today, len(chain.state.entries["binance"])) == (0, 1)
    chain.add(_filled(OrderStatus.PARTIALLY_FILLED, "400", _fill("0.002", "50000")))
    chain.add(_filled(OrderStatus.PARTIALLY_FILLED, "300", _fill("0.002", "50000")))
    assert (chain.state.orders_today, len(chain.state.entries["binance"])) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        _filled(OrderStatus.FILLED, "0", _fill("0.001", "50000")),
        _filled(OrderStatus.PARTIALLY_FILLED, "0", _fill("0.01", "50000")),
        _filled(OrderStatus.PARTIALLY_FILLED, "0", _fill("0.011", "50000")),
        _filled(OrderStatus.FILLED, "1", _fill("0.01", "50000")),
        _filled(OrderStatus.CANCELED, "0"),
        dataclasses.replace(_filled(OrderStatus.FILLED, "0"), order_id="unknown"),
        _accepted(Side.BUY, "0.01", "50000", "1"),
    ],
)
def test_an_order_that_contradicts_itself_is_not_folded(wrong: ev.OrderFilled | ev.OrderAccepted):
    chain = running()
    chain.add(_accepted(Side.BUY, "0.01", "50000", "500"))
    with pytest.raises(IntegrityError):
        chain.add(wrong)


def test_a_stopped_bot_loses_its_entry_that_rests_and_gives_all_its_cash_back_at_once():
    chain = running()
    chain.add(_accepted(Side.BUY, "0.01", "50000", "500"))
    chain.add(ev.BotStopped(BOT, "ann", "enough"))
    assert (chain.state.bots[BOT].orders, chain.state.working) == ({}, {})
    assert (chain.state.bots[BOT].cash, chain.state.free_cash["USDT"]) == (0, 10_000)


def test_a_stopped_bot_keeps_its_cash_until_its_last_sale_ends():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.add(_accepted(Side.SELL, "0.01", "52000", "0.01"))
    chain.add(ev.BotStopped(BOT, "ann", "enough"))
    assert (chain.state.bots[BOT].cash, set(chain.state.working)) == (500, {"r"})
    chain.add(_filled(OrderStatus.FILLED, "0", _fill("0.01", "52000")))
    assert (chain.state.bots[BOT].cash, chain.state.free_cash["USDT"]) == (0, 10_020)


def test_depth_taken_by_buys_does_not_count_for_sales():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    depth = chain.state.consumed[BTC]
    assert depth.by(Side.BUY) == {dec(50_000): (dec("0.01"), dec("0.01"))}
    assert depth.by(Side.SELL) == {}


def test_a_journal_with_resting_orders_folds_again_to_the_same_state():
    chain = Chain()
    for payload in (
        funded("1000"),
        bot_created("1000"),
        _accepted(Side.BUY, "0.01", "50000", "400", _fill("0.002", "50000", "0.1")),
        _filled(OrderStatus.FILLED, "0", _fill("0.008", "50000", "0.4")),
    ):
        chain.add(payload)
    assert fold(Account(USER), chain.events()) == chain.state
