"""Seeded histories with every event that moves money: currencies, conversions, resting orders, resets, base fees."""

import random  # noqa: TID251 - seeded histories
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import Conflict
from core.domain.journal import Event, read
from core.domain.money import exact, round_fee_up
from core.domain.order import Fill, Side, TimeInForce
from core.domain.order_status import OrderStatus
from tests.builders import USER, Chain, at, bot_created, dec, executed

BTC, EUR = "BTC/USDT", "BTC/EUR"
RATE = "EUR/USDT"
ACTOR = "test"
_LOT = Decimal("0.00001")


class History:
    """Plays random steps on a journal; every step is legal, so that a sound ledger comes out."""

    def __init__(self, seed: int, user_id: str = USER) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not cryptography
        self.chain = Chain(user_id)
        self.secs = 0
        self.count = 0
        self.movements: list[Event] = []
        self._steps: list[Callable[[], None]] = [
            *[self.buy] * 6,
            *[self.sell] * 5,
            *[self.rest] * 3,
            *[self.fill] * 3,
            self.end,
            self.fund,
            self.withdraw,
            self.convert,
            self.reverse,
            self.allocate,
            self.release,
            self.reinvest,
            self.create,
            self.stop,
            self.mark,
        ]

    @property
    def now(self) -> float:
        return float(self.secs)

    def play(self, steps: int, *, resets: bool = True) -> Chain:
        """Open the account, then so many random steps."""
        self.open()
        for step in range(steps):
            self.secs += self.chance.randrange(1, 9_000)
            self.chance.choice(self._steps)()
            if resets and step == steps * 2 // 3:
                self.add(ev.AccountReset(dec(50_000), "USDT", ACTOR, "a new start"))
                self.create()
        return self.chain

    def open(self) -> None:
        self.fund()
        self.chain.run(cmd.Fund(dec(20_000), "USDT", ACTOR), at(self.now))
        self.add(ev.Funded(dec(9_000), "EUR", dec(9_900), {RATE: dec("1.1")}))
        for _ in range(3):
            self.create()

    def add(self, fact: ev.Payload) -> Event:
        return self.chain.add(fact, at(self.now))

    def marks(self) -> dict[str, Decimal]:
        price = dec(50_000 + self.chance.randrange(-900, 900))
        return {BTC: price, EUR: price - 4_000, RATE: dec("1.1")}

    def run(self, command: cmd.Command) -> None:
        try:
            self.chain.run(command, at(self.now), marks=self.marks())
        except Conflict:
            return
        self.movements.append(self._last())

    def _last(self) -> Event:
        return read(self.chain.documents[-1])

    def amount(self, most: int = 900) -> Decimal:
        return dec(self.chance.randrange(1, most * 100)) / 100

    def bots(self, *, living: bool = True) -> list[Bot]:
        known = self.chain.state.bots.values()
        return [b for b in known if not b.written_off and (not living or b.status is not BotStatus.STOPPED)]

    def fund(self) -> None:
        self.run(cmd.Fund(self.amount(9_000), "USDT", ACTOR))

    def withdraw(self) -> None:
        self.run(cmd.Withdraw(self.amount(300), self.chance.choice(list(self.chain.state.cash_total)), ACTOR))

    def convert(self) -> None:
        pair = self.chance.choice([("USDT", "EUR"), ("EUR", "USDT")])
        self.run(cmd.Convert(self.amount(200), *pair, dec(7), ACTOR))

    def reverse(self) -> None:
        kinds = (ev.Funded, ev.Withdrawn, ev.Converted)
        known = [e for e in self.movements if isinstance(e.payload, kinds) and e.seq > self.chain.state.reset_seq]
        if known:
            self.run(cmd.Reverse(self.chance.choice(known), ACTOR, "a mistake"))

    def allocate(self) -> None:
        if bots := self.bots():
            self.run(cmd.Allocate(self.chance.choice(bots).bot_id, self.amount(), ACTOR))

    def release(self) -> None:
        if bots := self.bots():
            self.run(cmd.Release(self.chance.choice(bots).bot_id, self.amount(200), ACTOR))

    def reinvest(self) -> None:
        bots = [bot for bot in self.bots() if bot.quote == "USDT" and bot.free_cash > 1]
        if len(bots) > 1:
            legs = (
                ev.ReinvestLeg(bots[0].bot_id, dec(1), dec(0), dec(-1)),
                ev.ReinvestLeg(bots[1].bot_id, dec(0), dec(1), dec(1)),
            )
            self.add(ev.Reinvested(dec(1), "USDT", legs, tuple(b.bot_id for b in bots), dec(1), self.marks(), ACTOR))

    def create(self) -> None:
        self.count += 1
        symbol = self.chance.choice([BTC, BTC, EUR])
        capital = dec(2_000)
        if self.chain.state.free_cash.get(symbol[4:], dec(0)) >= capital:
            made = bot_created(str(capital), name=f"Bot {self.count}", bot_id=f"bot-{self.count}")
            self.add(replace(made, symbol=symbol))

    def stop(self) -> None:
        if len(bots := self.bots()) > 2:
            self.add(ev.BotStopped(self.chance.choice(bots).bot_id, ACTOR, "enough"))

    def mark(self) -> None:
        self.add(ev.Marked(self.marks(), day_start=False))

    def fills(self, side: Side, symbol: str, quantities: list[Decimal], price: Decimal) -> tuple[Fill, ...]:
        base, quote = symbol.split("/")
        made: list[Fill] = []
        with exact():
            for quantity in quantities:
                in_base = side is Side.BUY and self.chance.random() < 0.4
                fee = quantity / 1000 if in_base else round_fee_up(quantity * price / 1000, 8)
                worth = fee * price if in_base else fee
                made.append(Fill(price, quantity, fee, base if in_base else quote, worth, dec(0), quantity))
        return tuple(made)

    def order(self, bot: Bot, side: Side, quantities: list[Decimal], price: Decimal) -> ev.OrderExecuted:
        self.count += 1
        made = executed(side, [("1", str(price), "0")], mark=str(price), ts=at(self.now), bot_id=bot.bot_id)
        return replace(
            made,
            order_id=f"order-{self.count}",
            client_order_id=f"client-{self.count}",
            symbol=bot.symbol,
            quantity=sum(quantities, dec(0)),
            fills=self.fills(side, bot.symbol, quantities, price),
            marks=self.marks(),
        )

    def price(self, bot: Bot) -> Decimal:
        return self.marks()[bot.symbol] + dec(self.chance.randrange(100)) / 100

    def buy(self) -> None:
        if bots := self.bots():
            bot = self.chance.choice(bots)
            price, lots = self.price(bot), self.chance.randrange(1, 900)
            parts = [lots * _LOT, self.chance.randrange(1, 90) * _LOT][: self.chance.randrange(1, 3)]
            if sum(parts) * price * 2 < bot.free_cash:
                self.add(self.order(bot, Side.BUY, parts, price))

    def sell(self) -> None:
        holding = [b for b in self.bots(living=False) if b.held(b.symbol) > b.reserved_units(b.symbol)]
        if holding:
            bot = self.chance.choice(holding)
            free = bot.held(bot.symbol) - bot.reserved_units(bot.symbol)
            part = free if self.chance.random() < 0.5 else min(free, self.chance.randrange(1, 500) * _LOT)
            self.add(self.order(bot, Side.SELL, [part], self.price(bot)))

    def rest(self) -> None:
        if not (bots := self.bots()):
            return
        bot, price = self.chance.choice(bots), dec(50_000)
        free = bot.held(bot.symbol) - bot.reserved_units(bot.symbol)
        side = Side.SELL if free and self.chance.random() < 0.5 else Side.BUY
        quantity = free if side is Side.SELL else self.chance.randrange(2, 300) * _LOT
        if side is Side.BUY and quantity * price * 2 > bot.free_cash:
            return
        now = [quantity / 4] if self.chance.random() < 0.4 else []
        reserved = quantity - sum(now) if side is Side.SELL else (quantity - sum(now)) * price * dec("1.01")
        like = self.order(bot, side, now, price)
        fields: dict[str, Any] = {name: getattr(like, name) for name in like.__dataclass_fields__ if name != "status"}
        fields |= {"quantity": quantity, "limit_price": price, "reserved": reserved, "time_in_force": TimeInForce.GTC}
        if side is Side.SELL and not now and self.count % 2:
            fields |= {"limit_price": None, "market": None}  # it waits for a price
        self.add(ev.OrderAccepted(**fields))

    def _resting(self) -> Bot | None:
        bots = [bot for bot in self.bots(living=False) if bot.orders]
        return self.chance.choice(bots) if bots else None

    def fill(self) -> None:
        bot = self._resting()
        if bot is None:
            return
        order = next(iter(bot.orders.values()))
        left = order.quantity - order.filled
        part = left if self.chance.random() < 0.5 else left / 2
        reserved = dec(0) if part == left else order.reserved / 2
        status = OrderStatus.FILLED if part == left else OrderStatus.PARTIALLY_FILLED
        fills = self.fills(order.side, order.symbol, [part], order.limit_price or dec(50_000))
        like = executed(Side.BUY, [("1", "50000", "0")], mark="50000")
        self.add(ev.OrderFilled(order.order_id, bot.bot_id, status, fills, reserved, like.market, self.marks(), 2))

    def end(self) -> None:
        bot = self._resting()
        if bot is not None:
            order = next(iter(bot.orders))
            over = self.chance.random() < 0.5
            self.add(
                ev.OrderExpired(order, bot.bot_id, "its day is over")
                if over
                else ev.OrderCanceled(order, bot.bot_id, ACTOR, "enough")
            )


def varied(seed: int, steps: int = 150, user_id: str = USER) -> Chain:
    """A ledger of all kinds of events; the same for the same seed."""
    return History(seed, user_id).play(steps)
