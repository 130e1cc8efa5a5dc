"""The worked example of spec/accounting.md, to the digit."""

from decimal import Decimal

from core.domain.order import Side
from core.domain.valuation import Mark, value
from tests.builders import BOT, T0, Chain, at, bot_created, executed, funded


def worked_example() -> Chain:
    chain = Chain()
    chain.add(funded("10000"))
    chain.add(bot_created("1000"))
    chain.add(executed(Side.BUY, [("0.01", "50000", "0.5")], mark="50000", order_id="1"))
    chain.add(executed(Side.BUY, [("0.005", "52000", "0.26")], mark="52000", order_id="2"), at(60))
    chain.add(executed(Side.SELL, [("0.012", "53000", "0.636")], mark="53000", order_id="3"), at(120))
    return chain


def test_the_worked_example_comes_out_to_the_digit():
    state = worked_example().state
    mark = Mark("BTC/USDT", Decimal(54_000), T0, Decimal(0), "scripted", stale=False)
    portfolio = value(state, {"BTC/USDT": mark})
    bot = portfolio.by_bot[0]
    assert bot.realized_pnl == Decimal("32.00")
    assert bot.fees == Decimal("1.396")
    assert bot.unrealized_pnl == Decimal("6.00")
    assert bot.cash == Decimal("874.604")
    assert bot.equity == Decimal("1036.604")
    assert bot.equity == 1000 + bot.realized_pnl + bot.unrealized_pnl - bot.fees
    assert portfolio.equity == Decimal("10036.604")
    lots = state.bots[BOT].positions["BTC/USDT"].lots
    assert [(lot.quantity, lot.price) for lot in lots] == [(Decimal("0.003"), Decimal(52_000))]


def test_the_sale_is_one_trade_with_both_sides_fees():
    (trade,) = worked_example().trades
    assert trade.quantity == Decimal("0.012")
    assert trade.gross_pnl == Decimal(32)
    # Whole first entry fee, two fifths of the second (0.002 of 0.005), and the exit's.
    assert trade.fees == Decimal("0.5") + Decimal("0.104") + Decimal("0.636")
    assert trade.net_pnl == trade.gross_pnl - trade.fees
    assert trade.won
