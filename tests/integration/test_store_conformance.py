"""The DocumentStore contract, on SQLite and on MongoDB alike (design/architecture.md, Store)."""

import asyncio
import random  # noqa: TID251 - seeded queries
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.adapters.store.group_commit import GroupCommitter
from core.adapters.store.mongo import MongoStore
from core.adapters.store.schema import COLLECTIONS, SCHEMA_VERSION
from core.adapters.store.sqlite import SqliteStore
from core.domain.errors import InvalidInput, Unavailable
from core.ports import Document, DuplicateKey, Insert, Put, StoreUnavailable, VersionConflict
from tests.integration.store_child import append_in_turns, event
from tests.store_location import Location

Store = SqliteStore | MongoStore
ROOT = Path(__file__).parents[2]


def fill(key: str, ts: str, user: str = "u") -> Document:
    return {"_id": key, "user_id": user, "bot_id": "b", "ts": ts}


async def all_pages(store: Store, limit: int, *, descending: bool = False) -> list[str]:
    keys: list[str] = []
    cursor: str | None = None
    while True:
        page = await store.find("fills_ledger", "user_time", ["u"], limit=limit, cursor=cursor, descending=descending)
        assert len(page.documents) <= limit
        keys += [document["_id"] for document in page.documents]
        cursor = page.cursor
        if cursor is None:
            return keys


async def start(task: str, location: Location, argument: str = "") -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.integration.store_child", task, location.backend, location.address]
    return await asyncio.create_subprocess_exec(*command, argument, cwd=ROOT, stderr=asyncio.subprocess.PIPE)


