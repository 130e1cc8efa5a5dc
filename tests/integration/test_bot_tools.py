"""Tools that change, fund and explain bots, chart prices and try strategies (spec/chat.md, Tools; spec/bots.md)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from core.domain.confirmation import Answer, ConfirmationRecord
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.order import Side
from core.domain.strategies.base import StrategyKind
from core.domain.strategies.catalog import STRATEGIES
from core.services.traces import TraceKind
from tests.fakes.installation import Installation, installation
from tests.fakes.past import swinging, swings_on
from tests.integration.api_client import running, while_it_trades
from tools import results as r
from tools.arguments import StrategyName
from tools.context import Caller
from tools.glossary import explain

T = TypeVar("T")


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path, history={"BTC/USDT": swinging()}) as running_one:
        await running_one.price("19999", "20001")
        yield running_one


async def card(inst: Installation, caller: Caller, tool: str, **arguments: object) -> ConfirmationRecord:
    """What a tool proposes."""
    record = await inst.runner.call(caller, tool, arguments)
    assert isinstance(record, ConfirmationRecord)
    return record


async def do(inst: Installation, caller: Caller, tool: str, **arguments: object) -> object:
    """What came of it once it was confirmed."""
    record = await card(inst, caller, tool, **arguments)
    return await inst.runner.confirm(caller, record.confirmation_id, record.phrase)


async def read(inst: Installation, caller: Caller, kind: type[T], tool: str, **arguments: object) -> T:
    """What a tool that needs no confirmation answers."""
    result = await inst.runner.call(caller, tool, arguments)
    assert isinstance(result, kind)
    return result


class TestChanging:
    """Name, way to trade and capital, each value shown before and after."""

    async def test_a_rename_is_carried_out_once_even_when_it_is_repeated_after_a_crash(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        record = await card(inst, ann, "rename_bot", bot="alpha", name="Falcon")
        answer = Answer(ann.principal.user_id, ann.conversation_id, None)
        await inst.app.services.confirmations.approve(record.confirmation_id, answer)
        assert await inst.runner.recover() == ["rename_bot"]
        kept = await inst.store.get("confirmations", record.confirmation_id)
        assert kept is not None
        await inst.store.replace("confirmations", kept | {"status": "approved"}, kept["version"])
        assert await inst.runner.recover() == ["rename_bot"]
        assert (await inst.kinds(ann)).count("bot_edited") == 1

    async def test_another_strategy_takes_its_own_defaults_and_both_are_shown(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        record = await card(inst, ann, "edit_bot", bot="Alpha", strategy="grid", parameters={"levels": 3})
        assert record.effect[0] == "Strategy: EMA cross (fast 9, slow 21) → Grid (period 100, step 60, levels 3)."
        done = await inst.runner.confirm(ann, record.confirmation_id, None)
        assert isinstance(done, r.BotEdited)
        assert [change.what for change in done.changes] == ["Strategy"]

    async def test_what_holds_already_is_no_change_and_a_running_bot_keeps_its_ways(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        with pytest.raises(Conflict, match="while it is paused"):
            await card(inst, ann, "edit_bot", bot="Alpha", timeframe="5m")
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        with pytest.raises(InvalidInput, match="nothing would change"):
            await card(inst, ann, "edit_bot", bot="Alpha", timeframe="1m")
        with pytest.raises(InvalidInput, match="say what to change"):
            await card(inst, ann, "edit_bot", bot="Alpha")

    async def test_an_edit_is_shown_again_when_the_bot_was_resumed_and_paused_otherwise(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        first = await card(inst, ann, "edit_bot", bot="Alpha", timeframe="5m")
        await do(inst, ann, "edit_bot", bot="Alpha", risk_mode="safe")
        again = await inst.runner.confirm(ann, first.confirmation_id, None)
        assert isinstance(again, ConfirmationRecord)
        assert again.title == "Change Alpha (changed)"

    async def test_a_clone_of_a_bot_that_changed_meanwhile_is_shown_again(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        record = await card(inst, ann, "clone_bot", bot="Alpha", capital="250")
        assert record.title == "Clone Alpha as Alpha 2"
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        await do(inst, ann, "edit_bot", bot="Alpha", timeframe="5m")
        again = await inst.runner.confirm(ann, record.confirmation_id, None)
        assert isinstance(again, ConfirmationRecord)
        made = await inst.runner.confirm(ann, again.confirmation_id, None)
        assert isinstance(made, r.BotMoved)
        copy = (await inst.app.services.writer.account(ann.principal.user_id)).named("Alpha 2")
        assert (copy.timeframe.value, copy.capital, made.bot_id) == ("5m", Decimal(250), copy.bot_id)

    async def test_all_the_cash_a_bot_can_give_is_named_to_the_last_digit(
        self, inst: Installation, ann: Caller
    ) -> None:
        await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        record = await card(inst, ann, "withdraw_capital", bot="Alpha")
        assert record.title == "Take 599.57998 USDT out of Alpha"
        assert record.effect[1] == "Its cash: 599.57998 → 0 USDT."
        assert "What it holds stays, with its target and stop." in record.effect
        moved = await inst.runner.confirm(ann, record.confirmation_id, None)
        assert isinstance(moved, r.CapitalMoved)
        assert (moved.amount, moved.bot_cash) == (Decimal("-599.57998"), 0)
        with pytest.raises(Conflict, match="no free cash to give"):
            await card(inst, ann, "withdraw_capital", bot="Alpha")

    async def test_a_new_bot_takes_the_parameters_that_were_asked_for(self, inst: Installation, ann: Caller) -> None:
        assert set(StrategyName) == set(STRATEGIES)
        for strategy, kind in STRATEGIES.items():
            first = kind.parameters[0]
            wish = {"name": strategy, "strategy": strategy, "capital": "100"}
            await do(inst, ann, "create_bot", **wish, parameters={first.name: first.default + 1})
            bot = (await inst.app.services.writer.account(ann.principal.user_id)).named(strategy)
            assert bot.parameters == kind.complete({first.name: first.default + 1})


class TestPausing:
    """What is taken back, what stays open, what protects it."""

    async def test_a_pause_names_what_was_taken_back_and_what_stays_open(self, inst: Installation, ann: Caller) -> None:
        await do(inst, ann, "create_bot", name="Alpha", strategy="grid", start=True)
        await inst.buy(ann, "Alpha", "0.01")
        waiting = {"side": "buy", "quantity": "0.01", "limit_price": "19000", "bot": "Alpha"}
        await while_it_trades(inst, do(inst, ann, "submit_order", **waiting))
        moved = await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        assert moved.words == (
            "It makes no new entries. Taken back: 1 of its orders that had not filled. It still holds 0.01 BTC, which "
            "is sold at its target of 20400 USDT or its stop of 19700 USDT. “flatten Alpha” sells it now."
        )

    async def test_pausing_all_names_those_that_still_hold_something(self, inst: Installation, ann: Caller) -> None:
        for name in ("Alpha", "Beta"):
            await running(inst, ann, name)
        await inst.buy(ann, "Beta", "0.01")
        moved = await read(inst, ann, r.BotsMoved, "pause_all_bots")
        assert [(one.bot, one.status) for one in moved.outcomes] == [("Alpha", "paused"), ("Beta", "paused")]
        assert "Still open, each with its target and stop: Beta." in moved.words

    async def test_resuming_all_is_asked_again_when_other_bots_are_paused_by_now(
        self, inst: Installation, ann: Caller
    ) -> None:
        for name in ("Alpha", "Beta"):
            await running(inst, ann, name)
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Alpha")
        record = await card(inst, ann, "resume_all_bots")
        assert record.effect[0] == "Lets 1 run again: Alpha."
        await read(inst, ann, r.BotMoved, "pause_bot", bot="Beta")
        again = await inst.runner.confirm(ann, record.confirmation_id, None)
        assert isinstance(again, ConfirmationRecord)
        resumed = await inst.runner.confirm(ann, again.confirmation_id, None)
        assert isinstance(resumed, r.BotsMoved)
        assert resumed.words == "2 of 2 run again; fills appear here."


class TestExplaining:
    """Why a bot bought, in the words of its signal; what a strategy does, with its bounds."""

    @pytest.mark.parametrize("strategy", list(STRATEGIES))
    async def test_why_a_bot_bought_is_answered_with_its_signal_target_and_gates(
        self, inst: Installation, ann: Caller, strategy: str
    ) -> None:
        parameters = {"width": 10} if strategy == "bollinger" else {}
        await do(inst, ann, "create_bot", name="Alpha", strategy=strategy, parameters=parameters, start=True)
        state = await inst.app.services.writer.account(ann.principal.user_id)
        for mid in swings_on(480):
            await inst.price(str(mid - 1), str(mid + 1), secs=60)
            if state.named("Alpha").book.fills:
                break
        explained = await read(inst, ann, r.Explained, "explain_decision", bot="Alpha")
        order = explained.last_order
        assert order is not None, explained.why_no_trade
        signal = next(trace for trace in explained.traces if trace.kind is TraceKind.SIGNAL)
        assert (order.side, order.reason) == (Side.BUY, signal.text)
        assert None not in (order.stop_loss, order.avg_px, order.take_profit)
        assert order.stop_loss < order.avg_px < order.take_profit  # pyright: ignore[reportOperatorIssue]
        assert order.gates_passed == ("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker")
        assert order.required_bps
        status = await read(inst, ann, r.BotReport, "bot_status", bot="Alpha")
        assert (status.strategy, status.why_no_trade) == (STRATEGIES[strategy].title, None)

    @pytest.mark.parametrize("kind", STRATEGIES.values(), ids=lambda kind: kind.name)
    def test_every_strategy_is_explained_with_parameters_bounds_and_defaults(self, kind: StrategyKind) -> None:
        for question in (kind.name, f"what does {kind.title} do?", f"explain the {kind.name} strategy"):
            text = explain(question) or ""
            assert kind.description in text
            for parameter in kind.parameters:
                assert f"{parameter.name} {parameter.default} ({parameter.minimum} to {parameter.maximum})" in text


class TestCharts:
    """Candles with one's own fills."""

    async def test_marks_are_the_persons_fills_within_the_candles_shown(self, inst: Installation, ann: Caller) -> None:
        await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        await inst.price("20200", "20202", secs=60)
        await inst.sell(ann, "Alpha")
        bob = await inst.person("bob")
        await running(inst, bob)
        await inst.buy(bob, "Alpha", "0.01", key="bob's")
        chart = await read(inst, ann, r.PriceChart, "price_chart", symbol="btc", timeframe="1m", bars=30)
        assert (chart.symbol, chart.timeframe, len(chart.bars)) == ("BTC/USDT", "1m", 30)
        assert [(mark.side, mark.price, mark.bot) for mark in chart.marks] == [
            (Side.BUY, Decimal(20001), "Alpha"),
            (Side.SELL, Decimal(20200), "Alpha"),
        ]
        assert (chart.left_off, chart.source) == (0, "replay:script")

    async def test_a_pair_without_a_past_is_said_to_have_none(self, inst: Installation, ann: Caller) -> None:
        outcome = await inst.toolbox.call(ann, "price_chart", {"symbol": "eth"})
        assert "no 5m bars of ETH/USDT" in outcome.for_model


