"""Money in, out, between currencies and back again: neither gain nor loss, and never more than is there."""

from decimal import Decimal

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.errors import Conflict, InvalidInput
from core.domain.order import Side
from core.domain.performance import performance
from core.domain.valuation import Mark, Portfolio, value
from tests.builders import BOT, Chain, at, bot_created, dec, executed, funded, running

BTC = "BTC/USDT"


def _portfolio(chain: Chain, **prices: str) -> Portfolio:
    marks = {s.replace("_", "/"): Mark(s, dec(p), None, None, "scripted", stale=False) for s, p in prices.items()}
    return value(chain.state, marks)


def _in_a_drawdown() -> Chain:
    """Bought 0.01 BTC at 50,000 with an account of 1,000; then the mark fell by a fifth, to 40,000."""
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.run(cmd.RecordMarks(day_start=False), at(1), marks={BTC: dec(40_000)})
    return chain


@pytest.mark.parametrize("amount", ["1", "250.5", "100000"])
def test_a_deposit_in_a_drawdown_changes_neither_drawdown_nor_return(amount: str):
    chain = _in_a_drawdown()
    before = chain.state.track.last, chain.state.track.peak, chain.state.track.drawdown.fraction
    chain.run(cmd.Fund(dec(amount), "USDT", "ann"), at(2), marks={BTC: dec(40_000)})
    chain.run(cmd.RecordMarks(day_start=False), at(3), marks={BTC: dec(40_000)})
    after = chain.state.track.last, chain.state.track.peak, chain.state.track.drawdown.fraction
    assert before[0] == dec("0.9")
    for then, now in zip(before, after, strict=True):
        assert abs(then - now) <= dec("1e-17")


@pytest.mark.parametrize("amount", ["1", "250.5", "499.99999999", "500"])
def test_a_withdrawal_in_a_drawdown_changes_neither_drawdown_nor_return(amount: str):
    chain = _in_a_drawdown()
    chain.run(cmd.Release(BOT, dec(500), "ann"), at(2), marks={BTC: dec(40_000)})
    before = chain.state.track.last, chain.state.track.drawdown.fraction, chain.state.bots[BOT].track.last
    chain.run(cmd.Withdraw(dec(amount), "USDT", "ann"), at(2), marks={BTC: dec(40_000)})
    chain.run(cmd.RecordMarks(day_start=False), at(3), marks={BTC: dec(40_000)})
    after = chain.state.track.last, chain.state.track.drawdown.fraction, chain.state.bots[BOT].track.last
    for then, now in zip(before, after, strict=True):
        assert abs(then - now) <= dec("1e-16")
    assert chain.state.funded == {"USDT": 1000 - dec(amount)}


