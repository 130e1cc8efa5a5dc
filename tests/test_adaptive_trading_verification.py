"""The go-live checklist's verification over REST: what an integrator sees is what the journal says and the gates do."""

from decimal import Decimal

import httpx
import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.services.bot_changes import BotEdit
from core.services.verify import refold
from tests.fakes.installation import Installation
from tests.integration.api_client import Json, confirmed, get, traded, while_it_trades
from tools.context import Caller


@pytest.fixture
async def ann(inst: Installation) -> Caller:
    person = await inst.person("ann")
    await traded(inst, person)
    return person


async def test_the_portfolio_summary_is_the_ledgers(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str], ann: Caller
):
    answer = await get(api, token, "/api/portfolio/summary")
    state, head = await refold(inst.app.store, ann.principal.user_id)
    assert (answer["data_source"], answer["seq"]) == ("ledger", head.seq)
    book = state.books["USDT"]
    assert (Decimal(answer["realized_pnl"]), Decimal(answer["fees_total"])) == (book.realized, book.fees)
    assert answer["total_fills"] == book.fills > 0
    bots = sum(Decimal(bot["equity"]) for bot in answer["by_bot"])
    assert Decimal(answer["equity"]) == Decimal(answer["free_cash"]) + bots


async def test_the_profits_add_up_to_what_was_realized(api: httpx.AsyncClient, token: dict[str, str]):
    summary = await get(api, token, "/api/portfolio/summary")
    for period in ("daily", "weekly", "monthly"):
        rows = (await get(api, token, f"/api/profits?period={period}"))["periods"]
        assert sum(Decimal(row["realized_pnl"]) for row in rows) == Decimal(summary["realized_pnl"])
        assert sum(Decimal(row["fees"]) for row in rows) == Decimal(summary["fees_total"])


async def test_the_countdown_starts_at_the_ledgers_equity(api: httpx.AsyncClient, token: dict[str, str]):
    summary = await get(api, token, "/api/portfolio/summary")
    answer = await get(api, token, "/api/countdown/status")
    assert (Decimal(answer["target"]), answer["equity"]) == (1_000_000, summary["equity"])
    assert Decimal(answer["remaining"]) == 1_000_000 - Decimal(summary["equity"])
    assert answer["days_to_target_linear"] is None
    assert answer["reason"]


async def test_the_ledger_reconciles_with_a_discrepancy_of_zero(api: httpx.AsyncClient, token: dict[str, str]):
    answer = await get(api, token, "/api/ledger/reconcile")
    assert (answer["discrepancy"], answer["issues"]) == ("0", [])


async def test_the_integrity_checks_pass(api: httpx.AsyncClient, token: dict[str, str]):
    answer = await get(api, token, "/api/ledger/verify-integrity")
    assert [check["number"] for check in answer["checks"]] == list(range(1, 11))
    assert {check["ok"] for check in answer["checks"]} <= {True, None}
    assert answer["ok"]


async def test_nobody_reads_the_ledger_without_logging_in(api: httpx.AsyncClient):
    for path in ("portfolio/summary", "profits", "countdown/status", "ledger/reconcile", "ledger/verify-integrity"):
        assert (await api.get(f"/api/{path}")).status_code == 401


DOCUMENTED = {
    "max_trades_per_bot_daily": "50",
    "max_trades_per_user_daily": "500",
    "burst_limit_orders": "10",
    "burst_window_secs": "10",
    "max_drawdown": "0.2",
    "max_daily_loss": "0.1",
    "max_consecutive_losses": "5",
    "max_errors_per_hour": "10",
    "min_edge_bps": "10",
    "safety_margin_bps": "5",
    "slippage_buffer_bps": "10",
}
BUY: Json = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "expected_edge_bps": "300"}


async def submitted(inst: Installation, api: httpx.AsyncClient, token: dict[str, str], **terms: str) -> Json:
    """What becomes of an order of ann's: the denial at once, or its result once it was confirmed."""
    answer = await while_it_trades(inst, api.post("/api/orders/submit", headers=token, json=BUY | terms))
    if answer.status_code == 202:
        return (await confirmed(inst, api, token, answer)).json()["result"]
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_guard_rails_are_the_documented_ones(api: httpx.AsyncClient, token: dict[str, str]):
    limits = (await get(api, token, "/api/limits/config"))["limits"]
    told = {limit["name"]: limit["value"] for limit in limits}
    assert DOCUMENTED.items() <= told.items()
    assert {limit["source"] for limit in limits} == {"installation"}


async def test_use_of_the_limits_is_what_was_traded(api: httpx.AsyncClient, token: dict[str, str]):
    usage = await get(api, token, "/api/limits/usage")
    assert (usage["user"]["filled"], usage["user"]["waiting"], usage["user"]["limit"]) == (2, 0, 500)
    assert usage["user"]["clears_at"] == "2026-01-06T00:00:00.000Z"
    assert [(bot["bot"], bot["used"]) for bot in usage["bots"]] == [("Alpha", 2)]
    assert (await get(api, token, "/api/limits/health"))["status"] == "open"


async def test_an_order_is_answered_with_its_gates_and_its_costs(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
):
    filled = await submitted(inst, api, token)
    assert (filled["success"], filled["status"], filled["filled_qty"]) == (True, "FILLED", "0.01")
    assert filled["gates_passed"] == ["idempotency", "fee_coverage", "trade_limiter", "circuit_breaker"]
    cost = {name: Decimal(bps) for name, bps in filled["cost_bps"].items()}
    assert cost.pop("required_bps") == sum(cost.values())
    (fill,) = filled["fills"]
    assert Decimal(filled["fee"]) == Decimal(fill["price"]) * Decimal(fill["quantity"]) / 1000


