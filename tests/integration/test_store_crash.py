"""Acknowledged means durable: nothing that was acknowledged is lost to a SIGKILL, and nothing is doubled."""

import asyncio
import random  # noqa: TID251 - seeded kill times
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from core.adapters.store.mongo import MongoStore
from core.ports import DuplicateKey, Insert, StoreUnavailable
from tests.integration.store_child import event
from tests.mongo_standin import MongoStandIn, database_url, real_server_url
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
SQLITE_ROUNDS = 8
MONGO_ROUNDS = 4


async def acknowledged_until_killed(
    location: Location, prefix: str, lines_before_kill: int, delay_secs: float
) -> set[str]:
    """Let a child insert, kill it in the middle, and give the ids it had been told were safe."""
    command = [sys.executable, "-m", "tests.integration.store_child", "insert", location.backend, location.address]
    child = await asyncio.create_subprocess_exec(*command, prefix, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    lines = [await child.stdout.readline() for _ in range(lines_before_kill)]
    await asyncio.sleep(delay_secs)
    child.kill()
    lines += (await child.stdout.read()).splitlines(keepends=True)
    await child.wait()
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


async def test_sqlite_keeps_all_acknowledged_inserts_of_a_killed_process(tmp_path: Path):
    location = Location("sqlite", str(tmp_path / "amarktai.db"))
    chance = random.Random(20261124)  # noqa: S311 - not cryptography
    acknowledged: set[str] = set()
    for number in range(SQLITE_ROUNDS):
        acknowledged |= await acknowledged_until_killed(
            location, f"r{number}", chance.randint(1, 400), chance.uniform(0, 0.05)
        )

    store = location.make()
    await store.open()
    for number in range(SQLITE_ROUNDS):
        for writer in range(8):
            user = f"r{number}-{writer}"
            page = await store.find("ledger_events", "user_seq", [user], limit=10_000)
            stored = [document["seq"] for document in page.documents]
            promised = sum(key.startswith(f"{user}:") for key in acknowledged)
            assert stored == list(range(1, len(stored) + 1))
            assert promised <= len(stored) <= promised + 1, "one insert may be in the store but not yet reported"
    await store.close()


async def test_sqlite_is_all_or_nothing_when_the_process_dies_within_a_write(tmp_path: Path):
    location = Location("sqlite", str(tmp_path / "amarktai.db"))
    program = (
        "import asyncio, os, sys; from tests.store_location import Location; from core.ports import Insert\n"
        "from tests.integration.store_child import event\n"
        "async def main():\n"
        "    store = Location('sqlite', sys.argv[1]).make(); await store.open(); n = 0\n"
        "    while True:\n"
        "        n += 1\n"
        "        await store.write([Insert('ledger_events', event(f'u{n}', s, f'k{s}')) for s in range(1, 51)])\n"
        "        print(n, flush=True)\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, location.address, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    for _ in range(20):
        await child.stdout.readline()
    child.kill()
    promised = 20 + len((await child.stdout.read()).splitlines())
    await child.wait()

    store = location.make()
    await store.open()
    for number in range(1, promised + 2):
        page = await store.find("ledger_events", "user_seq", [f"u{number}"])
        assert len(page.documents) == 50 or (number > promised and not page.documents)
    await store.close()


async def append_through_outages(
    store: MongoStore, user: str, acknowledged: dict[str, int], stop: asyncio.Event
) -> None:
    """Append as the journal writer does: after an unknown outcome look the key up, only then try again."""
    seq = 0
    while not stop.is_set():
        seq += 1
        key = f"key-{seq}"
        while True:
            try:
                await store.insert("ledger_events", event(user, seq, key))
            except StoreUnavailable:
                await asyncio.sleep(0.05)
                with suppress(StoreUnavailable):
                    if (await store.find("ledger_events", "user_key", [user, key])).documents:
                        break
                continue
            except DuplicateKey:
                break  # the look-up came before the server had finished the first try
            break
        acknowledged[user] = seq


@pytest.mark.skipif(real_server_url() is not None, reason="a real server is not ours to kill")
async def test_mongodb_keeps_all_acknowledged_inserts_when_the_server_is_killed(tmp_path: Path):
    server = MongoStandIn(tmp_path / "storage")
    await asyncio.to_thread(server.start)
    store = MongoStore(database_url(server.url, "crash") + "&serverSelectionTimeoutMS=1000")
    await store.open()
    chance = random.Random(20261124)  # noqa: S311 - not cryptography
    acknowledged: dict[str, int] = {}
    stop = asyncio.Event()
    users = [f"u{number}" for number in range(8)]
    writers = [asyncio.create_task(append_through_outages(store, user, acknowledged, stop)) for user in users]
    for _ in range(MONGO_ROUNDS):
        await asyncio.sleep(chance.uniform(0.3, 1.0))
        server.kill()
        await asyncio.to_thread(server.start)
    await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(*writers)

    for user in users:
        page = await store.find("ledger_events", "user_seq", [user], limit=10_000)
        assert [document["seq"] for document in page.documents] == list(range(1, acknowledged[user] + 1))
    await store.close()
    server.stop()


@pytest.mark.skipif(real_server_url() is not None, reason="a real server is not ours to kill")
async def test_an_outage_of_mongodb_is_an_unknown_outcome_and_passes(tmp_path: Path):
    server = MongoStandIn(tmp_path / "storage")
    await asyncio.to_thread(server.start)
    store = MongoStore(database_url(server.url, "outage") + "&serverSelectionTimeoutMS=500")
    await store.open()
    server.kill()

    with pytest.raises(StoreUnavailable):
        await store.insert("leases", {"_id": "l"})
    with pytest.raises(StoreUnavailable):
        await store.write([Insert("leases", {"_id": "l"})])
    with pytest.raises(StoreUnavailable):
        await store.get("leases", "l")

    await asyncio.to_thread(server.start)
    await store.insert("leases", {"_id": "l"})
    await store.close()
    server.stop()
