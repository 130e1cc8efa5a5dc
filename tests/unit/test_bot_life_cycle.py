"""A bot's life is one table; an illegal move says what is legal, and stopped is final (spec/bots.md, Life cycle)."""

from itertools import product

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import BotStatus, Move, after, legal_moves
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.order import Side
from core.domain.rules import TradingRules
from tests.builders import BOT, Chain, bot_created, dec, executed, funded, leave, market, running

B, M = BotStatus, Move
LEGAL = {
    (B.CREATED, M.START): B.RUNNING,
    (B.CREATED, M.PAUSE): B.PAUSED,
    (B.CREATED, M.STOP): B.STOPPED,
    (B.RUNNING, M.PAUSE): B.PAUSED,
    (B.RUNNING, M.TRIP): B.CIRCUIT_TRIPPED,
    (B.RUNNING, M.STOP): B.STOPPED,
    (B.PAUSED, M.START): B.RUNNING,
    (B.PAUSED, M.RESUME): B.RUNNING,
    (B.PAUSED, M.STOP): B.STOPPED,
    (B.CIRCUIT_TRIPPED, M.RESET): B.PAUSED,
    (B.CIRCUIT_TRIPPED, M.STOP): B.STOPPED,
}
CELLS = list(product(BotStatus, Move))


@pytest.mark.parametrize(("status", "move"), [cell for cell in CELLS if cell in LEGAL])
def test_a_legal_move_leads_where_the_table_says(status: BotStatus, move: Move):
    assert after(status, move, "Alpha") is LEGAL[status, move]


@pytest.mark.parametrize(("status", "move"), [cell for cell in CELLS if cell not in LEGAL])
def test_an_illegal_move_is_refused_with_the_legal_ones(status: BotStatus, move: Move):
    with pytest.raises(Conflict) as refused:
        after(status, move, "Alpha")
    text = refused.value.message
    assert f"Alpha is {status.value.replace('_', ' ')}, so it cannot {move.value}" in text
    for legal in legal_moves(status):
        assert legal.value in text.partition("Possible now:")[2]


def test_stopped_is_final_and_a_trip_is_nobodys_to_ask_for():
    assert legal_moves(B.STOPPED) == []
    assert all(M.TRIP not in legal_moves(status) for status in BotStatus)


def _create(name: str = "Beta", capital: str = "100", symbol: str = "BTC/USDT") -> cmd.CreateBot:
    return cmd.CreateBot(
        "id-" + name, name, Exchange.BINANCE, symbol, "ema_cross", {}, Timeframe.M1, "safe", dec(capital), "test"
    )


def test_capital_moves_from_free_cash_into_the_bot():
    chain = Chain()
    chain.add(funded("1000"))
    chain.run(_create(capital="300"))
    assert chain.state.free_cash["USDT"] == 700
    assert chain.state.bots["id-Beta"].cash == 300
    assert chain.state.cash_total["USDT"] == 1000


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (_create(" a "), Conflict),  # its name is taken, whatever the case
        (_create(capital="9000.01"), Conflict),
        (_create(capital="0"), InvalidInput),
        (_create(capital="NaN"), InvalidInput),
        (_create(capital="1e-60"), InvalidInput),  # more digits than the ledger can keep exact
        (_create(symbol="BTC/EUR"), Conflict),
        (_create(symbol="BTC"), InvalidInput),
        (_create(" "), InvalidInput),
        (_create("x" * 41), InvalidInput),
        (_create("a\nb"), InvalidInput),
    ],
)
def test_a_bot_that_cannot_be_is_not_created(command: cmd.CreateBot, error: type[Exception]):
    with pytest.raises(error):
        running().decide(command)


def test_the_last_cent_of_free_cash_can_be_allocated():
    chain = running()
    chain.run(_create(capital="9000"))
    assert chain.state.free_cash["USDT"] == 0


def test_a_stopped_bots_name_is_free_again():
    chain = running()
    chain.run(cmd.StopBot(BOT, "test", "done"))
    chain.run(_create("A"))
    assert chain.state.named("a").bot_id == "id-A"


def test_the_number_of_living_bots_is_limited():
    chain = running()
    with pytest.raises(Conflict, match="limit"):
        chain.decide(_create(), rules=TradingRules(max_bots=1))
    chain.run(cmd.StopBot(BOT, "test", "done"))
    chain.decide(_create(), rules=TradingRules(max_bots=1))


