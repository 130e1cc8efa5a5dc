"""kill -9 at any point loses, doubles and leaves pending nothing; bots run again (spec/operations.md, promise 1)."""

import random  # noqa: TID251 - seeded kill times
from dataclasses import replace

import pytest

from core.domain.events import OrderFilled
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
        assert (drill.lost, drill.doubled, drill.pending) == (0, 0, 0)
    traded = drill.orders_of_bots
    await drill.round(until_it_trades=True)
    assert drill.orders_of_bots > traded  # after all that the bots trade again, by themselves
    assert drill.count(OrderFilled) > 0, "no resting order ever filled, so that nothing was tried of them"
    await drill.settle()
    assert (drill.lost, drill.doubled, drill.pending) == (0, 0, 0)
    await _would_notice(drill)


async def _would_notice(drill: KillDrill) -> None:
    """A fact that is not where it was acknowledged, an order that is not the one a person was told of."""
    place, fact = next(iter(drill.acknowledged.items()))
    drill.acknowledged[place] = replace(fact, order_id="another")
    key, told = next((key, told) for key, told in drill.told.items() if told.order_id)
    drill.told[key] = replace(told, order_id="another")
    await drill.check()
    assert drill.lost == 2
