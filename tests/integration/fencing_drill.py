"""Freezes the process that runs the bots beyond its lease, lets another take over, and thaws it (spec/bots.md).

What the thawed one still wants to do must be denied, and no order may be there twice.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.domain.events import OwnershipTaken
from core.domain.integrity_findings import Check
from core.domain.journal import Event
from core.ports import DocumentStore, Put
from core.services.verify import Verifier, refold
from tests.integration.desk import journal
from tests.integration.drill_books import PLACED, assert_cash_adds_up, doubled_orders
from tests.integration.fencing_child import Tried, Wrote
from tests.integration.trading_child import open_accounts, open_app
from tests.store_location import Location

ROOT = Path(__file__).parents[2]
_PATIENCE_SECS = 90
_LOCKED_SECS = 1.0
_PROJECTIONS = f"check {Check.PROJECTIONS.number} ("


@dataclass(slots=True)
class Process:
    """One trading process, and what it has said so far."""

    child: asyncio.subprocess.Process
    role: str = ""
    owned: int = 0
    wrote: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    tried: list[Tried] = field(default_factory=list[Tried])

    async def read(self) -> None:
        """Note what it says until it ends."""
        assert self.child.stdout is not None
        while (line := await self.child.stdout.readline()).endswith(b"\n"):
            word, _, rest = line.strip().partition(b" ")
            if word == b"role":
                self.role = rest.decode()
            elif word == b"running":
                self.owned += 1
            elif word == b"wrote":
                wrote = msgspec.json.decode(rest, type=Wrote)
                self.wrote.add((wrote.user_id, wrote.seq))
            elif word == b"tried":
                self.tried.append(msgspec.json.decode(rest, type=Tried))

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.child.pid, number)

    async def try_to_trade(self, users: int) -> list[Tried]:
        """Let it send an order for each of so many users, as the owner it was last."""
        known = len(self.tried)
        assert self.child.stdin is not None
        self.child.stdin.write(b"try\n")
        await self.child.stdin.drain()
        await eventually(lambda: len(self.tried) == known + users, "the late orders were not answered")
        return self.tried[known:]


async def eventually(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait for what must happen."""
    try:
        async with asyncio.timeout(_PATIENCE_SECS):
            while not holds():  # noqa: ASYNC110 - lines come one by one
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(otherwise) from None