async def finish(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()


async def test_an_inserted_document_is_found_by_its_key_and_an_unknown_key_gives_none(store: Store):
    await store.insert("leases", {"_id": "engine", "holder": "a"})

    assert await store.get("leases", "engine") == {"_id": "engine", "holder": "a"}
    assert await store.get("leases", "other") is None


async def test_every_json_type_and_odd_text_comes_back_as_it_was(store: Store):
    odd = {
        "bools": [True, False],
        "ints": [0, -1, 2**31, -(2**63), 2**63 - 1],
        "none": None,
        "text": [
            "",
            "$where",
            "a.b",
            "$set.x",
            "päth/🚀\u200b\u202e",
            "nul\x00inside",
            "'; DROP TABLE leases; --",
            "\\u0041",
        ],
        "nested": {"deep": [{"er": [[], {}, [None]]}]},
        "exact": "0.100000000000000000",
        "fraction": 0.1,
    }
    await store.insert("leases", {"_id": "päth $1.x 🚀", **odd})

    stored = await store.get("leases", "päth $1.x 🚀")

    assert stored is not None
    assert stored == {"_id": "päth $1.x 🚀", **odd}
    assert [type(value) for value in stored["bools"]] == [bool, bool]
    assert [type(value) for value in stored["ints"]] == [int] * 5


async def test_inserting_does_not_alter_the_callers_document(store: Store):
    document = {"_id": "a", "list": [1]}
    await store.insert("leases", document)

    assert document == {"_id": "a", "list": [1]}


@pytest.mark.parametrize(
    "bad",
    [
        {"no": "id"},
        {"_id": 7},
        {"_id": "x", "at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"_id": "x", "amount": Decimal(1)},
        {"_id": "x", "ratio": float("nan")},
        {"_id": "x", "deep": [{"ratio": float("-inf")}]},
        {"_id": "x", "deep": [{"amount": Decimal(1)}]},
        {"_id": "x", "blob": b"x"},
        {"_id": "x", "several": {1, 2}},
        {"_id": "x", "text": "\ud800"},
        {"_id": "x", "text": "x" * 5_000_000},
    ],
)
async def test_what_is_not_plain_json_with_a_text_key_is_refused_at_the_call(store: Store, bad: Document):
    with pytest.raises((ValueError, TypeError)):
        await store.insert("leases", bad)


async def test_a_document_without_an_indexed_field_is_refused(store: Store):
    with pytest.raises(ValueError, match="ts"):
        await store.insert("fills_ledger", {"_id": "f", "user_id": "u", "bot_id": "b"})


async def test_a_duplicate_names_the_index_that_is_taken(store: Store):
    await store.insert("ledger_events", event("u", 1, "k1"))
    await store.insert("leases", {"_id": "engine"})

    with pytest.raises(DuplicateKey) as by_key:
        await store.insert("ledger_events", event("u", 2, "k1"))
    with pytest.raises(DuplicateKey) as by_seq:
        await store.insert("ledger_events", event("u", 1, "k2") | {"_id": "free"})
    with pytest.raises(DuplicateKey) as by_id:
        await store.insert("leases", {"_id": "engine"})

    assert (by_key.value.collection, by_key.value.index) == ("ledger_events", "user_key")
    assert by_seq.value.index == "user_seq"
    assert by_id.value.index == "_id"


async def test_of_64_appends_at_one_seq_exactly_one_wins_and_neighbours_are_not_disturbed(store: Store):
    contenders = [store.insert("ledger_events", event("u", 1, f"k{number}", by=number)) for number in range(64)]
    neighbours = [store.insert("ledger_events", event(f"n{number}", 1, "k")) for number in range(8)]

    results = await asyncio.gather(*contenders, *neighbours, return_exceptions=True)

    winners = [number for number, result in enumerate(results[:64]) if result is None]
    losers = [result for result in results[:64] if result is not None]
    assert len(winners) == 1
    assert all(isinstance(loser, DuplicateKey) and loser.index in {"_id", "user_seq"} for loser in losers)
    assert results[64:] == [None] * 8
    stored = await store.get("ledger_events", "u:1")
    assert stored is not None
    assert stored["payload"] == {"by": winners[0]}


async def test_compare_and_set_lets_one_of_50_win_at_each_version(store: Store):
    await store.insert("leases", {"_id": "l", "version": 1, "holder": -1})

    for version in range(1, 4):
        tries = [store.replace("leases", {"_id": "l", "holder": number}, version) for number in range(50)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        won = [result for result in results if isinstance(result, dict)]
        assert len(won) == 1
        assert sum(isinstance(result, VersionConflict) for result in results) == 49
        assert won[0] == await store.get("leases", "l")
        assert won[0]["version"] == version + 1


async def test_replacing_what_is_gone_is_a_conflict_and_taking_anothers_email_a_duplicate(store: Store):
    def user(key: str, email: str) -> Document:
        return {
            "_id": key,
            "email": email,
            "password_hash": "",
            "role": "user",
            "token_version": 1,
            "disabled": False,
            "version": 1,
        }

    await store.write([Insert("users", user("a", "a@x")), Insert("users", user("b", "b@x"))])

    with pytest.raises(VersionConflict):
        await store.replace("users", user("c", "c@x"), 1)
    with pytest.raises(DuplicateKey) as taken:
        await store.replace("users", user("b", "a@x"), 1)
    assert taken.value.index == "email"
    assert (await store.find("users", "email", ["b@x"])).documents == [user("b", "b@x")]


async def test_delete_tells_whether_there_was_something(store: Store):
    await store.insert("leases", {"_id": "l"})

    assert await store.delete("leases", "l") is True
    assert await store.delete("leases", "l") is False
    assert await store.get("leases", "l") is None


async def test_a_scan_is_ordered_bounded_and_sees_its_prefix_only(store: Store):
    await store.write([Insert("ledger_events", event("u", seq, f"k{seq}")) for seq in (3, 1, 12, 2)])
    await store.insert("ledger_events", event("v", 2, "k"))

    async def seqs(**bounds: Any) -> list[int]:  # noqa: ANN401 - passed on
        page = await store.find("ledger_events", "user_seq", ["u"], **bounds)
        return [document["seq"] for document in page.documents]

    assert await seqs() == [1, 2, 3, 12]
    assert await seqs(after=1, until=3) == [2, 3]
    assert await seqs(after=1, until=3, descending=True) == [3, 2]
    assert await seqs(descending=True, limit=2) == [12, 3]
    assert await seqs(after=12) == []
    assert await seqs(after=0, limit=1) == [1]


async def test_equalities_on_all_fields_are_an_exact_lookup_and_none_scans_all(store: Store):
    await store.write([Insert("ledger_events", event(user, seq, f"k{seq}")) for user in "ba" for seq in (1, 2)])

    exact = await store.find("ledger_events", "user_key", ["a", "k2"], after="zzz", until="")
    everything = await store.find("ledger_events", "user_seq", [])

    assert [document["_id"] for document in exact.documents] == ["a:2"]
    assert exact.cursor is None
    assert [document["user_id"] for document in everything.documents] == ["a", "a", "b", "b"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 100])
async def test_paging_loses_and_repeats_nothing_on_ties(store: Store, limit: int, descending: bool):  # noqa: FBT001 - parametrised
    times = {"a": "t1", "f": "t2", "b": "t2", "e": "t2", "d": "t2", "c": "t2", "g": "t3", "i": "t4", "h": "t4"}
    await store.write([Insert("fills_ledger", fill(key, ts)) for key, ts in times.items()])
    await store.insert("fills_ledger", fill("other", "t2", user="v"))

    keys = await all_pages(store, limit, descending=descending)

    assert keys == (list("abcdefghi")[::-1] if descending else list("abcdefghi"))


async def test_500_random_scans_agree_with_a_plain_model(store: Store):
    chance = random.Random(7)  # noqa: S311 - not cryptography
    times = [f"t{number}" for number in range(6)]
    fills = [fill(f"{chance.random()}", chance.choice(times), user=chance.choice("uvw")) for _ in range(120)]
    await store.write([Insert("fills_ledger", document) for document in fills])

    for _ in range(500):
        equals = [chance.choice("uvw")]
        after, until = (chance.choice([None, *times]) for _ in range(2))
        descending, limit = chance.random() < 0.5, chance.randint(1, 50)
        expected = [
            document
            for document in fills
            if document["user_id"] == equals[0]
            and (after is None or document["ts"] > after)
            and (until is None or document["ts"] <= until)
        ]
        expected.sort(key=lambda document: (document["ts"], document["_id"]), reverse=descending)
        found: list[Document] = []
        cursor: str | None = None
        while True:
            page = await store.find(
                "fills_ledger",
                "user_time",
                equals,
                after=after,
                until=until,
                descending=descending,
                limit=limit,
                cursor=cursor,
            )
            found += page.documents
            cursor = page.cursor
            if cursor is None:
                break
            assert len(page.documents) == limit
        assert found == expected


async def test_exact_lookups_page_by_id(store: Store):
    await store.write([Insert("fills_ledger", fill(key, "t")) for key in "dbca"])

    first = await store.find("fills_ledger", "user_time", ["u", "t"], limit=3)
    second = await store.find("fills_ledger", "user_time", ["u", "t"], limit=3, cursor=first.cursor)

    assert [document["_id"] for document in (*first.documents, *second.documents)] == list("abcd")
    assert second.cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "eyIkZ3QiOiAiIn0=", "W3siJGd0IjogIiJ9LCAiYSJd", "W251bGwsICJhIl0="])
