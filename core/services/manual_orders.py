"""Orders of people: of a bot they name, or of the built-in bot `Manual` (spec/pipeline.md)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.commands import OpenManualBot, Release, ResumeBot, StartBot, SubmitOrder
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.errors import Conflict, IntegrityError
from core.domain.events import BotCreated, OrderAccepted, OrderExecuted
from core.domain.evolve import new_bot
from core.domain.instrument import split_symbol
from core.domain.order import ExitReason, OrderRequest, Side, TimeInForce
from core.ports import Ids
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub
from core.services.order_result import OrderResult, recorded, refused
from core.services.orders import OrderService

_NOBODY = ""
_PRICE_WAIT_SECS = 10.0


@dataclass(frozen=True, slots=True)
class ManualOrder:
    """An order as a person states it: a buy enters, a sale only reduces.

    A buy is of a `quantity` (base) or a `notional` (quote). Without `limit_price` it is a market order. Its edge is
    the distance to `take_profit` (a price), or `expected_edge_bps`; its stop likewise. Without `time_in_force` a
    limit order works until canceled, and a market order takes what fills at once. Without `bot_id` it belongs to
    `Manual`.
    """

    symbol: str
    side: Side
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    good_for_minutes: int | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_bps: Decimal | None = None
    expected_edge_bps: Decimal | None = None
    bot_id: str | None = None


class ManualOrders:
    """Places and previews them, and keeps no more cash in `Manual` than its orders need."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, orders: OrderService, ids: Ids) -> None:
        self._writer = writer
        self._hub = hub
        self._orders = orders
        self._ids = ids

    async def place(self, user_id: str, order: ManualOrder, *, actor: str, key: str) -> OrderResult:
        """Bring the order to the market; `key` is its client_order_id, and gives the same answer again.

        Raises:
            NotFound: no such symbol or bot.
            Conflict: `Manual` may not run now.
            IdempotencyConflict: the key was used for another order.
        """
        await self._price(order.symbol)
        bot_id = order.bot_id or (await self._manual(user_id, order.symbol, actor)).bot_id
        request = self._request(self._writer.known(user_id), order, bot_id, key)
        if self._hub.latest(order.symbol) is None:
            result = await self._orders.submit(user_id, request, None)
        else:
            result = await self._orders.submit_at_next_state(user_id, request)
        await self.give_back(user_id)
        return result

    async def preview(self, user_id: str, order: ManualOrder) -> OrderResult:
        """What placing it now would give at the present prices; nothing is recorded.

        Raises:
            NotFound: no such symbol or bot.
        """
        await self._price(order.symbol)
        state = await self._writer.account(user_id)
        if order.bot_id is None:
            state, bot_id = self._with_manual(state, order.symbol)
        else:
            bot_id = order.bot_id
        market, now = self._hub.latest(order.symbol), self._hub.feed.now()
        request = self._request(state, order, bot_id, "preview")
        instrument = self._hub.feed.instrument(order.symbol)
        command = SubmitOrder("preview", request, market, instrument, self._orders.system_halted)
        decision = decide(state, command, Setting(self._hub.mids_for(state), self._writer.rules, now))
        if decision.denied is not None:
            return refused(request, decision.denied, now)
        if not isinstance(decision.payload, OrderExecuted | OrderAccepted):
            raise IntegrityError("The preview of an order gave neither an order nor a denial.")
        return recorded(decision.payload, now, cached=False)

    async def _price(self, symbol: str) -> None:
        """Wait for a first price of a symbol that nobody followed until now."""
        self._hub.follow(symbol)
        if self._hub.latest(symbol) is None:
            await self._hub.state_from(symbol, self._hub.feed.now(), _PRICE_WAIT_SECS)

    async def give_back(self, user_id: str) -> None:
        """Release what `Manual` holds in cash and no order of it reserves."""
        state = self._writer.known(user_id)
        idle = [bot for bot in state.bots.values() if bot.manual and not bot.written_off and bot.free_cash > 0]
        for bot in idle:
            command, now = Release(bot.bot_id, bot.free_cash, "engine"), self._hub.feed.now()
            try:
                await self._writer.execute(user_id, command, now=now, marks=self._hub.mids_for(state))
            except Conflict:
                continue  # an order took the cash meanwhile, or somebody else gave it back

    async def _manual(self, user_id: str, symbol: str, actor: str) -> Bot:
        """The built-in bot for this quote currency, made and started when there is none that runs here."""
        quote, now, source = split_symbol(symbol)[1], self._hub.feed.now(), self._hub.feed.source
        await self._writer.account(user_id)
        await self._writer.execute(user_id, OpenManualBot(self._ids.new(), symbol, actor), now=now)
        bot = self._writer.known(user_id).manual_bot(quote)
        if bot is None:
            raise IntegrityError(f"There is no bot for manual orders in {quote}.")
        moved = bot.status is BotStatus.PAUSED and bot.flat and bot.source != source
        if bot.status is BotStatus.CREATED or moved:
            command = (ResumeBot if moved else StartBot)(bot.bot_id, source, actor, self._orders.system_halted)
            try:
                await self._writer.execute(user_id, command, now=now, key=f"manual:{bot.bot_id}:{bot.run + 1}")
            except Conflict:
                if not self._writer.known(user_id).halted:  # then the order's own gate says so
                    raise
        return bot

    def _with_manual(self, state: Account, symbol: str) -> tuple[Account, str]:
        """A copy of the state with the built-in bot, as placing would make it."""
        quote = split_symbol(symbol)[1]
        known = state.manual_bot(quote)
        if known is not None and known.status is not BotStatus.CREATED:
            return state, known.bot_id
        rules, now = self._writer.rules, self._hub.feed.now()
        decision = decide(state, OpenManualBot("manual", symbol, _NOBODY), Setting({}, rules, now))
        bot = known or (new_bot(decision.payload, now) if isinstance(decision.payload, BotCreated) else None)
        if bot is None:
            raise IntegrityError(f"There is no bot for manual orders in {quote}.")
        running = replace(bot, status=BotStatus.RUNNING, source=self._hub.feed.source)
        return replace(state, bots=state.bots | {bot.bot_id: running}), bot.bot_id

    def _request(self, state: Account, order: ManualOrder, bot_id: str, key: str) -> OrderRequest:
        latest = self._hub.latest(order.symbol)
        mid = latest.mid if latest else state.marks.get(order.symbol, Decimal(0))
        resting = TimeInForce.IOC if order.limit_price is None else TimeInForce.GTC
        good_for = None if order.good_for_minutes is None else timedelta(minutes=order.good_for_minutes)
        sells = order.side is Side.SELL
        return OrderRequest(
            client_order_id=key,
            bot_id=bot_id,
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            notional=order.notional,
            reduce_only=sells,
            reason="an order of its owner",
            decided_at=self._hub.feed.now(),
            decided_mid=mid,
            exit_reason=ExitReason.MANUAL if sells else None,
            take_profit_bps=order.expected_edge_bps,
            take_profit=order.take_profit,
            stop_loss=order.stop_loss,
            stop_loss_bps=order.stop_loss_bps,
            limit_price=order.limit_price,
            time_in_force=order.time_in_force or resting,
            post_only=order.post_only,
            good_for_secs=None if good_for is None else int(good_for.total_seconds()),
        )