@dataclass(slots=True)
class FencingDrill:
    """Two processes on one store. All counts are over all rounds.

    `takeover_secs` are from the freeze until the other process runs all bots. `late` counts events of orders that a
    process appended after it had lost its bots; `let_through` late orders that were not denied as such.
    """

    location: Location
    users: list[str] = field(default_factory=list[str])
    takeover_secs: list[float] = field(default_factory=list[float])
    rounds: int = 0
    orders: int = 0
    doubled: int = 0
    late: int = 0
    denied: int = 0
    let_through: int = 0
    locked: int = 0
    _store: DocumentStore | None = None
    _processes: list[Process] = field(default_factory=list[Process])
    _reading: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def found(self) -> None:
        """People with bots; no process yet."""
        app = await open_app(self.location)
        self.users = await open_accounts(app)
        await app.close()
        self._store = self.location.make()
        await self._store.open()

    async def open(self) -> None:
        """People with bots, one process that runs them and one that stands by."""
        await self.found()
        first = await self.start()
        await eventually(lambda: first.owned == 1, "the first process does not run the bots")
        second = await self.start()
        await eventually(lambda: second.role == "standby", "the second process does not stand by")

    async def close(self) -> None:
        """End everything, as hard as a crash does."""
        for process in self._processes:
            if process.child.returncode is None:
                process.child.kill()
        await asyncio.gather(*self._reading)
        for process in self._processes:
            await process.child.wait()
        if self._store is not None:
            await self._store.close()

    async def round(self) -> None:
        """Freeze the owner, wait until the other one trades, thaw it, let it try, see that the other trades on."""
        owner, other = sorted(self._processes, key=lambda process: process.role != "owner")
        epoch = await self._epoch()
        await self.bots_trade(epoch, 0)
        await self._freeze(owner)
        frozen, known = time.perf_counter(), other.owned
        await eventually(lambda: other.owned > known, "nobody took the bots over")
        self.takeover_secs.append(time.perf_counter() - frozen)
        taken = await self._epoch()
        assert taken > epoch, "the bots run elsewhere, but under the old epoch"
        await self.bots_trade(taken, 0)
        owner.signal(signal.SIGCONT)
        await eventually(lambda: owner.role == "standby", "the thawed process does not let go")
        for tried in await owner.try_to_trade(len(self.users)):
            self.denied += tried.gate == "ownership"
            self.let_through += tried.gate != "ownership"
        await self.bots_trade(taken, await self._orders_of(taken))
        self.rounds += 1
        await self.check()

    async def check(self) -> None:
        """Chains verify, cash adds up, no order is there twice, and none came from who had lost the bots."""
        store = self._opened()
        orders = doubled = late = 0
        for user in self.users:
            await self._verifies(user)
            assert_cash_adds_up((await refold(store, user))[0])
            events = await journal(store, user)
            doubled += doubled_orders(events)
            orders += sum(isinstance(event.payload, PLACED) for event in events)
            late += self._late(user, events)
        self.orders, self.doubled, self.late = orders, doubled, late

    async def _verifies(self, user: str) -> None:
        """The journal verifies at once; projections do when both processes have written what they had seen.

        What the thawed one had begun to write before it was frozen is older than what the other has written meanwhile.
        """
        async with asyncio.timeout(_PATIENCE_SECS):
            while (problem := (await Verifier(self._opened()).verify(user)).problem) is not None:
                assert _PROJECTIONS in problem, problem
                await asyncio.sleep(0.1)

    def _late(self, user: str, events: list[Event]) -> int:
        """Orders of bots whose writer is not the one that took the bots over last."""
        late, owner = 0, None
        for event in events:
            writer = next((p for p in self._processes if (user, event.seq) in p.wrote), None)
            if isinstance(event.payload, OwnershipTaken):
                owner = writer
            elif isinstance(event.payload, PLACED) and writer is not None:
                late += writer is not owner
        return late

    async def start(self) -> Process:
        """Another process on the store."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.integration.fencing_child", msgspec.json.encode(self.location).decode()),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        process = Process(child)
        self._processes.append(process)
        self._reading.append(asyncio.create_task(process.read()))
        return process

    async def _freeze(self, process: Process) -> None:
        """Stop it where it is, but not where it holds the lock of a file that the other one needs, too.

        No lease helps against that on one host; a write takes milliseconds, and the lock goes with the process.
        """
        while True:
            process.signal(signal.SIGSTOP)
            probe = asyncio.create_task(self._opened().write([Put("meta", {"_id": "drill"})]))
            done, _ = await asyncio.wait((probe,), timeout=_LOCKED_SECS)
            if done:
                await probe
                return
            self.locked += 1
            process.signal(signal.SIGCONT)
            await asyncio.gather(probe, return_exceptions=True)

    async def _epoch(self) -> int:
        return max([(await journal(self._opened(), user))[-1].epoch for user in self.users])

    async def _orders_of(self, epoch: int) -> int:
        """Orders that were placed while the engine of this epoch had the bots."""
        events = [event for user in self.users for event in await journal(self._opened(), user)]
        return sum(isinstance(event.payload, PLACED) and event.epoch == epoch for event in events)

    async def bots_trade(self, epoch: int, known: int) -> None:
        """Wait until there are more orders than so many of the engine with this epoch."""
        async with asyncio.timeout(_PATIENCE_SECS):
            while await self._orders_of(epoch) <= known:  # noqa: ASYNC110 - the journal is asked, it does not tell
                await asyncio.sleep(0.05)

    def _opened(self) -> DocumentStore:
        assert self._store is not None, "the drill is not open"
        return self._store
