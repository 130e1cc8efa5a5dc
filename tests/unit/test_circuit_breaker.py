"""Gate 4: each metric trips exactly at its threshold, once, and a reset starts afresh (spec/pipeline.md)."""

from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.commands import CheckBreaker, Fund, RecordMarks, ResetBreaker
from core.domain.errors import Conflict
from core.domain.events import Metric
from core.domain.evolve import fold
from core.domain.gates.verdict import Gate
from core.domain.journal import START, verified
from core.domain.order import Side
from core.domain.rules import TradingRules
from tests.builders import BOT, T0, USER, Chain, at, bot_created, dec, entry, executed, leave, market, running

SCOPES = pytest.mark.parametrize("scope", [BOT, None], ids=["bot", "user"])
DRAWDOWN_ONLY = TradingRules(max_daily_loss=dec("0.99"))
DAILY_ONLY = TradingRules(max_drawdown=dec("0.99"))


def _invested() -> Chain:
    """All of the user's 1,000 is the bot's, half of it in 0.01 BTC: equity is 500 + mark / 100 in both scopes."""
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0")], mark="50000"))
    return chain


def _check(chain: Chain, scope: str | None, mark: str, rules: TradingRules) -> ev.BreakerTripped | None:
    tripped = chain.decide(CheckBreaker(scope), at(1), rules, {"BTC/USDT": dec(mark)}).payload
    assert tripped is None or isinstance(tripped, ev.BreakerTripped)
    return tripped


def _lose(chain: Chain, times: int, price: str = "49999") -> None:
    for _ in range(times):
        chain.add(executed(Side.BUY, [("0.001", "50000", "0")], mark="50000"))
        chain.add(executed(Side.SELL, [("0.001", price, "0")], mark="50000"))


@SCOPES
def test_drawdown_trips_at_a_fifth_below_the_peak_and_not_above(scope: str | None):
    chain = _invested()
    chain.add(ev.Marked({"BTC/USDT": dec(100_000)}, day_start=False))  # the peak is 1,500, a fifth below is 1,200
    assert _check(chain, scope, "70000.01", DRAWDOWN_ONLY) is None
    tripped = _check(chain, scope, "70000", DRAWDOWN_ONLY)
    assert tripped is not None
    assert (tripped.metric, tripped.value, tripped.threshold) == (Metric.DRAWDOWN, dec("0.2"), dec("0.20"))
    assert tripped.bot_id == scope
    assert tripped.evidence == {"unit_value": "1.2", "equity": "1200", "peak": "1.5"}


@SCOPES
def test_daily_loss_trips_at_a_tenth_below_the_days_opening_and_not_above(scope: str | None):
    chain = _invested()
    chain.add(ev.Marked({"BTC/USDT": dec(70_000)}, day_start=True))  # opens at 1,200
    assert _check(chain, scope, "58000.01", DAILY_ONLY) is None
    tripped = _check(chain, scope, "58000", DAILY_ONLY)
    assert tripped is not None
    assert (tripped.metric, tripped.value, tripped.threshold) == (Metric.DAILY_LOSS, dec("0.1"), dec("0.10"))
    assert tripped.evidence == {"unit_value": "1.08", "equity": "1080", "day_open": "1.2"}


@SCOPES
def test_a_row_of_losing_trades_trips_at_its_limit_and_not_before(scope: str | None):
    chain = running("1000", "1000")
    _lose(chain, 4)
    assert _check(chain, scope, "50000", TradingRules()) is None
    _lose(chain, 1)
    tripped = _check(chain, scope, "50000", TradingRules())
    assert tripped is not None
    assert (tripped.metric, tripped.value, tripped.threshold) == (Metric.CONSECUTIVE_LOSSES, 5, 5)


def test_a_win_ends_the_row_and_a_zero_neither_ends_nor_lengthens_it():
    chain = running("1000", "1000")
    _lose(chain, 4)
    _lose(chain, 1, "50000")
    assert chain.state.loss_streak == chain.state.bots[BOT].loss_streak == 4
    _lose(chain, 1, "50001")
    assert chain.state.loss_streak == chain.state.bots[BOT].loss_streak == 0


@SCOPES
def test_errors_of_the_last_hour_trip_at_their_limit_and_grow_old(scope: str | None):
    chain = running()
    for second in range(9):
        chain.add(ev.BotErred(BOT, "broken"), at(second))
    rules = TradingRules()

    def metric(second: float) -> Metric | None:
        tripped = chain.decide(CheckBreaker(scope), at(second), rules).payload
        return tripped.metric if isinstance(tripped, ev.BreakerTripped) else None

    assert metric(9) is None
    chain.add(ev.BotErred(BOT, "broken"), at(9))
    assert metric(9) is Metric.ERRORS_PER_HOUR
    assert metric(3599.999) is Metric.ERRORS_PER_HOUR
    assert metric(3600) is None


def test_a_bot_trips_before_its_owner_and_each_trips_once():
    chain, marks = _invested(), {"BTC/USDT": dec(10_000)}
    scopes: list[str | None] = []
    while isinstance(tripped := chain.run(CheckBreaker(BOT), at(1), marks=marks).payload, ev.BreakerTripped):
        scopes.append(tripped.bot_id)
    assert scopes == [BOT, None]


def test_a_deposit_is_no_gain_and_hides_no_loss():
    chain = _invested()
    marks = {"BTC/USDT": dec(30_001)}
    before = chain.state.track.value(dec("800.01"))
    chain.run(Fund(dec(100_000), "USDT"), at(1), marks=marks)
    track = chain.state.track
    assert abs(track.value(chain.state.equity(chain.state.marks | marks)) - before) <= dec("1e-17")
    assert track.peak == 1
    assert _check(chain, None, "30001", TradingRules()) is not None  # a tenth is lost, with or without the deposit


