"""Manual orders that name no bot belong to `Manual`, which draws from the free cash (spec/pipeline.md)."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.decision import NOTHING
from core.domain.errors import Conflict
from core.domain.evolve import fold
from core.domain.instrument import Exchange
from core.domain.integrity import Audit
from core.domain.market import Level, Timeframe
from core.domain.order import TimeInForce
from core.domain.rules import TradingRules
from tests.builders import BTC, USER, Chain, asking, at, dec, entry, funded, leave, market, running

GTC = TimeInForce.GTC
MANUAL = "manual"
BOOK = market("49999", "50001")


def _opened(funds: str = "1000") -> Chain:
    """Only `Manual`, without any cash, beside the free cash."""
    chain = Chain()
    chain.add(funded(funds))
    chain.run(cmd.OpenManualBot(MANUAL, BTC.symbol, "ann"))
    chain.run(cmd.StartBot(MANUAL, "scripted", "ann"))
    return chain


def _entry(key: str = "in", quantity: str = "0.01", **terms: Any) -> cmd.SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    return asking(entry(BOOK, quantity, bot_id=MANUAL, key=key), **terms)


def _limit(key: str = "in", **terms: Any) -> cmd.SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    return _entry(key, limit_price=dec(49_000), time_in_force=GTC, **terms)


def _audited(chain: Chain) -> None:
    audit = Audit(USER)
    audit.feed_all(chain.documents)
    result = audit.finish()
    assert result.ok
    assert result.state == chain.state == fold(Account(USER), chain.events())


def test_it_is_opened_once_per_quote_currency_and_costs_nothing():
    chain = _opened()
    assert (chain.state.bots[MANUAL].name, chain.state.bots[MANUAL].capital) == ("Manual", 0)
    assert chain.decide(cmd.OpenManualBot("again", "ETH/USDT", "ann")) == NOTHING
    chain.run(cmd.OpenManualBot("euros", "BTC/EUR", "ann"))
    assert chain.state.bots["euros"].name == "Manual EUR"
    assert chain.state.free_cash["USDT"] == 1000


def test_no_other_bot_may_take_its_name():
    named = ("b", " manual 2", Exchange.BINANCE, BTC.symbol, "ema_cross", {}, Timeframe.M1, "safe", dec(10), "ann")
    with pytest.raises(Conflict, match="Manual is the bot of your own orders"):
        _opened().decide(cmd.CreateBot(*named))


def test_it_can_be_paused_but_not_stopped_for_good():
    chain = _opened()
    with pytest.raises(Conflict, match="cannot be stopped for good"):
        chain.decide(cmd.StopBot(MANUAL, "ann", ""))
    chain.run(cmd.PauseBot(MANUAL, "ann", ""))
    assert chain.state.bots[MANUAL].status is BotStatus.PAUSED


def test_a_market_order_draws_exactly_what_it_costs():
    chain = _opened()
    fact = chain.run(_entry()).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert fact.drawn is not None
    assert fact.drawn == dec("500.01") * dec("1.001")
    bot = chain.state.bots[MANUAL]
    assert (bot.cash, chain.state.free_cash["USDT"]) == (0, 1000 - fact.drawn)
    assert bot.capital == fact.drawn
    _audited(chain)


def test_a_resting_order_draws_what_it_reserves_and_what_it_frees_can_be_given_back():
    chain = _opened()
    fact = chain.run(_limit()).payload
    assert isinstance(fact, ev.OrderAccepted)
    assert fact.drawn == fact.reserved == dec("490.49")
    bot = chain.state.bots[MANUAL]
    assert (bot.cash, bot.free_cash) == (fact.drawn, 0)
    state = replace(market("48990", "48992", at(1)), trades=(Level(dec(48_999), dec("0.004")),))
    chain.run(cmd.FillResting(MANUAL, fact.order_id, state, BTC, dec(0), 0), at(1))
    chain.run(cmd.CancelOrder(fact.order_id, "ann", ""), at(2))
    assert bot.free_cash == dec("490.49") * 6 / 10
    chain.run(cmd.Release(MANUAL, bot.free_cash, "engine"), at(2), marks={BTC.symbol: state.mid})
    assert (bot.cash, chain.state.free_cash["USDT"]) == (0, 1000 - dec("490.49") * 4 / 10)
    _audited(chain)


def test_it_draws_only_what_its_own_free_cash_does_not_cover():
    chain = _opened("10000")
    chain.run(cmd.Allocate(MANUAL, dec(100), "ann"))
    fact = chain.run(_entry()).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert fact.drawn == dec("500.01") * dec("1.001") - 100
    chain.run(cmd.Allocate(MANUAL, dec(900), "ann"))
    again = chain.run(_entry("more"), at(20)).payload
    assert isinstance(again, ev.OrderExecuted)
    assert again.drawn is None
    _audited(chain)


def test_nothing_is_drawn_for_what_is_denied_or_fills_nothing():
    chain = _opened("400")
    denied = chain.decide(_entry()).denied
    assert denied is not None
    assert (denied.code, denied.limit, denied.value) == ("not_enough_cash", "400", "500.51001")
    assert "you have 400 free" in denied.message
    killed = chain.run(asking(_limit(), time_in_force=TimeInForce.FOK)).payload
    assert isinstance(killed, ev.OrderExecuted)
    assert (killed.drawn, killed.fills, chain.state.free_cash["USDT"]) == (None, (), 400)


def test_what_other_bots_have_is_not_its_to_draw():
    chain = running("1000", "1200")
    chain.run(cmd.OpenManualBot(MANUAL, BTC.symbol, "ann"))
    chain.run(cmd.StartBot(MANUAL, "scripted", "ann"))
    denied = chain.decide(_entry()).denied
    assert denied is not None
    assert (denied.code, denied.limit) == ("not_enough_cash", "200")


def test_a_persons_entries_may_be_many_up_to_fifty_that_work():
    chain, rules = _opened("10000"), TradingRules(burst_limit_orders=100, max_trades_per_bot_daily=100)
    for number in range(50):
        assert chain.run(_limit(str(number), quantity=dec("0.0002")), rules=rules).denied is None
    assert len(chain.state.working) == 50
    denied = chain.decide(_limit("one more", quantity=dec("0.0002")), rules=rules).denied
    assert denied is not None
    assert (denied.code, denied.limit, denied.value) == ("entry_working", "50", "50")


def test_it_trades_any_symbol_of_its_currency_and_no_other():
    chain = _opened()
    book = market("2999", "3001", symbol="ETH/USDT")
    eth = replace(BTC, symbol="ETH/USDT")
    order = entry(book, "0.1", bot_id=MANUAL, key="eth")
    bought = replace(asking(order, symbol="ETH/USDT"), instrument=eth)
    assert chain.run(bought).denied is None
    chain.run(_entry(quantity="0.001"))
    assert chain.state.bots[MANUAL].symbols == {"BTC/USDT": None, "ETH/USDT": None}
    foreign = replace(asking(order, symbol="ETH/EUR"), market=market("2999", "3001", symbol="ETH/EUR"))
    denied = chain.decide(foreign).denied
    assert denied is not None
    assert denied.code == "other_symbol"
    assert set(chain.state.bots[MANUAL].protections) == {"BTC/USDT", "ETH/USDT"}
    _audited(chain)


def test_a_gain_comes_back_to_the_free_cash_by_a_release():
    chain = _opened()
    chain.run(_entry())
    high = market("50999", "51001", at(30))
    chain.run(leave(high, bot_id=MANUAL), at(30))
    bot = chain.state.bots[MANUAL]
    chain.run(cmd.Release(MANUAL, bot.cash, "engine"), at(30), marks={BTC.symbol: high.mid})
    gained = dec("0.01") * (50_999 - 50_001) - dec("0.01") * (50_999 + 50_001) / 1000
    assert (bot.cash, chain.state.free_cash["USDT"]) == (0, 1000 + gained)
    assert chain.state.book("USDT").realized - chain.state.book("USDT").fees == gained
    _audited(chain)


def test_cash_that_came_and_went_is_neither_gain_nor_loss():
    """Its return goes on where it stood: a fresh start under the old peak would trip its breaker."""
    chain = _opened()
    bot = chain.state.bots[MANUAL]
    chain.run(_entry())
    high = market("54999", "55001", at(30))
    chain.run(leave(high, bot_id=MANUAL), at(30))
    chain.run(cmd.Release(MANUAL, bot.cash, "engine"), at(30), marks={BTC.symbol: high.mid})
    gained = bot.track.last
    assert (bot.track.units, gained > dec("1.09")) == (0, True)
    chain.run(asking(entry(market("49999", "50001", at(60)), "0.01", bot_id=MANUAL, key="again")), at(60))
    assert dec(0) < 1 - bot.track.last / gained < dec("0.0011")  # a fee of 10 bps and half a spread


def _stop(chain: Chain) -> object:
    return chain.state.bots[MANUAL].protections[BTC.symbol].stop_loss


def test_buying_more_without_a_stop_leaves_the_stop_that_the_position_has():
    chain = _opened("10000")
    chain.run(_entry("first", stop_loss=dec(48_000)))
    chain.run(_entry("more"), at(1))
    assert _stop(chain) == 48_000
    chain.run(_entry("other", stop_loss=dec(49_000)), at(2))
    assert _stop(chain) == 49_000


def test_a_stop_above_the_price_of_what_is_bought_more_is_left_behind():
    """It would sell at once what was just bought."""
    chain = _opened("10000")
    chain.run(_entry("first", stop_loss=dec(49_000)))
    low = market("48499", "48501", at(1))
    chain.run(asking(entry(low, bot_id=MANUAL, key="more")), at(1))
    assert _stop(chain) is None
