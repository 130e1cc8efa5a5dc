"""Times of the pure steps of an order: decide, and evolve of what follows, for each kind of order and denial."""

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bench.table import percentile
from bench.trading import CAPITAL, SYMBOL, WIDE, bot_of, enter, leave, simulated_feed
from core.domain.account import Account
from core.domain.codec import pack, unpack
from core.domain.commands import (
    CancelOrder,
    Command,
    CreateBot,
    FillResting,
    Fund,
    HaltTrading,
    StartBot,
    SubmitOrder,
    TakeOwnership,
)
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.events import BreakerTripped, Metric, Payload
from core.domain.evolve import evolve
from core.domain.instrument import FEE_SCHEDULES, Exchange, Instrument
from core.domain.journal import Head, Stamp, read, seal
from core.domain.market import Level, MarketState, Timeframe
from core.domain.order import OrderRequest, Side
from core.domain.paper_exchange import ExchangeOrder, execute
from core.domain.rules import TradingRules

USER = "steps"
BOT = bot_of(USER)


@dataclass(frozen=True, slots=True)
class Spent:
    """Median CPU seconds of one step; nothing is folded where an order is denied."""

    decide: float
    evolve: float = 0.0


@dataclass(slots=True)
class _Journal:
    """An account and the head of its chain, in memory."""

    state: Account = field(default_factory=lambda: Account(USER))
    head: Head = field(default_factory=lambda: Head(0, "0" * 64))

    def append(self, payload: Payload, market: MarketState, epoch: int | None = None) -> float:
        """Seal and read back as a journal does, then fold; gives the CPU seconds of the fold alone."""
        stamp = Stamp(USER, f"key-{self.head.seq}", self.state.epoch if epoch is None else epoch, market.ts, market.ts)
        event = read(seal(self.head, stamp, payload))
        self.head = Head(event.seq, event.hash)
        started = time.process_time()
        evolve(self.state, event)
        return time.process_time() - started

    def run(self, command: Command, market: MarketState, rules: TradingRules = WIDE) -> Spent:
        """Decide and append."""
        started = time.process_time()
        decision = decide(self.state, command, Setting({}, rules, market.ts))
        decided = time.process_time() - started
        if decision.payload is None:
            raise RuntimeError(f"a step was denied: {decision.denied}")
        return Spent(decided, self.append(decision.payload, market, decision.epoch))


class Steps:
    """All steps over the same market states."""

    def __init__(self, states: list[MarketState]) -> None:
        self._states = states
        self._instrument: Instrument = simulated_feed().instrument(SYMBOL)

    def bare_walk(self) -> float:
        """Median CPU seconds of the fills alone."""
        order = ExchangeOrder(Side.BUY, Decimal("0.01"), self._states[0].mid)
        fees, spent = FEE_SCHEDULES[Exchange.BINANCE], list[float]()
        for state in self._states:
            started = time.process_time()
            execute(order, state, self._instrument, fees, {})
            spent.append(time.process_time() - started)
        return percentile(spent, 50)

    def all(self) -> dict[str, Spent]:
        """Each kind of order, then each denial."""
        return self._market_orders() | self._limit_orders() | self._denials()

    def _opened(self) -> _Journal:
        """An account with a running bot."""
        journal, first = _Journal(), self._states[0]
        create = CreateBot(
            bot_id=BOT,
            name="Measured",
            exchange=Exchange.BINANCE,
            symbol=SYMBOL,
            strategy="ema_cross",
            parameters={},
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=CAPITAL,
            actor="bench",
        )
        for command in (Fund(CAPITAL, "USDT"), create, StartBot(BOT, first.source, "bench")):
            journal.run(command, first)
        return journal

    def _order(self, request: OrderRequest, market: MarketState | None) -> SubmitOrder:
        return SubmitOrder(request.client_order_id, request, market, self._instrument)

    def _market_orders(self) -> dict[str, Spent]:
        journal, entries, exits = self._opened(), list[Spent](), list[Spent]()
        for number, state in enumerate(self._states):
            make, spent = (leave, exits) if number % 2 else (enter, entries)
            spent.append(journal.run(self._order(make(BOT, str(number), state), state), state))
        return {"market entry": _median(entries), "market exit": _median(exits)}

    def _limit_orders(self) -> dict[str, Spent]:
        """Accepted below the market, filled by a trade through its price, sold again; every other one canceled."""
        journal = self._opened()
        spent: dict[str, list[Spent]] = {"limit entry, rests": [], "its fill as a maker": [], "its cancel": []}
        for number, (state, later) in enumerate(zip(self._states, self._states[1:], strict=False)):
            request = enter(BOT, str(number), state, limit_price=state.bids[-1].price)
            order_id = request.client_order_id
            spent["limit entry, rests"].append(journal.run(self._order(request, state), state))
            if number % 2:
                spent["its cancel"].append(journal.run(CancelOrder(order_id, "bench", "measured"), later))
                continue
            fill = FillResting(BOT, order_id, traded_through(later, state.bids[-1].price), self._instrument, None, 0)
            spent["its fill as a maker"].append(journal.run(fill, later))
            journal.run(self._order(leave(BOT, f"out:{number}", later), later), later)
        return {name: _median(each) for name, each in spent.items()}

    def _denials(self) -> dict[str, Spent]:
        """An entry that each gate denies, the first gate first."""
        state, opened = self._states[0], self._opened()
        request = enter(BOT, "denied", state)
        order = self._order(request, state)
        halted, owned, tripped = (_copy(opened) for _ in range(3))
        halted.run(HaltTrading("bench", "measured"), state)
        owned.run(TakeOwnership(2, "bench"), state)
        tripped.append(BreakerTripped(Metric.DRAWDOWN, Decimal("0.2"), Decimal("0.2"), {}, BOT), state)
        none_today = replace(WIDE, max_trades_per_user_daily=0)
        too_much = self._order(replace(request, quantity=CAPITAL), state)
        return {
            "denied: ownership": _denied(owned, self._order(replace(request, writer_epoch=1), state), "ownership"),
            "denied: halted": _denied(halted, order, "mode"),
            "denied: no price": _denied(opened, self._order(request, None), "price"),
            "denied: fee coverage": _denied(
                opened, self._order(replace(request, take_profit_bps=Decimal(5)), state), "fee_coverage"
            ),
            "denied: daily limit": _denied(opened, order, "trade_limiter", none_today),
            "denied: cash": _denied(opened, too_much, "trade_limiter"),
            "denied: circuit breaker": _denied(tripped, order, "circuit_breaker"),
        }


def traded_through(state: MarketState, price: Decimal) -> MarketState:
    """The state, but that a whole coin was traded below this price."""
    return replace(state, trades=(Level(price / 2, Decimal(1)),))


def _denied(journal: _Journal, order: SubmitOrder, gate: str, rules: TradingRules = WIDE) -> Spent:
    spent: list[float] = []
    now = order.request.decided_at
    for _ in range(1_000):
        started = time.process_time()
        decision = decide(journal.state, order, Setting({}, rules, now))
        spent.append(time.process_time() - started)
        if decision.denied is None or decision.denied.gate.value != gate:
            raise RuntimeError(f"this was to be denied by {gate}: {decision}")
    return Spent(percentile(spent, 50))


def _copy(journal: _Journal) -> _Journal:
    return _Journal(unpack(Account, pack(journal.state)), journal.head)


def _median(spent: list[Spent]) -> Spent:
    decided, evolved = [one.decide for one in spent], [one.evolve for one in spent]
    return Spent(percentile(decided, 50), percentile(evolved, 50))
