"""Projections can be written again from the journal at any time, also while others trade (spec/accounting.md)."""

import asyncio
from contextlib import suppress

import pytest

from core.domain.errors import IntegrityError
from core.domain.evolve import fold
from core.domain.journal import read
from core.ports import Document, DocumentStore, Put
from core.services.projections import USER_INDEXES
from core.services.projector import Projector
from core.services.refold import HEADS, covered, rebuild, refold_projections
from core.services.snapshots import SNAPSHOTS, Snapshots
from core.services.verify import Verifier
from tests.builders import USER, Chain
from tests.integration.desk import buy, desk, documents, sell
from tests.integration.test_snapshots import busy, folded, keep, writer
from tests.store_location import Location


async def projected(store: DocumentStore, user: str = USER) -> dict[str, dict[str, Document]]:
    return {name: await documents(store, name, index, user) for name, index in USER_INDEXES.items()}


async def kept(store: DocumentStore, orders: int = 12) -> tuple[Chain, dict[str, dict[str, Document]]]:
    """A journal with its projections as they should be."""
    chain = busy(orders)
    await keep(store, chain)
    await refold_projections(store, USER)
    return chain, await projected(store)


async def test_a_rebuild_mends_removes_and_leaves_the_rest(store: DocumentStore):
    chain, right = await kept(store)
    await Snapshots(store).save(folded(chain))
    for name, found in right.items():
        keys = list(found)
        if keys:
            await store.write(
                [Put(name, found[keys[0]] | {"_id": "stray"}), Put(name, found[keys[-1]] | {"equity": "1"})]
            )
    for key in list(right["fills_ledger"])[1::3]:
        await store.delete("fills_ledger", key)
    seen: list[int] = []
    result = await rebuild(store, USER, seen.append)
    assert await projected(store) == right
    assert (result.events, result.documents) == (chain.head.seq, sum(map(len, right.values())))
    assert result.removed == sum(1 for found in right.values() if found)
    assert seen[-1] == chain.head.seq
    assert await store.get(SNAPSHOTS, USER) is None
    assert (await rebuild(store, USER)).removed == 0


async def test_a_rebuild_of_a_broken_journal_removes_nothing(store: DocumentStore):
    chain, right = await kept(store)
    await store.delete("ledger_events", f"{USER}:{chain.head.seq - 2}")
    with pytest.raises(IntegrityError, match=str(chain.head.seq - 1)):
        await rebuild(store, USER)
    assert await projected(store) == right


async def test_a_rebuild_while_others_trade_leaves_what_the_journal_implies(location: Location):
    async with desk(location.make(), trade=True, burst_limit_orders_per_exchange=1000) as shop:
        user = await shop.user()
        bot = await shop.bot(user)

        async def trade() -> None:
            for number in range(10):
                assert (await shop.submit(user, buy(bot, f"in{number}", 60 * number), 60 * number)).success
                assert (
                    await shop.submit(user, sell(bot, f"out{number}", 60 * number), 60 * number + 20, "102")
                ).success

        async def rebuild_often() -> None:
            for _ in range(5):
                await rebuild(shop.store, user)

        await asyncio.gather(trade(), rebuild_often())
        await shop.services.portfolio.trades(user, None, 1)
        assert [verdict.problem async for verdict in Verifier(shop.store).verify_all([user])] == [None]


async def test_projections_of_an_older_version_are_written_anew_at_the_first_use(store: DocumentStore):
    chain, right = await kept(store)
    await store.write([Put(HEADS, {"_id": USER, "seq": chain.head.seq})])  # as the first version wrote it
    for key in right["daily_rollups"]:
        await store.delete("daily_rollups", key)
    assert await covered(store, USER) == 0
    projector = Projector(store)
    trading = writer(store, projector=projector)
    await trading.account(USER)
    task = asyncio.create_task(projector.run())
    await projector.caught_up(USER)
    await _ended(task)
    assert await projected(store) == right
    assert await covered(store, USER) == chain.head.seq


@pytest.mark.parametrize("reached", [0, 5])
async def test_projections_that_do_not_reach_the_snapshot_are_mended_from_the_journal(
    store: DocumentStore, reached: int
):
    chain, right = await kept(store)
    for name, found in right.items():
        for key, document in found.items():
            if document["seq"] > reached:
                await store.delete(name, key)
    await store.write([Put(HEADS, {"_id": USER, "seq": reached, "version": 2})])
    await Snapshots(store).save(folded(chain))
    projector = Projector(store)
    trading = writer(store, projector=projector)
    assert (await trading.account(USER)).seq == chain.head.seq
    task = asyncio.create_task(projector.run())
    await projector.caught_up(USER)
    await _ended(task)
    assert await projected(store) == right


async def test_a_user_whose_queue_overflowed_is_complete_again_after_it_drained(store: DocumentStore):
    chain = busy(12)
    await keep(store, chain)
    projector = Projector(store, limit=3)
    await writer(store, projector=projector).account(USER)  # nothing is written yet: the queue fills
    task = asyncio.create_task(projector.run())
    await projector.caught_up(USER)
    found = await projected(store)
    await _ended(task)
    await rebuild(store, USER)
    assert found == await projected(store)
    assert await covered(store, USER) == chain.head.seq
    state = fold(folded(chain, 1).state, map(read, chain.documents[1:]))
    assert len(found["fills_ledger"]) == state.book("USDT").fills


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
