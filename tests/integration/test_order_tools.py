"""Orders and guard rails as a person meets them in the chat (spec/chat.md, Tools and Confirmation levels)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assistant.blocks import Card, Confirmation, Text
from core.domain.confirmation import ConfirmationStatus
from core.domain.order import Side
from core.domain.user import Role
from tests.fakes.installation import Installation, installation, words_of
from tests.integration.api_client import running, traded, while_it_trades
from tools import results as r
from tools.context import Caller

BUY = {"side": "buy", "symbol": "btc", "quantity": "0.01"}


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as opened:
        await opened.price("19999", "20001")
        yield opened


async def shown(inst: Installation, caller: Caller, tool: str, **arguments: Any) -> Confirmation:  # noqa: ANN401 - any JSON
    """The card of a proposal."""
    outcome = await inst.toolbox.call(caller, tool, arguments)
    assert outcome.ok, outcome.for_model
    (card,) = outcome.blocks
    assert isinstance(card, Confirmation), card
    return card


async def do(inst: Installation, caller: Caller, tool: str, **arguments: Any) -> Any:  # noqa: ANN401 - any JSON, any result
    """Propose it and confirm it, while the market goes on."""
    card = await shown(inst, caller, tool, **arguments)
    return await while_it_trades(inst, inst.runner.confirm(caller, card.confirmation_id, card.phrase))


async def refusal(inst: Installation, caller: Caller, tool: str, **arguments: Any) -> str:  # noqa: ANN401 - any JSON
    """The words of a refusal."""
    outcome = await inst.toolbox.call(caller, tool, arguments)
    assert (outcome.ok, outcome.changed) == (False, False), outcome.for_model
    return words_of(outcome.blocks)


class TestBuying:
    """The chat proposes the balanced target and shows the break-even move (spec/pipeline.md, gate 2)."""

    async def test_a_target_is_proposed_when_none_was_named(self, inst: Installation, ann: Caller) -> None:
        card = await shown(inst, ann, "submit_order", **BUY)
        assert card.title == "Buy 0.01 BTC at the market"
        assert "Break-even: the price must rise 0.31 %" in card.effect[1]
        assert card.effect[1].endswith("The gate asks for at least 0.46 % (margin 5 + least gain 10 more).")
        expected = "its target 20,400 or stop 19,700; the balanced ones, as you named no target."
        assert card.effect[2] == f"Then sells by itself at {expected}"

    async def test_a_named_target_is_kept_and_no_stop_is_added(self, inst: Installation, ann: Caller) -> None:
        card = await shown(inst, ann, "submit_order", **BUY, take_profit="21000")
        assert card.effect[2] == "Then sells by itself at its target 21,000."

    async def test_what_is_shown_is_what_is_done(self, inst: Installation, ann: Caller) -> None:
        answer = await do(inst, ann, "submit_order", **BUY)
        assert isinstance(answer, r.OrderAnswer)
        assert (answer.bot, answer.submitted, str(answer.order.filled_qty)) == ("Manual", True, "0.01")
        assert (answer.order.take_profit, answer.order.stop_loss) == (20400, 19700)
        status = await inst.runner.call(ann, "bot_status", {"bot": "manual"})
        assert isinstance(status, r.BotReport)
        assert (status.strategy, status.why_no_trade) == ("Your own orders", None)

    async def test_a_limit_order_says_what_it_reserves_and_shows_among_the_positions(
        self, inst: Installation, ann: Caller
    ) -> None:
        wish = BUY | {"limit_price": "19000", "good_for_minutes": 30}
        card = await shown(inst, ann, "submit_order", **wish)
        assert card.effect[0] == "0.01 BTC waits in the book for 30 min and reserves 190.19 USDT."
        answer = await while_it_trades(inst, inst.runner.confirm(ann, card.confirmation_id, None))
        assert isinstance(answer, r.OrderAnswer)
        found = await inst.runner.call(ann, "positions", {})
        assert isinstance(found, r.Positions)
        assert [order.order_id for order in found.orders] == [answer.order.order_id]
        status = await inst.runner.call(ann, "bot_status", {"bot": "Manual"})
        assert isinstance(status, r.BotReport)
        assert len(status.orders) == 1

    async def test_a_denied_order_is_answered_at_once_with_its_gate(self, inst: Installation, ann: Caller) -> None:
        outcome = await inst.toolbox.call(ann, "submit_order", BUY | {"expected_edge_bps": "20"})
        (card,) = outcome.blocks
        assert isinstance(card, Card)
        told = {field.label: field.value for field in card.fields}
        assert (told["Gate"], told["Limit"], told["Now"]) == ("2 fee coverage", "46", "20")
        assert await inst.kinds(ann) == ["funded"]

    async def test_a_confirmed_order_that_was_denied_does_not_read_as_done(
        self, inst: Installation, ann: Caller
    ) -> None:
        await do(inst, ann, "submit_order", **BUY)
        card = await shown(inst, ann, "submit_order", **BUY)
        await do(inst, ann, "emergency_stop")
        blocks = await while_it_trades(inst, inst.assistant().confirm(ann, card.confirmation_id, None))
        (denied,) = blocks
        assert isinstance(denied, Card)
        assert denied.title == "Order denied: nothing was done"
        record = await inst.app.services.confirmations.get(card.confirmation_id)
        assert record.status is ConfirmationStatus.REFUSED

    async def test_a_first_order_that_a_halt_denies_does_not_read_as_done_either(
        self, inst: Installation, ann: Caller
    ) -> None:
        """The bot of one's own orders does not run yet, and cannot be started any more."""
        card = await shown(inst, ann, "submit_order", **BUY)
        await do(inst, ann, "emergency_stop")
        (denied,) = await while_it_trades(inst, inst.assistant().confirm(ann, card.confirmation_id, None))
        assert isinstance(denied, Card)
        assert "emergency stop" in str(denied.fields)
        record = await inst.app.services.confirmations.get(card.confirmation_id)
        assert record.status is ConfirmationStatus.REFUSED

    @pytest.mark.parametrize(
        "wish",
        [
            {"side": "buy", "quantity": "1"},
            {"side": "buy", "symbol": "btc"},
            {"side": "buy", "symbol": "btc", "quantity": "1", "amount": "5"},
            {"side": "sell", "symbol": "btc", "amount": "5"},
            {"side": "sell", "symbol": "btc", "stop_loss_bps": "100"},
            BUY | {"take_profit": "21000", "expected_edge_bps": "200"},
            BUY | {"stop_loss": "19000", "stop_loss_bps": "200"},
            BUY | {"post_only": True},
            BUY | {"user_id": "somebody"},
            BUY | {"symbol": "doge"},
            BUY | {"bot": "Nobody"},
        ],
    )
    async def test_what_is_no_order_stores_nothing(self, inst: Installation, ann: Caller, wish: dict[str, Any]) -> None:
        assert await refusal(inst, ann, "submit_order", **wish)
        assert await inst.kinds(ann) == ["funded"]