async def test_a_forged_cursor_is_refused(store: Store, cursor: str):
    with pytest.raises(InvalidInput):
        await store.find("fills_ledger", "user_time", ["u"], cursor=cursor)


async def test_an_undeclared_access_path_or_an_operator_as_value_is_refused(store: Store):
    with pytest.raises(LookupError):
        await store.find("fills_ledger", "by_hash", ["u"])
    with pytest.raises(LookupError):
        await store.get("no_such_collection", "u")
    with pytest.raises(ValueError, match="equals and bounds"):
        await store.find("fills_ledger", "user_time", [{"$gt": ""}])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="limit"):
        await store.find("fills_ledger", "user_time", ["u"], limit=0)


async def test_a_failed_write_leaves_nothing_or_a_prefix_and_can_be_repeated(store: Store):
    await store.insert("leases", {"_id": "taken"})
    steps = [Put("leases", {"_id": "first"}), Insert("leases", {"_id": "taken"}), Put("leases", {"_id": "last"})]

    with pytest.raises(DuplicateKey) as failure:
        await store.write(steps)

    assert failure.value.index == "_id"
    applied = await store.get("leases", "first") is not None
    assert applied is isinstance(store, MongoStore)
    assert await store.get("leases", "last") is None
    assert await store.get("leases", "taken") == {"_id": "taken"}


