"""A whole installation in memory: real services and tools on a fake store, market, clock and ids."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from assistant.assistant import Assistant
from assistant.blocks import Block, Confirmation, Text
from assistant.model_gate import ModelGate
from assistant.offline_router import OfflineRouter
from assistant.toolbox import Toolbox
from assistant.turn import Delta, Output, Router
from core.adapters.passwords import BcryptPasswords
from core.adapters.store.schema import COLLECTIONS
from core.bootstrap import App, Overrides, build_app
from core.domain.market import Bar
from core.domain.order import ExitReason, OrderRequest, Side
from core.domain.user import Role
from core.settings import load_settings
from tests.fakes.anchor_log import MemoryAnchorLog
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.market import START, ScriptedFeed, state
from tests.fakes.store_memory import MemoryStore
from tools.context import Caller, Principal
from tools.runner import ToolRunner

PASSWORD = "correct horse battery"


@dataclass
class Installation:
    """What a test needs of it; nothing runs in the background but the projector, and the market when pushed."""

    app: App
    feed: ScriptedFeed
    clock: FakeClock
    store: MemoryStore
    runner: ToolRunner
    toolbox: Toolbox

    async def person(self, name: str = "ann", role: Role = Role.USER, conversation: str = "one") -> Caller:
        """Somebody new with an account and play money."""
        user = await self.app.services.accounts.create(f"{name}@example.com", PASSWORD, role)
        await self.app.funding.open_account(user.user_id)
        return Caller(Principal(user.user_id, user.email, role), f"{user.user_id}:{conversation}")

    def assistant(self, model: Router | None = None) -> Assistant:
        """An assistant with the offline router, and a model if one is given."""
        gate = ModelGate(configured=model is not None)
        return Assistant(self.app.services, self.runner, self.toolbox, OfflineRouter(self.toolbox), model, gate)

    async def price(self, bid: str, ask: str, secs: int = 1) -> None:
        """The next state of the market, so many seconds after the newest."""
        self.app.services.hub.follow("BTC/USDT")
        await self.feed.push(state("BTC/USDT", self.feed.now() + timedelta(seconds=secs), bid, ask))

    async def buy(self, caller: Caller, bot: str, quantity: str, key: str = "buy") -> None:
        """A filled entry of a running bot at the present price."""
        account = await self.app.services.writer.account(caller.principal.user_id)
        market = self.app.services.hub.latest("BTC/USDT")
        assert market is not None
        request = OrderRequest(
            client_order_id=key,
            bot_id=account.named(bot).bot_id,
            symbol="BTC/USDT",
            side=Side.BUY,
            quantity=Decimal(quantity),
            reduce_only=False,
            reason="test",
            decided_at=market.ts,
            decided_mid=market.mid,
            take_profit_bps=Decimal(200),
            stop_loss_bps=Decimal(150),
        )
        result = await self.app.services.orders.submit(caller.principal.user_id, request, market)
        assert result.success, result.rejection_reason

    async def sell(self, caller: Caller, bot: str, key: str = "sell") -> None:
        """Everything a bot holds, at the present price."""
        account = await self.app.services.writer.account(caller.principal.user_id)
        market = self.app.services.hub.latest("BTC/USDT")
        assert market is not None
        request = OrderRequest(
            client_order_id=key,
            bot_id=account.named(bot).bot_id,
            symbol="BTC/USDT",
            side=Side.SELL,
            quantity=None,
            reduce_only=True,
            reason="test",
            decided_at=market.ts,
            decided_mid=market.mid,
            exit_reason=ExitReason.SIGNAL,
        )
        result = await self.app.services.orders.submit(caller.principal.user_id, request, market)
        assert result.success, result.rejection_reason

    async def kinds(self, caller: Caller) -> list[str]:
        """Types of a person's stored events, in order."""
        page = await self.store.find("ledger_events", "user_seq", (caller.principal.user_id,))
        return [document["type"] for document in page.documents]


@asynccontextmanager
async def installation(
    directory: Path, settings: Mapping[str, str] | None = None, history: Mapping[str, Sequence[Bar]] | None = None
) -> AsyncIterator[Installation]:
    """Wire one, with its projections running; ends it afterwards. `history` is what the market's past was."""
    feed = ScriptedFeed(start=START, history=history)
    clock, store = FakeClock(START), MemoryStore(COLLECTIONS)
    given = {"DATA_DIR": str(directory), "ADMIN_PASSWORD": PASSWORD, **(settings or {})}
    overrides = Overrides(store, feed, clock, FakeIds(), BcryptPasswords(cost=4), MemoryAnchorLog())
    app = await build_app(load_settings(given, env_file=None), overrides)
    await app.start()
    runner = ToolRunner(app.services)
    try:
        yield Installation(app, feed, clock, store, runner, Toolbox(runner, app.services.chat_log))
    finally:
        await app.close()


@dataclass(frozen=True, slots=True)
class Answered:
    """Everything a message was answered with."""

    outputs: list[Output]

    @property
    def words(self) -> str:
        """The words among it."""
        return "\n".join(o.text for o in self.outputs if isinstance(o, Text | Delta))

    @property
    def cards(self) -> list[Confirmation]:
        """The confirmation cards among it."""
        return [o for o in self.outputs if isinstance(o, Confirmation)]


async def ask(assistant: Assistant, caller: Caller, text: str) -> Answered:
    """Say something and take the whole answer."""
    return Answered([output async for output in assistant.answer(caller, text)])


def words_of(blocks: tuple[Block, ...]) -> str:
    """The words among blocks."""
    return "\n".join(block.text for block in blocks if isinstance(block, Text))


async def records(inst: Installation, caller: Caller) -> list[dict[str, Any]]:
    """The conversation's log as stored."""
    page = await inst.store.find("chat_messages", "conversation_seq", (caller.conversation_id,))
    return page.documents
