"""Programs that store tests start as processes of their own: open, race appends, insert and report."""

import asyncio
import sys
from typing import Any, Literal, cast

from core.ports import Document, DocumentStore, DuplicateKey
from tests.store_location import Location


def event(user: str, seq: int, key: str, **payload: Any) -> Document:  # noqa: ANN401 - any JSON
    """A journal event as the store sees it."""
    return {
        "_id": f"{user}:{seq}",
        "user_id": user,
        "seq": seq,
        "type": "funded",
        "payload": payload,
        "idempotency_key": key,
        "epoch": 0,
        "ts": "2026-11-24T00:00:00.000Z",
        "recorded_at": "2026-11-24T00:00:00.000Z",
        "prev_hash": "",
        "hash": "0" * 64,
    }


async def append_in_turns(store: DocumentStore, user: str, writer: str, count: int) -> int:
    """Append `count` events as a journal writer does (next seq, on collision fold and try again); collisions."""
    seq, collisions = 0, 0
    for number in range(count):
        while True:
            try:
                await store.insert("ledger_events", event(user, seq + 1, f"{writer}-{number}"))
            except DuplicateKey:
                collisions += 1
                while (page := await store.find("ledger_events", "user_seq", [user], after=seq)).documents:
                    seq = page.documents[-1]["seq"]
            else:
                seq += 1
                break
    return collisions


async def insert_and_report(store: DocumentStore, prefix: str) -> None:
    """Insert for ever from 8 tasks; print each id once the store has acknowledged it."""

    async def one_writer(user: str) -> None:
        seq = 0
        while True:
            seq += 1
            await store.insert("ledger_events", event(user, seq, f"key-{seq}"))
            print(f"{user}:{seq}", flush=True)  # noqa: T201 - the parent reads it

    await asyncio.gather(*(one_writer(f"{prefix}-{number}") for number in range(8)))


async def _main(task: str, backend: str, address: str, argument: str) -> None:
    store = Location(cast(Literal["sqlite", "mongo"], backend), address).make()
    await store.open()
    if task == "append":
        await append_in_turns(store, "shared", argument, 60)
    elif task == "insert":
        await insert_and_report(store, argument)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:5]))