async def test_puts_insert_then_overwrite_and_repeating_them_changes_nothing(store: Store):
    steps = [
        Put("fills_ledger", fill("f", "t1")),
        Put("bots", {"_id": "b", "user_id": "u", "name_key": "alpha"}),
        Put("fills_ledger", fill("f", "t2")),
    ]
    for _ in range(3):
        await store.write(steps)

    page = await store.find("fills_ledger", "user_time", ["u"])
    assert page.documents == [fill("f", "t2")]
    assert (await store.find("bots", "user", ["u", "alpha"])).documents[0]["_id"] == "b"
    await store.write([])


async def test_concurrent_puts_of_one_new_key_all_succeed(store: Store):
    await asyncio.gather(*(store.write([Put("leases", {"_id": "l", "by": number})]) for number in range(20)))

    assert await store.get("leases", "l") is not None


async def test_watch_gives_what_is_there_and_what_comes_in_order_from_a_seq(store: Store):
    await store.write([Insert("ledger_events", event("u", seq, f"k{seq}")) for seq in (1, 2, 3)])
    seen: list[int] = []

    async def follow() -> None:
        async for document in store.watch("ledger_events", "user_seq", ["u"], after=1):
            seen.append(document["seq"])
            if document["seq"] == 40:
                return

    follower = asyncio.create_task(follow())
    for seq in range(4, 41):
        await store.insert("ledger_events", event("u", seq, f"k{seq}"))
        await store.insert("ledger_events", event("v", seq, f"k{seq}"))
    await asyncio.wait_for(follower, 30)

    assert seen == list(range(2, 41))


