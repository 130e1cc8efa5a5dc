"""The tools that show, check, export and move money, as a person meets them in the chat (spec/chat.md, Tools)."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assistant.blocks import Card, File, Table, Text
from core.domain.commands import Fund
from core.domain.confirmation import ConfirmationRecord
from core.ports import Put
from tests.fakes.installation import Answered, Installation, ask, installation, records
from tests.integration.api_client import traded
from tools import results as r
from tools.context import Caller


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as running:
        yield running


async def said(inst: Installation, caller: Caller, text: str) -> Answered:
    return await ask(inst.assistant(), caller, text)


def card(answered: Answered) -> Card:
    return next(output for output in answered.outputs if isinstance(output, Card))


class TestFunds:
    """Play money in, out and into another currency."""

    @pytest.mark.parametrize(
        ("text", "title", "kind", "free"),
        [
            ("deposit 2.5k usdt", "Deposit 2,500 USDT", "funded", {"USDT": Decimal(12_500)}),
            ("withdraw 1,500.50", "Withdraw 1,500.5 USDT", "withdrawn", {"USDT": Decimal("8499.5")}),
            (
                "convert 1000 usdt to btc",
                "Convert 1,000 USDT into BTC",
                "converted",
                {"USDT": Decimal(9_000), "BTC": Decimal("0.04995")},
            ),
        ],
    )
    async def test_money_moves_after_the_click_only(
        self, inst: Installation, ann: Caller, text: str, title: str, kind: str, free: dict[str, Decimal]
    ) -> None:
        await inst.price("19999", "20001")
        (shown,) = (await said(inst, ann, text)).cards
        assert shown.title == title
        assert kind not in (await inst.kinds(ann))[1:]
        blocks = await inst.assistant().confirm(ann, shown.confirmation_id, None)
        assert isinstance(blocks[0], Card)
        assert (await inst.kinds(ann))[1:] == [kind]
        account = await inst.app.services.writer.account(ann.principal.user_id)
        assert account.free_cash == free

    async def test_what_cannot_be_paid_is_refused_before_a_card(self, inst: Installation, ann: Caller) -> None:
        await inst.price("19999", "20001")
        for text in ("withdraw 10001", "convert 20k usdt to btc", "deposit 5 eur"):
            answered = await said(inst, ann, text)
            assert answered.cards == []
            assert answered.words

    async def test_a_withdrawal_in_a_fall_changes_neither_return_nor_drawdown(
        self, inst: Installation, ann: Caller
    ) -> None:
        """A deposit is no gain and a withdrawal no loss (spec/accounting.md, Valuation)."""
        await traded(inst, ann)
        await inst.buy(ann, "Alpha", "0.02", key="again")
        await inst.price("19000", "19002")
        before = await inst.runner.call(ann, "performance_ranking", {})
        for text in ("withdraw 5000", "deposit 123"):
            (shown,) = (await said(inst, ann, text)).cards
            await inst.runner.confirm(ann, shown.confirmation_id, None)
        after = await inst.runner.call(ann, "performance_ranking", {})
        assert isinstance(before, r.Ranking)
        assert isinstance(after, r.Ranking)
        for name in ("return_pct", "max_drawdown"):
            gap = getattr(after.account, name) - getattr(before.account, name)
            assert abs(gap) < Decimal("1e-12"), name

    @pytest.mark.parametrize(
        "arguments",
        [
            {"kind": "convert", "amount": 5},
            {"kind": "deposit", "amount": 5, "into": "BTC"},
            {"kind": "deposit", "amount": -5},
            {"kind": "deposit", "amount": "1e30"},
            {"kind": "deposit", "amount": 5, "currency": "U S"},
            {"kind": "deposit", "amount": 5, "user_id": "x"},
            {"amount": 5},
        ],
    )
    async def test_wrong_arguments_store_nothing(
        self, inst: Installation, ann: Caller, arguments: dict[str, Any]
    ) -> None:
        outcome = await inst.toolbox.call(ann, "fund_account", arguments)
        assert (outcome.ok, outcome.changed) == (False, False)
        assert await inst.kinds(ann) == ["funded"]

    async def test_a_crash_after_the_click_moves_the_money_once(self, inst: Installation, ann: Caller) -> None:
        record = await inst.runner.call(ann, "fund_account", {"kind": "deposit", "amount": "5"})
        assert isinstance(record, ConfirmationRecord)
        await inst.runner.confirm(ann, record.confirmation_id, None)
        stored = await inst.store.get("confirmations", record.confirmation_id)
        assert stored is not None
        # As if the power had gone out between the deed and the note that it was done.
        await inst.store.write([Put("confirmations", stored | {"status": "approved"})])
        assert await inst.runner.recover() == ["fund_account"]
        assert await inst.kinds(ann) == ["funded", "funded"]


class TestShowing:
    """Positions, ranking, target."""

    async def test_positions_of_one_bot_are_its_own(self, inst: Installation, ann: Caller) -> None:
        for name in ("Alpha", "Beta"):
            await traded(inst, ann, name)
        await inst.buy(ann, "Beta", "0.01", key="beta")
        nothing = await said(inst, ann, "positions of alpha")
        assert nothing.words == "Nothing is held: there are no open positions."
        (table,) = [o for o in (await said(inst, ann, "what does beta hold?")).outputs if isinstance(o, Table)]
        assert table.rows[0][:4] == ("Beta", "BTC/USDT", "0.01", "20,202.00")

    @pytest.mark.parametrize(
        ("by", "order"),
        [
            ("return", ["Winner", "Idle", "Loser"]),
            ("net_pnl", ["Winner", "Idle", "Loser"]),
            ("win_rate", ["Winner", "Loser", "Idle"]),
            ("profit_factor", ["Loser", "Idle", "Winner"]),
        ],
    )
    async def test_a_ranking_puts_the_best_first_and_the_unknown_last(
        self, inst: Installation, ann: Caller, by: str, order: list[str]
    ) -> None:
        """Idle has no trades and Winner no losing one: what does not exist is neither zero nor infinite."""
        await traded(inst, ann, "Winner")
        record = await inst.runner.call(ann, "create_bot", {"name": "Idle", "capital": "100"})
        assert isinstance(record, ConfirmationRecord)
        await inst.runner.confirm(ann, record.confirmation_id, None)
        await traded(inst, ann, "Loser", sell_at=("19000", "19002"))
        found = await inst.runner.call(ann, "performance_ranking", {"by": by})
        assert isinstance(found, r.Ranking)
        assert [bot.name for bot in found.bots] == order

    async def test_a_target_is_kept_per_person_and_needs_no_click(self, inst: Installation, ann: Caller) -> None:
        bob = await inst.person("bob")
        answered = await said(inst, ann, "set my target to 20k")
        assert answered.words == "Your target is 20,000.00 USDT from now on."
        assert [field.value for field in card(answered).fields if field.label == "Progress"] == ["50.00 %"]
        assert card(await said(inst, ann, "how far am i from my target")).fields[0].value == "20,000.00 USDT"
        assert card(await said(inst, bob, "countdown")).fields[0].value == "1,000,000.00 USDT"

    async def test_nothing_has_happened_yet_is_said_in_words(self, inst: Installation, ann: Caller) -> None:
        for text in ("rank my bots", "show my positions", "show my profits", "show my trades"):
            answered = await said(inst, ann, text)
            assert any(isinstance(output, Text) for output in answered.outputs), text


class TestChecking:
    """Reconciling, verifying, exporting."""

    async def test_an_anchored_ledger_is_verified_by_all_ten_checks(self, inst: Installation, ann: Caller) -> None:
        await traded(inst, ann)
        await inst.app.services.anchors.write(inst.clock.now())
        shown = card(await said(inst, ann, "verify my ledger"))
        assert shown.title == "Verified: 10 of 10 checks"
        page = await inst.store.find("ledger_events", "user_seq", (ann.principal.user_id,), descending=True, limit=1)
        assert [field.exact for field in shown.fields if field.label == "Ledger head"] == [page.documents[0]["hash"]]

    async def test_a_changed_journal_is_named_in_the_chat(self, inst: Installation, ann: Caller) -> None:
        await traded(inst, ann)
        stored = await inst.store.get("ledger_events", f"{ann.principal.user_id}:1")
        assert stored is not None
        await inst.store.write([Put("ledger_events", stored | {"payload": stored["payload"] | {"amount": "99"}})])
        answered = await said(inst, ann, "has anyone tampered with my ledger?")
        assert card(answered).title.startswith("Not verified: ")
        (table,) = [output for output in answered.outputs if isinstance(output, Table)]
        assert table.rows[1][1] == "FAILED (1)"
        assert table.rows[1][3].startswith("Event 1: ")

    async def test_a_fresh_ledger_reconciles(self, inst: Installation, ann: Caller) -> None:
        await traded(inst, ann)
        assert card(await said(inst, ann, "reconcile my ledger")).title == "Your ledger reconciles"

    @pytest.mark.parametrize(
        ("text", "what", "rows"), [("my trades", "trades", 1), ("my fills", "fills", 2), ("the ledger", "events", 6)]
    )
    async def test_an_export_is_a_file_with_every_row(
        self, inst: Installation, ann: Caller, text: str, what: str, rows: int
    ) -> None:
        await traded(inst, ann, "=cmd()")
        answered = await said(inst, ann, f"export {text}")
        (file,) = [output for output in answered.outputs if isinstance(output, File)]
        assert (file.name, file.media_type) == (f"{what}-2026-01-05.csv", "text/csv")
        lines = file.content.decode().splitlines()
        assert len(lines) == rows + 1
        assert what == "events" or all(",'=cmd()," in line for line in lines[1:])

    async def test_the_log_says_that_a_file_was_offered_not_what_is_in_it(
        self, inst: Installation, ann: Caller
    ) -> None:
        await traded(inst, ann)
        await said(inst, ann, "export my trades")
        words = [one["text"] for one in await records(inst, ann)]
        assert any("[file offered: trades-2026-01-05.csv]" in text for text in words)
        assert not any("order_id" in text for text in words)

    async def test_asking_twice_verifies_once(self, inst: Installation, ann: Caller) -> None:
        """One run per user at a time; who gives up waiting takes the verdict from nobody."""
        verifier, user_id = inst.app.services.verifier, ann.principal.user_id
        first, second, third = [asyncio.create_task(verifier.verify(user_id)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        assert await second is await third
        assert await verifier.verify(user_id) is not await second

    async def test_verifying_lets_others_run_meanwhile(self, inst: Installation, ann: Caller) -> None:
        services, user_id = inst.app.services, ann.principal.user_id
        for number in range(1_000):
            await services.writer.execute(user_id, Fund(Decimal(1), "USDT"), now=inst.feed.now(), key=str(number))
        verification = asyncio.create_task(services.verifier.verify(user_id))
        turns = 0
        while not verification.done():
            await asyncio.sleep(0)
            turns += 1
        assert (await verification).events == 1_001
        assert turns >= 10