class TestSelling:
    """A sale only reduces; whose position is meant must be clear."""

    async def test_the_only_holder_is_meant_when_none_is_named(self, inst: Installation, ann: Caller) -> None:
        await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        card = await shown(inst, ann, "submit_order", side="sell", symbol="btc")
        assert card.title == "Sell all BTC at the market for Alpha"
        answer = await while_it_trades(inst, inst.runner.confirm(ann, card.confirmation_id, None))
        assert isinstance(answer, r.OrderAnswer)
        assert (answer.bot, answer.side, str(answer.order.filled_qty)) == ("Alpha", Side.SELL, "0.02")

    async def test_with_several_holders_it_is_asked_whose(self, inst: Installation, ann: Caller) -> None:
        for name in ("Alpha", "Beta"):
            await running(inst, ann, name)
            await inst.buy(ann, name, "0.02", key=name)
        assert "Alpha, Beta" in await refusal(inst, ann, "submit_order", side="sell", symbol="btc")
        await do(inst, ann, "submit_order", **BUY)
        card = await shown(inst, ann, "submit_order", side="sell", symbol="btc")
        assert card.title == "Sell all BTC at the market"

    async def test_nothing_held_is_said_before_a_card(self, inst: Installation, ann: Caller) -> None:
        assert "You hold no BTC" in await refusal(inst, ann, "submit_order", side="sell", symbol="btc")


