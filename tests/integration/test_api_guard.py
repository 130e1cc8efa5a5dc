"""Limits, circuit breakers and halts over REST (spec/api.md; spec/pipeline.md, gates 3 and 4, Halt)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.domain.user import Role
from tests.fakes.installation import Installation, installation
from tests.integration.api_client import confirmed, get, log_in, running, traded
from tools.context import Caller

WHY = {"reason": "its stop was too tight"}


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    """A bot's breaker opens at the first losing trade."""
    async with installation(tmp_path, {"MAX_CONSECUTIVE_LOSSES": "1", "MAX_TRADES_PER_USER_DAILY": "4"}) as opened:
        await opened.price("19999", "20001")
        yield opened


@pytest.fixture
async def root(inst: Installation) -> Caller:
    return await inst.person("root", Role.ADMIN)


@pytest.fixture
async def admin(api: httpx.AsyncClient, root: Caller) -> dict[str, str]:
    return await log_in(api, root)


async def tripped(inst: Installation, caller: Caller, name: str = "Alpha") -> str:
    """A bot whose losing trade has opened its breaker, and its owner's."""
    return await traded(inst, caller, name, sell_at=("19900", "19902"))


async def reset_account(inst: Installation, api: httpx.AsyncClient, token: dict[str, str]) -> None:
    answer = await confirmed(inst, api, token, await api.post("/api/circuit-breaker/reset", headers=token, json=WHY))
    assert answer.status_code == 200, answer.text


