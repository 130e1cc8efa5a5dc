"""Grid and averaging in count their slices by what the ledger holds (spec/bots.md, Strategies)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.money import ONE, ratio
from core.domain.strategies.base import FLAT, Action, BarContext, IndicatorKind, IndicatorSpec, PositionView, Signal
from core.domain.strategies.catalog import make
from core.domain.strategies.levels import as_price
from tests.fakes.market import START
from tests.strategy_runs import bar_at

SMA = IndicatorSpec(IndicatorKind.SMA, 100)
GRID = {"step": 100, "levels": 4}


def _held(slices: str, average: str, of: int = 4, minutes: int | None = 0) -> PositionView:
    """So many slices, the last one bought so many minutes after the start."""
    last = None if minutes is None else START + timedelta(minutes=minutes, milliseconds=50)
    return PositionView(Decimal(1), Decimal(average), ratio(Decimal(slices), Decimal(of)), last)


def _grid(close: str, position: PositionView = FLAT, middle: float = 1000) -> Signal | None:
    return make("grid", GRID).on_bar(bar_at(0, Decimal(close)), BarContext({SMA: middle}, position))


def _dca(number: int, close: str, position: PositionView = FLAT) -> Signal | None:
    strategy = make("dca", {"interval": 10, "slices": 4, "target": 100, "stop": 500})
    return strategy.on_bar(bar_at(number, Decimal(close)), BarContext({}, position))


def test_a_grid_buys_one_slice_at_its_first_line_with_the_average_as_target():
    assert _grid("990.01") is None
    entry = _grid("990")
    assert entry is not None
    assert (entry.action, entry.size) == (Action.ENTER, Decimal("0.25"))
    assert (entry.target, entry.stop) == (Decimal(1000), Decimal(950))
    assert entry.reason == "The close of 990 is 1 x 100 bps or more below the average at 1000: slice 1 of 4"


@pytest.mark.parametrize(("slices", "close", "buys"), [("1", "980.1", False), ("1", "980", True), ("3", "960", True)])
def test_a_grid_buys_each_further_slice_a_line_lower(slices: str, close: str, buys: bool):  # noqa: FBT001 - parametrised
    signal = _grid(close, _held(slices, "985"))
    assert (signal is not None) == buys
    assert signal is None or f"slice {int(slices) + 1} of 4" in signal.reason


def test_a_grid_counts_slices_to_the_nearest_as_lots_round_them_down():
    signal = _grid("970", _held("1.98", "985"))
    assert signal is not None
    assert "slice 3 of 4" in signal.reason


def test_a_grid_buys_no_more_slices_than_its_levels():
    assert _grid("955", _held("4", "975")) is None


def test_a_grid_buys_nothing_at_or_below_its_stop():
    assert _grid("950") is None
    assert _grid("900") is None


def test_a_grid_that_rose_with_its_average_does_not_buy_above_what_it_paid():
    assert _grid("980", _held("1", "975")) is None


def test_a_grid_sells_one_slice_a_step_up_and_all_at_the_average():
    part = _grid("985", _held("3", "970"))
    assert part is not None
    assert (part.action, part.size) == (Action.EXIT, ratio(ONE, Decimal(3)))
    assert "back at line 2 and a step of 100 bps above the entries' average of 970: one of 3 slices" in part.reason
    whole = _grid("1000", _held("3", "970"))
    assert whole is not None
    assert (whole.action, whole.size) == (Action.EXIT, ONE)
    last = _grid("1000", _held("1", "990"))
    assert last is not None
    assert last.size == ONE


def test_a_grid_whose_average_fell_does_not_sell_for_less_than_a_step():
    assert _grid("995", _held("2", "990"), middle=995) is None
    assert _grid("999.9", _held("2", "990"), middle=995) is not None


def test_averaging_in_buys_at_once_and_then_every_so_many_bars_while_cheaper():
    first = _dca(0, "100")
    assert first is not None
    assert (first.action, first.size) == (Action.ENTER, Decimal("0.25"))
    assert (first.target, first.stop) == (Decimal(101), Decimal(95))
    held = _held("1", "100", minutes=1)
    assert [_dca(n, "99", held) is not None for n in range(1, 13)] == [False] * 9 + [True] * 3
    assert _dca(20, "100", held) is None
    assert _dca(20, "99", _held("4", "100", minutes=1)) is None


def test_averaging_in_sets_target_and_stop_from_the_average_it_will_have():
    signal = _dca(20, "80", _held("1", "100"))
    assert signal is not None
    average = (100 + 100) / (1 + 100 / 80)  # one slice cost 100 for 1 unit; 100 more buy 1.25
    assert signal.target == as_price(average * 1.01)
    assert signal.stop == as_price(average * 0.95)
    assert signal.reason.startswith("The close is below the entries' average of 100, 10 bars or more after the last")


def test_averaging_in_sells_all_at_its_gain_on_the_average():
    assert _dca(1, "100.99", _held("2", "100")) is None
    signal = _dca(1, "101", _held("2", "100"))
    assert signal is not None
    assert (signal.action, signal.size) == (Action.EXIT, ONE)
    assert "100 bps or more above the entries' average of 100" in signal.reason


def test_averaging_in_waits_between_entries_also_after_all_was_sold():
    sold = PositionView(last_entry_at=START + timedelta(minutes=5))
    assert _dca(13, "100", sold) is None
    assert _dca(14, "100", sold) is not None


def test_averaging_in_is_not_held_up_by_an_entry_of_a_market_whose_clock_is_ahead():
    assert _dca(0, "100", PositionView(last_entry_at=START + timedelta(days=9))) is not None
    assert _dca(0, "99", _held("1", "100", minutes=1)) is None


def test_what_a_sale_left_below_half_a_slice_counts_as_nothing_held():
    dust = _held("0.01", "2000", minutes=None)
    first = _grid("990", dust)
    assert first is not None
    assert "slice 1 of 4" in first.reason
    again = _dca(0, "100", dust)
    assert again is not None
    assert again.target == Decimal(101)
