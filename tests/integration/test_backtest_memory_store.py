"""The store that backtests keep their journals in answers as SQLite does (design/architecture.md, Store)."""

import random  # noqa: TID251 - seeded operations
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from core.adapters.store.memory import MemoryStore
from core.adapters.store.schema import META
from core.adapters.store.sqlite import SqliteStore
from core.ports import Collection, DocumentStore, DuplicateKey, Index, Insert, Put, StoreUnavailable

COLLECTIONS = (
    Collection("plain", (Index("by_user", ("user_id", "at")), Index("by_kind", ("kind",)))),
    Collection("strict", (Index("place", ("user_id", "at"), unique=True),)),
    Collection(META),
)


def document(noise: random.Random) -> dict[str, Any]:
    return {
        "_id": f"d{noise.randrange(25):02}",
        "user_id": noise.choice("ab"),
        "at": noise.randrange(6),
        "kind": noise.choice("xyz"),
        "version": 1,
        "body": [noise.random(), None, {"deep": "ä"}],
    }


async def told(work: Awaitable[object]) -> object:
    """The answer, or the kind of error: of two taken indexes either may be named."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - errors are compared as answers are
        return type(error).__name__


async def step(store: DocumentStore, seed: int) -> object:
    """One operation, the same for the same seed."""
    noise = random.Random(seed)  # noqa: S311 - a made-up sequence
    name, made = noise.choice(("plain", "strict")), document(noise)
    match noise.randrange(6):
        case 0:
            return await told(store.insert(name, made))
        case 1:
            return await told(store.replace(name, made, noise.choice((1, 1, 2))))
        case 2:
            return await told(store.delete(name, made["_id"]))
        case 3:
            return await told(store.get(name, made["_id"]))
        case 4:
            return await told(store.write([Put(name, made), Insert(name, document(noise))]))
        case _:
            index = "by_kind" if name == "plain" and noise.random() < 0.3 else "by_user" if name == "plain" else "place"
            return await told(scan(store, name, index, noise))


async def scan(store: DocumentStore, name: str, index: str, noise: random.Random) -> list[str]:
    """All pages of a random range."""
    equals = ["x"] if index == "by_kind" else noise.choice(([], ["a"], ["a", 3]))
    ranged = len(equals) == 1 and index != "by_kind"
    bounds = {"after": noise.choice((None, 1, 3)), "until": noise.choice((None, 2, 4))} if ranged else {}
    direction, limit = noise.random() < 0.5, noise.choice((1, 2, 100))
    keys, cursor = list[str](), None
    while True:
        page = await store.find(name, index, equals, **bounds, descending=direction, limit=limit, cursor=cursor)
        keys += [found["_id"] for found in page.documents]
        cursor = page.cursor
        if cursor is None:
            return keys


async def test_any_operations_have_the_answers_they_have_on_sqlite(tmp_path: Path):
    memory, real = MemoryStore(COLLECTIONS), SqliteStore(tmp_path / "real.db", collections=COLLECTIONS)
    await memory.open()
    await real.open()
    try:
        for seed in range(1_500):
            assert await step(memory, seed) == await step(real, seed), seed
    finally:
        await real.close()


async def test_what_was_stored_and_read_is_shared_with_nobody():
    store, made = MemoryStore(COLLECTIONS), document(random.Random(1))  # noqa: S311 - made up
    await store.insert("plain", made)
    made["body"].append("changed")
    found = await store.get("plain", made["_id"])
    assert found is not None
    found["body"].clear()
    assert len((await store.get("plain", made["_id"]) or {})["body"]) == 3


async def test_a_store_that_is_away_says_so():
    store = MemoryStore(COLLECTIONS)
    store.available = False
    with pytest.raises(StoreUnavailable):
        await store.get("plain", "d")
    store.available = True
    with pytest.raises(DuplicateKey):
        await store.write([Insert("plain", document(random.Random(1)))] * 2)  # noqa: S311 - made up
    assert (await store.find("plain", "by_kind", ())).documents == []
