"""The order benchmarks measure orders that really pass, fill and are denied (architecture.md, performance goals)."""

from pathlib import Path

import pytest

from bench import orders, pipeline
from bench.pipeline_steps import Steps
from bench.trading import Desk, market_states
from core.adapters.store.schema import COLLECTIONS
from core.adapters.store.sqlite import SqliteStore
from tests.fakes.store_memory import MemoryStore
from tests.integration.desk import audited


async def test_every_step_and_every_denial_is_measured():
    spent = Steps(await market_states(8)).all()
    assert all(one.decide > 0 for one in spent.values())
    assert {name for name in spent if name.startswith("denied")} == {
        f"denied: {what}"
        for what in ("ownership", "halted", "no price", "fee coverage", "daily limit", "cash", "circuit breaker")
    }


async def test_measured_orders_are_in_the_journal(tmp_path: Path):
    store = SqliteStore(tmp_path / "measured.db")
    await store.open()
    states, desk = await market_states(6), Desk(store)
    for user in ("market", "limit"):
        await desk.open_account(user)
    work = [pipeline.market_orders(desk, "market", states), pipeline.limit_orders(desk, "limit", states)]
    measured = await pipeline.measure(store, [*work, pipeline.inserts(store, "bare", 4)])
    assert len(measured.latencies) == len(states) + len(states) // 2 + 4
    for user in ("market", "limit"):
        state = await audited(store, user)
        assert (state.orders_today, state.working, state.open_symbols()) == (6, {}, [])
    await store.close()


@pytest.mark.parametrize("projecting", [False, True])
async def test_orders_of_many_users_are_measured_with_and_without_projections(projecting: bool):  # noqa: FBT001 - both
    measured = await orders.measure(
        MemoryStore(COLLECTIONS), ["one", "two"], await market_states(4), projecting=projecting
    )
    assert measured.orders == 8
