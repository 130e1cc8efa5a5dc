"""A whole trading process that the kill drill ends at random: real store, simulated market at high speed.

Bots trade, and people place orders by hand. It prints `running` once the engine runs all bots, and `ack` with a JSON
object after each acknowledged fact about an order; what people ask and are told is in drill_people.py.
"""

import asyncio
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import msgspec
from pydantic import SecretStr

from core.adapters.passwords import BcryptPasswords
from core.bootstrap import App, Overrides, build_app
from core.domain.bot import BotStatus
from core.domain.events import OrderAccepted, OrderCanceled, OrderExecuted, OrderExpired, OrderFilled
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.domain.user import Role
from core.services.appended import Appended
from core.services.bots import BotPlan
from core.settings import AccountSettings, MarketSettings, Settings, TradingSettings
from tests.fakes.anchor_log import MemoryAnchorLog
from tests.integration.drill_people import Asked, People
from tests.store_location import Location

USERS = 2
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
SPEED = 3_600

#: No limit is ever reached, so that orders keep coming.
SETTINGS = Settings(
    accounts=AccountSettings(jwt_secret=SecretStr("a secret of the drill, long enough to be one")),
    market=MarketSettings(market_data="simulated", simulation_seed=7, simulation_speed=SPEED),
    trading=TradingSettings(
        max_trades_per_bot_daily=1_000_000,
        max_trades_per_user_daily=1_000_000,
        burst_limit_orders_per_exchange=1_000_000,
        max_consecutive_losses=1_000_000,
        max_drawdown_percent=Decimal("0.99"),
        max_daily_loss_percent=Decimal("0.99"),
    ),
)


FACTS = (OrderExecuted, OrderAccepted, OrderFilled, OrderCanceled, OrderExpired)


@dataclass(frozen=True, slots=True)
class Job:
    """Where the process trades, and what people asked an earlier one without being answered."""

    backend: Literal["sqlite", "mongo"]
    address: str
    unanswered: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A fact about an order that the process was told is durable; `by_bot`: the order was no person's."""

    user_id: str
    seq: int
    kind: str
    order_id: str
    by_bot: bool


async def open_app(location: Location) -> App:
    """The product on this store; nothing runs yet."""
    own = Overrides(store=location.make(), passwords=BcryptPasswords(cost=4), anchor_log=MemoryAnchorLog())
    return await build_app(SETTINGS, own)


async def open_accounts(app: App) -> list[str]:
    """The drill's users with their bots; whatever a kill left undone at the first start is done now."""
    accounts = app.services.accounts
    known = await accounts.all_ids()
    for number in range(len(known), USERS):
        await accounts.create(f"user{number}@example.com", "correct horse battery", Role.USER)
    users = sorted(await accounts.all_ids())
    for user in users:
        await app.funding.open_account(user)
        for symbol in SYMBOLS:
            await _bot(app, user, symbol)
    return users


async def _bot(app: App, user: str, symbol: str) -> None:
    plan = BotPlan(
        name=symbol.split("/", maxsplit=1)[0],
        exchange=Exchange.BINANCE,
        symbol=symbol,
        strategy="ema_cross",
        timeframe=Timeframe.M5,
        risk_mode="balanced",
        capital=Decimal(1000),
        parameters={"fast": 2, "slow": 3},
    )
    await app.services.bots.create(user, plan, actor="drill", key=f"create:{symbol}", start=True)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the parent reads it


async def trade(job: Job) -> None:
    """Trade until killed."""
    app = await open_app(Location(job.backend, job.address))
    services, started = app.services, app.services.clock.now()

    def acknowledge(appended: Appended) -> None:
        event, fact = appended.event, appended.event.payload
        if isinstance(fact, FACTS) and event.recorded_at >= started:
            by_bot = not appended.state.bot(fact.bot_id).manual
            one = Acknowledged(event.user_id, event.seq, type(fact).__name__, fact.order_id, by_bot)
            _say(f"ack {msgspec.json.encode(one).decode()}")

    services.writer.listen(acknowledge)
    users = await open_accounts(app)
    await app.start()

    def warm(user: str) -> bool:
        bots = services.writer.known(user).bots.values()
        running = [bot for bot in bots if bot.status is BotStatus.RUNNING and not bot.manual]
        return len(running) == len(SYMBOLS) and all(services.engine.warmth(b.symbol, b.bot_id) for b in running)

    async def tell() -> None:
        while not all(warm(user) for user in users):  # noqa: ASYNC110 - the engine has no event for it
            await asyncio.sleep(0.01)
        _say("running")

    await asyncio.gather(tell(), People(app, users, _say).run(list(job.unanswered)))


if __name__ == "__main__":
    asyncio.run(trade(msgspec.json.decode(sys.argv[1], type=Job)))
