"""Whatever is asked, in whatever order, no rule of the pipeline is broken (spec/pipeline.md, spec/accounting.md)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import ProductError
from core.domain.evolve import fold
from core.domain.gates import fee_coverage
from core.domain.gates.verdict import Gate
from core.domain.instrument import FEE_SCHEDULES, Exchange
from core.domain.journal import START, verified
from core.domain.market import Level, MarketState, Timeframe
from core.domain.money import exact
from core.domain.order import Side
from core.domain.paper_exchange import ExchangeOrder, execute
from core.domain.rules import TradingRules
from core.domain.valuation import Mark, value
from tests.builders import BTC, T0, USER, Chain, dec, entry, funded, leave

SYMBOL = BTC.symbol
RULES = TradingRules(
    max_trades_per_bot_daily=3,
    max_trades_per_user_daily=5,
    burst_limit_orders=2,
    max_consecutive_losses=3,
    max_errors_per_hour=4,
    max_bots=3,
)
BOTS = ["one", "two"]

bots = st.sampled_from([*BOTS, *BOTS, "new"])
sources = st.sampled_from(["scripted", "scripted", "scripted", "other"])
price_moves = st.integers(-100, 100) | st.integers(-3_000, 3_000)  # bps of the last mid
lots = st.integers(1, 3_000_000)
sizes = st.integers(1, 20_000_000)
markets = st.one_of(
    st.none(),
    st.tuples(
        price_moves,
        st.integers(1, 200),  # spread in ticks
        st.lists(sizes, min_size=1, max_size=3),
        st.sampled_from([0, 0, 0, 0, 90]),  # age in seconds
        sources,
    ),
)
odd_numbers = st.sampled_from(["NaN", "Infinity", "-1", "0"]).map(Decimal)
numbers = st.none() | odd_numbers | lots.map(lambda n: n * BTC.lot_size)
edges = st.sampled_from([None, Decimal("NaN"), Decimal(0), Decimal(40), Decimal(100), Decimal(300), Decimal(300)])
epochs = st.sampled_from([None, None, None, 0, 1, 2])
amounts = st.integers(1, 500_000).map(lambda n: Decimal(n) / 100)


@dataclass(frozen=True)
class Order:
    """An order still to be made from the world's market: `quantity` None sells all."""

    bot: str
    buy: bool
    quantity: Decimal | None
    edge: Decimal | None
    epoch: int | None
    market: tuple[int, int, list[int], int, str] | None


helping = st.one_of(
    st.builds(cmd.StartBot, bots, st.just("scripted"), st.just("test")),
    st.builds(cmd.ResumeBot, bots, sources, st.just("test")),
    st.builds(cmd.CheckBreaker, st.none() | bots),
    st.builds(cmd.ResetBreaker, st.none() | bots, st.just("test"), st.just("")),
    st.builds(cmd.RecordMarks, st.booleans()),
    st.builds(cmd.ResumeTrading, st.just("test")),
)
hindering = st.one_of(
    st.builds(cmd.Fund, amounts, st.just("USDT")),
    st.builds(
        cmd.CreateBot,
        bot_id=st.just("new"),
        name=st.sampled_from(["A", "a", "B", " ", "C"]),
        exchange=st.sampled_from([Exchange.BINANCE, Exchange.KRAKEN]),
        symbol=st.sampled_from([SYMBOL, SYMBOL, SYMBOL, "BTC", "ETH/EUR"]),
        strategy=st.just("ema_cross"),
        parameters=st.just({}),
        timeframe=st.just(Timeframe.M1),
        risk_mode=st.just("safe"),
        capital=amounts,
        actor=st.just("test"),
    ),
    st.builds(cmd.PauseBot, bots, st.just("test"), st.just("")),
    st.builds(cmd.StopBot, bots, st.just("test"), st.just("")),
    st.builds(cmd.RecordBotError, bots, st.just("broken")),
    st.builds(cmd.HaltTrading, st.just("test"), st.just("")),
    st.builds(cmd.TakeOwnership, st.integers(0, 3), st.just("engine")),
)
good_markets = st.tuples(
    price_moves, st.integers(1, 200), st.lists(sizes, min_size=1, max_size=3), st.just(0), st.just("scripted")
)
good_quantities = st.integers(1, 10_000).map(lambda n: n * BTC.lot_size)
buys = st.builds(Order, bots, st.just(value=True), good_quantities, st.just(Decimal(300)), st.none(), good_markets)
odd_orders = st.builds(Order, bots, st.booleans(), numbers, edges, epochs, markets)
sales = st.builds(Order, bots, st.just(value=False), st.none(), st.none(), st.none(), good_markets)
moments = st.sampled_from([0, 1, 4, 30, 600, 4_000, 40_000])
# Mapped, so that each kind of item has the share given here, however many commands there are.
helps, hinders = helping.map(lambda command: command), hindering.map(lambda command: command)
items = st.one_of(helps, helps, hinders, buys, buys, sales, sales, odd_orders)
histories = st.lists(st.tuples(moments, items), min_size=20, max_size=60)

