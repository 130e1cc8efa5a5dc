"""Adaptive beats the average of its members on regime-switching simulated markets, net of costs (spec/bots.md).

Every result is the product's own backtest's: engine, gates, paper exchange and ledger. `python -m bench adaptive` gives
the figures in full; docs/adr/0011-adaptive.md says what they were. The margins here are wide on purpose.
"""

from math import sqrt
from statistics import mean, stdev

import pytest

from bench.adaptive import SEEDS
from bench.adaptive_exam import examine, sit
from bench.adaptive_markets import RECORDED, Recorded, RegimeMarket, SimulatedMarket
from core.domain.market import Timeframe

OTHER_SEEDS = range(1_000, 1_004)


@pytest.mark.parametrize(
    "market",
    [RegimeMarket(Timeframe.H1, 3_000), RegimeMarket(Timeframe.M5, 3_000), SimulatedMarket(3_000)],
    ids=["regimes on 1h bars", "regimes on 5m bars", "the simulated feed's model"],
)
def test_adaptive_does_better_than_its_members_on_average(market: RegimeMarket | SimulatedMarket):
    sittings = examine(market, OTHER_SEEDS)
    assert mean(sitting.difference for sitting in sittings) > 0
    assert all(sitting.adaptive.trades for sitting in sittings)  # staying out altogether would be no answer


def test_equal_seeds_make_equal_markets_and_others_do_not():
    market = RegimeMarket(Timeframe.M5, 200)
    assert market.bars(1) == market.bars(1) != market.bars(2)


@pytest.mark.slow
def test_over_fifty_seeds_adaptive_is_better_beyond_chance_and_also_per_round_trip():
    """Per round trip too: trading less than losers do would not be enough."""
    sittings = examine(RegimeMarket(Timeframe.H1, 6_000), SEEDS)
    differences = [sitting.difference for sitting in sittings]
    assert len(sittings) == 50
    assert sum(difference > 0 for difference in differences) >= 40
    assert mean(differences) > 4 * stdev(differences) / sqrt(len(differences))
    members = [member for sitting in sittings for member in sitting.members]
    its_gain = sum(s.adaptive.net for s in sittings) / sum(s.adaptive.bet for s in sittings)
    their_gain = sum(member.net for member in members) / sum(member.bet for member in members)
    assert its_gain > their_gain + 0.001


@pytest.mark.parametrize("market", RECORDED[2:], ids=lambda market: f"{market.file}, {market.timeframe}")
def test_on_recorded_markets_it_loses_less_than_its_members_on_average(market: Recorded):
    """None of these markets let it earn; that it loses less is all that may be claimed."""
    if not market.path.exists():
        pytest.skip(f"NOT CHECKED: {market.file} is not in ../shared/data")
    assert sit(market.history(), market.timeframe).difference > 0
