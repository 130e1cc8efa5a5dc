"""Pipeline, exchange and ledger under more than ten thousand random steps (spec/pipeline.md, spec/accounting.md).

Cash is never negative, reservations come back, orders and ledger agree, no order makes an illegal move, and the
journal folds to the same state again.
"""

from collections import Counter
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import BotStatus
from core.domain.market import Sampling
from core.domain.order import Side, TimeInForce
from tests.builders import BTC, dec
from tests.property.pipeline_world import ACTOR, BOTS, SOURCE, PipelineWorld

STEPS = 10_000

moves = st.integers(-3, 3) | st.integers(-150, 150)  # bps of the mid
bots = st.sampled_from([*BOTS, *BOTS, "manual"])
lots = st.integers(20, 12_000).map(lambda n: n * BTC.lot_size)
parts = st.none() | lots
offsets = st.integers(-3_000, 300)  # ticks from the mid, for a buy
edges = st.sampled_from([300] * 9 + [20]).map(Decimal)
stops = st.sampled_from([None, 50, 200]).map(lambda bps: None if bps is None else Decimal(bps))
queues = st.sampled_from([None, dec(0), dec(0), dec("0.05")])
shapes = st.tuples(
    st.integers(1, 60),
    st.lists(st.integers(1, 40_000), min_size=1, max_size=4),
    st.sampled_from([Sampling.BOOK, Sampling.BOOK, Sampling.BOOK, Sampling.QUOTE, Sampling.BAR_OPEN]),
)
tapes = st.lists(st.tuples(st.integers(-3_000, 3_000), st.integers(1, 4_000)), min_size=1, max_size=5)
sources = st.sampled_from([SOURCE] * 9 + ["other"])
ages = st.sampled_from([0] * 9 + [90])


HINDER = ["pause", "stop", "halt", "system halt", "error", "error", "cooldown"]
OTHER = ["check", "mark", "owner", "fund", "withdraw", "allocate", "release", "give back", "no cooldown"]
EVENTS = HINDER + OTHER * 2


