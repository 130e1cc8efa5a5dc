"""The ledger, funding and confirmations over REST (spec/api.md): the ledger's figures as text, for their owner only."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from core.ports import Put
from core.services.verify import refold
from tests.fakes.installation import Installation, ask
from tests.integration.api_client import Json, get, log_in, traded
from tools.context import Caller

FUNDING = "/api/ledger/funding"


def body(kind: str = "deposit", amount: object = "500", **more: object) -> Json:
    return {"kind": kind, "amount": amount, "currency": "USDT", **more}


async def propose(api: httpx.AsyncClient, token: dict[str, str], **wanted: object) -> Json:
    answer = await api.post(FUNDING, headers=token, json=body(**wanted))  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 202, answer.text
    return answer.json()["confirmation"]


async def confirm(api: httpx.AsyncClient, token: dict[str, str], confirmation_id: str) -> httpx.Response:
    return await api.post(f"/api/confirmations/{confirmation_id}", headers=token)


class TestReading:
    """What the journal says, as stored and in words."""

    async def test_events_are_given_exactly_as_stored(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        answer = await get(api, token, "/api/ledger/events")
        stored = await inst.store.find("ledger_events", "user_seq", (ann.principal.user_id,), descending=True)
        assert answer["events"] == [{k: v for k, v in one.items() if k != "_id"} for one in stored.documents]
        assert answer["cursor"] is None

    async def test_pages_follow_each_other_without_gap(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        for url, rows in (("events", "events"), ("fills", "fills"), ("audit-trail", "rows")):
            whole = (await get(api, token, f"/api/ledger/{url}"))[rows]
            page = await get(api, token, f"/api/ledger/{url}", limit=1)
            seen = list(page[rows])
            while page["cursor"]:
                page = await get(api, token, f"/api/ledger/{url}", limit=1, cursor=page["cursor"])
                seen += page[rows]
            assert seen == whole
            assert len(whole) >= 2

    async def test_the_audit_trail_says_who_did_what_with_which_money(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        rows = (await get(api, token, "/api/ledger/audit-trail"))["rows"]
        assert rows[0]["what"] == "Alpha sold 0.02 BTC at 20200 (fee 0.404 USDT)."
        assert rows[0]["actor"] == "Alpha"
        assert {"amount": "404", "currency": "USDT"} in rows[0]["amounts"]
        created = next(row for row in rows if row["type"] == "bot_created")
        assert (created["what"], created["actor"]) == (
            "Bot Alpha was created on BTC/USDT with 1,000 USDT.",
            ann.principal.email,
        )

    async def test_fills_of_one_bot_are_its_own_only(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await traded(inst, ann)
        await traded(inst, ann, "Beta")
        fills = (await get(api, token, "/api/ledger/fills", bot_id=alpha))["fills"]
        assert [(fill["side"], fill["quantity"]) for fill in fills] == [("sell", "0.02"), ("buy", "0.02")]
        assert {fill["bot_id"] for fill in fills} == {alpha}

    async def test_a_reconciled_ledger_differs_in_nothing(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        answer = await get(api, token, "/api/ledger/reconcile")
        assert (answer["ok"], answer["discrepancy"], answer["issues"]) == (True, "0", [])
        summary = await get(api, token, "/api/portfolio/summary")
        assert answer["equity_ledger"] == summary["equity"]

    async def test_a_changed_projection_shows_in_the_reconciliation(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        assert (await get(api, token, "/api/ledger/reconcile"))["ok"] is True
        fill = (await inst.store.find("fills_ledger", "user_time", (ann.principal.user_id,))).documents[0]
        await inst.store.write([Put("fills_ledger", fill | {"price": "1"})])
        answer = await get(api, token, "/api/ledger/reconcile")
        assert answer["ok"] is False
        assert "verify --rebuild" in answer["advice"]
        assert any(issue["collection"] == "fills_ledger" for issue in answer["issues"])

    async def test_a_whole_ledger_verifies_with_its_figures(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        answer = await get(api, token, "/api/ledger/verify-integrity")
        state, head = await refold(inst.store, ann.principal.user_id)
        assert answer["ok"] is True
        assert [check["number"] for check in answer["checks"]] == list(range(1, 11))
        assert answer["head"] == {"seq": head.seq, "hash": head.hash}
        assert answer["figures"]["fees"] == "0.80402"
        assert state.seq == answer["events"]

    async def test_a_changed_event_fails_its_checks_and_is_named(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        stored = await inst.store.get("ledger_events", f"{ann.principal.user_id}:1")
        assert stored is not None
        await inst.store.write([Put("ledger_events", stored | {"payload": stored["payload"] | {"amount": "11000"}})])
        answer = await get(api, token, "/api/ledger/verify-integrity")
        assert answer["ok"] is False
        failed = next(check for check in answer["checks"] if check["ok"] is False)
        assert (failed["number"], failed["findings"][0]["seq"]) == (2, 1)


class TestExport:
    """Files that leave the product."""

    async def test_the_json_export_is_every_event_after_a_header(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        answer = await api.get("/api/ledger/export?format=json", headers=token)
        assert answer.headers["content-disposition"] == 'attachment; filename="ledger-2026-01-05.jsonl"'
        header, *lines = map(json.loads, answer.text.splitlines())
        stored = await inst.store.find("ledger_events", "user_seq", (ann.principal.user_id,))
        assert [line["hash"] for line in lines] == [one["hash"] for one in stored.documents]
        assert header["user_id"] == ann.principal.user_id

    @pytest.mark.parametrize("name", ["=cmd()", "+1+cmd()", "@SUM(A1)", '=HYPERLINK("http://x","y")'])
    async def test_a_bot_name_is_never_a_formula_in_a_spreadsheet(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], name: str
    ) -> None:
        """CSV injection: names that a spreadsheet would calculate come with an apostrophe, in chat and API."""
        await traded(inst, ann, name)
        for table in ("trades", "fills"):
            answer = await api.get(f"/api/ledger/export?format=csv&table={table}", headers=token)
            assert answer.headers["content-type"].startswith("text/csv")
            rows = list(csv.DictReader(io.StringIO(answer.text)))
            assert {row["bot"] for row in rows} == {f"'{name}"}
            assert not any(cell[:1] in "=@" for row in rows for cell in row.values() if cell)

    @pytest.mark.parametrize("form", ["json", "csv"])
    async def test_a_store_that_is_away_is_a_problem_and_no_empty_file(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str], form: str
    ) -> None:
        inst.store.available = False
        answer = await api.get(f"/api/ledger/export?format={form}", headers=token)
        inst.store.available = True
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")

    @pytest.mark.parametrize("query", ["format=xml", "format=csv&table=users", "format=csv&table=../x"])
    async def test_what_cannot_be_exported_is_refused(
        self, api: httpx.AsyncClient, token: dict[str, str], query: str
    ) -> None:
        answer = await api.get(f"/api/ledger/export?{query}", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


class TestFunding:
    """Money moves by a stored confirmation, as in the chat."""

    async def test_a_deposit_waits_for_its_confirmation_and_happens_once(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        confirmation = await propose(api, token)
        assert confirmation["level"] == "confirm"
        assert confirmation["preview"]["title"] == "Deposit 500 USDT"
        assert confirmation["preview"]["effect"][0] == "Your free cash becomes 10,500 USDT."
        assert await inst.kinds(ann) == ["funded"]
        answer = await confirm(api, token, confirmation["id"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"] == {
            "kind": "deposit",
            "seq": 2,
            "amount": "500",
            "currency": "USDT",
            "free": {"USDT": "10500"},
        }
        again = await confirm(api, token, confirmation["id"])
        assert again.status_code == 409
        assert await inst.kinds(ann) == ["funded", "funded"]

    async def test_a_conversion_names_rate_and_fee_and_keeps_equity_but_for_the_fee(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await inst.price("19999", "20001")
        confirmation = await propose(api, token, kind="convert", amount="1000", into="BTC")
        assert "1 BTC = 20000 USDT" in confirmation["preview"]["effect"][0]
        result = (await confirm(api, token, confirmation["id"])).json()["result"]
        assert (result["received"], result["fee"]) == ("0.04995", "0.00005")
        summary = await get(api, token, "/api/portfolio/summary")
        assert (summary["equity"], summary["fees_total"]) == ("9999", "1")
        assert [(part["currency"], part["equity"]) for part in summary["by_currency"]] == [
            ("USDT", "9000"),
            ("BTC", "0.04995"),
        ]

    async def test_a_rate_that_has_moved_is_shown_again(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        """A price that moved by more than one percent makes it ask again, one that moved less does not."""
        await inst.price("19999", "20001")
        small, large = [await propose(api, token, kind="convert", amount="100", into="BTC") for _ in range(2)]
        await inst.price("20099", "20101")
        assert (await confirm(api, token, small["id"])).status_code == 200
        await inst.price("20499", "20501")
        answer = await confirm(api, token, large["id"])
        assert answer.status_code == 202
        fresh = answer.json()["confirmation"]
        assert fresh["preview"]["title"].endswith("(changed)")
        assert (await confirm(api, token, fresh["id"])).status_code == 200

    @pytest.mark.parametrize(
        ("wanted", "status", "code"),
        [
            (body(amount=500), 422, "invalid_input"),
            (body(amount=0.5), 422, "invalid_input"),
            (body(amount="-5"), 422, "invalid_input"),
            (body(amount="0"), 422, "invalid_input"),
            (body(amount="NaN"), 422, "invalid_input"),
            (body(amount="1e5"), 422, "invalid_input"),
            (body(amount="1.123456789"), 422, "invalid_input"),
            (body(kind="steal"), 422, "invalid_input"),
            (body(kind="convert"), 422, "invalid_input"),
            (body(into="BTC"), 422, "invalid_input"),
            (body(user_id="somebody"), 422, "invalid_input"),
            (body(currency="usdt; drop"), 422, "invalid_input"),
            (body(currency="ZZZ"), 422, "invalid_input"),
            (body(kind="withdraw", amount="10000.01"), 409, "conflict"),
            (body(kind="convert", amount="5", into="USDT"), 422, "invalid_input"),
            ([], 422, "invalid_input"),
        ],
    )
    async def test_a_wrong_wish_is_refused_before_anything_is_stored(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], wanted: object,
        status: int, code: str,
    ) -> None:  # fmt: skip
        answer = await api.post(FUNDING, headers=token, json=wanted)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert await inst.kinds(ann) == ["funded"]

    async def test_money_that_went_meanwhile_is_refused_when_confirmed(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        first, second = [await propose(api, token, kind="withdraw", amount="6000") for _ in range(2)]
        assert (await confirm(api, token, first["id"])).status_code == 200
        assert (await confirm(api, token, second["id"])).status_code == 409
        assert (await inst.kinds(ann)).count("withdrawn") == 1


class TestConfirmations:
    """The same records as in the chat, good for one person in one conversation."""

    async def test_somebody_elses_confirmation_does_not_exist(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bob = await log_in(api, await inst.person("bob"))
        confirmation = await propose(api, token)
        for answer in (await confirm(api, bob, confirmation["id"]), await confirm(api, bob, "no-such-thing")):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await confirm(api, token, confirmation["id"])).status_code == 200

    async def test_another_token_of_the_same_person_cannot_confirm(
        self, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        confirmation = await propose(api, token)
        answer = await confirm(api, await log_in(api, ann), confirmation["id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_a_card_of_the_chat_is_not_for_the_api(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        card = (await ask(inst.assistant(), ann, "deposit 500 usdt")).cards[0]
        assert (await confirm(api, token, card.confirmation_id)).status_code == 409

    async def test_an_expired_confirmation_does_nothing(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        confirmation = await propose(api, token)
        inst.clock.advance(timedelta(seconds=121))
        assert (await confirm(api, token, confirmation["id"])).status_code == 409
        assert await inst.kinds(ann) == ["funded"]

    async def test_unknown_fields_of_a_consent_are_refused(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        confirmation = await propose(api, token)
        answer = await api.post(f"/api/confirmations/{confirmation['id']}", headers=token, json={"yes": True})
        assert answer.status_code == 422


class TestStrangers:
    """Another user's object is not found, and nobody comes in without a token."""

    GETS = (
        "/api/portfolio/positions",
        "/api/portfolio/equity",
        "/api/profits",
        "/api/countdown/status",
        "/api/ledger/fills",
        "/api/ledger/events",
        "/api/ledger/audit-trail",
        "/api/ledger/reconcile",
        "/api/ledger/verify-integrity",
        "/api/ledger/export",
        "/api/trades/recent",
        "/api/analytics/performance_summary",
        "/api/analytics/pnl_timeseries",
        "/api/analytics/capital_breakdown",
    )

    @pytest.mark.parametrize("url", GETS)
    async def test_without_a_token_there_is_nothing(self, api: httpx.AsyncClient, url: str) -> None:
        answer = await api.get(url)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    @pytest.mark.parametrize("url", GETS)
    async def test_nothing_of_somebody_else_is_in_any_answer(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, url: str
    ) -> None:
        alpha = await traded(inst, ann)
        bob = await log_in(api, await inst.person("bob"))
        answer = await api.get(f"{url}?user_id={ann.principal.user_id}", headers=bob)
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in (alpha, ann.principal.user_id, ann.principal.email, "Alpha"))

    @pytest.mark.parametrize("url", ["/api/ledger/fills", "/api/trades/recent"])
    async def test_somebody_elses_bot_is_not_found(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, url: str
    ) -> None:
        alpha = await traded(inst, ann)
        bob = await log_in(api, await inst.person("bob"))
        answer = await api.get(url, params={"bot_id": alpha}, headers=bob)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize("url", ["/api/ledger/events", "/api/ledger/fills", "/api/trades/recent"])
    async def test_a_cursor_of_somebody_else_gives_only_ones_own(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], url: str
    ) -> None:
        await traded(inst, ann)
        await traded(inst, ann, "Beta")
        cursor = (await get(api, token, url, limit=1))["cursor"]
        bob = await log_in(api, await inst.person("bob"))
        answer = await api.get(url, params={"cursor": cursor}, headers=bob)
        assert ann.principal.user_id not in answer.text

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=1001",
            "limit=many",
            "cursor=nonsense",
            "cursor=W3siJGd0IjoxfSwieCJd",
            "cursor=W251bGwsICJ4Il0=",
        ],
    )
    @pytest.mark.parametrize("url", ["/api/ledger/fills", "/api/ledger/audit-trail", "/api/trades/recent"])
    async def test_a_page_that_cannot_be_is_refused(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], url: str, query: str
    ) -> None:
        await traded(inst, ann)
        answer = await api.get(f"{url}?{query}", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")

    async def test_a_cursor_of_another_listing_is_refused(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await traded(inst, ann)
        cursor = (await get(api, token, "/api/ledger/events", limit=1))["cursor"]
        answer = await api.get("/api/ledger/fills", params={"cursor": cursor}, headers=token)
        assert answer.status_code == 422


async def test_equity_of_the_summary_is_funding_plus_profit(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    """The first definition of equity, recomputed from the answer alone."""
    await traded(inst, ann)
    await confirm(api, token, (await propose(api, token, kind="withdraw", amount="123.45"))["id"])
    answer = await get(api, token, "/api/portfolio/summary")
    parts = ("funded", "converted", "realized_pnl", "unrealized_pnl")
    total = sum(Decimal(answer[name]) for name in parts) - Decimal(answer["fees_total"])
    assert Decimal(answer["equity"]) == total == Decimal("9879.72598")
