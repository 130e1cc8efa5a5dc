"""kill -9 at any point loses no acknowledged fill and doubles none; bots run again (spec/operations.md, promise 1)."""

import random  # noqa: TID251 - seeded kill times

import pytest

from tests.integration.kill_drill import KillDrill
from tests.store_location import Location


@pytest.mark.timeout(240)
async def test_a_process_killed_at_random_loses_and_doubles_nothing_and_trades_on(location: Location):
    await _survives(location, seed=20261124, rounds=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_many_kills_in_a_row_lose_and_double_nothing(location: Location):
    await _survives(location, seed=7, rounds=12)


async def _survives(location: Location, seed: int, rounds: int) -> None:
    drill = KillDrill(location, random.Random(seed))  # noqa: S311 - not cryptography
    while len(drill.recovery_secs) < rounds:  # rounds that died early come on top
        await drill.round()
        assert (drill.lost, drill.doubled) == (0, 0)
    acknowledged = len(drill.acknowledged)
    await drill.round(until_it_trades=True)
    assert len(drill.acknowledged) > acknowledged  # after all that the bots trade again, by themselves
    assert (drill.lost, drill.doubled) == (0, 0)