async def test_what_does_not_pay_for_its_costs_is_denied_with_both_figures(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
):
    denied = await submitted(inst, api, token, expected_edge_bps="20")
    assert (denied["success"], denied["status"], denied["gate_failed"]) == (False, "DENIED", "fee_coverage")
    assert (denied["code"], denied["value"]) == ("edge_below_cost", "20")
    assert Decimal(denied["limit"]) == Decimal(denied["cost_bps"]["required_bps"])
    assert "does not cover the round trip" in denied["rejection_reason"]


async def test_a_resting_order_is_listed_and_taken_back(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
):
    free = (await get(api, token, "/api/portfolio/summary"))["free_cash"]
    placed = await submitted(inst, api, token, limit_price="15000")
    (pending,) = (await get(api, token, "/api/orders/pending"))["orders"]
    assert (pending["order_id"], pending["status"], pending["reserved"]) == (placed["order_id"], "ACCEPTED", "150.15")
    canceled = await api.delete(f"/api/orders/{placed['order_id']}", headers=token)
    assert (canceled.status_code, canceled.json()["status"]) == (200, "CANCELED")
    assert (await get(api, token, "/api/orders/pending"))["orders"] == []
    assert Decimal((await get(api, token, "/api/portfolio/summary"))["cash"]) >= Decimal(free)


async def test_each_metric_of_the_breaker_is_told_with_its_threshold(api: httpx.AsyncClient, token: dict[str, str]):
    status = await get(api, token, "/api/circuit-breaker/status")
    for scope in (status["user"], *status["bots"]):
        thresholds = {measure["metric"]: measure["threshold"] for measure in scope["measures"]}
        assert thresholds == {
            "drawdown": "0.2",
            "daily_loss": "0.1",
            "consecutive_losses": "5",
            "errors_per_hour": "10",
        }
        assert (scope["open"], [measure["reached"] for measure in scope["measures"]]) == (False, [False] * 4)
    assert (await get(api, token, "/api/circuit-breaker/history"))["events"] == []


async def test_after_an_emergency_stop_nothing_enters_until_it_is_lifted_and_sales_still_pass(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
):
    assert (await submitted(inst, api, token))["success"]
    stop = await api.post("/api/emergency/stop", headers=token)
    assert (await confirmed(inst, api, token, stop, "CONFIRM EMERGENCY STOP")).status_code == 200
    assert (await get(api, token, "/api/limits/health"))["status"] == "halted"
    refused = await while_it_trades(inst, api.post("/api/orders/submit", headers=token, json=BUY))
    assert refused.status_code == 409 or refused.json()["gate_failed"] == "mode", refused.text
    sale = await while_it_trades(
        inst, api.post("/api/orders/submit", headers=token, json={"symbol": "BTC/USDT", "side": "sell"})
    )
    sold = (await confirmed(inst, api, token, sale)).json()["result"]
    assert (sold["status"], sold["filled_qty"]) == ("FILLED", "0.01")
    lifted = await confirmed(inst, api, token, await api.post("/api/emergency/resume", headers=token))
    assert lifted.status_code == 200
    assert (await get(api, token, "/api/limits/health"))["status"] == "open"
    assert (await get(api, token, "/api/ledger/reconcile"))["discrepancy"] == "0"


async def test_nobody_reads_the_guard_rails_without_logging_in(api: httpx.AsyncClient):
    for path in ("limits/config", "limits/usage", "limits/health", "limits/quarantined", "circuit-breaker/status"):
        assert (await api.get(f"/api/{path}")).status_code == 401
    for path in ("orders/submit", "circuit-breaker/reset", "emergency/stop"):
        assert (await api.post(f"/api/{path}", json=BUY)).status_code == 401


async def test_a_bots_status_is_the_journals_over_its_whole_life(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str], ann: Caller
):
    bots, user, email = inst.app.services.bots, ann.principal.user_id, ann.principal.email
    (bot,) = (await inst.app.services.writer.account(user)).bots

    async def told() -> str:
        (status,) = [one["status"] for one in (await get(api, token, "/api/portfolio/summary"))["by_bot"]]
        return str(status)

    assert await told() == "running"
    await bots.pause(user, bot, actor=email, key="pause")
    assert await told() == "paused"
    edit = BotEdit(name="Nova", risk_mode="safe")
    await inst.app.services.bot_changes.edit(user, bot, edit, actor=email, key="edit")
    await bots.resume(user, bot, actor=email, key="resume")
    assert await told() == "running"
    await bots.stop(user, bot, actor=email, key="stop")
    assert await told() in {"stopping", "stopped"}
    with pytest.raises(Conflict, match="stopped is final"):
        await bots.resume(user, bot, actor=email, key="again")
    state, _ = await refold(inst.app.store, user)
    assert (state.bot(bot).name, state.bot(bot).risk_mode, state.bot(bot).status) == ("Nova", "safe", BotStatus.STOPPED)


async def test_capital_moves_show_in_the_summary_and_are_no_gain(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str], ann: Caller
):
    user = ann.principal.user_id
    (bot,) = (await inst.app.services.writer.account(user)).bots
    before = await get(api, token, "/api/portfolio/summary")
    await inst.app.services.bot_changes.move_capital(user, bot, Decimal(250), actor=ann.principal.email, key="add")
    after = await get(api, token, "/api/portfolio/summary")
    assert Decimal(after["free_cash"]) == Decimal(before["free_cash"]) - 250
    assert (after["realized_pnl"], after["fees_total"]) == (before["realized_pnl"], before["fees_total"])
    assert Decimal(after["equity"]) == Decimal(before["equity"])
    assert (await get(api, token, "/api/ledger/reconcile"))["discrepancy"] == "0"
