"""Strategies decide on closed bars, without look-ahead, and explain themselves (spec/bots.md, Strategies)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from math import sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adapters.indicators import TalibIndicators
from core.domain.errors import InvalidInput
from core.domain.market import Bar, Timeframe
from core.domain.strategies.base import (
    FLAT,
    Action,
    BarContext,
    IndicatorKind,
    IndicatorSpec,
    PositionView,
    Signal,
    Strategy,
    StrategyKind,
)
from core.domain.strategies.catalog import RISK_PROFILES, STRATEGIES, make
from tests.fakes.market import START
from tools.arguments import RiskMode, StrategyName

FAST, SLOW = IndicatorSpec(IndicatorKind.EMA, 9), IndicatorSpec(IndicatorKind.EMA, 21)
HELD = PositionView(Decimal(1), Decimal(100), Decimal(1))
RSI = IndicatorSpec(IndicatorKind.RSI, 14)


def _bar(minute: int, close: Decimal = Decimal(100)) -> Bar:
    return Bar("BTC/USDT", Timeframe.M1, START + timedelta(minutes=minute), close, close, close, close, Decimal(1))


def _decide(strategy: Strategy, values: Sequence[Mapping[IndicatorSpec, float]], *, held: bool) -> list[Signal | None]:
    return [strategy.on_bar(_bar(i), BarContext(value, HELD if held else FLAT)) for i, value in enumerate(values)]


def _run(strategy: Strategy, closes: Sequence[int]) -> list[Signal | None]:
    """Signals over bars, as the engine gives them: entering and leaving when told to."""
    indicators, held, signals = TalibIndicators(), False, []
    for spec in strategy.indicators:
        indicators.require(spec)
    for minute, close in enumerate(closes):
        bar = _bar(minute, Decimal(close))
        signal = strategy.on_bar(bar, BarContext(indicators.update(bar), HELD if held else FLAT))
        held = signal.action is Action.ENTER if signal else held
        signals.append(signal)
    return signals


def test_ema_cross_enters_only_where_the_fast_average_crosses_above():
    values = [{FAST: 1.0, SLOW: 2.0}, {FAST: 2.0, SLOW: 2.0}, {FAST: 3.0, SLOW: 2.0}, {FAST: 4.0, SLOW: 2.0}]
    signals = _decide(make("ema_cross", {}), values, held=False)
    assert [s.action if s else None for s in signals] == [None, None, Action.ENTER, None]
    assert signals[2] is not None
    assert "EMA(9) 3 crossed above EMA(21) 2" in signals[2].reason


@pytest.mark.parametrize(
    ("name", "values", "held"),
    [
        ("ema_cross", [{FAST: 1.0, SLOW: 2.0}, {FAST: 3.0, SLOW: 2.0}], False),
        ("ema_cross", [{FAST: 1.0, SLOW: 2.0}], True),
        ("rsi_reversion", [{RSI: 20.0}, {RSI: 30.0}], False),
        ("rsi_reversion", [{RSI: 55.0}], True),
    ],
)
def test_a_reason_gives_its_price_without_trailing_zeros(
    name: str,
    values: Sequence[Mapping[IndicatorSpec, float]],
    held: bool,  # noqa: FBT001 - parametrised
):
    """Recorded prices have eight decimals, which no person wants to read."""
    strategy = make(name, {})
    bars = [_bar(i, Decimal("46852.50000000")) for i in range(len(values))]
    signals = [
        strategy.on_bar(bar, BarContext(value, HELD if held else FLAT)) for bar, value in zip(bars, values, strict=True)
    ]
    assert signals[-1] is not None
    assert signals[-1].reason.endswith("at a close of 46852.5")


def test_ema_cross_does_not_enter_a_trend_it_did_not_see_begin():
    values = [{FAST: 3.0, SLOW: 2.0}, {FAST: 4.0, SLOW: 2.0}]
    assert _decide(make("ema_cross", {}), values, held=False) == [None, None]


def test_ema_cross_leaves_on_any_bar_below_also_when_the_crossing_was_missed():
    signals = _decide(make("ema_cross", {}), [{FAST: 1.0, SLOW: 2.0}], held=True)
    assert [s.action if s else None for s in signals] == [Action.EXIT]


def test_rsi_reversion_enters_on_the_way_back_up_and_leaves_at_the_exit_level():
    strategy = make("rsi_reversion", {})
    entering = _decide(strategy, [{RSI: 35.0}, {RSI: 25.0}, {RSI: 20.0}, {RSI: 30.0}, {RSI: 40.0}], held=False)
    assert [s.action if s else None for s in entering] == [None, None, None, Action.ENTER, None]
    leaving = _decide(strategy, [{RSI: 54.9}, {RSI: 55.0}], held=True)
    assert [s.action if s else None for s in leaving] == [None, Action.EXIT]


@pytest.mark.parametrize("name", STRATEGIES)
def test_nothing_is_signalled_before_the_indicators_are_warm(name: str):
    strategy = make(name, {})
    assert _decide(strategy, [{}, {}], held=False) == [None, None]
    assert _decide(strategy, [{}, {}], held=True) == [None, None]


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_first_signal_can_come_with_the_last_warmup_bar_and_not_before(name: str):
    falls_then_jumps = [*range(1000, 1000 - make(name, {}).warmup_bars + 1, -1), 2000]
    signals = _run(make(name, {}), falls_then_jumps)
    assert signals[-1] is not None
    assert signals[:-1] == [None] * (len(signals) - 1)


@pytest.mark.parametrize("name", STRATEGIES)
@given(closes=st.lists(st.integers(900, 1100), min_size=30, max_size=120), cut=st.integers(0, 120))
@settings(max_examples=60, deadline=None)
def test_signals_on_a_prefix_are_the_prefix_of_the_signals(name: str, closes: list[int], cut: int):
    """No look-ahead: what comes later never changes what was decided."""
    assert _run(make(name, {}), closes[:cut]) == _run(make(name, {}), closes)[:cut]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_goes_on_after_a_restart_once_past_bars_are_replayed(name: str):
    """The engine warms a fresh strategy on history, ignoring what it signals, and then goes on."""
    closes = [round(1000 + 100 * sin(i / 9) + 40 * sin(i / 4)) for i in range(300)]
    uninterrupted = _run(make(name, {}), closes)
    held = [signal.action for signal in uninterrupted[:150] if signal][-1] is Action.ENTER
    restarted, indicators = make(name, {}), TalibIndicators()
    for spec in restarted.indicators:
        indicators.require(spec)
    for minute, close in enumerate(closes):
        bar = _bar(minute, Decimal(close))
        if minute < 150:
            restarted.on_bar(bar, BarContext(indicators.update(bar)))
            continue
        signal = restarted.on_bar(bar, BarContext(indicators.update(bar), HELD if held else FLAT))
        held = signal.action is Action.ENTER if signal else held
        assert signal == uninterrupted[minute]
    assert any(uninterrupted[150:])


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("martingale", {}, "ema_cross, rsi_reversion"),
        ("ema_cross", {"fats": 9}, "fast, slow"),
        ("ema_cross", {"fast": 1}, "from 2 to 100"),
        ("ema_cross", {"slow": 401}, "from 3 to 400"),
        ("ema_cross", {"fast": 21, "slow": 21}, "smaller than slow"),
        ("ema_cross", {"fast": 30}, "smaller than slow"),
        ("ema_cross", {"fast": True}, "whole number"),
        ("ema_cross", {"fast": 9.5}, "whole number"),
        ("rsi_reversion", {"oversold": 46}, "from 5 to 45"),
        ("rsi_reversion", {"exit_level": 45}, "from 46 to 95"),
        ("rsi_reversion", {"period": 0}, "from 2 to 100"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_possible(name: str, parameters: dict[str, int], says: str):
    with pytest.raises(InvalidInput) as refused:
        make(name, parameters)
    assert says in refused.value.message


@pytest.mark.parametrize("kind", STRATEGIES.values(), ids=lambda kind: kind.name)
def test_defaults_lie_within_their_bounds_and_make_a_strategy(kind: StrategyKind):
    assert all(p.minimum <= p.default <= p.maximum for p in kind.parameters)
    assert make(kind.name, kind.complete({})).warmup_bars <= 200


def test_the_catalogue_has_what_the_tools_offer():
    assert set(STRATEGIES) == set(StrategyName)
    assert set(RISK_PROFILES) == set(RiskMode)


def test_risk_modes_set_the_target_the_spec_names_and_a_nearer_stop():
    assert [RISK_PROFILES[mode].take_profit_bps for mode in ("safe", "balanced", "aggressive")] == [100, 200, 300]
    for profile in RISK_PROFILES.values():
        assert 0 < profile.stop_loss_bps < profile.take_profit_bps
        assert 0 < profile.position_fraction < 1
