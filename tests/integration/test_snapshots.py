"""A first use folds only what follows a snapshot, and no snapshot makes a state wrong (spec/accounting.md, Speed)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from core.domain import events as ev
from core.domain.account import Account
from core.domain.codec import pack
from core.domain.commands import RecordBotError
from core.domain.errors import ProductError
from core.domain.evolve import fold
from core.domain.journal import START, Head, Stamp, seal, verified
from core.domain.order import Side
from core.domain.rules import TradingRules
from core.ports import Document, DocumentStore, Insert, Put, StoreUnavailable
from core.services.chains import Chain as Folded
from core.services.journal_writer import JournalWriter
from core.services.projector import Projector
from core.services.snapshots import PARTS, SNAPSHOTS, Snapshots
from tests.builders import BOT, USER, Chain, at, executed, running
from tests.fakes.clock import FakeClock
from tests.fakes.faulty_store import Fault, FaultyStore
from tests.integration.desk import documents, until

EVENTS = "ledger_events"


def busy(orders: int, chain: Chain | None = None) -> Chain:
    """A journal of buys, each of which leaves a lot, and of a sale after every fourth."""
    chain = chain or running(capital="5000")
    for number in range(orders):
        side, quantity = (Side.SELL, "0.002") if number % 5 == 4 else (Side.BUY, "0.001")
        seq = chain.head.seq
        order = executed(side, [(quantity, str(50_000 + seq), "0.01")], mark=str(50_000 + seq), order_id=f"o{seq}")
        chain.add(order, at(seq))
    return chain


async def keep(store: DocumentStore, chain: Chain, first: int = 0) -> None:
    """Put a journal into the store, from its so manieth event on."""
    await store.write([Insert(EVENTS, document) for document in chain.documents[first:]])


def folded(chain: Chain, seq: int | None = None) -> Folded:
    """What a process that has folded so much of a journal holds."""
    part = chain.documents[:seq]
    events = list(verified(START, part))
    state = fold(Account(USER), events)
    return Folded(state, head=Head(events[-1].seq, events[-1].hash), opened=True, behind=False)


def writer(
    store: DocumentStore, snapshots: Snapshots | None = None, projector: Projector | None = None
) -> JournalWriter:
    return JournalWriter(
        store, FakeClock(), TradingRules(), projector or Projector(store), snapshots or Snapshots(store)
    )


async def parts(store: DocumentStore) -> list[str]:
    return sorted(await documents(store, PARTS, "user_seq", USER))


async def test_a_first_use_folds_only_what_follows_the_snapshot(store: DocumentStore):
    chain = busy(40)
    await keep(store, chain)
    await Snapshots(store).save(folded(chain, 30))
    for seq in range(1, 30):  # nothing of this can be folded any more
        await store.delete(EVENTS, f"{USER}:{seq}")
    assert await writer(store).account(USER) == chain.state


async def test_what_was_appended_after_the_snapshot_goes_on_as_if_there_were_none(store: DocumentStore):
    chain = busy(10)
    await keep(store, chain)
    await Snapshots(store).save(folded(chain))
    after = writer(store)
    outcome = await after.execute(USER, RecordBotError(BOT, "failed"), now=at(99))
    assert outcome.event is not None
    assert outcome.event.seq == chain.head.seq + 1
    chain.add(ev.BotErred(BOT, "failed"), at(99))
    assert await after.account(USER) == chain.state
    await Snapshots(store).drop(USER)
    assert await writer(store).account(USER) == chain.state
    assert await parts(store) == []


async def _another_digit(store: DocumentStore) -> None:
    key = (await parts(store))[1]
    part = await store.get(PARTS, key)
    assert part is not None
    middle = len(part["data"]) // 2
    changed = "A" if part["data"][middle] != "A" else "B"
    await store.write([Put(PARTS, part | {"data": part["data"][:middle] + changed + part["data"][middle + 1 :]})])


async def _no_part(store: DocumentStore) -> None:
    for key in await parts(store):
        await store.delete(PARTS, key)


async def _no_second_part(store: DocumentStore) -> None:
    await store.delete(PARTS, (await parts(store))[1])


def _with(**fields: object) -> Callable[[DocumentStore], object]:
    async def change(store: DocumentStore) -> None:
        head = await store.get(SNAPSHOTS, USER)
        assert head is not None
        await store.write([Put(SNAPSHOTS, head | fields)])

    return change


@pytest.mark.parametrize(
    "damage",
    [
        _another_digit,
        _no_part,
        _no_second_part,
        _with(format=0),
        _with(shape="0" * 64),
        _with(head_hash="0" * 64),
        _with(seq=3),
        _with(sha256="0" * 64),
        _with(parts=1),
        _with(parts=0),
        _with(parts="one"),
    ],
    ids=[
        "digit",
        "no part",
        "a part missing",
        "older format",
        "other fields",
        "other journal",
        "other seq",
        "checksum",
        "fewer parts",
        "no parts",
        "no number",
    ],
)
async def test_a_snapshot_that_is_not_whole_and_ours_is_as_if_there_were_none(
    store: DocumentStore, damage: Callable[[DocumentStore], object]
):
    chain = busy(10)
    await keep(store, chain)
    snapshots = Snapshots(store, part_chars=400)
    await snapshots.save(folded(chain))
    assert await snapshots.load(USER) is not None
    damaged = damage(store)
    assert asyncio.iscoroutine(damaged)
    await damaged
    assert await snapshots.load(USER) is None
    assert await writer(store).account(USER) == chain.state
    await snapshots.save(folded(chain))
    assert await snapshots.load(USER) is not None


async def test_a_snapshot_of_a_journal_that_was_rewritten_since_is_not_trusted(store: DocumentStore):
    kept, other = busy(3), busy(3)
    busy(20, kept)
    other.add(ev.BotErred(BOT, "another history"), at(50))
    busy(19, other)
    await keep(store, kept)
    snapshots = Snapshots(store)
    await snapshots.save(folded(kept))
    for document in kept.documents[6:]:
        await store.delete(EVENTS, str(document["_id"]))
    await keep(store, other, first=6)
    assert await writer(store).account(USER) == other.state
    await snapshots.save(folded(other))  # of the same seq
    loaded = await snapshots.load(USER)
    assert loaded is not None
    assert loaded.head == folded(other).head


async def test_a_snapshot_beyond_the_end_of_a_cut_journal_is_not_trusted(store: DocumentStore):
    chain = busy(10)
    await keep(store, chain)
    await Snapshots(store).save(folded(chain))
    await store.delete(EVENTS, f"{USER}:{chain.head.seq}")
    assert (await writer(store).account(USER)).seq == chain.head.seq - 1


async def test_a_crash_before_the_head_leaves_the_snapshot_before_and_no_litter(store: DocumentStore):
    chain = busy(30)
    await keep(store, chain)
    faulty = FaultyStore(store, SNAPSHOTS)
    faulty.faults.append(Fault.BEFORE_WRITE)
    with pytest.raises(StoreUnavailable):
        await Snapshots(faulty).save(folded(chain, 10))
    assert await Snapshots(store).load(USER) is None
    assert len(await parts(store)) == 1
    assert await writer(store).account(USER) == chain.state
    await Snapshots(store).save(folded(chain, 20))
    assert [key.split(":")[1] for key in await parts(store)] == ["20"]


async def test_an_older_snapshot_never_replaces_a_newer_one(store: DocumentStore):
    chain = busy(30)
    await keep(store, chain)
    await Snapshots(store).save(folded(chain, 20))
    late = folded(chain, 10)
    await Snapshots(store).save(late)
    assert late.saved_seq == 20
    assert [key.split(":")[1] for key in await parts(store)] == ["20"]
    loaded = await Snapshots(store).load(USER)
    assert loaded is not None
    assert loaded.head.seq == 20


async def test_many_writers_of_snapshots_leave_the_newest_and_only_its_parts(store: DocumentStore):
    chain = busy(40)
    await keep(store, chain)
    folds = [folded(chain, 10 + number % 31) for number in range(62)]  # each seq twice, as two processes would
    await asyncio.gather(*(Snapshots(store, part_chars=500).save(fold) for fold in folds))
    loaded = await Snapshots(store).load(USER)
    assert loaded is not None
    assert loaded.head.seq == 40
    assert pack(loaded.state) == pack(folded(chain, 40).state)
    assert {key.split(":")[1] for key in await parts(store)} == {"40"}


async def test_a_large_state_is_kept_in_parts_below_the_limit_of_a_document(store: DocumentStore):
    chain = busy(60)
    await keep(store, chain)
    await Snapshots(store, part_chars=300).save(folded(chain))
    pieces: list[Document] = list((await documents(store, PARTS, "user_seq", USER)).values())
    assert len(pieces) > 3
    assert max(len(piece["data"]) for piece in pieces) == 300
    assert await writer(store).account(USER) == chain.state


async def test_snapshots_are_written_behind_the_trading_after_enough_events(store: DocumentStore):
    chain = busy(2)  # five events, two lots
    await keep(store, chain)
    snapshots = Snapshots(store, every=10)
    trading = writer(store, snapshots)
    task = asyncio.create_task(snapshots.run())
    await trading.account(USER)
    for number in range(20):
        await trading.execute(USER, RecordBotError(BOT, "failed"), now=at(100 + number))
    (ours,) = trading.chains
    await until(lambda: ours.saved_seq >= 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await writer(store).account(USER) == await trading.account(USER)


async def test_a_state_with_more_lots_than_news_waits_until_writing_it_pays(store: DocumentStore):
    chain = busy(50)
    await keep(store, chain)
    snapshots = Snapshots(store, every=2)
    trading = writer(store, snapshots)
    await trading.account(USER)
    (ours,) = trading.chains
    await snapshots.save(ours)
    first, lots = ours.saved_seq, ours.open_lots
    assert lots == 20
    task = asyncio.create_task(snapshots.run())
    for number in range(lots):
        await trading.execute(USER, RecordBotError(BOT, "failed"), now=at(100 + number))
        assert ours.saved_seq == first
    await until(lambda: ours.saved_seq == first + lots)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_end_of_a_process_leaves_a_snapshot_of_its_state(store: DocumentStore):
    chain = busy(10)
    await keep(store, chain)
    snapshots = Snapshots(store, every=10)
    trading = writer(store, snapshots)
    await trading.account(USER)
    await snapshots.close(trading.chains)
    loaded = await Snapshots(store).load(USER)
    assert loaded is not None
    assert loaded.state == chain.state


async def test_a_state_that_was_folded_in_part_is_never_kept(store: DocumentStore):
    chain = busy(10)
    await keep(store, chain)
    snapshots = Snapshots(store, every=1)
    trading = writer(store, snapshots)
    await trading.account(USER)
    (ours,) = trading.chains
    sale = executed(Side.SELL, [("9", "1", "0")], mark="1")  # more than there is
    forged = seal(ours.head, Stamp(USER, "forged", 0, at(99), at(99)), sale)
    await store.insert(EVENTS, forged)
    with pytest.raises(ProductError):
        await trading.account(USER)
    assert ours.broken
    await snapshots.save(ours)
    assert await snapshots.load(USER) is None


async def test_a_snapshot_waits_until_the_projections_reach_it(store: DocumentStore):
    async def never(_user_id: str) -> None:
        raise StoreUnavailable("not written yet")

    chain = busy(10)
    await keep(store, chain)
    fold_ = replace(folded(chain))
    await Snapshots(store, never, every=1).close([fold_])
    assert await Snapshots(store).load(USER) is None
    assert await parts(store) == []
