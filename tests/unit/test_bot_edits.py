"""Bots are renamed at any time, edited while they do not run, given and relieved of cash (spec/bots.md, Life cycle)."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import BotStatus
from core.domain.errors import Conflict, InvalidInput, NotFound, ProductError
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.order import Side
from core.services.repeats import is_result_of
from tests.builders import BOT, Chain, bot_created, dec, executed, funded, running

CREATE = cmd.CreateBot(
    "id", "Beta", Exchange.BINANCE, "BTC/USDT", "ema_cross", {"fast": 3}, Timeframe.M1, "safe", dec(100), "ann"
)


def paused() -> Chain:
    chain = running()
    chain.run(cmd.PauseBot(BOT, "test", "lunch"))
    return chain


def edit(**changes: Any) -> cmd.EditBot:  # noqa: ANN401 - fields of EditBot
    return cmd.EditBot(BOT, "ann", **changes)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"strategy": "no_such"}, InvalidInput, "no_such"),
        ({"parameters": {"fast": 9, "slow": 21, "x": 1}}, InvalidInput, "has no parameter"),
        ({"parameters": {"fast": 0}}, InvalidInput, "whole number"),
        ({"parameters": {"fast": 21, "slow": 9}}, InvalidInput, "fast"),
        ({"risk_mode": "reckless"}, InvalidInput, "reckless"),
    ],
)
def test_a_bot_is_created_only_with_what_it_can_trade_on(changes: dict[str, Any], error: type[Exception], says: str):
    with pytest.raises((error, NotFound), match=says):
        running().decide(replace(CREATE, **changes))
    if "risk_mode" not in changes:
        with pytest.raises((error, NotFound), match=says):
            paused().decide(edit(**changes))


def test_a_new_name_is_unique_among_the_living_whatever_its_case_or_spelling():
    chain = running()
    chain.run(replace(CREATE, name="Café"))
    for taken in ("café", " CAFÉ ", unicodedata.normalize("NFD", "café")):
        with pytest.raises(Conflict, match="already have"):
            chain.decide(edit(name=taken))
        with pytest.raises(Conflict, match="already have"):
            chain.decide(replace(CREATE, name=taken))
    chain.run(edit(name=" a "))  # another spelling of its own name is nobody else's
    assert chain.state.bots[BOT].name == "a"
    chain.run(cmd.StopBot("id", "ann", "done"))
    chain.run(edit(name="CAFÉ"))
    assert chain.state.named("café").bot_id == BOT


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "tab\tbed", "zero\u200bwidth", "Manual", "manual 2"])
def test_a_name_that_nobody_could_use_is_refused(name: str):
    with pytest.raises(ProductError):
        running().decide(edit(name=name))


def test_a_running_bot_can_be_renamed_and_nothing_else():
    chain = running()
    chain.run(edit(name="Nova"))
    assert chain.state.bots[BOT].name == "Nova"
    for change in (
        {"strategy": "rsi_reversion"},
        {"parameters": {"fast": 5}},
        {"timeframe": Timeframe.M5},
        {"risk_mode": "safe"},
        {"name": "Other", "risk_mode": "safe"},
    ):
        with pytest.raises(Conflict, match=r"running\. How it trades can be changed while it is paused"):
            chain.decide(edit(**change))
    assert chain.state.bots[BOT].name == "Nova"


def test_a_bot_with_an_open_breaker_is_not_edited_and_a_stopped_one_never_again():
    chain = running()
    chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec(1), dec(1), bot_id=BOT))
    with pytest.raises(Conflict, match="circuit tripped"):
        chain.decide(edit(risk_mode="safe"))
    chain.run(cmd.StopBot(BOT, "ann", "done"))
    for command in (
        edit(name="Nova"),
        edit(risk_mode="safe"),
        cmd.Allocate(BOT, dec(1), "ann"),
        cmd.SetCooldown(BOT, 5, "ann"),
    ):
        with pytest.raises(Conflict, match="stopped for good"):
            chain.decide(command)


def test_parameters_that_are_not_named_keep_their_values_or_take_those_of_the_new_strategy():
    chain = paused()
    chain.run(edit(parameters={"fast": 5}))
    assert chain.state.bots[BOT].parameters == {"fast": 5, "slow": 21}
    chain.run(edit(strategy="rsi_reversion", timeframe=Timeframe.M15, risk_mode="aggressive"))
    bot = chain.state.bots[BOT]
    assert (bot.strategy, bot.timeframe, bot.risk_mode) == ("rsi_reversion", Timeframe.M15, "aggressive")
    assert "fast" not in bot.parameters
    with pytest.raises(InvalidInput, match="rsi_reversion has no parameter 'fast'"):
        chain.decide(edit(parameters={"fast": 5}))


def test_an_edit_that_names_no_parameter_changes_none():
    chain = running()
    decision = chain.decide(edit(name="Nova", parameters={}))
    assert decision.payload == ev.BotEdited(BOT, "ann", name="Nova")
    with pytest.raises(InvalidInput, match="Say what to change"):
        chain.decide(edit(parameters={}))


def test_a_new_bot_may_be_edited_before_it_has_ever_run():
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created())
    chain.run(edit(risk_mode="safe"))
    assert (chain.state.bots[BOT].risk_mode, chain.state.bots[BOT].status) == ("safe", BotStatus.CREATED)


def test_the_built_in_bot_is_not_edited():
    chain = Chain()
    chain.add(funded())
    chain.run(cmd.OpenManualBot("manual", "BTC/USDT", "ann"))
    with pytest.raises(Conflict, match="your own orders"):
        chain.decide(cmd.EditBot("manual", "ann", name="Mine"))


def test_cash_put_into_a_bot_is_no_gain_and_cash_taken_out_no_loss():
    chain = running(capital="1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    marks = {"BTC/USDT": dec(60_000)}  # 10 % up
    worth = chain.state.bots[BOT].track.value(chain.state.bots[BOT].equity(marks))
    for command, cash in ((cmd.Allocate(BOT, dec(500), "ann"), 1000), (cmd.Release(BOT, dec(900), "ann"), 100)):
        chain.run(command, marks=marks)
        bot = chain.state.bots[BOT]
        assert (bot.cash, bot.track.value(bot.equity(marks)), bot.book.realized) == (cash, worth, 0)
    assert chain.state.bots[BOT].capital == 600
    assert chain.state.free_cash["USDT"] == 9_400
    assert chain.state.track.value(chain.state.equity(marks)) == dec("1.01")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (cmd.Allocate(BOT, dec("9000.01"), "ann"), Conflict),
        (cmd.Release(BOT, dec("1000.01"), "ann"), Conflict),
        (cmd.Allocate(BOT, dec(0), "ann"), InvalidInput),
        (cmd.Release(BOT, dec(-5), "ann"), InvalidInput),
        (cmd.Allocate("nobody", dec(5), "ann"), NotFound),
    ],
)
def test_cash_that_is_not_there_cannot_move(command: cmd.Command, error: type[Exception]):
    with pytest.raises(error):
        running().decide(command)


@pytest.mark.parametrize(
    "command",
    [
        edit(name="Nova"),
        edit(strategy="rsi_reversion"),
        edit(parameters={"fast": 5}),
        edit(name=" Nova ", timeframe=Timeframe.M5, risk_mode="safe"),
        cmd.SetCooldown(BOT, 5, "ann"),
        cmd.Allocate(BOT, dec(5), "ann"),
        cmd.StartBot(BOT, "scripted", "ann"),
        CREATE,
    ],
)
def test_a_change_is_the_result_of_its_own_command_and_of_no_other(command: cmd.Command):
    fact = paused().decide(command).payload
    assert fact is not None
    assert is_result_of(command, fact)
    others = [
        edit(name="Other"),
        edit(strategy="rsi_reversion", parameters={"period": 9}),
        edit(parameters={"fast": 6}),
        edit(name="Nova", timeframe=Timeframe.H1, risk_mode="safe"),
        edit(risk_mode="aggressive"),
        cmd.SetCooldown(BOT, 6, "ann"),
        cmd.Allocate(BOT, dec(6), "ann"),
        cmd.StartBot("other", "scripted", "ann"),
        replace(CREATE, parameters={"fast": 4}),
        replace(CREATE, exchange=Exchange.KRAKEN),
    ]
    for other in others:
        assert not is_result_of(other, fact), other


def test_a_new_bots_id_is_drawn_anew_when_it_is_asked_for_again():
    fact = running().decide(CREATE).payload
    assert fact is not None
    assert is_result_of(replace(CREATE, bot_id="another"), fact)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (cmd.StartBot(BOT, "scripted", "ann", reason="go"), "go"),
        (cmd.ResumeBot(BOT, "scripted", "ann", reason="go on"), "go on"),
        (cmd.PauseBot(BOT, "ann", "lunch"), "lunch"),
        (cmd.StopBot(BOT, "ann", "enough"), "enough"),
    ],
)
def test_each_move_says_who_made_it_and_why(command: cmd.Command, reason: str):
    chain = running() if isinstance(command, cmd.PauseBot) else paused()
    fact: Any = chain.decide(command).payload
    assert (fact.actor, fact.reason) == ("ann", reason)
