"""One of two trading processes that want the same bots; the fencing drill freezes the one that has them.

It prints `role` with its engine's role, `running` once the engine it owns runs all bots, `wrote` with user and seq for
each event that it appended itself, and after the line `try` on its input `tried` with what became of an order that
it makes as the owner it was last.
"""

import asyncio
import sys
from dataclasses import dataclass

import msgspec

from core.adapters.passwords import BcryptPasswords
from core.bootstrap import App, Overrides, build_app
from core.domain.bot import BotStatus
from core.ports import Document, DocumentStore
from core.services.ownership import EngineRole
from tests.fakes.anchor_log import MemoryAnchorLog
from tests.fakes.faulty_store import FaultyStore
from tests.integration.desk import buy
from tests.integration.trading_child import SETTINGS
from tests.store_location import Location


@dataclass(frozen=True, slots=True)
class Wrote:
    """An event that this process appended and was told is durable."""

    user_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What a late order of this process was answered."""

    success: bool
    gate: str | None
    code: str | None


def _say(word: str, what: Wrote | Tried | str = "") -> None:
    text = what if isinstance(what, str) else msgspec.json.encode(what).decode()
    print(f"{word} {text}".strip(), flush=True)  # noqa: T201 - the parent reads it


class TellingStore(FaultyStore):
    """Says what it was told is in the journal."""

    async def insert(self, collection: str, document: Document) -> None:
        await super().insert(collection, document)
        if collection == "ledger_events":
            _say("wrote", Wrote(document["user_id"], document["seq"]))


class Child:
    """A whole process of the product."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._epochs: dict[str, int] = {}
        self._tries = 0

    async def live(self) -> None:
        """Trade or stand by until killed."""
        await self._app.start()
        await asyncio.gather(self._tell(), self._obey())

    async def _tell(self) -> None:
        role, running = EngineRole.STOPPED, False
        while True:
            if role is not self._app.services.engine.role:
                role, running = self._app.services.engine.role, False
                _say("role", role.value)
            if role is EngineRole.OWNER and not running and self._runs_all():
                running = True
                self._epochs = {c.user_id: c.state.epoch for c in self._app.services.writer.chains}
                _say("running")
            await asyncio.sleep(0.01)

    def _runs_all(self) -> bool:
        services = self._app.services
        bots = [bot for chain in services.writer.chains for bot in chain.state.bots.values()]
        running = [bot for bot in bots if bot.status is BotStatus.RUNNING and not bot.manual]
        return bool(running) and all(services.engine.warmth(bot.symbol, bot.bot_id) for bot in running)

    async def _obey(self) -> None:
        while await asyncio.to_thread(sys.stdin.readline):
            for user, epoch in self._epochs.items():
                await self._try(user, epoch)

    async def _try(self, user: str, epoch: int) -> None:
        services = self._app.services
        self._tries += 1
        bot = next(bot for bot in services.writer.known(user).bots.values() if not bot.manual)
        latest = services.hub.latest(bot.symbol)
        mid = latest.mid if latest else 0
        key, now = f"late:{user}:{epoch}:{self._tries}", services.hub.feed.now()
        request = buy(bot.bot_id, key, symbol=bot.symbol, decided_at=now, decided_mid=mid, writer_epoch=epoch)
        answer = await services.orders.submit(user, request, latest)
        _say("tried", Tried(answer.success, answer.gate_failed, answer.code))


async def run(location: Location) -> None:
    """The product on this store, simulated market at high speed."""
    store: DocumentStore = TellingStore(location.make())
    own = Overrides(store=store, passwords=BcryptPasswords(cost=4), anchor_log=MemoryAnchorLog())
    await Child(await build_app(SETTINGS, own)).live()


if __name__ == "__main__":
    asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Location)))
