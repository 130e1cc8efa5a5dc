"""Adaptive moves its weight to what earns, net of costs, says why it acts, and bets no more than it may (spec/bots.md).

It is also rebuilt from past bars and never looks ahead, as every strategy is.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from bench.adaptive_markets import RegimeMarket
from core.domain.market import Bar, Timeframe
from core.domain.strategies.adaptive import KIND, MEMBERS, Adaptive
from core.domain.strategies.adaptive_members import COST_A_SIDE, Member, Results
from core.domain.strategies.base import Action, BarContext, IndicatorSpec, Signal, StrategyKind
from core.domain.strategies.catalog import make
from core.domain.strategies.regime import Regime
from core.services.bar_source import WARM_BARS
from tests.strategy_runs import bar_at, recorded, restarted, run, walk

ENTER, EXIT = Signal(Action.ENTER, "now"), Signal(Action.EXIT, "over")


class _Scripted:
    """Says at each bar what its script has for it, whatever it holds."""

    indicators: tuple[IndicatorSpec, ...] = ()
    warmup_bars = 1
    memory_bars = 1

    def __init__(self, script: Sequence[Signal | None]) -> None:
        self._script = iter(script)

    def on_bar(self, bar: Bar, context: BarContext) -> Signal | None:  # noqa: ARG002 - a script does not look
        return next(self._script)


def _member(*script: Signal | None) -> Member:
    def build(values: Mapping[str, int]) -> _Scripted:  # noqa: ARG001 - it has no parameters
        return _Scripted(script)

    return Member(StrategyKind("scripted", "", "", (), build), 50)


def _nets(member: Member, *bars: tuple[str, str, str, str]) -> list[float]:
    """Net results over bars of (open, high, low, close)."""
    first = bar_at(0, Decimal(100))
    nets: list[float] = []
    for prices in bars:
        opened, high, low, close = map(Decimal, prices)
        bar = Bar(first.symbol, first.timeframe, first.open_time, opened, high, low, close, Decimal(1))
        nets.append(member.on_bar(bar, BarContext({})))
    return nets


QUIET = ("100", "100", "100", "100")


def test_a_member_buys_and_sells_at_the_open_after_its_signal_and_pays_each_time():
    nets = _nets(
        _member(EXIT, ENTER, None, EXIT, None),
        QUIET,
        QUIET,
        ("101", "101.5", "100.5", "101.2"),
        ("101", "102", "101", "102"),
        ("101.5", "103", "90", "90"),
    )
    assert nets[:2] == [0, 0]
    assert nets[2] == pytest.approx(101.2 / 101 - 1 - COST_A_SIDE)
    assert nets[3] == pytest.approx(102 / 101.2 - 1)
    assert nets[4] == pytest.approx(101.5 / 102 - 1 - COST_A_SIDE)


@pytest.mark.parametrize(
    ("bar", "price"),
    [
        (("100", "102.5", "100", "101"), 102.0),
        (("100", "101", "98", "101"), 98.5),
        (("100", "103", "98", "101"), 98.5),
    ],
    ids=["target", "stop", "both, so the stop was first"],
)
def test_a_member_is_sold_inside_the_bar_where_its_target_or_stop_was_touched(
    bar: tuple[str, str, str, str], price: float
):
    member = _member(EXIT, ENTER, None, None)
    assert _nets(member, QUIET, QUIET, bar, QUIET)[2:] == [pytest.approx(price / 100 - 1 - 2 * COST_A_SIDE), 0]
    assert not member.wants


def test_a_stop_that_is_jumped_over_is_met_at_the_open():
    member = _member(EXIT, Signal(Action.ENTER, "now", stop=Decimal(99)), None, None)
    nets = _nets(member, QUIET, QUIET, QUIET, ("97", "98", "96", "98"))
    assert nets[3] == pytest.approx(-0.03 - COST_A_SIDE)


def test_a_member_keeps_its_own_target():
    member = _member(EXIT, Signal(Action.ENTER, "now", target=Decimal("100.5")), None)
    assert _nets(member, QUIET, QUIET, ("100", "101", "100", "101"))[2] == pytest.approx(0.005 - 2 * COST_A_SIDE)


def test_a_member_holds_nothing_until_it_has_said_that_anything_held_should_be_sold():
    member = _member(ENTER, None, EXIT, ENTER)
    _nets(member, QUIET, QUIET, QUIET)
    assert not member.wants
    _nets(member, QUIET)
    assert member.wants


def test_trading_to_and_fro_in_a_market_that_stands_still_scores_low():
    churning = _member(EXIT, *[ENTER, EXIT] * 20)
    for _ in range(41):
        (net,) = _nets(churning, QUIET)
        churning.results.add(net, 0.001)
    assert churning.results.score < -3


def test_a_score_forgets_what_lies_before_its_window_to_the_last_digit():
    forgetful, fresh = Results(50), Results(50)
    for number in range(500):
        forgetful.add(0.0001 * (number % 7) - 0.00031, 0.0012)
        if number >= 450:
            fresh.add(0.0001 * (number % 7) - 0.00031, 0.0012)
    assert forgetful.score == fresh.score


def test_a_score_is_the_same_in_a_calm_and_a_wild_market():
    """Results are measured in the bar's typical range, so volatility alone is no merit."""
    calm, wild = Results(50), Results(50)
    for number in range(50):
        gain = 0.001 if number % 3 else -0.001
        calm.add(gain, 0.001)
        wild.add(5 * gain, 0.005)
    assert calm.score == wild.score > 0