def test_runs_are_counted_and_bound_to_their_source():
    chain = running()
    chain.run(cmd.PauseBot(BOT, "test", "lunch"))
    chain.run(cmd.ResumeBot(BOT, "simulated", "test"))
    bot = chain.state.bots[BOT]
    assert (bot.status, bot.run, bot.source) == (B.RUNNING, 2, "simulated")


def test_a_bot_with_a_position_does_not_resume_on_another_source():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    chain.run(cmd.PauseBot(BOT, "test", "lunch"))
    with pytest.raises(Conflict, match="simulated"):
        chain.decide(cmd.ResumeBot(BOT, "simulated", "test"))
    assert chain.decide(cmd.ResumeBot(BOT, "scripted", "test")).payload == ev.BotResumed(BOT, 2, "scripted", "test")


@pytest.mark.parametrize("start", [cmd.StartBot, cmd.ResumeBot])
def test_no_bot_starts_under_a_halt_or_an_open_breaker(start: type[cmd.StartBot | cmd.ResumeBot]):
    for obstacle in (ev.TradingHalted("test", ""), ev.BreakerTripped(ev.Metric.DRAWDOWN, dec(1), dec(1))):
        chain = Chain()
        chain.add(funded())
        chain.add(bot_created())
        chain.add(ev.BotPaused(BOT, "test", ""))
        chain.add(obstacle)
        with pytest.raises(Conflict):
            chain.decide(start(BOT, "scripted", "test"))


def test_a_halt_is_one_event_and_bots_wait_paused_after_it():
    chain = running()
    assert chain.run(cmd.HaltTrading("test", "panic")).payload == ev.TradingHalted("test", "panic")
    assert chain.decide(cmd.HaltTrading("test", "again")).payload is None
    assert chain.state.bots[BOT].status is B.RUNNING
    chain.run(cmd.ResumeTrading("test"))
    assert chain.state.bots[BOT].status is B.PAUSED
    with pytest.raises(Conflict, match="not halted"):
        chain.decide(cmd.ResumeTrading("test"))


def test_a_flat_bots_cash_is_free_when_it_stops():
    chain = running()
    chain.run(cmd.StopBot(BOT, "test", "done"))
    assert chain.state.free_cash["USDT"] == 10_000
    assert chain.state.bots[BOT].cash == 0


def test_a_holding_bots_cash_is_free_when_its_last_lot_is_sold():
    chain = running()
    chain.add(executed(Side.BUY, [("0.01", "50000", "0.5")], mark="50000"))
    chain.run(cmd.StopBot(BOT, "test", "done"))
    assert chain.state.free_cash["USDT"] == 9_000
    chain.run(leave(market("51000", "51001")))
    assert chain.state.bots[BOT].cash == 0
    assert chain.state.free_cash["USDT"] == 10_000 - dec("0.5") + 10 - dec("0.51")


def test_a_stopped_bot_that_gave_its_cash_back_never_trips():
    """Its unit value is no loss any more: there is nothing left to measure."""
    chain = running()
    chain.add(executed(Side.BUY, [("0.02", "50000", "0")], mark="70000"))
    chain.run(cmd.StopBot(BOT, "test", "done"))
    chain.run(leave(market("70000", "70001")))
    assert chain.state.bots[BOT].flat
    assert chain.decide(cmd.CheckBreaker(BOT)).payload is None


def test_an_unknown_bot_is_not_found():
    with pytest.raises(NotFound):
        running().decide(cmd.PauseBot("nobody", "test", ""))
    with pytest.raises(NotFound, match="Yours: A"):
        running().state.named("nobody")


def test_a_bot_whose_breaker_opened_while_it_was_paused_must_be_reset_before_it_runs():
    chain = running()
    chain.add(ev.BotPaused(BOT, "test", "a break"))
    chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.2"), dec("0.2"), bot_id=BOT))
    with pytest.raises(Conflict, match="circuit breaker of A is open"):
        chain.decide(cmd.ResumeBot(BOT, "scripted", "test"))
    chain.run(cmd.ResetBreaker(BOT, "test", "looked at it"))
    chain.run(cmd.ResumeBot(BOT, "scripted", "test"))
    assert chain.state.bot(BOT).status is BotStatus.RUNNING