class TestControl:
    """Canceling, flattening and spacing out."""

    async def test_the_only_order_can_be_canceled_without_its_id(self, inst: Installation, ann: Caller) -> None:
        assert "No such order works" in await refusal(inst, ann, "cancel_order")
        placed = await do(inst, ann, "submit_order", **BUY, limit_price="19000")
        result = await inst.runner.call(ann, "cancel_order", {"symbol": "bitcoin"})
        assert isinstance(result, r.OrderTakenBack)
        assert result.order.order_id == placed.order.order_id
        account = await inst.app.services.writer.account(ann.principal.user_id)
        assert account.working == {}

    async def test_several_orders_are_listed_with_their_ids(self, inst: Installation, ann: Caller) -> None:
        ids = [
            (await do(inst, ann, "submit_order", **BUY, limit_price=price)).order.order_id
            for price in ("19000", "18000")
        ]
        words = await refusal(inst, ann, "cancel_order", bot="Manual")
        assert all(order_id in words for order_id in ids)
        await inst.runner.call(ann, "cancel_order", {"order_id": ids[1]})
        assert "does not work any more" in await refusal(inst, ann, "cancel_order", order_id=ids[1])

    async def test_the_beginning_of_an_id_will_do_when_only_one_begins_so(
        self, inst: Installation, ann: Caller
    ) -> None:
        """The ids of this installation differ in their last digits only."""
        first, wanted = [
            (await do(inst, ann, "submit_order", **BUY, limit_price=price)).order.order_id
            for price in ("19000", "18000")
        ]
        for nobodys in (wanted[:3], "none-of-them", wanted[1:]):
            assert "no such order" in await refusal(inst, ann, "cancel_order", order_id=nobodys)
        words = await refusal(inst, ann, "cancel_order", order_id=wanted[:8])
        assert "several orders begin so" in words
        assert first in words
        await inst.runner.call(ann, "cancel_order", {"order_id": first})
        result = await inst.runner.call(ann, "cancel_order", {"order_id": wanted[:8]})
        assert isinstance(result, r.OrderTakenBack)
        assert result.order.order_id == wanted

    async def test_others_orders_are_not_found_by_the_beginning_of_their_ids(
        self, inst: Installation, ann: Caller
    ) -> None:
        theirs = (await do(inst, ann, "submit_order", **BUY, limit_price="19000")).order.order_id
        bob = await inst.person("bob")
        assert "no such order" in await refusal(inst, bob, "cancel_order", order_id=theirs[:8])

    async def test_a_flattened_bot_takes_its_orders_back_too(self, inst: Installation, ann: Caller) -> None:
        await do(inst, ann, "submit_order", **BUY)
        await do(inst, ann, "submit_order", **BUY, limit_price="19000")
        result = await do(inst, ann, "flatten_bot", bot="Manual")
        assert isinstance(result, r.Flattened)
        assert (result.canceled, [str(order.filled_qty) for order in result.orders]) == (1, ["0.01"])
        assert "nothing to flatten" in await refusal(inst, ann, "flatten_bot", bot="Manual")

    async def test_a_cooldown_needs_no_click_and_keeps_to_its_bounds(self, inst: Installation, ann: Caller) -> None:
        await running(inst, ann)
        assert await inst.runner.call(ann, "set_cooldown", {"bot": "alpha", "minutes": 30}) == r.CooldownSet(
            "Alpha", 30
        )
        for minutes in (1, 4, 121, -5):
            assert await refusal(inst, ann, "set_cooldown", bot="alpha", minutes=minutes)
        status = await inst.runner.call(ann, "bot_status", {"bot": "Alpha"})
        assert isinstance(status, r.BotReport)
        assert status.cooldown_minutes == 30