class TestBacktests:
    """Tried on the same past the chart shows."""

    async def test_a_backtest_tells_its_caller_how_far_it_is(self, inst: Installation, ann: Caller) -> None:
        told = list[tuple[int, int, str]]()
        asking = replace(ann, progress=lambda done, total, words: told.append((done, total, words)))
        found = await read(inst, asking, r.Backtested, "backtest", strategy="dca", timeframe="1m", days=1)
        assert found.report.plan.strategy == "dca"
        assert told
        assert {words for _, _, words in told} == {"Averaging in on BTC/USDT, 1m bars"}
        assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)

    async def test_the_newest_two_are_compared_and_others_only_by_their_owner(
        self, inst: Installation, ann: Caller
    ) -> None:
        with pytest.raises(NotFound):
            await read(inst, ann, r.BacktestsCompared, "compare_backtests")
        ids = [
            (await read(inst, ann, r.Backtested, "backtest", strategy=name, timeframe="1m")).report.backtest_id
            for name in ("dca", "grid")
        ]
        compared = await read(inst, ann, r.BacktestsCompared, "compare_backtests")
        assert {report.backtest_id for report in compared.reports} == set(ids)
        assert compared.better in {*ids, None}
        bob = await inst.person("bob")
        with pytest.raises(NotFound):
            await read(inst, bob, r.BacktestsCompared, "compare_backtests", backtests=ids)

    async def test_a_backtest_of_what_cannot_be_is_refused_in_words(self, inst: Installation, ann: Caller) -> None:
        for wish in ({"symbol": "doge"}, {"parameters": {"fast": 500}}, {"days": 0}):
            outcome = await inst.toolbox.call(ann, "backtest", wish)
            assert not outcome.ok
