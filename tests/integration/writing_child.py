"""Carries out what writers ask for, here or as a process of its own that reports each answer as a JSON line."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import msgspec

from core.adapters.clock import SystemClock
from core.domain.errors import Conflict, NotFound
from core.ports import Document, DocumentStore, DuplicateKey, StoreUnavailable
from core.services.journal_writer import JournalWriter, Outcome
from core.services.projector import Projector
from tests.builders import T0
from tests.fakes.faulty_store import FaultyStore
from tests.integration.writing_plan import RULES, Ask, Plan
from tests.store_location import Location

_STORE_ATTEMPTS = 5


class Verdict(StrEnum):
    """What became of a command; only the first two are acknowledged appends."""

    APPENDED = "appended"
    CACHED = "cached"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a writer was told. The times are of the system-wide monotonic clock, so that processes compare."""

    writer: int
    number: int
    verdict: Verdict
    asked_ns: int
    answered_ns: int
    collisions: int  # of the whole process since its last answer
    seq: int = 0
    hash: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A process's part: which writers, each from its how manyth command on, over how many journal writers."""

    backend: Literal["sqlite", "mongo"]
    address: str
    plan: Plan
    begin: dict[int, int]
    journals: int


class CountingStore(FaultyStore):
    """Counts the appends that lost against somebody else's."""

    collisions = 0

    async def insert(self, collection: str, document: Document) -> None:
        try:
            await super().insert(collection, document)
        except DuplicateKey:
            self.collisions += 1
            raise

    def take_collisions(self) -> int:
        """How many since the last time this was asked."""
        taken, self.collisions = self.collisions, 0
        return taken


def journal_writer(store: DocumentStore) -> JournalWriter:
    """A writer as the product wires it, with limits out of the way."""
    return JournalWriter(store, SystemClock(), RULES, Projector(store))


async def write(job: Job, store: CountingStore, report: Callable[[Answer], None]) -> list[JournalWriter]:
    """All writers of a job at once, each command after the answer to the one before; gives the journal writers."""
    journals = [journal_writer(store) for _ in range(job.journals)]

    async def one(writer: int, begin: int) -> None:
        for number in range(begin, job.plan.commands):
            report(await _answer(journals[writer % len(journals)], job.plan, writer, number, store))

    async with asyncio.TaskGroup() as tasks:
        for writer, begin in job.begin.items():
            tasks.create_task(one(writer, begin))
    return journals


async def _answer(journal: JournalWriter, plan: Plan, writer: int, number: int, store: CountingStore) -> Answer:
    asked, asked_ns = plan.ask(writer, number), time.monotonic_ns()
    verdict, seq, digest, reason = Verdict.REFUSED, 0, "", ""
    try:
        outcome = await _execute(journal, asked)
    except (Conflict, NotFound) as refusal:
        reason = refusal.message
    else:
        if outcome.event is not None:
            verdict = Verdict.CACHED if outcome.cached else Verdict.APPENDED
            seq, digest = outcome.event.seq, outcome.event.hash
        reason = outcome.denied.message if outcome.denied else ""
    answered_ns = time.monotonic_ns()
    return Answer(writer, number, verdict, asked_ns, answered_ns, store.take_collisions(), seq, digest, reason)


async def _execute(journal: JournalWriter, asked: Ask) -> Outcome:
    """As the journal writer's callers must: an unknown outcome is asked for again with the same key."""
    for _ in range(_STORE_ATTEMPTS - 1):
        try:
            return await journal.execute(asked.user_id, asked.command, now=T0, key=asked.key)
        except StoreUnavailable:
            continue
    return await journal.execute(asked.user_id, asked.command, now=T0, key=asked.key)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the parent reads it


async def _main(job: Job) -> None:
    store = CountingStore(Location(job.backend, job.address).make())
    await store.open()
    _say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await write(job, store, lambda answer: _say(msgspec.json.encode(answer).decode()))
    await store.close()


if __name__ == "__main__":
    asyncio.run(_main(msgspec.json.decode(sys.argv[1], type=Job)))