def test_the_same_gain_with_more_risk_scores_lower():
    steady, erratic = Results(50), Results(50)
    for number in range(50):
        steady.add(0.001, 0.001)
        erratic.add(0.011 if number % 2 else -0.009, 0.001)
    assert steady.score > erratic.score > 0


def _weights_after(bars: Sequence[Bar], regime: Regime) -> dict[str, float]:
    strategy = make("adaptive", {})
    assert isinstance(strategy, Adaptive)
    run(strategy, bars)
    return strategy.weights(regime)


def _swing(number: int) -> int:
    """Slow rises with short dips: a trend that a follower of trends earns in."""
    return 10_000 + 30 * number + (0, 40, 80, 60)[number % 4]


def test_before_there_are_results_the_regime_decides():
    strategy = make("adaptive", {})
    assert isinstance(strategy, Adaptive)
    trend, wild = strategy.weights(Regime.RISING), strategy.weights(Regime.VOLATILE)
    assert trend == {"ema_cross": 0.3, "breakout": 0.3, "rsi_reversion": 0.1, "bollinger": 0.1}
    assert strategy.weights(Regime.RANGE) == {"ema_cross": 0.1, "breakout": 0.1, "rsi_reversion": 0.3, "bollinger": 0.3}
    assert sum(wild.values()) < 0.5  # the rest is cash's


def test_weight_moves_to_the_member_that_earns_and_away_from_those_that_lose():
    """After a rise the followers of trends have earned and hold more weight, in every regime."""
    falls_then_rises = [*range(12_000, 10_000, -20), *[_swing(number) for number in range(300)]]
    bars = [bar_at(i, Decimal(c), Decimal(c + 5), Decimal(c - 5)) for i, c in enumerate(falls_then_rises)]
    for regime in Regime:
        before, after = _weights_after([], regime), _weights_after(bars, regime)
        assert after["breakout"] > before["breakout"]
        assert after["breakout"] / after["rsi_reversion"] > 2 * before["breakout"] / before["rsi_reversion"]


@pytest.mark.parametrize("regime", Regime)
def test_where_nobody_earns_weight_moves_to_cash(regime: Regime):
    """A walk in steps that are small beside the costs: whoever trades loses."""
    after = _weights_after(walk(11, 1_500, swing=0.0004), regime)
    assert sum(after.values()) < 0.7 * sum(_weights_after([], regime).values())


@pytest.fixture(scope="module")
def market() -> list[Bar]:
    """Regimes on five-minute bars."""
    return RegimeMarket(Timeframe.H1, 4_000).bars(1_007)


def test_it_never_bets_more_than_all_nor_less_than_the_agreement(market: list[Bar]):
    ran = run(make("adaptive", {}), market)
    entries = [ran.signals[number] for number in ran.at(Action.ENTER)]
    assert len(entries) > 10
    assert all(signal is not None and Decimal("0.5") <= signal.size <= 1 for signal in entries)
    assert len({signal.size for signal in entries if signal}) > 3  # the bet follows the weight
    assert max(position.filled_fraction for position in ran.positions) <= 1


def test_it_enters_only_while_it_holds_nothing_and_leaves_only_what_it_holds(market: list[Bar]):
    ran = run(make("adaptive", {}), market)
    assert all(not ran.positions[number].quantity for number in ran.at(Action.ENTER))
    assert all(ran.positions[number].quantity for number in ran.at(Action.EXIT))
    assert ran.at(Action.EXIT)
    assert KIND.entries_at_once == 1


def test_a_reason_names_the_regime_the_weight_and_who_wants_what(market: list[Bar]):
    ran = run(make("adaptive", {}), market)
    names = [kind.name for kind in MEMBERS]
    for number in (*ran.at(Action.ENTER), *ran.at(Action.EXIT)):
        signal = ran.signals[number]
        assert signal is not None
        assert signal.reason.startswith(tuple(f"Sees {regime.value} (ADX " for regime in Regime))
        if signal.action is Action.ENTER:
            assert f"weigh {signal.size * 100:.0f} % want to hold" in signal.reason
            assert "at least 50 %" in signal.reason
            assert any(f"{name} says: " in signal.reason for name in names)
        else:
            assert "less than 25 %" in signal.reason
    assert len({signal.reason.split(" (")[0] for signal in ran.signals if signal}) >= 3  # several regimes were seen


@pytest.mark.parametrize("cut", [400, 1_500, 2_777])
def test_later_bars_never_change_what_was_decided(market: list[Bar], cut: int):
    assert run(make("adaptive", {}), market[:cut]).signals == run(make("adaptive", {}), market).signals[:cut]


def _goes_on(bars: Sequence[Bar], cut: int) -> None:
    """Rebuilt from what the engine keeps of the past, it says what the one that never stopped says."""
    whole, memory = run(make("adaptive", {}), bars), make("adaptive", {}).memory_bars
    assert memory <= WARM_BARS
    rest = restarted(make("adaptive", {}), bars[cut - memory : cut], bars[cut:], whole.positions[cut:])
    assert rest == whole.signals[cut:]
    assert any(rest)


@pytest.mark.parametrize("cut", [1_000, 1_333, 2_001, 2_500, 3_000])
def test_after_a_restart_it_goes_on_as_if_it_had_never_stopped(market: list[Bar], cut: int):
    _goes_on(market, cut)


@pytest.mark.parametrize("cut", [1_200, 2_400])
def test_after_a_restart_it_goes_on_on_a_recorded_market(cut: int):
    _goes_on(recorded("ETH_BTC-5m.csv.gz", 3_500), cut)
