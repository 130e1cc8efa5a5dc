"""Strategies are listed, bounded and described, and the first two decide as told (spec/bots.md, Strategies)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from core.domain.errors import InvalidInput
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
from core.services.bar_source import WARM_BARS
from tests.strategy_runs import bar_at, run
from tools.arguments import RiskMode, StrategyName

FAST, SLOW = IndicatorSpec(IndicatorKind.EMA, 9), IndicatorSpec(IndicatorKind.EMA, 21)
HELD = PositionView(Decimal(1), Decimal(100), Decimal(1))
RSI = IndicatorSpec(IndicatorKind.RSI, 14)

#: Closes of which the last one, and no other, makes a fresh strategy enter.
FIRST_SIGNALS: dict[str, list[int]] = {
    "ema_cross": [*range(1000, 979, -1), 2000],
    "rsi_reversion": [*range(1000, 985, -1), 2000],
    "bollinger": [*[1000] * 19, 900, 1000],
    "breakout": [*[1000] * 20, 1001],
    "grid": [*[1000] * 99, 990],
    "dca": [1000],
}


def _decide(strategy: Strategy, values: Sequence[Mapping[IndicatorSpec, float]], *, held: bool) -> list[Signal | None]:
    view = HELD if held else FLAT
    return [strategy.on_bar(bar_at(i, Decimal(100)), BarContext(value, view)) for i, value in enumerate(values)]


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
    bars = [bar_at(i, Decimal("46852.50000000")) for i in range(len(values))]
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


@pytest.mark.parametrize("name", [name for name in STRATEGIES if make(name, {}).indicators])
def test_nothing_is_signalled_before_the_indicators_are_warm(name: str):
    strategy = make(name, {})
    assert _decide(strategy, [{}, {}], held=False) == [None, None]
    assert _decide(strategy, [{}, {}], held=True) == [None, None]


@pytest.mark.parametrize("name", FIRST_SIGNALS)
def test_the_first_signal_can_come_with_the_last_warmup_bar_and_not_before(name: str):
    closes = FIRST_SIGNALS[name]
    assert len(closes) == make(name, {}).warmup_bars
    signals = run(make(name, {}), [bar_at(i, Decimal(close)) for i, close in enumerate(closes)]).signals
    assert signals[-1] is not None
    assert signals[-1].action is Action.ENTER
    assert signals[:-1] == [None] * (len(signals) - 1)


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("martingale", {}, "ema_cross, rsi_reversion, bollinger, breakout, grid, dca"),
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
        ("bollinger", {"width": 4}, "from 5 to 50"),
        ("bollinger", {"period": 201}, "from 5 to 200"),
        ("bollinger", {"min_gain": 0}, "from 10 to 1000"),
        ("breakout", {"exit": 21}, "must not be more than entry (20)"),
        ("breakout", {"stop": -1}, "from 0 to 100"),
        ("grid", {"levels": 11}, "from 1 to 10"),
        ("grid", {"levels": 10, "step": 1000}, "below a price of zero"),
        ("dca", {"slices": 0}, "from 1 to 20"),
        ("dca", {"interval": 0}, "from 1 to 10000"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_possible(name: str, parameters: dict[str, int], says: str):
    with pytest.raises(InvalidInput) as refused:
        make(name, parameters)
    assert says in refused.value.message


@pytest.mark.parametrize("kind", STRATEGIES.values(), ids=lambda kind: kind.name)
def test_defaults_lie_within_their_bounds_and_make_a_strategy(kind: StrategyKind):
    assert all(p.minimum <= p.default <= p.maximum for p in kind.parameters)
    strategy = make(kind.name, kind.complete({}))
    assert strategy.warmup_bars <= 200
    assert strategy.warmup_bars <= strategy.memory_bars <= WARM_BARS


@pytest.mark.parametrize("kind", STRATEGIES.values(), ids=lambda kind: kind.name)
def test_the_extremes_of_each_parameter_make_a_strategy_or_say_why_not(kind: StrategyKind):
    for parameter in kind.parameters:
        for value in (parameter.minimum, parameter.maximum):
            try:
                strategy = make(kind.name, {parameter.name: value})
            except InvalidInput as refused:
                assert parameter.name in refused.message  # noqa: PT017 - only some extremes are refused
            else:
                assert 1 <= strategy.warmup_bars <= strategy.memory_bars


@pytest.mark.parametrize("kind", STRATEGIES.values(), ids=lambda kind: kind.name)
def test_each_strategy_is_described_in_plain_words(kind: StrategyKind):
    assert kind.title
    assert kind.description.endswith(".")
    assert all(parameter.meaning for parameter in kind.parameters)


def test_the_catalogue_has_what_the_tools_offer():
    assert set(STRATEGIES) == set(StrategyName)
    assert set(RISK_PROFILES) == set(RiskMode)


def test_risk_modes_set_the_target_the_spec_names_and_a_nearer_stop():
    assert [RISK_PROFILES[mode].take_profit_bps for mode in ("safe", "balanced", "aggressive")] == [100, 200, 300]
    for profile in RISK_PROFILES.values():
        assert 0 < profile.stop_loss_bps < profile.take_profit_bps
        assert 0 < profile.position_fraction < 1