def test_a_trip_of_the_user_stops_every_running_bot():
    chain = running()
    chain.add(bot_created(name="B", bot_id="b"))
    chain.add(ev.BreakerTripped(Metric.DRAWDOWN, dec("0.2"), dec("0.2")))
    assert chain.state.bots[BOT].status is BotStatus.CIRCUIT_TRIPPED
    assert chain.state.bots["b"].status is BotStatus.CREATED
    chain.run(ResetBreaker(None, "test", "seen"))
    assert chain.state.bots[BOT].status is BotStatus.PAUSED


def test_a_reset_of_the_user_leaves_a_bot_tripped_that_tripped_itself():
    chain = running()
    chain.add(ev.BreakerTripped(Metric.CONSECUTIVE_LOSSES, dec(5), dec(5), bot_id=BOT))
    chain.add(ev.BreakerTripped(Metric.DRAWDOWN, dec("0.2"), dec("0.2")))
    chain.run(ResetBreaker(None, "test", "seen"))
    assert chain.state.bots[BOT].status is BotStatus.CIRCUIT_TRIPPED
    chain.run(ResetBreaker(BOT, "test", "seen"))
    assert chain.state.bots[BOT].status is BotStatus.PAUSED


def _worst() -> Chain:
    """Everything that can trip has: far below peak and opening, losing, failing."""
    chain = _invested()
    for _ in range(10):
        chain.add(ev.BotErred(BOT, "broken"))
    for _ in range(5):
        chain.add(executed(Side.SELL, [("0.001", "20000", "0")], mark="20000"))
    return chain


@SCOPES
def test_nothing_trips_again_at_once_after_a_reset(scope: str | None):
    chain, marks = _worst(), {"BTC/USDT": dec(15_000)}
    for _ in range(2):
        chain.run(CheckBreaker(BOT), at(1), marks=marks)
    assert chain.state.bots[BOT].tripped is not None
    assert chain.state.tripped is not None
    for reset in (BOT, None):
        chain.run(ResetBreaker(reset, "test", "seen"), at(2), marks=marks)
    refolded = Chain()
    refolded.state = fold(Account(USER), verified(START, chain.documents))
    assert refolded.state == chain.state
    for again in (chain, refolded):
        assert _check(again, scope, "15000", TradingRules()) is None
        assert _check(again, scope, "1500", TradingRules()) is not None  # a tenth of 675 is lost anew


def test_a_reset_needs_an_open_breaker():
    for scope in (BOT, None):
        with pytest.raises(Conflict, match="not open"):
            running().decide(ResetBreaker(scope, "test", "why not"))


def test_a_denied_entry_that_finds_a_metric_at_its_limit_brings_the_trip():
    chain = running("1000", "1000")
    _lose(chain, 5)
    decision = chain.run(entry(market("49999", "50001")), at(1))
    assert decision.denied is not None
    assert (decision.denied.gate, decision.denied.code) == (Gate.CIRCUIT_BREAKER, "circuit_tripped")
    assert decision.denied.limit == "5"
    assert isinstance(decision.payload, ev.BreakerTripped)
    assert decision.payload.bot_id == BOT
    assert chain.state.bots[BOT].status is BotStatus.CIRCUIT_TRIPPED
    again = chain.decide(entry(market("49999", "50001")), at(1))
    assert again.payload is None
    assert again.denied is not None
    assert again.denied.code == "circuit_tripped"


def test_an_entry_sees_a_loss_at_present_prices_that_no_event_recorded():
    """The bot holds dust of one symbol whose price has collapsed since."""
    chain = _invested()
    decision = chain.decide(leave(market("9999", "10001")))
    assert decision.denied is None
    chain.add(executed(Side.SELL, [("0.00995", "50000", "0")], mark="50000"))
    rules = TradingRules(max_daily_loss=dec("0.0001"))
    denied = chain.decide(entry(market("9999", "10001")), T0, rules)
    assert isinstance(denied.payload, ev.BreakerTripped)
    assert denied.payload.metric is Metric.DAILY_LOSS


def test_a_loss_of_yesterday_is_not_todays_even_before_todays_first_event():
    """The day opens at the last recorded value; a check in the new day must not measure from the old opening."""
    chain = _invested()
    chain.add(ev.Marked({"BTC/USDT": dec(40_000)}, day_start=False))  # 900 at the end of the day: a tenth is lost
    marks, rules = {"BTC/USDT": dec(40_000)}, DAILY_ONLY
    assert chain.decide(CheckBreaker(BOT), at(60), rules, marks).payload is not None
    tomorrow = at(86_400)
    assert chain.decide(CheckBreaker(BOT), tomorrow, rules, marks).payload is None
    assert chain.decide(CheckBreaker(None), tomorrow, rules, marks).payload is None
    assert chain.decide(CheckBreaker(BOT), tomorrow, rules, {"BTC/USDT": dec(31_000)}).payload is not None


def test_peaks_come_from_recorded_values_only():
    chain = _invested()
    marks = {"BTC/USDT": Decimal(100_000)}
    chain.decide(CheckBreaker(BOT), at(1), marks=marks)
    assert chain.state.track.peak == 1
    chain.run(RecordMarks(day_start=False), at(1), marks=marks)
    assert chain.state.track.peak == chain.state.bots[BOT].track.peak == dec("1.5")
