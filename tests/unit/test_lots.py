"""Lots leave in the order they came, and no part of an entry fee is lost or given twice (spec/accounting.md)."""

from dataclasses import replace
from datetime import datetime

import pytest

from core.domain.errors import IntegrityError
from core.domain.lots import Lot, LotQueue, Match, realized
from core.domain.money import ONE
from core.domain.order import ExitReason, Fill, Side
from core.domain.trade import Exit, Leg, Trade, close
from tests.builders import BOT, T0, Chain, at, bot_created, dec, executed, funded


def _lot(quantity: str, price: str, fee: str = "0", ts: datetime = T0) -> Lot:
    return Lot(dec(quantity), dec(price), ts, dec(fee))


def _queue(*lots: Lot) -> LotQueue:
    queue = LotQueue()
    for lot in lots:
        queue.buy(lot)
    return queue


def test_the_oldest_lot_is_sold_first_and_partly_if_need_be():
    queue = _queue(_lot("2", "10", "0.2"), _lot("3", "20", "0.6", at(1)), _lot("1", "30", "0.3", at(2)))
    matches = queue.sell(dec("3.5"))
    assert matches == [Match(dec(2), dec(10), T0, dec("0.2")), Match(dec("1.5"), dec(20), at(1), dec("0.3"))]
    assert list(queue.lots) == [_lot("1.5", "20", "0.3", at(1)), _lot("1", "30", "0.3", at(2))]
    assert (queue.quantity, queue.cost) == (dec("2.5"), 60)
    assert queue.unrealized(dec(40)) == 40
    assert realized(matches, dec(25)) == 2 * 15 + dec("7.5")


def test_a_sale_of_everything_leaves_nothing():
    queue = _queue(_lot("2", "10", "0.2"), _lot("3", "20"))
    queue.sell(dec(5))
    assert (list(queue.lots), queue.quantity, queue.cost) == ([], 0, 0)


def test_a_sale_beyond_the_position_is_a_bug_and_changes_nothing():
    queue = _queue(_lot("2", "10"))
    with pytest.raises(IntegrityError, match="exceeds"):
        queue.sell(dec("2.00000001"))
    assert queue == _queue(_lot("2", "10"))


def test_thirds_of_a_fee_add_up_to_the_fee():
    queue = _queue(_lot("3", "10", "0.1"))
    fees = [match.fee for _ in range(3) for match in queue.sell(ONE)]
    assert fees[0] == dec("0.033333333333333333")
    assert sum(fees) == dec("0.1")


def _sold(*fills: tuple[str, str]) -> Trade:
    queue = _queue(_lot("1", "100", "0.1"), _lot("1", "110", "0.2", at(60)))
    legs = [
        Leg(Fill(dec(p), dec(q), dec("0.05"), "USDT", dec("0.05"), dec(0), dec(q)), queue.sell(dec(q)))
        for q, p in fills
    ]
    return close(Exit("o", BOT, "BTC/USDT", ExitReason.STOP_LOSS, at(90), legs))


def test_an_exit_order_is_one_trade_however_many_lots_and_fills():
    trade = _sold(("0.5", "120"), ("1", "115"))
    assert (trade.quantity, trade.gross_pnl) == (dec("1.5"), 10 + dec("7.5") + dec("2.5"))
    assert trade.fees == dec("0.1") + dec("0.1") + dec("0.1")
    assert trade.net_pnl == dec("19.7")
    assert trade.entry_price == dec("103.333333333333333333")
    assert trade.exit_price == dec("116.666666666666666667")
    assert trade.return_pct == dec("12.709677419354838710")
    assert (trade.opened_at, trade.closed_at, trade.exit_reason) == (T0, at(90), ExitReason.STOP_LOSS)


@pytest.mark.parametrize(("price", "won"), [("100.15", False), ("100.150001", True), ("100.1", False)])
def test_a_trade_is_won_when_something_is_left_after_fees(price: str, won: bool):  # noqa: FBT001 - a table
    trade = _sold(("1", price))
    assert trade.won is won
    assert (trade.net_pnl == 0) is (price == "100.15")


def test_a_fee_in_base_makes_the_lot_smaller_and_costs_its_worth():
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created())
    bought = executed(Side.BUY, [("0.01", "50000", "0.00001")], mark="50000")
    (fill,) = bought.fills
    chain.add(replace(bought, fills=(replace(fill, fee_currency="BTC", fee_quote_value=dec("0.5")),)))
    bot = chain.state.bots[BOT]
    assert bot.cash == 500
    assert bot.held("BTC/USDT") == dec("0.00999")
    assert bot.book.fees == dec("0.5")
    assert bot.equity({"BTC/USDT": dec(50_000)}) == dec("999.5")


def test_five_buys_sold_by_one_order_are_one_trade():
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created())
    for price in ("50000", "49000", "48000", "47000", "46000"):
        chain.add(executed(Side.BUY, [("0.001", price, "0.05")], mark=price))
    chain.add(executed(Side.SELL, [("0.005", "49000", "0.245")], mark="49000"))
    (trade,) = chain.trades
    assert isinstance(trade, Trade)
    assert (trade.gross_pnl, trade.fees, trade.entry_price) == (5, dec("0.495"), 48_000)
    assert (chain.state.books["USDT"].trades, chain.state.books["USDT"].wins, chain.state.books["USDT"].fills) == (
        1,
        1,
        6,
    )
