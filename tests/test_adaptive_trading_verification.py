"""The go-live checklist's verification over REST, ledger part: what an integrator sees is what the journal says."""

from decimal import Decimal

import httpx
import pytest

from core.services.verify import refold
from tests.fakes.installation import Installation
from tests.integration.api_client import get, traded
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
