"""Runs fifty concurrent writers in this process or in several, kills some if asked to, and collects all answers."""

import asyncio
import os
import random  # noqa: TID251 - seeded kill times
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from core.domain import commands as cmd
from core.domain.codec import encode
from core.services.journal_writer import JournalWriter
from tests.builders import T0
from tests.integration.desk import audited
from tests.integration.witness import PREPARED, Findings, examine
from tests.integration.writing_child import Answer, CountingStore, Job, journal_writer, write
from tests.integration.writing_plan import SHARED_BOTS, SHARED_CAPITAL, SOURCE, WRITERS, Plan, new_bot, shared_bot
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
PROCESSES = 4

#: Parts of all commands that have an answer at the first and at the last kill.
_KILLS_BETWEEN = 0.2, 0.7
_KILL_DELAY_SECS = 0.05
#: Every so often a process may die before it has opened the store.
_EARLY = 0.2
_TIMEOUT_SECS = 600


@dataclass(slots=True)
class Writers:
    """A run of a plan on a store, and what the writers were told."""

    location: Location
    plan: Plan
    funds: Decimal
    answers: list[Answer] = field(default_factory=list[Answer])
    kills: int = 0
    _children: dict[int, asyncio.subprocess.Process] = field(default_factory=dict[int, asyncio.subprocess.Process])
    _kill_at: list[int] = field(default_factory=list[int])
    _chance: random.Random = field(default_factory=random.Random)
    _open: set[int] = field(default_factory=set[int])
    _go: asyncio.Event = field(default_factory=asyncio.Event)

    async def open_accounts(self) -> None:
        """Fund all users and, for a plan of everything, start the bots that all writers trade with."""
        store = CountingStore(self.location.make())
        await store.open()
        journal = journal_writer(store)
        await asyncio.gather(*(self._open_account(journal, user) for user in self.plan.user_ids()))
        await store.close()

    async def _open_account(self, journal: JournalWriter, user: str) -> None:
        commands: list[cmd.Command] = [cmd.Fund(self.funds, "USDT")]
        for number in range(SHARED_BOTS if self.plan.kind == "everything" else 0):
            bot = shared_bot(user, number)
            commands += [new_bot(bot, f"Shared {number}", SHARED_CAPITAL), cmd.StartBot(bot, SOURCE, "test")]
        for number, command in enumerate(commands):
            await journal.execute(user, command, now=T0, key=f"{PREPARED}{number}")

    async def in_one_process(self, journals: int) -> None:
        """All writers here, over so many journal writers, each of which then agrees with the journal."""
        store = CountingStore(self.location.make())
        await store.open()
        job = self._job(dict.fromkeys(range(WRITERS), 0), journals)
        journal_writers = await write(job, store, self.answers.append)
        for user in self.plan.user_ids():
            folded = encode(await audited(store, user))
            for journal in journal_writers:
                assert not journal.known(user).seq or encode(await journal.account(user)) == folded
        await store.close()

    async def in_processes(self, kills: int = 0) -> None:
        """All writers, each with a journal writer of its own, in four processes of which some are killed.

        A killed process is started again, and each of its writers goes on from its last acknowledged append,
        which it repeats.
        """
        self._chance = random.Random(f"kills:{self.plan.seed}")  # noqa: S311 - not cryptography
        first, last = (int(WRITERS * self.plan.commands * part) for part in _KILLS_BETWEEN)
        self._kill_at = sorted(self._chance.sample(range(first, last), kills), reverse=True)
        async with asyncio.timeout(_TIMEOUT_SECS), asyncio.TaskGroup() as tasks:
            for process in range(PROCESSES):
                tasks.create_task(self._keep_running(process))

    async def findings(self) -> Findings:
        """What the journals say to all answers."""
        store = self.location.make()
        await store.open()
        found = await examine(store, self.plan, self.answers)
        await store.close()
        return found

    def _job(self, begin: dict[int, int], journals: int) -> Job:
        return Job(self.location.backend, self.location.address, self.plan, begin, journals)

    async def _keep_running(self, process: int) -> None:
        """Run a process's writers until they are done, however often it is killed."""
        while True:
            mine = range(process, WRITERS, PROCESSES)
            code = await self._run_child(process, self._job({writer: self._begin(writer) for writer in mine}, WRITERS))
            if code == 0:
                return
            assert code == -signal.SIGKILL, f"a writing process ended with {code}"
            self.kills += 1

    def _begin(self, writer: int) -> int:
        return max((answer.number for answer in self.answers if answer.writer == writer and answer.seq), default=0)

    async def _run_child(self, process: int, job: Job) -> int:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.integration.writing_child", msgspec.json.encode(job).decode()),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._children[process] = child
        try:
            await self._read(child)
        except BaseException:
            _end(child)
            raise
        finally:
            self._children.pop(process, None)
            assert child.stdin is not None
            child.stdin.close()
            code = await child.wait()
        return code

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        """Let it begin once all are ready, and note its answers; a line cut off by a kill does not count."""
        assert child.stdin is not None
        assert child.stdout is not None
        while (line := await child.stdout.readline()).endswith(b"\n"):
            if line == b"ready\n":
                self._open.add(child.pid)
                if len(self._open) == PROCESSES:
                    self._go.set()
                await self._go.wait()
                with suppress(ConnectionError):
                    child.stdin.write(b"go\n")
                    await child.stdin.drain()
            else:
                self.answers.append(msgspec.json.decode(line, type=Answer))
                self._kill_if_due()

    def _kill_if_due(self) -> None:
        while self._kill_at and len(self.answers) >= self._kill_at[-1]:
            self._kill_at.pop()
            delay = self._chance.uniform(0, _KILL_DELAY_SECS)
            asyncio.get_running_loop().call_later(delay, self._kill_one)

    def _kill_one(self) -> None:
        if not self._children:  # all of them die or start just now: another answer will come
            self._kill_at.append(len(self.answers))
            return
        early = self._chance.random() < _EARLY
        writing = [p for p, child in sorted(self._children.items()) if early or child.pid in self._open]
        _end(self._children.pop(self._chance.choice(writing or sorted(self._children))))


def _end(child: asyncio.subprocess.Process) -> None:
    """SIGKILL. The method of the same purpose would collect the exit status, which its own watcher then misses."""
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