class TestExplaining:
    """Why a bot acted or did not."""

    async def test_an_order_is_explained_with_gates_costs_and_slippage(self, inst: Installation, ann: Caller) -> None:
        await do(inst, ann, "submit_order", **BUY)
        found = await inst.runner.call(ann, "explain_decision", {"bot": "Manual"})
        assert isinstance(found, r.Explained)
        order = found.last_order
        assert order is not None
        assert order.gates_passed == ("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker")
        assert (order.required_bps, order.slippage_bps, order.status) == (46, 0.5, "FILLED")

    async def test_a_denial_is_explained_with_its_figures(self, inst: Installation, ann: Caller) -> None:
        await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        outcome = await inst.toolbox.call(ann, "submit_order", BUY | {"bot": "Alpha"})
        assert "already holds 0.02 BTC" in outcome.for_model
        found = await inst.runner.call(ann, "explain_decision", {})
        assert isinstance(found, r.Explained)
        assert (found.bot, found.status) == ("Alpha", "running")
        assert [(trace.kind.value, trace.gate) for trace in found.traces] == [("denial", "trade_limiter")]
        assert found.last_order is not None
        assert found.last_order.reason == "test"

    async def test_which_bot_is_meant_must_be_clear(self, inst: Installation, ann: Caller) -> None:
        assert "no bots yet" in await refusal(inst, ann, "explain_decision")
        for name in ("Alpha", "Beta"):
            await running(inst, ann, name)
        assert "Alpha, Beta" in await refusal(inst, ann, "explain_decision")


class TestGuardRails:
    """Limits, breakers and modes are read by everybody; halting everybody is an admin's."""

    async def test_limits_usage_and_breakers_are_told(self, inst: Installation, ann: Caller) -> None:
        await traded(inst, ann)
        for tool, kind in (
            ("limits_config", r.LimitsShown),
            ("limits_usage", r.UsageShown),
            ("circuit_breaker_status", r.BreakersShown),
            ("system_modes", r.ModesShown),
        ):
            outcome = await inst.toolbox.call(ann, tool, {})
            assert outcome.ok
            assert isinstance(await inst.runner.call(ann, tool, {}), kind)

    async def test_a_reset_without_a_reason_is_asked_for_one(self, tmp_path: Path) -> None:
        async with installation(tmp_path / "strict", {"MAX_CONSECUTIVE_LOSSES": "1"}) as inst:
            ann = await inst.person("ann")
            assert "is not open" in await refusal(inst, ann, "reset_circuit_breaker")
            await traded(inst, ann, sell_at=("19900", "19902"))
            words = await refusal(inst, ann, "reset_circuit_breaker")
            assert "consecutive losses" in words
            assert "say why it is safe to go on" in words
            closed = await do(inst, ann, "reset_circuit_breaker", reason="I looked at it")
            assert closed == r.BreakerClosed("your account")
            assert await do(inst, ann, "reset_circuit_breaker", reason="this one too") == r.BreakerClosed("Alpha")

    async def test_only_an_admin_can_halt_everybody(self, inst: Installation, ann: Caller) -> None:
        root = await inst.person("root", Role.ADMIN)
        offered = {spec.name for spec in inst.toolbox.offered(ann)}
        assert not offered & {"global_emergency_stop", "global_resume"}
        for tool in ("global_emergency_stop", "global_resume"):
            assert await refusal(inst, ann, tool) == await refusal(inst, ann, "no_such_tool")
        stopped = await do(inst, root, "global_emergency_stop", reason="maintenance")
        assert isinstance(stopped, r.GloballyStopped)
        assert (stopped.report.mode.halted, stopped.report.users, stopped.report.missed) == (True, 2, 0)
        outcome = await inst.toolbox.call(ann, "submit_order", BUY)
        assert '"gate_failed": "mode"' in outcome.for_model
        assert isinstance(await do(inst, root, "global_resume"), r.GloballyResumed)

    async def test_an_emergency_stop_ends_working_orders_and_says_so(self, inst: Installation, ann: Caller) -> None:
        await do(inst, ann, "submit_order", **BUY, limit_price="19000")
        card = await shown(inst, ann, "emergency_stop", flatten=True)
        assert "Working orders taken back: 1." in card.effect
        stopped = await while_it_trades(inst, inst.runner.confirm(ann, card.confirmation_id, card.phrase))
        assert isinstance(stopped, r.Stopped)
        assert (stopped.report.ended_entries, stopped.report.open_positions) == (1, ())


async def test_text_in_a_name_is_inert_in_every_answer(inst: Installation, ann: Caller) -> None:
    """Spec: markup in a bot's name is text."""
    hostile = "<b>x</b> [a](/logout)"
    await running(inst, ann, hostile)
    outcome = await inst.toolbox.call(ann, "set_cooldown", {"bot": hostile, "minutes": 5})
    (text,) = outcome.blocks
    assert isinstance(text, Text)
    assert "[a](" not in text.text
    assert "<b>" not in text.text
