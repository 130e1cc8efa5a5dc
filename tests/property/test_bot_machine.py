"""Bots under thousands of random commands agree with a simple model of them (spec/bots.md, Life cycle).

The path of their statuses is one of the table, money is only moved, a name is one living bot's, and what a bot trades
with is always valid.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus, Move
from core.domain.bot_state import Bot
from core.domain.decision import Decision
from core.domain.errors import ProductError
from core.domain.evolve import fold
from core.domain.instrument import Exchange
from core.domain.integrity import Audit
from core.domain.journal import START, verified
from core.domain.market import Timeframe
from core.domain.order import OrderRequest, Side, TimeInForce
from core.domain.rules import TradingRules
from core.domain.strategies import catalog
from tests.builders import BTC, T0, USER, Chain, dec, funded, market

STEPS = 3_000
SOURCES = ("scripted", "other")
FUNDS = dec(10_000)
MARKS = {BTC.symbol: dec(50_000)}
RULES = TradingRules(max_bots=5, max_errors_per_hour=2, max_trades_per_bot_daily=100_000, burst_limit_orders=100_000)

B, M = BotStatus, Move
LEGAL = {
    (B.CREATED, M.START): B.RUNNING,
    (B.CREATED, M.PAUSE): B.PAUSED,
    (B.CREATED, M.STOP): B.STOPPED,
    (B.RUNNING, M.PAUSE): B.PAUSED,
    (B.RUNNING, M.STOP): B.STOPPED,
    (B.PAUSED, M.START): B.RUNNING,
    (B.PAUSED, M.RESUME): B.RUNNING,
    (B.PAUSED, M.STOP): B.STOPPED,
    (B.CIRCUIT_TRIPPED, M.STOP): B.STOPPED,
}

names = st.sampled_from(
    [
        "Alpha",
        "ALPHA",
        " alpha ",
        "Delta",
        "Zeta",
        "Eta",
        "Theta",
        "Beta",
        "beta",
        "Gamma",
        "Épsilon",
        "E\u0301psilon",
        "",
        "Manual",
    ]
)
amounts = st.sampled_from([0, -1, 1, 10, 500, 3_000, 20_000]).map(Decimal)
picks = st.integers(0, 9)
kinds = st.sampled_from([*catalog.STRATEGIES, "oracle"])
parameters = st.dictionaries(
    st.sampled_from(sorted({p.name for kind in catalog.STRATEGIES.values() for p in kind.parameters} | {"luck"})),
    st.integers(-5, 60),
    max_size=2,
)
modes = st.sampled_from([*catalog.RISK_PROFILES, "reckless"])


@dataclass(slots=True)
class Expected:
    """What the model knows of a bot; `cash` is in its book."""

    status: BotStatus
    cash: Decimal
    moved: Decimal
    tripped: bool = False
    edits: dict[str, Any] = field(default_factory=dict[str, Any])


class BotMachine(RuleBasedStateMachine):
    """One user's bots and a model of them that knows neither orders nor lots, only what they cost."""

    seen: ClassVar[Counter[str]] = Counter()
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.chain = Chain()
        self.chain.add(funded(str(FUNDS)))
        self.model: dict[str, Expected] = {}
        self.free = FUNDS
        self.halted = self.tripped = False
        self.now = T0
        self.number = 0

    @property
    def state(self) -> Account:
        return self.chain.state

    def run_(self, command: cmd.Command) -> Decision | None:
        """Decide, append and let the model follow; None when it was refused."""
        type(self).steps += 1
        self.now += timedelta(seconds=20)
        self.number += 1
        try:
            decision = self.chain.run(command, self.now, RULES, MARKS)
        except ProductError as refused:
            self.seen[f"refused {type(command).__name__} {type(refused).__name__}"] += 1
            return None
        self.seen[type(command).__name__ if decision.denied is None else f"denied {decision.denied.code}"] += 1
        if decision.payload is not None:
            self.follow(decision.payload)
        return decision

    def follow(self, fact: ev.Payload) -> None:
        """What an event means to the model: who has which cash, and who is where in its life."""
        match fact:
            case ev.OrderExecuted() | ev.OrderFilled():
                bot, sign = self.model[fact.bot_id], -1 if self._buys(fact) else 1
                bot.cash += sum((sign * fill.price * fill.quantity - fill.fee for fill in fact.fills), dec(0))
                self.give_back(fact.bot_id)
            case ev.BreakerTripped():
                scope = [fact.bot_id] if fact.bot_id else list(self.model)
                for bot in (self.model[bot_id] for bot_id in scope):
                    bot.tripped = bot.tripped or fact.bot_id is not None
                    bot.status = B.CIRCUIT_TRIPPED if bot.status is B.RUNNING else bot.status
                self.tripped = self.tripped or fact.bot_id is None
            case _:
                pass

    def _buys(self, fact: ev.OrderExecuted | ev.OrderFilled) -> bool:
        return isinstance(fact, ev.OrderExecuted) and fact.side is Side.BUY

    def give_back(self, bot_id: str) -> None:
        """A stopped bot that holds nothing has no cash."""
        bot, known = self.model[bot_id], self.state.bots[bot_id]
        if bot.status is B.STOPPED and known.flat and not known.orders:
            self.free, bot.cash = self.free + bot.cash, dec(0)

    def pick(self, number: int) -> Bot | None:
        bots = list(self.state.bots.values())
        return bots[-1 - number % min(len(bots), 6)] if bots else None

    @rule(name=names, capital=amounts, strategy=kinds, given=parameters, mode=modes)
    def create(self, name: str, capital: Decimal, strategy: str, given: dict[str, int], mode: str) -> None:
        bot_id = f"bot {self.number}"
        command = cmd.CreateBot(
            bot_id, name, Exchange.BINANCE, BTC.symbol, strategy, given, Timeframe.M1, mode, capital, "ann"
        )
        if self.run_(command) is not None:
            assert 0 < capital <= self.free
            self.model[bot_id] = Expected(B.CREATED, capital, capital)
            self.free -= capital

    @rule(
        name=names, capital=st.sampled_from([dec(100), dec(1_000)]), strategy=st.sampled_from(list(catalog.STRATEGIES))
    )
    def create_well(self, name: str, capital: Decimal, strategy: str) -> None:
        self.create(name, capital, strategy, {}, "balanced")

    @rule(number=picks, name=names, capital=st.sampled_from([dec(500), dec(1_500)]))
    def create_and_buy(self, number: int, name: str, capital: Decimal) -> None:
        self.create(name, capital, "ema_cross", {}, "safe")
        self.order(number, Side.BUY, rests=number == 0)

    @rule(number=picks, move=st.sampled_from([M.START, M.RESUME, M.PAUSE, M.STOP, M.START, M.RESUME]), source=picks)
    def move(self, number: int, move: Move, source: int) -> None:
        bot = self.pick(number)
        if bot is None:
            return
        where, expected = SOURCES[source == 0], self.model[bot.bot_id]
        commands: dict[Move, cmd.Command] = {
            M.START: cmd.StartBot(bot.bot_id, where, "ann"),
            M.RESUME: cmd.ResumeBot(bot.bot_id, where, "ann"),
            M.PAUSE: cmd.PauseBot(bot.bot_id, "ann", "why"),
            M.STOP: cmd.StopBot(bot.bot_id, "ann", "why"),
        }
        may = (expected.status, move) in LEGAL
        if move in {M.START, M.RESUME}:
            may = may and not (self.halted or self.tripped or expected.tripped) and (bot.flat or bot.source == where)
        done = self.run_(commands[move])
        assert (done is not None) == may
        if done is not None:
            expected.status = LEGAL[expected.status, move]
            self.give_back(bot.bot_id)

    @rule(
        number=picks,
        name=st.none() | names,
        strategy=st.none() | kinds,
        given=st.none() | parameters,
        mode=st.none() | modes,
    )
    def edit(
        self, number: int, name: str | None, strategy: str | None, given: dict[str, int] | None, mode: str | None
    ) -> None:
        bot = self.pick(number)
        if bot is None:
            return
        before = (bot.strategy, bot.parameters, bot.risk_mode)
        done = self.run_(cmd.EditBot(bot.bot_id, "ann", name, strategy, given, None, mode))
        if done is not None:
            assert self.model[bot.bot_id].status is not B.STOPPED
            if (bot.strategy, bot.parameters, bot.risk_mode) != before:
                assert self.model[bot.bot_id].status in {B.CREATED, B.PAUSED}

    @rule(number=picks, amount=amounts, into=st.booleans())
    def capital(self, number: int, amount: Decimal, into: bool) -> None:  # noqa: FBT001 - drawn
        bot = self.pick(number)
        if bot is None:
            return
        expected, available = self.model[bot.bot_id], self.free if into else bot.free_cash
        command = (cmd.Allocate if into else cmd.Release)(bot.bot_id, amount, "ann")
        done = self.run_(command)
        assert (done is not None) == (expected.status is not B.STOPPED and 0 < amount <= available)
        if done is not None:
            signed = amount if into else -amount
            self.free, expected.cash, expected.moved = (
                self.free - signed,
                expected.cash + signed,
                expected.moved + signed,
            )

    @rule(number=picks, side=st.sampled_from(Side), rests=st.booleans())
    def order(self, number: int, side: Side, rests: bool) -> None:  # noqa: FBT001 - drawn
        bot = self.pick(number)
        if bot is None:
            return
        if side is Side.BUY and self.model[bot.bot_id].status in {B.CREATED, B.PAUSED}:
            self.move(number, M.START, 1)
        book = market("49999", "50001", self.now + timedelta(seconds=20))
        buys, limit = side is Side.BUY, dec(49_000) if side is Side.BUY else dec(51_000)
        request = OrderRequest(
            client_order_id=f"c{self.number}",
            bot_id=bot.bot_id,
            symbol=BTC.symbol,
            side=side,
            quantity=dec("0.001") if buys else None,
            reduce_only=not buys,
            reason="test",
            decided_at=book.ts,
            decided_mid=book.mid,
            take_profit_bps=dec(300) if buys else None,
            limit_price=limit if rests else None,
            time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
        )
        done = self.run_(cmd.SubmitOrder(f"o{self.number}", request, book, BTC))
        if done is not None and isinstance(done.payload, ev.OrderExecuted | ev.OrderAccepted) and buys:
            assert self.model[bot.bot_id].status is B.RUNNING
            assert not self.halted

    @rule(number=picks)
    def take_back(self, number: int) -> None:
        working = list(self.state.working.items())
        if working:
            order_id, bot_id = working[number % len(working)]
            self.run_(cmd.CancelOrder(order_id, "ann", "changed my mind"))
            self.give_back(bot_id)

    @rule(number=picks)
    def fail(self, number: int) -> None:
        bot = self.pick(number)
        if bot is not None:
            self.run_(cmd.RecordBotError(bot.bot_id, "made for the test"))
            self.run_(cmd.CheckBreaker(bot.bot_id))

    @rule(number=picks, account=st.booleans())
    def reset(self, number: int, account: bool) -> None:  # noqa: FBT001 - drawn
        bot = None if account else self.pick(number)
        if not account and bot is None:
            return
        done = self.run_(cmd.ResetBreaker(bot.bot_id if bot else None, "ann", "seen"))
        assert (done is not None) == (self.model[bot.bot_id].tripped if bot else self.tripped)
        if done is None:
            return
        if bot is None:
            self.tripped = False
        else:
            self.model[bot.bot_id].tripped = False
        scope = [self.model[bot.bot_id]] if bot else [one for one in self.model.values() if not one.tripped]
        for one in scope:
            one.status = B.PAUSED if one.status is B.CIRCUIT_TRIPPED else one.status

    @rule(stop=st.booleans())
    def halt(self, stop: bool) -> None:  # noqa: FBT001 - drawn
        if stop:
            self.run_(cmd.HaltTrading("ann", "panic"))
            self.halted = True
        elif self.run_(cmd.ResumeTrading("ann")) is not None:
            assert self.halted
            self.halted = False
            for one in self.model.values():
                one.status = B.PAUSED if one.status is B.RUNNING else one.status

    @invariant()
    def everything_agrees(self) -> None:
        state = self.state
        assert set(state.bots) == set(self.model)
        assert state.free_cash["USDT"] == self.free
        for bot_id, expected in self.model.items():
            bot = state.bots[bot_id]
            assert (bot.status, bot.cash, bot.capital) == (expected.status, expected.cash, expected.moved)
            assert bot.free_cash >= 0
            catalog.make(bot.strategy, bot.parameters)
            catalog.profile_of(bot.risk_mode)
        living = [bot.name.casefold() for bot in state.bots.values() if bot.status is not B.STOPPED]
        assert len(set(living)) == len(living) <= RULES.max_bots

    def teardown(self) -> None:
        assert fold(Account(USER), verified(START, self.chain.documents)) == self.state
        audit = Audit(USER)
        audit.feed_all(self.chain.documents)
        result = audit.finish()
        assert result.ok, [check for check in result.checks if check.ok is False]


def test_bots_agree_with_a_simple_model_under_thousands_of_commands():
    BotMachine.seen, BotMachine.steps = Counter(), 0
    run_state_machine_as_test(
        BotMachine, settings=settings(max_examples=200, stateful_step_count=60, deadline=None, derandomize=True)
    )
    seen = BotMachine.seen
    assert BotMachine.steps >= STEPS
    for what in ("CreateBot", "EditBot", "Allocate", "Release", "ResetBreaker", "StartBot", "ResumeBot", "PauseBot"):
        assert seen[what] > 0, f"no {what} ever passed"
        assert any(name.startswith(f"refused {what}") for name in seen), f"no {what} was ever refused"
    assert min(seen["StopBot"], seen["SubmitOrder"], seen["denied circuit_tripped"]) > 0