# Days on which hardly anything but trading happens, so that the limits and the breaker are reached.
reviving = st.one_of(
    st.builds(cmd.RecordBotError, bots, st.just("broken")),
    st.builds(cmd.CheckBreaker, st.none() | bots),
    st.builds(cmd.ResetBreaker, st.none() | bots, st.just("test"), st.just("")),
    st.builds(cmd.ResumeBot, bots, st.just("scripted"), st.just("test")),
)
busy_items = st.one_of(buys, buys, buys, sales, sales, reviving.map(lambda command: command))
busy_days = st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 5, 30]), busy_items), min_size=25, max_size=60)


class World:
    """A user with two running bots, a clock and a price that moves with the orders' markets."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.chain.add(funded("9000"))
        self.now: datetime = T0
        self.mid = Decimal(50_000)
        self.number = 0
        for name, bot_id in (("X", BOTS[0]), ("Y", BOTS[1])):
            create = cmd.CreateBot(
                bot_id, name, Exchange.BINANCE, SYMBOL, "ema_cross", {}, Timeframe.M1, "safe", dec(3000), "test"
            )
            self.chain.run(create)
            self.chain.run(cmd.StartBot(bot_id, "scripted", "test"))

    def book(self, shape: tuple[int, int, list[int], int, str]) -> MarketState:
        move, spread, levels, age, source = shape
        self.mid = max((self.mid * (10_000 + move) / 10_000).quantize(BTC.tick_size), Decimal(100))
        half = spread * BTC.tick_size
        return MarketState(
            SYMBOL,
            self.now - timedelta(seconds=age),
            tuple(Level(self.mid - half * (i + 1), n * BTC.lot_size) for i, n in enumerate(levels)),
            tuple(Level(self.mid + half * (i + 1), n * BTC.lot_size) for i, n in enumerate(levels)),
            Decimal(0),
            source,
        )

    def command(self, item: cmd.Command | Order) -> cmd.Command:
        if not isinstance(item, Order):
            return item
        self.number += 1
        book = None if item.market is None else self.book(item.market)
        make: Callable[..., cmd.SubmitOrder] = entry if item.buy else leave
        made = make(book, bot_id=item.bot, key=str(self.number), epoch=item.epoch)
        request = replace(made.request, quantity=item.quantity, take_profit_bps=item.edge)
        return replace(made, request=request)

    def step(self, seconds: int, item: cmd.Command | Order) -> None:
        """One command; checks everything that must hold before and after."""
        self.now += timedelta(seconds=seconds)
        command = self.command(item)
        if isinstance(command, cmd.CreateBot) and command.bot_id in self.chain.state.bots:
            command = replace(command, bot_id=f"new-{self.chain.state.seq}")  # ids are ours, and never used twice
        marks = {SYMBOL: self.mid}
        try:
            decision = self.chain.decide(command, self.now, RULES, marks)
        except ProductError as refused:
            event(type(refused).__name__)
            return
        if decision.denied is not None:
            event(f"denied: {decision.denied.code}")
            assert isinstance(command, cmd.SubmitOrder)
        if decision.payload is None:
            return
        if isinstance(decision.payload, ev.OrderAccepted):
            event("exit waits")
            assert isinstance(command, cmd.SubmitOrder)
            assert command.request.reduce_only
        elif isinstance(decision.payload, ev.OrderExecuted) and isinstance(command, cmd.SubmitOrder):
            assert decision.denied is None
            self._check_order(command, decision.payload)
        else:
            event(type(decision.payload).__name__)
        epoch = self.chain.state.epoch if decision.epoch is None else decision.epoch
        self.chain.add(decision.payload, self.now, epoch)
        self._check_state()

    def _check_order(self, command: cmd.SubmitOrder, fact: ev.OrderExecuted) -> None:
        state, request, market = self.chain.state, command.request, command.market
        bot = state.bots[request.bot_id]
        event(f"{'entry' if request.side is Side.BUY else 'exit'} {fact.status.value}")
        assert market is not None
        assert self.now - market.ts <= timedelta(seconds=RULES.mark_stale_secs)
        assert market.source == bot.source
        assert request.writer_epoch is None or request.writer_epoch >= state.epoch
        assert fact.filled_qty <= fact.quantity
        if request.reduce_only:
            assert fact.filled_qty <= bot.held(SYMBOL)
        else:
            self._check_entry(command, fact, bot, market)

    def _check_entry(self, command: cmd.SubmitOrder, fact: ev.OrderExecuted, bot: Bot, market: MarketState) -> None:
        state, edge = self.chain.state, command.request.take_profit_bps
        assert not state.halted
        assert bot.status is BotStatus.RUNNING
        assert bot.tripped is None
        assert state.tripped is None
        today = state.day == self.now.date()
        assert not today or bot.orders_today < RULES.max_trades_per_bot_daily
        assert not today or state.orders_today < RULES.max_trades_per_user_daily
        window = timedelta(seconds=RULES.burst_window_secs)
        recent = [ts for ts in state.entries.get(bot.exchange.value, ()) if self.now - window < ts]
        assert len(recent) < RULES.burst_limit_orders
        with exact():
            cost = fee_coverage.round_trip_cost(FEE_SCHEDULES[bot.exchange], market, RULES)
            assert edge is not None
            assert edge >= cost.required_bps
            assert fact.quantity * market.ask >= BTC.min_notional
            assert fact.quantity % BTC.lot_size == 0
            assert bot.held(SYMBOL) * market.ask < BTC.min_notional

    def _check_state(self) -> None:
        state = self.chain.state
        assert all(cash >= 0 for cash in state.free_cash.values())
        assert all(bot.cash >= 0 for bot in state.bots.values())
        assert all(bot.held(SYMBOL) >= 0 for bot in state.bots.values())
        with exact():
            assert state.cash_total["USDT"] == state.free_cash["USDT"] + sum(b.cash for b in state.bots.values())
            value(state, {SYMBOL: Mark(SYMBOL, self.mid, None, None, "scripted", stale=False)})
        for bot in state.bots.values():
            if bot.status is BotStatus.STOPPED and bot.flat:
                assert bot.cash == 0


@settings(max_examples=700, deadline=None, derandomize=True)
@given(histories | busy_days)
def test_no_sequence_of_commands_breaks_a_rule(history: list[tuple[int, cmd.Command | Order]]):
    world = World()
    for seconds, item in history:
        world.step(seconds, item)
    assert fold(Account(USER), verified(START, world.chain.documents)) == world.chain.state


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories, good_markets)
def test_an_exit_at_a_fresh_price_passes_whatever_came_before(
    history: list[tuple[int, cmd.Command | Order]], shape: tuple[int, int, list[int], int, str]
):
    world = World()
    world.step(0, Order(BOTS[0], True, dec("0.01"), Decimal(300), None, (0, 1, [10_000], 0, "scripted")))
    for seconds, item in history:
        world.step(seconds, item)
    move, spread, levels, _, _ = shape
    for bot in list(world.chain.state.bots.values()):
        if bot.flat:
            continue
        book = world.book((move, spread, levels, 0, bot.source))
        # What an exit that waits for a price has claimed is its to sell.
        if bot.held(SYMBOL) == bot.reserved_units(SYMBOL):
            continue
        decision = world.chain.decide(leave(book, bot_id=bot.bot_id, key="way out"), world.now, RULES)
        assert decision.denied is None
        assert isinstance(decision.payload, ev.OrderExecuted)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(lots, st.integers(1, 99), st.integers(100, 10_000_000), st.sampled_from(Side), st.sampled_from(Exchange))
def test_two_orders_pay_at_most_one_unit_of_rounding_more_than_one(
    size: int, percent: int, ticks: int, side: Side, exchange: Exchange
):
    price, quantity = ticks * BTC.tick_size, size * BTC.lot_size
    book = MarketState(
        SYMBOL, T0, (Level(price, quantity),), (Level(price + BTC.tick_size, quantity),), Decimal(0), "scripted"
    )

    def fees(part: Decimal) -> Decimal:
        order = ExchangeOrder(side, part, book.mid)
        return execute(order, book, BTC, FEE_SCHEDULES[exchange], {}).fees if part else Decimal(0)

    with exact():
        first = quantity * percent // 100 // BTC.lot_size * BTC.lot_size
        extra = fees(first) + fees(quantity - first) - fees(quantity)
    assert 0 <= extra <= Decimal("0.00000001")


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_parallel_submissions_never_admit_more_than_the_limit(limit: int):
    """Each was decided on the same state; the losers of the append decide again on what they then see."""
    world = World()
    rules = replace(RULES, max_trades_per_user_daily=limit, burst_limit_orders=100)
    shape = (0, 1, [1_000_000], 0, "scripted")
    waiting = [entry(world.book(shape), "0.0001", bot_id=BOTS[n % 2], key=str(n)) for n in range(6)]
    admitted = 0
    while waiting:
        decided = [(order, world.chain.decide(order, T0, rules)) for order in waiting]
        winner = next((order for order, decision in decided if decision.payload is not None), None)
        if winner is None:
            assert {decision.denied.gate for _, decision in decided if decision.denied} == {Gate.TRADE_LIMITER}
            break
        world.chain.run(winner, T0, rules)
        waiting.remove(winner)
        admitted += 1
    assert admitted == min(limit, 2)  # each of the two bots enters once