class PipelineMachine(RuleBasedStateMachine):
    """Random orders of all kinds, a random market, and everything that may get in their way."""

    seen: ClassVar[Counter[str]] = Counter()
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = PipelineWorld()

    @rule(bps=moves, secs=st.sampled_from([0, 1, 5, 30, 600, 9_000]), trades=tapes, shape=shapes, queue=queues)
    def market_moves(
        self,
        bps: int,
        secs: int,
        trades: list[tuple[int, int]],
        shape: tuple[int, list[int], Sampling],
        queue: Decimal | None,
    ) -> None:
        self.world.moves(bps, secs, trades, shape)
        self.expire()
        self.world.fill_resting(queue)
        self.world.protective_exits()

    def expire(self) -> None:
        """End what is due, as the engine does with each state."""
        state = self.world.state
        for order_id, bot_id in list(state.working.items()):
            expires_at = state.bots[bot_id].orders[order_id].expires_at
            if expires_at is not None and expires_at <= self.world.now:
                self.world.run(cmd.ExpireOrder(order_id, state.epoch))

    @rule(bot=bots, quantity=lots, edge=edges, stop=stops, fok=st.booleans(), age=ages, source=sources)
    def market_entry(
        self,
        bot: str,
        quantity: Decimal,
        edge: Decimal,
        stop: Decimal | None,
        fok: bool,  # noqa: FBT001 - drawn
        age: int,
        source: str,
    ) -> None:
        world = self.world
        bot_id = world.named(bot) or world.manual()
        terms = {"quantity": quantity, "take_profit_bps": edge, "stop_loss_bps": stop}
        terms["time_in_force"] = TimeInForce.FOK if fok else TimeInForce.IOC
        world.run(world.order(bot_id, Side.BUY, world.market(age_secs=age, source=source), **terms))

    @rule(
        bot=bots,
        amount=st.integers(6, 4_000).map(Decimal),
        offset=offsets,
        edge=edges,
        tif=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
        post_only=st.booleans(),
        good_for=st.sampled_from([None, 1, 600]),
    )
    def limit_entry(
        self,
        bot: str,
        amount: Decimal,
        offset: int,
        edge: Decimal,
        tif: TimeInForce,
        post_only: bool,  # noqa: FBT001 - drawn
        good_for: int | None,
    ) -> None:
        world = self.world
        bot_id = world.named(bot) or world.manual()
        terms = {
            "notional": amount,
            "take_profit_bps": edge,
            "stop_loss_bps": dec(150),
            "limit_price": max(world.mid + offset * dec("0.0101"), dec("0.5")),
            "time_in_force": tif,
            "post_only": post_only and tif is TimeInForce.GTC,
            "good_for_secs": good_for,
        }
        world.run(world.order(bot_id, Side.BUY, world.market(), **terms))

    @rule(
        bot=bots,
        quantity=parts,
        offset=st.none() | offsets,
        tif=st.sampled_from(TimeInForce),
        priced=st.booleans(),
        good_for=st.sampled_from([None, 600]),
    )
    def leave(
        self,
        bot: str,
        quantity: Decimal | None,
        offset: int | None,
        tif: TimeInForce,
        priced: bool,  # noqa: FBT001 - drawn
        good_for: int | None,
    ) -> None:
        world, bot_id = self.world, self.world.named(bot)
        if bot_id is None:
            return
        terms = {
            "quantity": quantity,
            "time_in_force": tif,
            "good_for_secs": good_for,
            "limit_price": None if offset is None else world.mid - offset * BTC.tick_size,
        }
        world.run(world.order(bot_id, Side.SELL, world.market() if priced else None, **terms))

    @precondition(lambda self: len(self.world.state.working) > 1)
    @rule(data=st.data(), expire=st.booleans())
    def a_resting_order_ends(self, data: st.DataObject, expire: bool) -> None:  # noqa: FBT001 - drawn
        order_id = data.draw(st.sampled_from(sorted(self.world.state.working)))
        epoch = self.world.state.epoch
        self.world.run(cmd.ExpireOrder(order_id, epoch) if expire else cmd.CancelOrder(order_id, ACTOR, "random"))

    @rule()
    def all_is_well_again(self) -> None:
        """Whatever has tripped, halted or paused goes on."""
        world = self.world
        for scope in [bot.bot_id for bot in world.state.bots.values() if bot.tripped]:
            world.run(cmd.ResetBreaker(scope, ACTOR, "random"))
        if world.state.tripped:
            world.run(cmd.ResetBreaker(None, ACTOR, "random"))
        for halt in ev.HaltScope:
            if world.state.halted:
                world.run(cmd.ResumeTrading(ACTOR, halt))
        for bot in list(world.state.bots.values()):
            if bot.status is BotStatus.PAUSED:
                world.run(cmd.ResumeBot(bot.bot_id, SOURCE, ACTOR))
            elif bot.status is BotStatus.STOPPED and bot.flat:
                world.new_bot(bot)

    @rule(bot=bots, happens=st.sampled_from(EVENTS), amount=st.integers(1, 300_000).map(lambda n: Decimal(n) / 100))
    def something_else_happens(self, bot: str, happens: str, amount: Decimal) -> None:
        world, bot_id = self.world, self.world.named(bot)
        if bot_id is None:
            return
        commands: dict[str, cmd.Command] = {
            "pause": cmd.PauseBot(bot_id, ACTOR, "random"),
            "stop": cmd.StopBot(bot_id, ACTOR, "random"),
            "halt": cmd.HaltTrading(ACTOR, "random"),
            "system halt": cmd.HaltTrading(ACTOR, "random", ev.HaltScope.SYSTEM),
            "check": cmd.CheckBreaker(bot_id),
            "error": cmd.RecordBotError(bot_id, "random"),
            "mark": cmd.RecordMarks(day_start=False),
            "owner": cmd.TakeOwnership(world.state.epoch + 1, "engine"),
            "fund": cmd.Fund(amount, "USDT", ACTOR),
            "withdraw": cmd.Withdraw(amount, "USDT", ACTOR),
            "allocate": cmd.Allocate(bot_id, amount, ACTOR),
            "release": cmd.Release(bot_id, amount, ACTOR),
            "give back": cmd.Release(bot_id, world.state.bots[bot_id].free_cash, ACTOR),
            "cooldown": cmd.SetCooldown(bot_id, 5, ACTOR),
            "no cooldown": cmd.SetCooldown(bot_id, 0, ACTOR),
        }
        world.run(commands[happens])

    @invariant()
    def all_that_must_hold_holds(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.finish()
        PipelineMachine.steps += self.world.steps
        PipelineMachine.seen.update(self.world.seen)


@pytest.mark.filterwarnings("ignore:.*:hypothesis.errors.NonInteractiveExampleWarning")
def test_ten_thousand_random_steps_break_no_rule_of_the_pipeline():
    PipelineMachine.seen, PipelineMachine.steps = Counter(), 0
    run_state_machine_as_test(
        PipelineMachine, settings=settings(max_examples=350, stateful_step_count=60, deadline=None, derandomize=True)
    )
    assert PipelineMachine.steps >= STEPS
    for reached in ("OrderAccepted", "OrderFilled", "OrderCanceled", "OrderExpired", "BreakerTripped", "TradingHalted"):
        assert PipelineMachine.seen[reached] > 0, f"no step of the random walk led to {reached}"