def test_capital_moved_in_a_drawdown_leaves_the_bots_return_alone():
    chain = running("1000", "5000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    for command in (cmd.Allocate(BOT, dec(1000), "ann"), cmd.Release(BOT, dec("123.45"), "ann")):
        chain.run(command, at(1), marks={BTC: dec(40_000)})
        chain.run(cmd.RecordMarks(day_start=False), at(1), marks={BTC: dec(40_000)})
    bot = chain.state.bots[BOT]
    assert abs(bot.track.last - dec("0.9")) <= dec("1e-16")
    assert bot.capital == 1000 + 1000 - dec("123.45")
    assert bot.cash == 500 + 1000 - dec("123.45")
    assert chain.state.free_cash["USDT"] == 4000 - 1000 + dec("123.45")


def test_who_takes_everything_out_and_comes_back_starts_where_the_value_was():
    chain = Chain()
    chain.add(funded("100"))
    chain.run(cmd.Withdraw(dec(100), "USDT", "ann"), at(1))
    assert chain.state.track.units == 0
    chain.run(cmd.Fund(dec(50), "USDT", "ann"), at(2))
    chain.run(cmd.RecordMarks(day_start=False), at(3))
    assert (chain.state.track.units, chain.state.track.last, chain.state.track.drawdown.fraction) == (50, 1, 0)


def test_no_more_can_be_taken_out_than_is_free():
    chain = running("900", "1000")
    for command in (
        cmd.Withdraw(dec("100.00000001"), "USDT", "ann"),
        cmd.Withdraw(dec(1), "EUR", "ann"),
        cmd.Allocate(BOT, dec(101), "ann"),
        cmd.Release(BOT, dec(901), "ann"),
        cmd.Convert(dec(101), "USDT", "BTC", dec(10), "ann"),
    ):
        with pytest.raises(Conflict, match="cash"):
            chain.decide(command, marks={BTC: dec(50_000)})


def test_a_conversion_costs_its_fee_and_nothing_else():
    chain = Chain()
    chain.add(funded("1000"))
    chain.run(cmd.Convert(dec(500), "USDT", "BTC", dec(10), "ann"), at(1), marks={BTC: dec(50_000)})
    state = chain.state
    assert state.free_cash == {"USDT": 500, "BTC": dec("0.00999")}
    assert state.converted == {"USDT": -500, "BTC": dec("0.01")}
    assert state.books["BTC"].fees == dec("0.00001")
    portfolio = _portfolio(chain, BTC_USDT="50000")
    assert (portfolio.equity, portfolio.fees_total, portfolio.net_pnl) == (dec("999.5"), dec("0.5"), dec("-0.5"))
    assert state.track.last == dec("0.9995")
    # The currency's own gain shows as what the conversion is worth now.
    later = _portfolio(chain, BTC_USDT="60000")
    assert later.equity == 500 + dec("0.00999") * 60_000
    assert later.equity == later.funded + later.converted + later.net_pnl


def test_a_currency_is_rated_by_the_reverse_pair_too():
    chain = Chain()
    chain.add(ev.Funded(dec(1), "BTC", dec(1)))
    assert chain.state.reporting == "BTC"
    chain.run(cmd.Fund(dec(50_000), "USDT", "ann"), at(1), marks={BTC: dec(50_000)})
    portfolio = _portfolio(chain, BTC_USDT="50000")
    assert (portfolio.currency, portfolio.equity, chain.state.track.units) == ("BTC", 2, 2)
    assert chain.state.priced_symbols() == [BTC]


def test_a_currency_without_a_price_is_refused():
    chain = Chain()
    chain.add(funded("1000"))
    with pytest.raises(InvalidInput, match="no price between XYZ and USDT"):
        chain.decide(cmd.Fund(dec(1), "XYZ"))
    with pytest.raises(InvalidInput, match="no price between USDT and BTC"):
        chain.decide(cmd.Convert(dec(1), "USDT", "BTC", dec(0), "ann"))
    with pytest.raises(InvalidInput, match="A currency looks like USDT"):
        chain.decide(cmd.Fund(dec(1), "usd$"))


def test_a_reversal_takes_back_a_deposit_a_withdrawal_and_a_conversion():
    chain = Chain()
    chain.add(funded("1000"))
    deposit = chain.add(ev.Funded(dec(250), "USDT", dec(250)))
    withdrawal = chain.add(ev.Withdrawn(dec(50), "USDT", dec(50), {}, "ann"))
    chain.run(cmd.Convert(dec(100), "USDT", "BTC", dec(10), "ann"), at(1), marks={BTC: dec(50_000)})
    conversion = chain.state.seq
    for seq, event in ((2, deposit), (3, withdrawal)):
        chain.run(cmd.Reverse(event, "ann", "typo"), at(2), marks={BTC: dec(50_000)})
        assert seq in chain.state.reversed_seqs
    assert chain.state.funded == {"USDT": 1000}
    event = chain.events()[conversion - 1]
    chain.run(cmd.Reverse(event, "ann", "typo"), at(3), marks={BTC: dec(50_000)})
    assert chain.state.free_cash == {"USDT": 1000, "BTC": 0}
    assert chain.state.converted == {"USDT": 0, "BTC": 0}
    assert chain.state.books["BTC"].fees == 0
    assert _portfolio(chain, BTC_USDT="50000").equity == 1000


def test_nothing_is_reversed_twice_or_that_is_no_money_movement():
    chain = Chain()
    first = chain.add(funded("1000"))
    created = chain.add(bot_created("100"))
    with pytest.raises(Conflict, match="more than your free cash"):
        chain.decide(cmd.Reverse(first, "ann", "typo"))
    with pytest.raises(InvalidInput, match="Only a funding"):
        chain.decide(cmd.Reverse(created, "ann", "typo"))
    extra = chain.add(funded("5"))
    chain.run(cmd.Reverse(extra, "ann", "typo"))
    with pytest.raises(Conflict, match="Event 3 is reversed already"):
        chain.decide(cmd.Reverse(extra, "ann", "typo"))


def test_a_reset_starts_anew_and_keeps_the_halt_and_the_limits():
    chain = _in_a_drawdown()
    chain.add(ev.LimitsChanged({"max_drawdown": dec("0.5")}, "admin"))
    chain.add(ev.TradingHalted("ann", "enough"))
    chain.run(cmd.ResetAccount(dec(5000), "USDT", "ann", "a fresh start"), at(9))
    state = chain.state
    portfolio = _portfolio(chain)
    assert (portfolio.equity, portfolio.net_pnl, portfolio.by_bot) == (5000, 0, ())
    assert (portfolio.drawdown_max, portfolio.total_fills, state.track.last) == (0, 0, 1)
    assert state.halted
    assert state.limits == {"max_drawdown": dec("0.5")}
    assert (state.bots[BOT].status, state.bots[BOT].written_off) == ("stopped", True)
    assert (state.reset_seq, state.started_at) == (state.seq, at(9))
    chain.add(bot_created("100", bot_id="b"))  # the old name is free again
    assert state.named("A").bot_id == "b"


def test_an_accounts_own_limits_go_before_the_installations():
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    falling: dict[str, Decimal] = {BTC: dec(44_000)}  # six percent of the account
    assert chain.decide(cmd.CheckBreaker(None), at(1), marks=falling).payload is None
    chain.add(ev.LimitsChanged({"max_drawdown": dec("0.05"), "max_daily_loss": dec("0.05")}, "admin"))
    tripped = chain.decide(cmd.CheckBreaker(None), at(1), marks=falling).payload
    assert isinstance(tripped, ev.BreakerTripped)
    assert tripped.threshold == dec("0.05")


def test_a_reinvestment_moves_all_its_legs_at_once():
    chain = running("1000", "2000")
    chain.add(bot_created("500", name="B", bot_id="b"))
    legs = (
        ev.ReinvestLeg(BOT, dec(100), dec(0), dec(-100)),
        ev.ReinvestLeg("b", dec(0), dec(300), dec(300)),
    )
    chain.add(ev.Reinvested(dec(375), "USDT", legs, ("b", BOT), dec(375), {}, "scheduler"))
    state = chain.state
    assert (state.bots[BOT].cash, state.bots["b"].cash, state.free_cash["USDT"]) == (900, 800, 300)
    assert (state.bots[BOT].capital, state.bots["b"].capital) == (900, 800)
    assert state.reinvested_until == 375


def test_returns_ignore_money_in_and_out_over_days():
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    day = 86_400
    chain.run(cmd.RecordMarks(day_start=True), at(day), marks={BTC: dec(60_000)})
    chain.run(cmd.Fund(dec(1100), "USDT", "ann"), at(day + 1), marks={BTC: dec(60_000)})
    chain.run(cmd.RecordMarks(day_start=True), at(2 * day), marks={BTC: dec(82_000)})
    chain.run(cmd.RecordMarks(day_start=True), at(3 * day), marks={BTC: dec(82_000)})
    state = chain.state
    figures = performance([], state.track, state.exposure, (at(0), at(3 * day)), state.track.last)
    # 1,000 -> 1,100, then 2,200 -> 2,420: ten percent each, whatever was paid in between.
    assert abs(figures.return_pct - 21) <= dec("1e-13")
    assert state.track.returns.days == 3
    assert abs(state.track.returns.total - dec("0.2")) <= dec("1e-16")


def test_an_account_that_was_emptied_goes_on_at_the_value_it_had():
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.add(executed(Side.SELL, [("0.01", "60000", "0")], mark="60000", order_id="out"))
    chain.run(cmd.Release(BOT, dec(1100), "ann"))
    chain.run(cmd.Withdraw(dec(1100), "USDT", "ann"))
    chain.run(cmd.Fund(dec(500), "USDT", "ann"))
    track = chain.state.track
    assert (track.last, track.peak) == (dec("1.1"), dec("1.1"))
    assert track.value(chain.state.equity({})).quantize(dec("1e-12")) == dec("1.1")