async def test_a_cancelled_caller_harms_neither_the_store_nor_its_neighbours(store: Store):
    tasks = [asyncio.create_task(store.insert("ledger_events", event(f"u{n}", 1, "k"))) for n in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert results[1::2] == [None] * 15
    for number in range(1, 30, 2):
        assert await store.get("ledger_events", f"u{number}:1") is not None
    await store.insert("ledger_events", event("after", 1, "k"))


async def test_two_instances_see_each_others_writes_and_reopening_keeps_them(store: Store, location: Location):
    other = location.make()
    await other.open()
    await store.insert("leases", {"_id": "a"})
    await other.insert("leases", {"_id": "b"})

    assert await other.get("leases", "a") == {"_id": "a"}
    assert await store.get("leases", "b") == {"_id": "b"}
    await other.close()
    await other.close()

    again = location.make()
    await again.open()
    assert await again.get("leases", "b") == {"_id": "b"}
    await again.close()


async def test_closing_finishes_what_was_accepted(location: Location):
    store = location.make()
    await store.open()
    insert = asyncio.create_task(store.insert("leases", {"_id": "a"}))
    await asyncio.sleep(0)
    await store.close()
    await insert

    with pytest.raises(StoreUnavailable):
        await store.get("leases", "a")
    with pytest.raises(StoreUnavailable):
        await store.insert("leases", {"_id": "b"})


async def test_four_instances_may_open_a_new_store_at_once(location: Location):
    stores = [location.make() for _ in range(4)]
    await asyncio.gather(*(one.open() for one in stores))
    await asyncio.gather(*(one.insert("leases", {"_id": str(n)}) for n, one in enumerate(stores)))

    assert await stores[0].get("leases", "3") == {"_id": "3"}
    for one in stores:
        await one.close()


async def test_four_processes_may_open_a_new_store_at_once(location: Location):
    await finish([await start("open", location) for _ in range(4)])


async def test_two_processes_and_this_one_append_to_one_journal_without_gaps_or_doubles(
    store: Store, location: Location
):
    children = [await start("append", location, name) for name in ("a", "b")]
    await append_in_turns(store, "shared", "c", 60)
    await finish(children)

    page = await store.find("ledger_events", "user_seq", ["shared"])
    assert [document["seq"] for document in page.documents] == list(range(1, 181))
    keys = {document["idempotency_key"] for document in page.documents}
    assert keys == {f"{writer}-{number}" for writer in "abc" for number in range(60)}


async def test_data_of_a_newer_program_is_refused_and_both_versions_are_named(location: Location):
    store = location.make()
    await store.open()
    await store.write([Put("meta", {"_id": "schema_version", "schema_version": SCHEMA_VERSION + 1})])
    await store.close()

    with pytest.raises(Unavailable, match=rf"version {SCHEMA_VERSION + 1}.*up to {SCHEMA_VERSION}"):
        await location.make().open()


def test_every_declared_index_has_at_most_two_fields():
    assert all(1 <= len(index.fields) <= 2 for collection in COLLECTIONS for index in collection.indexes)


async def test_mongodb_refuses_a_journal_event_without_its_hash(store: Store):
    if isinstance(store, SqliteStore):
        pytest.skip("validators are MongoDB's")
    with pytest.raises(ValueError, match="declared fields"):
        await store.insert("ledger_events", event("u", 1, "k") | {"hash": "short"})


async def test_a_file_that_is_no_database_and_a_server_that_is_away_are_told_plainly(tmp_path: Path):
    (tmp_path / "x.db").write_text("this is not a database, but it is long enough to look at " * 50)

    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqliteStore(tmp_path / "x.db").open()
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await MongoStore("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200").open()
    with pytest.raises(StoreUnavailable, match="connection string"):
        await MongoStore("postgres://somewhere/").open()


async def test_on_sqlite_many_concurrent_inserts_share_few_commits(tmp_path: Path):
    store = SqliteStore(tmp_path / "x.db")
    await store.open()
    await asyncio.gather(*(store.insert("leases", {"_id": str(number)}) for number in range(200)))

    assert store.operations == 200
    assert store.commits <= 20
    await store.close()


async def test_on_mongodb_concurrent_inserts_share_round_trips_and_each_gets_its_own_answer(store: Store):
    if isinstance(store, SqliteStore):
        pytest.skip("about round trips to MongoDB")
    before = store.operations
    events = [event(f"u{number}", 1, "k") for number in range(30)]
    with pytest.raises(ValueError, match="8-byte"):
        await store.insert("ledger_events", event("huge", 1, "k", number=2**70))
    events += [event("u3", 1, "other"), event("z", 1, "k") | {"hash": "short"}, event("z", 2, "k")]
    results = await asyncio.gather(*(store.insert("ledger_events", e) for e in events), return_exceptions=True)

    assert results[:30] == [None] * 30
    assert isinstance(results[30], DuplicateKey)
    assert isinstance(results[31], ValueError)
    assert results[32] is None
    assert store.operations - before <= 3


async def test_a_full_disk_is_told_and_what_was_acknowledged_before_stays(tmp_path: Path):
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, ballast TEXT)")
    connection.execute("PRAGMA max_page_count = 100")
    writer = GroupCommitter(connection)
    saved: list[int] = []

    async def save(number: int) -> None:
        await writer.run(lambda c: c.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * 2000)))
        saved.append(number)

    async def fill_the_disk() -> None:
        for number in range(0, 10_000, 8):
            await asyncio.gather(*(save(number + offset) for offset in range(8)))

    with pytest.raises(StoreUnavailable, match="disk is full"):
        await fill_the_disk()

    count = await writer.run(lambda c: c.execute("SELECT count(*) FROM t").fetchone()[0])
    assert count == len(saved) > 0
    await writer.run(lambda c: c.execute("DELETE FROM t"))
    await save(1)
    await writer.close()
    connection.close()
