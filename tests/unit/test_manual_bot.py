"""The built-in bot draws what its orders need, and its returns go on where they stood (spec/pipeline.md)."""

from dataclasses import replace

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot_state import Bot
from core.domain.commands import SubmitOrder
from core.domain.money import exact
from core.domain.postings import postings, sums
from tests.builders import BOT, BTC, Chain, at, dec, entry, funded, leave, market


def _manual() -> tuple[Chain, Bot]:
    chain = Chain()
    chain.add(funded("1000"))
    chain.run(cmd.OpenManualBot(BOT, BTC.symbol, "ann"))
    chain.run(cmd.StartBot(BOT, "scripted", "ann"))
    return chain, chain.state.bots[BOT]


def _round_trip(chain: Chain, key: str, buy_at: str, sell_at: str, secs: int) -> None:
    paid, got = dec(buy_at), dec(sell_at)
    chain.run(entry(market(str(paid - 1), str(paid)), "0.01", key=f"in {key}"), at(secs))
    chain.run(leave(market(str(got), str(got + 1)), key=f"out {key}"), at(secs + 1))
    chain.run(cmd.Release(BOT, chain.state.bots[BOT].free_cash, "engine"), at(secs + 2))


def test_an_order_draws_exactly_what_it_takes():
    chain, bot = _manual()
    chain.run(entry(market("49999", "50000"), "0.01"))
    assert (bot.cash, chain.state.free_cash["USDT"]) == (0, dec("499.5"))  # 500 and a fee of 0.5
    assert chain.state.cash_total["USDT"] == dec("499.5")


def test_what_it_gives_back_and_draws_again_is_neither_gain_nor_loss():
    chain, bot = _manual()
    _round_trip(chain, "first", "50000", "55000", 0)
    assert (bot.track.units, bot.cash) == (0, 0)
    gained = bot.track.last
    assert gained > dec("1.09")
    chain.run(entry(market("49999", "50000"), "0.01", key="again"), at(60))
    fall = 1 - bot.track.last / gained
    assert dec(0) < fall < dec("0.0011")  # the fee of 10 bps and half a spread, nothing of the gain


def test_more_than_free_cash_is_denied_and_nothing_is_drawn():
    chain, bot = _manual()
    decision = chain.run(entry(market("49999", "50000"), "0.02"))
    assert decision.denied is not None
    assert (decision.denied.code, decision.denied.limit, decision.denied.value) == ("not_enough_cash", "1000", "1001")
    assert (bot.cash, chain.state.free_cash["USDT"]) == (0, 1000)


def test_drawing_and_giving_back_balance_as_double_entry():
    chain, _ = _manual()
    _round_trip(chain, "one", "50000", "51000", 0)
    fresh = Chain()
    for event in chain.events():
        with exact():
            entries = postings(fresh.state, event)
            assert not any(sums(entries).values())
        fresh.add(event.payload, event.ts)
    assert isinstance(chain.events()[-1].payload, ev.Released)


def test_there_is_one_of_it_per_quote_currency_and_it_cannot_be_stopped():
    chain, bot = _manual()
    assert chain.run(cmd.OpenManualBot("another", "ETH/USDT", "ann")).payload is None
    chain.run(cmd.OpenManualBot("third", "ETH/BTC", "ann"))
    assert [b.name for b in chain.state.bots.values()] == ["Manual", "Manual BTC"]
    assert bot.manual


def test_it_trades_every_symbol_of_its_quote_and_no_other():
    chain, _ = _manual()
    eth = market("2999", "3000", symbol="ETH/USDT")
    bought = entry(eth, "0.1")
    order = SubmitOrder("o", replace(bought.request, symbol="ETH/USDT"), eth, replace(BTC, symbol="ETH/USDT"))
    assert isinstance(chain.run(order).payload, ev.OrderExecuted)
    other = replace(order, request=replace(order.request, symbol="ETH/BTC"), market=None)
    decision = chain.decide(other)
    assert decision.denied is not None
    assert decision.denied.code == "other_symbol"
