"""Kills a trading process at seeded random moments and checks what it leaves behind (spec/operations.md, promise 1)."""

import asyncio
import random  # noqa: TID251 - seeded kill times
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from core.domain.codec import encode
from core.domain.events import OrderExecuted
from core.domain.valuation import Mark, value
from tests.integration.desk import audited, journal
from tests.integration.trading_child import USERS, open_app
from tests.store_location import Location

ROOT = Path(__file__).parents[2]

#: Every so often the process dies before its engine runs: while it starts, or while it waits for the old lease.
_EARLY = 0.2
_EARLY_SECS = (0.2, 6.0)
_TRADING_SECS = (0.05, 2.5)


@dataclass(slots=True)
class KillDrill:
    """The acknowledged orders of all rounds so far, and how long each start took until its bots ran."""

    location: Location
    chance: random.Random
    acknowledged: dict[str, tuple[str, int]] = field(default_factory=dict)  # order id -> (user, seq)
    recovery_secs: list[float] = field(default_factory=list)
    rounds: int = 0
    lost: int = 0
    doubled: int = 0

    async def round(self, *, until_it_trades: bool = False) -> None:
        """Start the process, let it trade, kill it, check the books.

        The kill comes at a random moment, which may be before anything was traded, or as soon as an order is
        acknowledged after the start.
        """
        early = not until_it_trades and self.rounds > 0 and self.chance.random() < _EARLY
        known = len(self.acknowledged)
        started = time.perf_counter()
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.integration.trading_child", self.location.backend, self.location.address),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        running = asyncio.Event()
        reading = asyncio.create_task(self._read(child, running))
        try:
            async with asyncio.timeout(90):
                if early:
                    await asyncio.sleep(self.chance.uniform(*_EARLY_SECS))
                else:
                    await running.wait()
                    self.recovery_secs.append(time.perf_counter() - started)
                    await asyncio.sleep(self.chance.uniform(*_TRADING_SECS))
                    while until_it_trades and len(self.acknowledged) == known:  # noqa: ASYNC110 - lines come one by one
                        await asyncio.sleep(0.01)
        finally:
            child.kill()
            await reading
            await child.wait()
        self.rounds += 1
        await self.check()

    async def _read(self, child: asyncio.subprocess.Process, running: asyncio.Event) -> None:
        """Note what the process had been told was safe; a line cut off by the kill does not count."""
        assert child.stdout is not None
        while (line := await child.stdout.readline()).endswith(b"\n"):
            said = line.decode().split()
            if said[:1] == ["running"]:
                running.set()
            elif said[:1] == ["ack"]:
                user, seq, order = said[1:]
                self.acknowledged[order] = (user, int(seq))

    async def check(self) -> None:
        """Chains verify, figures are the refold's, and every acknowledged order is there once."""
        store = self.location.make()
        await store.open()
        app = await open_app(self.location)
        try:
            users = sorted(await app.services.accounts.all_ids())
            assert len(users) == USERS or not self.acknowledged
            recorded: dict[str, tuple[str, int]] = {}
            for user in users:
                state = await audited(store, user)
                orders = [
                    (e.seq, e.payload) for e in await journal(store, user) if isinstance(e.payload, OrderExecuted)
                ]
                for names in ([o.order_id for _, o in orders], [o.client_order_id for _, o in orders]):
                    self.doubled += len(names) - len(set(names))
                recorded |= {order.order_id: (user, seq) for seq, order in orders}
                held = state.open_symbols()
                marks = {s: Mark(s, state.marks[s], state.marked_at, None, "recorded", stale=True) for s in held}
                assert encode(await app.services.portfolio.summary(user)) == encode(value(state, marks))
            self.lost = sum(recorded.get(order) != where for order, where in self.acknowledged.items())
        finally:
            await app.close()
            await store.close()
