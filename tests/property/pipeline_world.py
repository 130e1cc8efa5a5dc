"""A user's whole world for random steps: journal, two bots and `Manual`, a walking price, its book and its trades."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import ProductError
from core.domain.evolve import fold
from core.domain.instrument import Exchange
from core.domain.integrity import Audit
from core.domain.journal import START, verified
from core.domain.market import Level, MarketState, Sampling, Timeframe
from core.domain.money import exact
from core.domain.order import ExitReason, OrderRequest, Side, TimeInForce
from core.domain.rules import TradingRules
from core.domain.valuation import Mark, value
from tests.builders import BTC, T0, USER, Chain, dec, funded
from tests.property.order_records import OrderRecords, check_arrival, check_fill

SYMBOL = BTC.symbol
SOURCE = "scripted"
ACTOR = "ann"
BOTS = ("one", "two")
RULES = TradingRules(
    max_trades_per_bot_daily=12,
    max_trades_per_user_daily=30,
    burst_limit_orders=6,
    max_consecutive_losses=6,
    max_errors_per_hour=2,
    max_drawdown=dec("0.30"),
    max_daily_loss=dec("0.15"),
)


class PipelineWorld:
    """Every step is decided, appended and folded as the writer does it, and followed by all checks."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.now = T0
        self.mid = dec(50_000)
        self.spread = 2
        self.sizes = [20_000, 50_000, 90_000]
        self.trades: tuple[Level, ...] = ()
        self.taken: dict[Side, Decimal] = {side: dec(0) for side in Side}
        self.sampling = Sampling.BOOK
        self.volume = dec(5)
        self.number = 0
        self.steps = 0
        self.orders = OrderRecords()
        self.seen: dict[str, int] = {}
        self.chain.add(funded("20000"))
        self.living = {name: name for name in BOTS}
        for name, exchange in zip(BOTS, (Exchange.BINANCE, Exchange.KRAKEN), strict=True):
            self._create(name, exchange)

    @property
    def state(self) -> Account:
        return self.chain.state

    @property
    def marks(self) -> dict[str, Decimal]:
        return {SYMBOL: self.mid}

    def moves(self, bps: int, secs: int, trades: list[tuple[int, int]], shape: tuple[int, list[int], Sampling]) -> None:
        """The market moves on, and these trades (ticks from the mid, lots) happened on the way."""
        self.now += timedelta(seconds=secs, milliseconds=1)
        self.mid = max((self.mid * (10_000 + bps) / 10_000).quantize(BTC.tick_size), dec(1_000))
        self.spread, self.sizes, self.sampling = shape
        self.trades = tuple(
            Level(max(self.mid + ticks * BTC.tick_size, BTC.tick_size), lots * BTC.lot_size) for ticks, lots in trades
        )
        self.taken = {side: dec(0) for side in Side}

    def market(self, *, age_secs: int = 0, source: str = SOURCE) -> MarketState:
        half = self.spread * BTC.tick_size
        bids = tuple(Level(self.mid - half * (i + 1), n * BTC.lot_size) for i, n in enumerate(self.sizes))
        asks = tuple(Level(self.mid + half * (i + 1), n * BTC.lot_size) for i, n in enumerate(self.sizes))
        ts = self.now - timedelta(seconds=age_secs)
        return MarketState(SYMBOL, ts, bids, asks, self.volume, source, self.trades, self.sampling)

    def order(self, bot_id: str, side: Side, market: MarketState | None, **terms: object) -> cmd.SubmitOrder:
        self.number += 1
        request = OrderRequest(
            client_order_id=f"c{self.number}",
            bot_id=bot_id,
            symbol=SYMBOL,
            side=side,
            quantity=None,
            reduce_only=side is Side.SELL,
            reason="test",
            decided_at=self.now,
            decided_mid=self.mid,
            exit_reason=ExitReason.SIGNAL if side is Side.SELL else None,
        )
        return cmd.SubmitOrder(f"o{self.number}", replace(request, **terms), market, BTC)

    def _create(self, bot_id: str, exchange: Exchange) -> None:
        named = (bot_id, f"Bot {bot_id}", exchange, SYMBOL, "ema_cross")
        made = cmd.CreateBot(*named, {}, Timeframe.M1, "safe", dec(4_000), ACTOR)
        if self.run(made) is not None:
            self.run(cmd.StartBot(bot_id, SOURCE, ACTOR))

    def new_bot(self, stopped: Bot) -> None:
        """Another one in the place of one that was stopped for good."""
        for name, bot_id in self.living.items():
            if bot_id == stopped.bot_id:
                fresh = f"{name} {self.number} {self.state.seq}"
                self._create(fresh, stopped.exchange)
                if fresh in self.state.bots:
                    self.living[name] = fresh

    def named(self, name: str) -> str | None:
        """The living bot of this name; None while there is no `Manual` yet."""
        if name in self.living:
            return self.living[name]
        bot = self.state.manual_bot("USDT")
        return bot.bot_id if bot else None

    def manual(self) -> str:
        """The built-in bot, opened and running."""
        bot = self.state.manual_bot("USDT")
        if bot is None:
            self.run(cmd.OpenManualBot("manual", SYMBOL, ACTOR))
            bot = self.state.bots["manual"]
        if bot.status is BotStatus.CREATED:
            self.run(cmd.StartBot(bot.bot_id, SOURCE, ACTOR))
        return bot.bot_id

    def protective_exits(self) -> None:
        """As the engine does: whatever the bid touches is sold, after what the bot has resting to sell is canceled."""
        for bot in list(self.state.bots.values()):
            guarded, bid = bot.protections.get(SYMBOL), self.market().bid
            stop = guarded and guarded.stop_loss is not None and bid <= guarded.stop_loss
            target = guarded and guarded.take_profit is not None and bid >= guarded.take_profit
            if not (bot.held(SYMBOL) and (stop or target)):
                continue
            for order in [o for o in bot.orders.values() if o.side is Side.SELL]:
                self.run(cmd.CancelOrder(order.order_id, "engine", "a protective price was touched"))
            held = bot.held(SYMBOL)
            decision = self.run(self.order(bot.bot_id, Side.SELL, self.market(), time_in_force=TimeInForce.GTC))
            assert decision is not None, "a protective exit passes whatever else holds"
            assert isinstance(decision, ev.OrderExecuted | ev.OrderAccepted)
            assert decision.quantity == held

    def fill_resting(self, queue: Decimal | None) -> None:
        """All resting orders meet the present state, one after the other, as one user's orders do."""
        for order_id, bot_id in list(self.state.working.items()):
            command = cmd.FillResting(bot_id, order_id, self.market(), BTC, queue, self.state.epoch)
            order = self.state.bots[bot_id].orders[order_id]
            before = replace(order)
            fact = self.run(command)
            if isinstance(fact, ev.OrderFilled):
                self.taken[before.side] += check_fill(before, fact, self.trades)
                assert self.taken[before.side] <= sum((t.quantity for t in self.trades), dec(0))

    def run(self, command: cmd.Command) -> ev.Payload | None:
        """Decide, append and check; gives what was appended."""
        try:
            decision = self.chain.decide(command, self.now, RULES, self.marks)
        except ProductError as refused:
            self._count(type(refused).__name__)
            self.check()
            return None
        self.steps += 1
        if decision.denied is not None:
            self._count(f"denied: {decision.denied.code}")
        fact = decision.payload
        if fact is None:
            self.check()
            return None
        self._count(type(fact).__name__)
        self._before(command, fact)
        self.chain.add(fact, self.now, self.state.epoch if decision.epoch is None else decision.epoch)
        self.orders.note(fact, set(self.state.working))
        if isinstance(fact, ev.OrderExecuted | ev.OrderAccepted):
            check_arrival(fact, self.market())
        self.check()
        return fact

    def _count(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    def _before(self, command: cmd.Command, fact: ev.Payload) -> None:
        """What must be true of an entry at the moment it passes."""
        if not isinstance(fact, ev.OrderExecuted | ev.OrderAccepted) or fact.reduce_only:
            return
        assert isinstance(command, cmd.SubmitOrder)
        state, bot, market = self.state, self.state.bots[fact.bot_id], command.market
        assert market is not None
        assert (self.now - market.ts).total_seconds() <= RULES.mark_stale_secs
        assert market.source == bot.source
        assert not state.halted
        assert not command.system_halted
        assert (bot.status, bot.tripped, state.tripped) == (BotStatus.RUNNING, None, None)
        counted = 0 if state.opens_day(self.now) else state.orders_today
        assert counted + self.orders.waiting_entries < RULES.max_trades_per_user_daily
        window = timedelta(seconds=RULES.burst_window_secs)
        recent = [ts for ts in state.entries.get(bot.exchange.value, ()) if self.now - ts < window]
        assert len(recent) < RULES.burst_limit_orders
        for scope in (state, bot):
            assert scope.loss_streak < RULES.max_consecutive_losses
            recent = [ts for ts in scope.errors if (self.now - ts).total_seconds() < 3_600]
            assert len(recent) < RULES.max_errors_per_hour
            with exact():
                worth = scope.track.value(scope.equity(state.marks | {SYMBOL: market.mid}))
                assert worth > scope.track.peak * (1 - RULES.max_drawdown)
        if not bot.manual:
            assert not any(order.side is Side.BUY for order in bot.orders.values())

    def check(self) -> None:
        """Everything that must hold between any two events."""
        state, marks = self.state, self.marks
        with exact():
            assert state.free_cash["USDT"] >= 0
            assert state.cash_total["USDT"] == state.free_cash["USDT"] + sum(b.cash for b in state.bots.values())
            resting = {order_id: bot.bot_id for bot in state.bots.values() for order_id in bot.orders}
            assert state.working == resting
            assert set(resting) == self.orders.working
            for bot in state.bots.values():
                self._check_bot(bot)
            value(state, {SYMBOL: Mark(SYMBOL, self.mid, None, None, SOURCE, stale=False)})
            assert state.equity(marks) == state.free_cash["USDT"] + sum(b.equity(marks) for b in state.bots.values())

    def _check_bot(self, bot: Bot) -> None:
        self.orders.check(bot, SYMBOL)
        assert bot.cash >= 0
        assert bot.free_cash >= 0
        assert bot.reserved_units(SYMBOL) <= bot.held(SYMBOL)
        assert bot.orders or (bot.reserved_cash, bot.reserved_units(SYMBOL)) == (0, 0)
        if not bot.held(SYMBOL):
            assert SYMBOL not in bot.protections
        if any(order.side is Side.BUY for order in bot.orders.values()):
            assert bot.status is BotStatus.RUNNING
            assert not self.state.halted
            assert self.state.tripped is None
        if bot.status is BotStatus.STOPPED and not bot.orders and bot.flat:
            assert bot.cash == 0

    def finish(self) -> None:
        """The journal alone gives the same state, its audit is clean, and nothing stays reserved."""
        assert fold(Account(USER), verified(START, self.chain.documents)) == self.state
        audit = Audit(USER)
        audit.feed_all(self.chain.documents)
        result = audit.finish()
        assert result.ok, [check for check in result.checks if check.ok is False]
        for order_id in list(self.state.working):
            self.run(cmd.CancelOrder(order_id, ACTOR, "the end"))
        assert all((bot.reserved_cash, bot.reserved_units(SYMBOL)) == (0, 0) for bot in self.state.bots.values())
        assert self.orders.fees == self.state.book("USDT").fees
