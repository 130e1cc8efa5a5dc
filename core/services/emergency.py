"""The emergency stop: one event halts everything of a user; selling comes after, if asked."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import HaltTrading, ResumeTrading
from core.domain.order import ExitReason, OrderRequest, Side
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.order_result import OrderResult
from core.services.orders import OrderService


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """What a bot still holds, in base units of `currency`."""

    bot: str
    quantity: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StopReport:
    """What an emergency stop did."""

    halted_bots: int
    already_halted: bool
    sold: tuple[OrderResult, ...]
    open_positions: tuple[OpenPosition, ...]


class Emergency:
    """Halts and resumes a user's trading."""

    def __init__(self, writer: JournalWriter, orders: OrderService, hub: MarketHub) -> None:
        self._writer = writer
        self._orders = orders
        self._hub = hub

    async def stop(self, user_id: str, *, actor: str, flatten: bool, key: str) -> StopReport:
        """Halt at once: from the moment this event is in, no entry of the user can be appended anywhere."""
        state = await self._writer.account(user_id)
        already = state.halted
        running = sum(1 for bot in state.bots.values() if bot.status is BotStatus.RUNNING)
        now = self._hub.feed.now()
        await self._writer.execute(user_id, HaltTrading(actor, "emergency stop"), now=now, key=key)
        sold: list[OrderResult] = []
        if flatten:
            held = [bot for bot in state.bots.values() if not bot.flat]
            answers = await asyncio.gather(*(self._sell(user_id, bot, key) for bot in held), return_exceptions=True)
            # A sale without an answer shows in what is left; the halt stands whatever became of it.
            sold = [answer for answer in answers if isinstance(answer, OrderResult)]
        left = [
            OpenPosition(bot.name, bot.held(bot.symbol), bot.symbol.split("/")[0])
            for bot in self._writer.known(user_id).bots.values()
            if not bot.flat
        ]
        return StopReport(running, already, tuple(sold), tuple(left))

    async def _sell(self, user_id: str, bot: Bot, key: str) -> OrderResult:
        latest = self._hub.latest(bot.symbol)
        mid = latest.mid if latest else self._writer.known(user_id).marks[bot.symbol]
        request = OrderRequest(
            client_order_id=f"{key}:{bot.bot_id}",
            bot_id=bot.bot_id,
            symbol=bot.symbol,
            side=Side.SELL,
            quantity=None,
            reduce_only=True,
            reason="emergency stop",
            decided_at=self._hub.feed.now(),
            decided_mid=mid,
            exit_reason=ExitReason.FLATTEN,
        )
        return await self._orders.submit_at_next_state(user_id, request)

    async def resume(self, user_id: str, *, actor: str, key: str) -> int:
        """Lift the halt; running bots become paused. Gives how many are paused now."""
        await self._writer.execute(user_id, ResumeTrading(actor), now=self._hub.feed.now(), key=key)
        bots = self._writer.known(user_id).bots.values()
        return sum(1 for bot in bots if bot.status is BotStatus.PAUSED)
