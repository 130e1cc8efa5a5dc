"""What an account is worth: two definitions that agree, or no figure at all (spec/accounting.md, Valuation)."""

from dataclasses import fields

import pytest

from core.domain import events as ev
from core.domain.errors import IntegrityError
from core.domain.order import Side
from core.domain.valuation import BotFigures, Mark, value
from tests.builders import BOT, T0, Chain, at, bot_created, dec, executed, funded, leave, market, running


def _mark(price: str) -> dict[str, Mark]:
    return {"BTC/USDT": Mark("BTC/USDT", dec(price), T0, dec(0), "scripted", stale=False)}


def _invested() -> Chain:
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0.5")], mark="50000"))
    return chain


def test_the_portfolio_is_the_sum_of_its_bots_and_the_free_cash():
    chain = _invested()
    chain.add(funded("500"))
    chain.add(bot_created("200", name="B", bot_id="b"))
    chain.add(executed(Side.BUY, [("0.002", "51000", "0.1")], mark="51000", bot_id="b"))
    portfolio = value(chain.state, _mark("52000"))
    assert portfolio.equity == portfolio.free_cash + sum(bot.equity for bot in portfolio.by_bot)
    assert portfolio.cash == portfolio.free_cash + sum(bot.cash for bot in portfolio.by_bot)
    for name in ("realized_pnl", "unrealized_pnl", "net_pnl"):
        assert getattr(portfolio, name) == sum(getattr(bot, name) for bot in portfolio.by_bot)
    assert portfolio.fees_total == sum(bot.fees for bot in portfolio.by_bot) == dec("0.6")
    assert portfolio.equity == portfolio.funded + portfolio.net_pnl
    assert portfolio.total_volume == 500 + 102
    assert portfolio.marks == tuple(_mark("52000").values())


def test_an_empty_account_is_worth_nothing_and_has_no_drawdown():
    portfolio = value(Chain().state, {})
    assert (portfolio.equity, portfolio.drawdown_current, portfolio.by_bot) == (0, 0, ())


def test_a_state_that_contradicts_itself_gives_no_figures():
    chain = _invested()
    chain.state.books["USDT"].realized += dec("0.00000001")
    with pytest.raises(IntegrityError, match="funding plus profit is") as broken:
        value(chain.state, _mark("50000"))
    assert "999.50000001" in broken.value.message
    assert "999.5" in broken.value.message


def test_drawdown_is_from_the_recorded_peak_to_the_present_mark():
    chain = _invested()
    chain.add(ev.Marked({"BTC/USDT": dec(70_050)}, day_start=False))  # 1,200
    chain.add(ev.Marked({"BTC/USDT": dec(10_050)}, day_start=False))  # 600, the deepest
    portfolio = value(chain.state, _mark("40050"))  # 900
    assert portfolio.drawdown_current == dec("0.25")
    assert portfolio.drawdown_max == dec("0.5")
    assert value(chain.state, _mark("4050")).drawdown_max == dec("0.55")
    assert value(chain.state, _mark("80000")).drawdown_current == 0


@pytest.mark.parametrize(
    ("then", "status"),
    [
        ([], "running"),
        ([ev.TradingHalted("test", "")], "halted"),
        ([ev.TradingHalted("test", ""), ev.TradingResumed("test")], "paused"),
        ([ev.BotPaused(BOT, "test", ""), ev.TradingHalted("test", "")], "paused"),
        ([ev.BotStopped(BOT, "test", "")], "stopping"),
        ([ev.BreakerTripped(ev.Metric.DRAWDOWN, dec(1), dec(1))], "circuit_tripped"),
    ],
)
def test_a_bots_status_is_what_a_person_should_read(then: list[ev.Payload], status: str):
    chain = _invested()
    for payload in then:
        chain.add(payload)
    (bot,) = value(chain.state, _mark("50000")).by_bot
    assert bot.status == status


def test_a_stopping_bot_is_stopped_once_it_holds_nothing():
    chain = _invested()
    chain.add(ev.BotStopped(BOT, "test", ""))
    chain.run(leave(market("50000", "50001")), at(1))
    (bot,) = value(chain.state, {}).by_bot
    assert (bot.status, bot.cash, bot.position) == ("stopped", 0, 0)


def test_bot_figures_are_money_not_floats():
    (bot,) = value(_invested().state, _mark("50000")).by_bot
    assert not [f.name for f in fields(BotFigures) if isinstance(getattr(bot, f.name), float)]
