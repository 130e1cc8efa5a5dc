"""Two processes never run one bot: who was frozen beyond its lease is fenced (spec/bots.md; design/architecture.md)."""

import pytest

from tests.integration.fencing_drill import FencingDrill
from tests.store_location import Location


@pytest.mark.timeout(240)
async def test_a_process_frozen_beyond_its_lease_is_fenced_and_doubles_nothing(location: Location):
    await _fenced(location, rounds=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_processes_that_freeze_in_turns_double_nothing(location: Location):
    await _fenced(location, rounds=4)


async def _fenced(location: Location, rounds: int) -> None:
    drill = FencingDrill(location)
    try:
        await drill.open()
        for _ in range(rounds):
            await drill.round()
        assert (drill.doubled, drill.late, drill.let_through) == (0, 0, 0)
        assert drill.denied == rounds * len(drill.users)
        assert drill.orders > 0
    finally:
        await drill.close()
