"""Kills a trading process at seeded random moments and checks what it leaves behind (spec/operations.md, promise 1)."""

import asyncio
import random  # noqa: TID251 - seeded kill times
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.domain.codec import encode
from core.domain.journal import Event
from core.domain.valuation import Mark, value
from tests.integration.desk import audited, journal
from tests.integration.drill_books import PLACED, assert_cash_adds_up, doubled_orders, open_in_projections, settle
from tests.integration.drill_people import Asked, Told
from tests.integration.trading_child import FACTS, USERS, Acknowledged, Job, open_app
from tests.store_location import Location

ROOT = Path(__file__).parents[2]

#: Every so often the process dies before its engine runs: while it starts, or while it waits for the old lease.
_EARLY = 0.2
_EARLY_SECS = (0.2, 6.0)
_TRADING_SECS = (0.05, 2.5)


@dataclass(slots=True)
class KillDrill:
    """What all processes so far were told was safe, and how long each start took until its bots ran.

    `lost` and `doubled` count facts about orders, and orders of people, that the journal lacks or holds twice.
    `pending` counts orders that the state and the list of open orders do not agree about.
    """

    location: Location
    chance: random.Random
    acknowledged: dict[tuple[str, int], Acknowledged] = field(default_factory=dict[tuple[str, int], Acknowledged])
    asked: dict[str, Asked] = field(default_factory=dict[str, Asked])
    told: dict[str, Told] = field(default_factory=dict[str, Told])
    recovery_secs: list[float] = field(default_factory=list[float])
    rounds: int = 0
    lost: int = 0
    doubled: int = 0
    pending: int = 0
    repeated: int = 0  # orders that people asked for again after a kill

    @property
    def orders(self) -> set[str]:
        """Ids of all acknowledged orders."""
        placed = {kind.__name__ for kind in PLACED}
        return {one.order_id for one in self.acknowledged.values() if one.kind in placed}

    @property
    def orders_of_bots(self) -> int:
        """How many of them no person placed."""
        return len({one.order_id for one in self.acknowledged.values() if one.by_bot})

    def count(self, kind: type) -> int:
        """How many facts of one kind were acknowledged."""
        return sum(one.kind == kind.__name__ for one in self.acknowledged.values())

    async def round(self, *, until_it_trades: bool = False) -> None:
        """Start the process, let it trade, kill it, check the books.

        The kill comes at a random moment, which may be before anything was traded, or as soon as an order of a bot
        is acknowledged after the start.
        """
        early = not until_it_trades and self.rounds > 0 and self.chance.random() < _EARLY
        started = time.perf_counter()
        unanswered = tuple(asked for key, asked in self.asked.items() if key not in self.told)
        self.repeated += len(unanswered)
        job = Job(self.location.backend, self.location.address, unanswered)
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.integration.trading_child", msgspec.json.encode(job).decode()),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        running = asyncio.Event()
        reading = asyncio.create_task(self._read(child, running))
        living = asyncio.create_task(self._live(running, started, early=early, until_it_trades=until_it_trades))
        try:
            async with asyncio.timeout(90):
                await asyncio.wait((reading, living), return_when=asyncio.FIRST_COMPLETED)
            assert not reading.done(), "the trading process ended by itself"
        finally:
            living.cancel()
            if child.returncode is None:
                child.kill()
            await reading
            await child.wait()
        self.rounds += 1
        await self.check()

    async def _live(self, running: asyncio.Event, started: float, *, early: bool, until_it_trades: bool) -> None:
        """Until the process is to be killed."""
        known = self.orders_of_bots
        if early:
            await asyncio.sleep(self.chance.uniform(*_EARLY_SECS))
            return
        await running.wait()
        self.recovery_secs.append(time.perf_counter() - started)
        await asyncio.sleep(self.chance.uniform(*_TRADING_SECS))
        while until_it_trades and self.orders_of_bots == known:  # noqa: ASYNC110 - lines come one by one
            await asyncio.sleep(0.01)

    async def _read(self, child: asyncio.subprocess.Process, running: asyncio.Event) -> None:
        """Note what the process said; a line cut off by the kill does not count, and its log is for people."""
        assert child.stdout is not None
        while (line := await child.stdout.readline()).endswith(b"\n"):
            word, _, rest = line.strip().partition(b" ")
            if word == b"running":
                running.set()
            elif word == b"ack":
                one = msgspec.json.decode(rest, type=Acknowledged)
                self.acknowledged[one.user_id, one.seq] = one
            elif word == b"asked":
                asked = msgspec.json.decode(rest, type=Asked)
                self.asked[asked.key] = asked
            elif word == b"told":
                told = msgspec.json.decode(rest, type=Told)
                self.told[told.key] = told

    async def check(self) -> None:
        """Chains verify, figures are the refold's, and every acknowledged fact is there once."""
        store = self.location.make()
        await store.open()
        app = await open_app(self.location)
        lost, doubled = 0, 0
        try:
            users = sorted(await app.services.accounts.all_ids())
            assert len(users) == USERS or not self.acknowledged
            for user in users:
                state, events = await audited(store, user), await journal(store, user)
                lost += self._lost(user, events)
                doubled += doubled_orders(events)
                held = state.open_symbols()
                marks = {s: Mark(s, state.marks[s], state.marked_at, None, "recorded", stale=True) for s in held}
                assert encode(await app.services.portfolio.summary(user)) == encode(value(state, marks))
                self.pending += len(set(state.working) ^ await open_in_projections(store, user))
                assert_cash_adds_up(state)
        finally:
            await app.close()
            await store.close()
        self.lost, self.doubled = lost, doubled

    async def settle(self) -> None:
        """At the end: every order is taken back, everything is sold, and then nothing is pending anywhere."""
        app = await open_app(self.location)
        try:
            await settle(app)
        finally:
            await app.close()
        await self.check()
        store = self.location.make()
        await store.open()
        for user in {one.user_id for one in self.acknowledged.values()}:
            state = await audited(store, user)
            self.pending += len(state.working) + len(await open_in_projections(store, user))
            assert not state.open_symbols()
        await store.close()

    def _lost(self, user: str, events: list[Event]) -> int:
        """What was acknowledged and is not there: facts at their place, orders of people under their keys."""
        facts = {e.seq: (type(e.payload).__name__, e.payload.order_id) for e in events if isinstance(e.payload, FACTS)}
        mine = [one for one in self.acknowledged.values() if one.user_id == user]
        placed = {e.payload.client_order_id: e.payload.order_id for e in events if isinstance(e.payload, PLACED)}
        told = [one for one in self.told.values() if one.user_id == user]
        assert not any(one.conflict for one in told), "an order asked for again was taken for another one"
        lost = sum(facts.get(one.seq) != (one.kind, one.order_id) for one in mine)
        return lost + sum(placed.get(one.key) != one.order_id for one in told)
