"""One process of the product as the tests run it: the real wiring, a given store, a market that a test writes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import SecretStr

from core.adapters.indicators import TalibIndicators
from core.adapters.passwords import BcryptPasswords
from core.bootstrap import App, Overrides, build_app
from core.domain.account import Account
from core.domain.events import OrderExecuted
from core.domain.instrument import Exchange
from core.domain.journal import Event, read
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.order import ExitReason, OrderRequest, Side
from core.domain.user import Role
from core.ports import Document, DocumentStore
from core.services.bots import BotPlan
from core.services.engine import Engine, EngineParts
from core.services.order_result import OrderResult
from core.services.ownership import Ownership
from core.services.services import Services
from core.services.verify import Verifier, refold
from core.settings import AccountSettings, Settings, TradingSettings
from tests.fakes.anchor_log import MemoryAnchorLog
from tests.fakes.clock import FakeClock
from tests.fakes.market import SOURCE, START, ScriptedFeed, state

T = TypeVar("T")

BTC = "BTC/USDT"
PASSWORD = "correct horse battery"
ACTOR = "ann@example.com"

#: An hour of slowly falling prices: a fast average below a slow one, so that the next rise is a crossing.
FALLING = {
    BTC: [
        Bar(BTC, Timeframe.M1, START - timedelta(minutes=m), *[Decimal(100) + Decimal(m) / 100] * 4, volume=Decimal(5))
        for m in range(60, 0, -1)
    ]
}


def scripted_market(source: str = SOURCE) -> ScriptedFeed:
    """A feed with an hour of history, in which nothing moves until a test says so."""
    return ScriptedFeed(history=FALLING, source=source)


def at(secs: float) -> datetime:
    """Engine time so many seconds after the script's start."""
    return START + timedelta(seconds=secs)


def quote(secs: float, price: str, size: str = "1000", source: str = SOURCE) -> MarketState:
    """A book around a price, two hundredths wide."""
    mid = Decimal(price)
    return state(BTC, at(secs), mid - Decimal("0.01"), mid + Decimal("0.01"), size, source=source)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what must happen; fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