class TestLimits:
    """What the limits are and what is used of them."""

    async def test_every_limit_is_listed_with_whose_it_is(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        limits = {one["name"]: one for one in (await get(api, token, "/api/limits/config"))["limits"]}
        assert limits["max_consecutive_losses"] == {
            "name": "max_consecutive_losses", "value": "1", "source": "installation"
        }  # fmt: skip
        assert limits["max_drawdown"]["value"] == "0.2"

    async def test_use_counts_what_was_traded_and_says_when_it_clears(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await traded(inst, ann)
        usage = await get(api, token, "/api/limits/usage")
        assert (usage["user"]["used"], usage["user"]["limit"]) == (2, 4)
        assert usage["user"]["clears_at"] == "2026-01-06T00:00:00.000Z"
        (own,) = usage["bots"]
        assert (own["bot_id"], own["filled"], own["waiting"]) == (alpha, 2, 0)
        assert usage["bursts"][0]["exchange"] == "binance"

    async def test_health_names_what_keeps_the_account_from_entering(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        async def status() -> str:
            return (await get(api, token, "/api/limits/health"))["status"]

        assert await status() == "open"
        await traded(inst, ann)
        await traded(inst, ann, "Beta")
        assert await status() == "limited"
        stop = await api.post("/api/emergency/stop", headers=token)
        assert (await confirmed(inst, api, token, stop, "CONFIRM EMERGENCY STOP")).status_code == 200
        assert await status() == "halted"


class TestBreakers:
    """Trips are listed, and reset with a reason and a confirmation."""

    async def test_a_tripped_bot_is_in_quarantine_with_what_tripped_it(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await tripped(inst, ann)
        (kept,) = (await get(api, token, "/api/limits/quarantined"))["bots"]
        assert (kept["bot_id"], kept["metric"], kept["value"], kept["threshold"]) == (
            alpha, "consecutive_losses", "1", "1"
        )  # fmt: skip
        status = await get(api, token, "/api/circuit-breaker/status")
        assert [bot["tripped_by"] for bot in status["bots"]] == ["consecutive_losses"]
        assert (status["user"]["open"], (await get(api, token, "/api/limits/health"))["status"]) == (True, "tripped")

    async def test_history_keeps_trips_and_resets_newest_first(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await tripped(inst, ann)
        await reset_account(inst, api, token)
        events = (await get(api, token, "/api/circuit-breaker/history"))["events"]
        assert [(one["change"], one["bot_id"]) for one in events] == [
            ("reset", None), ("tripped", None), ("tripped", alpha)
        ]  # fmt: skip
        assert (events[0]["reason"], events[0]["actor"]) == (WHY["reason"], "ann@example.com")
        first = await get(api, token, "/api/circuit-breaker/history", limit=2)
        second = await get(api, token, "/api/circuit-breaker/history", limit=2, cursor=first["cursor"])
        assert ([*first["events"], *second["events"]], second["cursor"]) == (events, None)

    async def test_a_reset_takes_a_reason_and_a_yes_and_leaves_the_bot_paused(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await tripped(inst, ann)
        await reset_account(inst, api, token)
        url = f"/api/limits/quarantine/reset/{alpha}"
        for body in ({}, {"reason": ""}, {"reason": "  "}, WHY | {"user_id": "x"}):
            refused = await api.post(url, headers=token, json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), body
        proposed = await api.post(url, headers=token, json=WHY)
        preview = proposed.json()["confirmation"]["preview"]
        assert preview["title"] == "Reset the circuit breaker of Alpha"
        assert "Reason: its stop was too tight" in preview["effect"]
        assert (await get(api, token, "/api/limits/quarantined"))["bots"] != []
        answer = await confirmed(inst, api, token, proposed)
        assert answer.json() == {"status": "done", "tool": "reset_circuit_breaker", "result": {"scope": "Alpha"}}
        assert (await get(api, token, "/api/limits/quarantined"))["bots"] == []
        bot = (await inst.app.services.writer.account(ann.principal.user_id)).bot(alpha)
        assert bot.status.value == "paused"

    async def test_a_bot_that_the_accounts_breaker_keeps_is_freed_by_resetting_that(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        beta = await running(inst, ann, "Beta")
        await tripped(inst, ann)
        proposed = await api.post(f"/api/limits/quarantine/reset/{beta}", headers=token, json=WHY)
        assert proposed.json()["confirmation"]["preview"]["title"] == "Reset the circuit breaker of your account"
        assert (await confirmed(inst, api, token, proposed)).status_code == 200
        assert (await inst.app.services.writer.account(ann.principal.user_id)).bot(beta).status.value == "paused"

    async def test_a_breaker_that_is_closed_cannot_be_reset(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await running(inst, ann)
        for answer in (
            await api.post("/api/circuit-breaker/reset", headers=token, json=WHY),
            await api.post("/api/circuit-breaker/reset", headers=token, json=WHY | {"bot_id": alpha}),
            await api.post(f"/api/limits/quarantine/reset/{alpha}", headers=token, json=WHY),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), answer.text

    async def test_somebody_elses_bot_is_not_found_but_an_admin_may_reset_it(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], admin: dict[str, str]
    ) -> None:
        alpha = await tripped(inst, ann)
        await reset_account(inst, api, token)
        bob = await log_in(api, await inst.person("bob"))
        url = f"/api/limits/quarantine/reset/{alpha}"
        for headers, target in ((bob, url), (admin, "/api/limits/quarantine/reset/nobodys")):
            refused = await api.post(target, headers=headers, json=WHY)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        proposed = await api.post(url, headers=admin, json=WHY)
        title = proposed.json()["confirmation"]["preview"]["title"]
        assert title == "Reset the circuit breaker of Alpha of ann@example.com"
        assert (await confirmed(inst, api, admin, proposed)).status_code == 200
        assert (await get(api, token, "/api/limits/quarantined"))["bots"] == []
        newest = (await get(api, token, "/api/circuit-breaker/history", limit=1))["events"][0]
        assert (newest["actor"], newest["bot"]) == ("root@example.com", "Alpha")


class TestHalts:
    """One's own stop, and an admin's of everybody."""

    async def test_an_emergency_stop_wants_its_phrase_and_lists_what_it_did(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        proposed = await api.post("/api/emergency/stop", headers=token, json={"flatten": True})
        confirmation = proposed.json()["confirmation"]
        assert (confirmation["level"], confirmation["preview"]["phrase"]) == ("phrase", "CONFIRM EMERGENCY STOP")
        wrong = await confirmed(inst, api, token, proposed, "yes")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
        report = (await confirmed(inst, api, token, proposed, "CONFIRM EMERGENCY STOP")).json()["result"]["report"]
        assert (report["halted_bots"], report["open_positions"]) == (1, [])
        assert [sale["filled_qty"] for sale in report["sold"]] == ["0.02"]
        assert (await get(api, token, "/api/system/mode"))["halted_by_user"] is True
        answer = await confirmed(inst, api, token, await api.post("/api/emergency/resume", headers=token))
        assert answer.json()["result"] == {"paused_bots": 0}  # the sale lost, so its breaker is open
        assert (await get(api, token, "/api/system/mode"))["halted_by_user"] is False

    async def test_what_is_not_halted_cannot_be_resumed(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        answer = await api.post("/api/emergency/resume", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_an_admin_halts_everybody_by_phrase_and_lifts_it_by_a_yes(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str], admin: dict[str, str]
    ) -> None:
        mode = await get(api, token, "/api/system/mode")
        assert (mode["trading"], mode["execution"], mode["since"]) == ("open", "paper", None)
        halt = {"trading": "halted", "reason": "maintenance"}
        proposed = await api.put("/api/system/mode", headers=admin, json=halt)
        assert proposed.json()["confirmation"]["preview"]["phrase"] == "CONFIRM GLOBAL STOP"
        answer = await confirmed(inst, api, admin, proposed, "CONFIRM GLOBAL STOP")
        assert (answer.status_code, answer.json()["result"]["report"]["users"]) == (200, 2)
        mode = await get(api, token, "/api/system/mode")
        assert (mode["trading"], mode["reason"], mode["halted_by_user"]) == ("halted", "maintenance", False)
        denied = await api.post(
            "/api/orders/submit",
            headers=token,
            json={"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "expected_edge_bps": "200"},
        )
        assert (denied.status_code, denied.json()["gate_failed"]) == (200, "mode")
        own = await api.post("/api/emergency/resume", headers=token)
        assert (own.status_code, own.json()["code"]) == (409, "conflict")
        lift = await api.put("/api/system/mode", headers=admin, json={"trading": "open"})
        assert lift.json()["confirmation"]["level"] == "confirm"
        assert (await confirmed(inst, api, admin, lift)).status_code == 200
        assert (await get(api, token, "/api/system/mode"))["trading"] == "open"

    async def test_nobody_but_an_admin_changes_the_mode(
        self, api: httpx.AsyncClient, token: dict[str, str], admin: dict[str, str]
    ) -> None:
        for trading in ("halted", "open"):
            refused = await api.put("/api/system/mode", headers=token, json={"trading": trading})
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        nothing = await api.put("/api/system/mode", headers=admin, json={"trading": "open"})
        assert (nothing.status_code, nothing.json()["code"]) == (409, "conflict")

    @pytest.mark.parametrize(
        "body",
        [{}, {"trading": "off"}, {"trading": True}, {"trading": "halted", "reason": "x"}, {"trading": "open", "x": 1}],
    )
    async def test_a_mode_that_is_none_is_refused(
        self, api: httpx.AsyncClient, admin: dict[str, str], body: dict[str, Any]
    ) -> None:
        answer = await api.put("/api/system/mode", headers=admin, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


GETS = (
    "/api/limits/config",
    "/api/limits/usage",
    "/api/limits/health",
    "/api/limits/quarantined",
    "/api/circuit-breaker/status",
    "/api/circuit-breaker/history",
    "/api/system/mode",
)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        *(("GET", url) for url in GETS),
        ("POST", "/api/limits/quarantine/reset/x"),
        ("POST", "/api/circuit-breaker/reset"),
        ("PUT", "/api/system/mode"),
        ("POST", "/api/emergency/stop"),
        ("POST", "/api/emergency/resume"),
    ],
)
async def test_without_a_token_nothing_is_told_and_nothing_done(api: httpx.AsyncClient, method: str, url: str):
    answer = await api.request(method, url, json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("url", GETS)
async def test_nothing_of_somebody_else_is_told(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, url: str
) -> None:
    alpha = await tripped(inst, ann)
    bob = await log_in(api, await inst.person("bob"))
    answer = await api.get(url, headers=bob)
    assert answer.status_code == 200
    assert not any(secret in answer.text for secret in (alpha, "Alpha", ann.principal.email))


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=nonsense"])
@pytest.mark.parametrize("url", ["/api/limits/quarantined", "/api/circuit-breaker/history"])
async def test_a_page_that_cannot_be_is_refused(
    api: httpx.AsyncClient, token: dict[str, str], url: str, query: str
) -> None:
    answer = await api.get(f"{url}?{query}", headers=token)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
