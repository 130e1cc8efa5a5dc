"""Flattening a bot: its orders are taken back, then everything it holds is sold at the market."""

import asyncio
from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.errors import Conflict
from core.domain.order import ExitReason, OrderRequest, Side, TimeInForce
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.order_result import OrderResult
from core.services.orders import OrderService


class Exits:
    """Exits that a person asks for; no gate but what is held bounds them."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, orders: OrderService) -> None:
        self._writer = writer
        self._hub = hub
        self._orders = orders

    async def flatten(self, user_id: str, bot_id: str, *, actor: str, key: str) -> tuple[OrderResult, ...]:
        """Sell all of a bot's positions; what finds no price or too little depth works on until it is sold.

        Raises:
            NotFound: no such bot.
            Conflict: it holds nothing and no order of it works.
        """
        bot = (await self._writer.account(user_id)).bot(bot_id)
        if bot.flat and not bot.orders:
            raise Conflict(f"{bot.name} holds nothing, so there is nothing to sell.")
        await self.cancel_orders(user_id, bot, actor=actor, reason="its bot is flattened")
        held = [symbol for symbol in bot.symbols if bot.held(symbol)]
        return tuple(
            await asyncio.gather(*(self.sell(user_id, bot, symbol, f"{key}:{symbol}", "flatten") for symbol in held))
        )

    async def cancel_orders(self, user_id: str, bot: Bot, *, actor: str, reason: str) -> list[str]:
        """Take back all resting orders of a bot; gives their ids."""
        canceled: list[str] = []
        for order_id in list(bot.orders):
            try:
                await self._orders.cancel(user_id, order_id, actor=actor, reason=reason)
            except Conflict:
                continue  # it ended meanwhile
            canceled.append(order_id)
        return canceled

    async def sell(self, user_id: str, bot: Bot, symbol: str, key: str, reason: str) -> OrderResult:
        """Sell all a bot holds of a symbol; without a price within 10 s the sale stays pending."""
        return await self._orders.submit_at_next_state(user_id, self.request(user_id, bot, symbol, key, reason))

    def request(self, user_id: str, bot: Bot, symbol: str, key: str, reason: str) -> OrderRequest:
        """The sale of all a bot holds of a symbol, decided now: it goes on until everything is sold."""
        latest = self._hub.latest(symbol)
        mid = latest.mid if latest else self._writer.known(user_id).marks.get(symbol, Decimal(0))
        return OrderRequest(
            client_order_id=key,
            bot_id=bot.bot_id,
            symbol=symbol,
            side=Side.SELL,
            quantity=None,
            reduce_only=True,
            reason=reason,
            decided_at=self._hub.feed.now(),
            decided_mid=mid,
            exit_reason=ExitReason.FLATTEN,
            time_in_force=TimeInForce.GTC,
        )