async def while_it_moves(work: Awaitable[T], move: Callable[[float], Awaitable[None]], secs: float) -> T:
    """Wait for what waits for the market: `move` it, a second further each time, until the work is done."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0.01)
        secs += 1
        await move(secs)
    return await task


@dataclass(frozen=True, slots=True)
class Desk:
    """A wired process with its scripted market and its clock."""

    app: App
    feed: ScriptedFeed
    clock: FakeClock

    @property
    def services(self) -> Services:
        return self.app.services

    @property
    def store(self) -> DocumentStore:
        return self.app.store

    async def user(self, email: str = ACTOR) -> str:
        """A funded person; gives the id."""
        created = await self.services.accounts.create(email, PASSWORD, Role.USER)
        await self.app.funding.open_account(created.user_id)
        return created.user_id

    async def bot(self, user_id: str, name: str = "Alpha", *, start: bool = True, **plan: Any) -> str:  # noqa: ANN401 - fields of BotPlan
        """A bot on BTC that enters when the price rises; gives the id."""
        wanted = BotPlan(
            **{
                "name": name,
                "exchange": Exchange.BINANCE,
                "symbol": BTC,
                "strategy": "ema_cross",
                "timeframe": Timeframe.M1,
                "risk_mode": "balanced",
                "capital": Decimal(1000),
                "parameters": {"fast": 2, "slow": 3},
                **plan,
            }
        )
        planned = await self.services.bots.plan(user_id, wanted)
        made = await self.services.bots.create(user_id, planned, actor=ACTOR, key=f"create:{name}", start=start)
        return made.bot_id

    async def account(self, user_id: str) -> Account:
        return await self.services.writer.account(user_id)

    async def submit(self, user_id: str, request: OrderRequest, secs: float, price: str = "100") -> OrderResult:
        """An order on the state at that moment."""
        return await self.services.orders.submit(user_id, request, quote(secs, price, source=self.feed.source))

    async def tick(self, secs: float, price: str, size: str = "1000") -> None:
        """The market moves, and everything that follows from it at once is done."""
        await self.feed.push(quote(secs, price, size, self.feed.source))

    async def rise(self, minute: int, low: str = "100", high: str = "101") -> None:
        """A minute that ends high, and the first state of the next one, which closes the bar."""
        await self.tick(minute * 60 + 5, low)
        await self.tick(minute * 60 + 55, high)
        await self.tick(minute * 60 + 60, high)

    def engine(self, *, beat_secs: float = 0.02, patience_secs: float = 0.2) -> Engine:
        """Another engine on the services of this process, with a lease that is soon given up for dead."""
        s = self.services
        parts = EngineParts(
            self.store, s.accounts, s.writer, s.orders, s.manual, s.traces, s.hub, s.bus, TalibIndicators
        )
        holder = s.ids.new()
        lease = Ownership(self.store, holder, beat_secs=beat_secs, patience_secs=patience_secs)
        return Engine(parts, lease, holder)

    async def warm(self, *bot_ids: str) -> None:
        """Wait until the engine has taken these bots up."""
        await until(lambda: all(self.services.engine.warmth(BTC, one) for one in bot_ids))


@asynccontextmanager
async def desk(
    store: DocumentStore,
    *,
    feed: ScriptedFeed | None = None,
    trade: bool = True,
    follow: str = BTC,
    **trading: Any,  # noqa: ANN401
) -> AsyncGenerator[Desk]:
    """A process on this store until the block is left, which closes the store; it trades unless told not to.

    `trading` are fields of TradingSettings.
    """
    market, clock = feed or scripted_market(), FakeClock()
    settings = Settings(
        accounts=AccountSettings(jwt_secret=SecretStr("a secret of the tests, long enough to be one")),
        trading=TradingSettings(**trading),
    )
    passwords = BcryptPasswords(cost=4)
    anchors = MemoryAnchorLog()
    overrides = Overrides(store=store, feed=market, clock=clock, passwords=passwords, anchor_log=anchors)
    app = await build_app(settings, overrides)
    if trade:
        await app.start()
        await until(lambda: app.services.engine.role == "owner")
    else:
        app.services.hub.follow(follow)
        await asyncio.sleep(0)
    try:
        yield Desk(app, market, clock)
    finally:
        await app.close()


def buy(bot_id: str, key: str, secs: float = 0, quantity: str | None = "1", **changes: Any) -> OrderRequest:  # noqa: ANN401 - fields of OrderRequest
    """An entry with a target and a stop."""
    fields: dict[str, Any] = {
        "client_order_id": key,
        "bot_id": bot_id,
        "symbol": BTC,
        "side": Side.BUY,
        "quantity": None if quantity is None else Decimal(quantity),
        "reduce_only": False,
        "reason": "test",
        "decided_at": at(secs),
        "decided_mid": Decimal(100),
        "take_profit_bps": Decimal(200),
        "stop_loss_bps": Decimal(150),
    }
    return OrderRequest(**{**fields, **changes})


def sell(bot_id: str, key: str, secs: float = 0, quantity: str | None = None) -> OrderRequest:
    """An exit; all of the position unless a quantity is given."""
    return buy(
        bot_id,
        key,
        secs,
        quantity,
        side=Side.SELL,
        reduce_only=True,
        exit_reason=ExitReason.SIGNAL,
        take_profit_bps=None,
        stop_loss_bps=None,
    )


async def journal(store: DocumentStore, user_id: str) -> list[Event]:
    """All events of a user, in order."""
    events: list[Event] = []
    while True:
        page = await store.find("ledger_events", "user_seq", (user_id,), after=len(events))
        events += [read(document) for document in page.documents]
        if not page.documents:
            return events


async def orders_of(store: DocumentStore, user_id: str) -> list[OrderExecuted]:
    """All orders of a user that were executed, in order."""
    return [e.payload for e in await journal(store, user_id) if isinstance(e.payload, OrderExecuted)]


async def audited(store: DocumentStore, user_id: str) -> Account:
    """The account as the journal alone tells it, after the chain and both definitions of equity were checked."""
    assert (await Verifier(store).verify(user_id)).problem is None
    state, head = await refold(store, user_id)
    assert head.seq == state.seq
    return state


async def documents(store: DocumentStore, collection: str, index: str, owner: str) -> dict[str, Document]:
    """All documents of one owner, by id."""
    found: dict[str, Document] = {}
    cursor: str | None = None
    while True:
        page = await store.find(collection, index, (owner,), cursor=cursor)
        found |= {document["_id"]: document for document in page.documents}
        cursor = page.cursor
        if cursor is None:
            return found
