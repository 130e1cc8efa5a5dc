"""The people of the kill drill: each places orders of all kinds by hand, takes some back, sets cooldowns.

Before an order is placed it is said what is asked, and afterwards what was answered: what was asked and never
answered is asked again by the next process, with the same key.
"""

import asyncio
import random  # noqa: TID251 - what people happen to do
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from core.bootstrap import App
from core.domain.account import Account
from core.domain.errors import Conflict, IdempotencyConflict
from core.domain.market import MarketState
from core.domain.money import floor_to
from core.domain.order import Side, TimeInForce
from core.services.manual_orders import ManualOrder

_PAUSE_SECS = 0.05, 0.3
_WEIGHTS = {"limit buy": 8, "limit sale": 4, "market buy": 2, "market sale": 2, "cancel": 3, "cooldown": 1}
_SYMBOLS = ("BTC/USDT", "ETH/USDT", "XRP/USDT")
_POST_ONLY = 0.3
_ACTOR = "person"
_BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that a person asked for; all of it is in here, so that it can be asked for again."""

    user_id: str
    key: str
    order: ManualOrder


@dataclass(frozen=True, slots=True)
class Told:
    """The answer; `order_id` is absent when the order was denied, `conflict`: the key was said to be another's."""

    user_id: str
    key: str
    order_id: str | None
    conflict: bool = False


class People:
    """One task per person, until cancelled."""

    def __init__(self, app: App, users: list[str], say: Callable[[str], None]) -> None:
        self._app = app
        self._users = users
        self._say = say

    async def run(self, unanswered: list[Asked]) -> None:
        """First what an earlier process left without an answer, then whatever comes to mind."""
        for asked in unanswered:
            await self._place(asked)
        async with asyncio.TaskGroup() as tasks:
            for user in self._users:
                tasks.create_task(self._live(user))

    async def _live(self, user: str) -> None:
        state = await self._app.services.writer.account(user)
        chance = random.Random(f"{user}:{state.seq}")  # noqa: S311 - not cryptography
        number = 0
        while True:
            await asyncio.sleep(chance.uniform(*_PAUSE_SECS))
            number += 1
            kind = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            if kind == "cancel":
                await self._cancel(user, chance)
            elif kind == "cooldown":
                await self._cool_down(user, chance)
            elif order := await self._order(kind, state, chance):
                await self._place(Asked(user, f"by hand:{user}:{state.seq}:{number}", order))

    async def _place(self, asked: Asked) -> None:
        self._say(f"asked {msgspec.json.encode(asked).decode()}")
        try:
            result = await self._app.services.manual.place(asked.user_id, asked.order, actor=_ACTOR, key=asked.key)
            told = Told(asked.user_id, asked.key, result.order_id)
        except IdempotencyConflict:
            told = Told(asked.user_id, asked.key, None, conflict=True)
        self._say(f"told {msgspec.json.encode(told).decode()}")

    async def _cancel(self, user: str, chance: random.Random) -> None:
        orders = [order.order_id for order in await self._app.services.order_reader.pending(user)]
        if orders:
            try:
                await self._app.services.orders.cancel(user, chance.choice(orders), actor=_ACTOR, reason="changed mind")
            except Conflict:
                return  # it filled or expired meanwhile

    async def _cool_down(self, user: str, chance: random.Random) -> None:
        services = self._app.services
        bots = [bot.bot_id for bot in services.writer.known(user).bots.values() if not bot.manual]
        minutes, key = chance.choice((0, 0, 5, 10)), services.ids.new()
        await services.bots.set_cooldown(user, chance.choice(bots), minutes, actor=_ACTOR, key=key)

    async def _order(self, kind: str, state: Account, chance: random.Random) -> ManualOrder | None:
        """An order near the market; None when there is nothing to sell, or no price yet."""
        hub, symbol = self._app.services.hub, chance.choice(_SYMBOLS)
        hub.follow(symbol)
        book = hub.latest(symbol)
        if book is None:
            return None
        if kind.endswith("buy"):
            return self._buy(kind, book, chance)
        manual = state.manual_bot("USDT")
        if manual is None or not manual.held(symbol):
            return None
        if kind == "market sale":
            return ManualOrder(symbol, Side.SELL)
        lot = hub.feed.instrument(symbol).lot_size
        part = floor_to(manual.held(symbol) / chance.choice((1, 2, 3)), lot)
        return ManualOrder(symbol, Side.SELL, quantity=part, limit_price=self._near(book, 1, chance)) if part else None

    def _buy(self, kind: str, book: MarketState, chance: random.Random) -> ManualOrder:
        notional, symbol = Decimal(chance.randrange(50, 300)), book.symbol
        if kind == "market buy":
            return ManualOrder(symbol, Side.BUY, notional=notional, expected_edge_bps=Decimal(200))
        limit, force = self._near(book, -1, chance), chance.choices(list(TimeInForce), (8, 1, 1))[0]
        return ManualOrder(
            symbol,
            Side.BUY,
            notional=notional,
            limit_price=limit,
            time_in_force=force,
            post_only=force is TimeInForce.GTC and chance.random() < _POST_ONLY,
            good_for_minutes=chance.choice((None, 2, 30)),
            take_profit=limit + limit * 150 / _BPS,
            stop_loss=limit - limit * 100 / _BPS,
        )

    def _near(self, book: MarketState, direction: int, chance: random.Random) -> Decimal:
        """A little beyond the mid in a direction, some of it within the spread or across it."""
        return book.mid + direction * book.mid * chance.randrange(-2, 12) / _BPS
