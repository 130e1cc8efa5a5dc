"""The emergency stop: one event halts everything of a user; taking orders back and selling come after (pipeline.md)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import HaltTrading, ResumeTrading
from core.domain.errors import Conflict, ProductError
from core.domain.instrument import split_symbol
from core.domain.order import Side
from core.services.exits import Exits
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.order_result import OrderResult
from core.services.orders import LATENCY, OrderService
from core.services.system_modes import SystemModes

_PRICE_WAIT_SECS = 1.0
"""How long a sale waits for its market before it is recorded as pending: until then a crash would lose it."""

_REASON = "emergency stop"


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """What a bot still holds, in base units of `currency`; `selling` of it is in sales that go on by themselves."""

    bot: str
    quantity: Decimal
    currency: str
    selling: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class StopReport:
    """What an emergency stop did: bots that ran, ids of resting sales it took back, and what it sold.

    `ended_entries` rested when it came and ended with the halt itself. `sold` are the sales with what they filled;
    those that could not fill whole are `pending` too, by order id, and are filled as soon as their market allows.
    `unanswered` sales met an error; the positions they were for are among the open ones.
    """

    halted_bots: int
    already_halted: bool
    sold: tuple[OrderResult, ...]
    open_positions: tuple[OpenPosition, ...]
    ended_entries: int = 0
    canceled: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    unanswered: int = 0


class Emergency:
    """Halts and resumes a user's trading."""

    def __init__(
        self, writer: JournalWriter, orders: OrderService, exits: Exits, hub: MarketHub, modes: SystemModes
    ) -> None:
        self._writer = writer
        self._orders = orders
        self._exits = exits
        self._hub = hub
        self._modes = modes

    async def stop(self, user_id: str, *, actor: str, flatten: bool, key: str) -> StopReport:
        """Halt at once: from the moment this event is in, no entry of the user can be appended anywhere.

        Then resting sales at a limit are taken back, and everything is sold if asked. Exits that already sell at the
        market go on: they protect. Safe to repeat with the same key, also after a crash half-way.
        """
        state = await self._writer.account(user_id)
        running = sum(1 for bot in state.bots.values() if bot.status is BotStatus.RUNNING and not bot.manual)
        entries = sum(1 for bot in state.bots.values() for order in bot.orders.values() if order.side is Side.BUY)
        now = self._hub.feed.now()
        asks = [o.order_id for bot in state.bots.values() for o in bot.orders.values() if o.only_asked]
        outcome = await self._writer.execute(
            user_id, HaltTrading(actor, _REASON, takes_back_sales=True), now=now, key=key
        )
        canceled: list[str] = []
        answers: list[OrderResult | BaseException] = []
        if self._writer.known(user_id).user_halted:  # a late repetition must not undo what was resumed since
            canceled = [order_id for order_id in asks if order_id not in self._writer.known(user_id).working]
            canceled += await self._take_back(user_id, actor, key)
            if flatten:
                answers = await self._sell_all(user_id, key)
        sold = tuple(answer for answer in answers if isinstance(answer, OrderResult))
        left = self._writer.known(user_id)
        return StopReport(
            halted_bots=running,
            already_halted=outcome.event is None,
            sold=sold,
            open_positions=tuple(_open_positions(left)),
            ended_entries=entries,
            canceled=tuple(canceled),
            pending=tuple(_working_sales(left)),
            unanswered=len(answers) - len(sold),
        )

    async def _take_back(self, user_id: str, actor: str, key: str) -> list[str]:
        """Cancel all sales that rest at a limit, of all bots; gives their ids."""
        resting = [
            order_id
            for bot in self._writer.known(user_id).bots.values()
            for order_id, order in bot.orders.items()
            if order.limit_price is not None
        ]
        canceled: list[str] = []
        for order_id in resting:
            try:
                await self._orders.cancel(
                    user_id, order_id, actor=actor, reason=_REASON, key=f"{key}:cancel:{order_id}"
                )
            except Conflict:
                continue  # it ended meanwhile
            canceled.append(order_id)
        return canceled

    async def _sell_all(self, user_id: str, key: str) -> list[OrderResult | BaseException]:
        """Sell every position that no sale has claimed, the symbols side by side."""
        by_symbol: dict[str, list[Bot]] = {}
        for bot in self._writer.known(user_id).bots.values():
            for symbol, queue in bot.positions.items():
                if queue.quantity > bot.reserved_units(symbol):
                    by_symbol.setdefault(symbol, []).append(bot)
        parts = await asyncio.gather(*(self._sell(user_id, s, bots, key) for s, bots in by_symbol.items()))
        return [answer for part in parts for answer in part]

    async def _sell(self, user_id: str, symbol: str, bots: list[Bot], key: str) -> list[OrderResult | BaseException]:
        """All positions in one symbol meet the same state of its market; without one, the sales stay pending."""
        requests = [self._exits.request(user_id, bot, symbol, f"{key}:{bot.bot_id}:{symbol}", _REASON) for bot in bots]
        market = None
        if symbol in self._hub.feed.symbols:
            market = await self._hub.state_from(symbol, requests[0].decided_at + LATENCY, _PRICE_WAIT_SECS)
        answers: list[OrderResult | BaseException] = []
        for request in requests:
            try:
                answers.append(await self._orders.submit(user_id, request, market))
            except ProductError as error:
                answers.append(error)  # the halt stands whatever becomes of a sale
        return answers

    async def resume(self, user_id: str, *, actor: str, key: str) -> int:
        """Lift the user's halt; running bots become paused. Gives how many are paused now.

        Raises:
            Conflict: the user's trading is not halted, or an admin has halted everybody's.
        """
        command = ResumeTrading(actor, system_halted=self._modes.halted)
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=key)
        bots = self._writer.known(user_id).bots.values()
        return sum(1 for bot in bots if bot.status is BotStatus.PAUSED)


def _open_positions(state: Account) -> Iterable[OpenPosition]:
    for bot in state.bots.values():
        for symbol, queue in bot.positions.items():
            if queue.quantity:
                yield OpenPosition(bot.name, queue.quantity, split_symbol(symbol)[0], bot.reserved_units(symbol))


def _working_sales(state: Account) -> Iterable[str]:
    for order_id, bot_id in state.working.items():
        if state.bots[bot_id].orders[order_id].side is Side.SELL:
            yield order_id
