"""`GET /api/portfolio/summary` (spec/api.md): the ledger's figures as text, for their owner only."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from core.domain.valuation import Mark, Portfolio, value
from core.services.verify import refold
from tests.fakes.installation import Installation, ask
from tests.integration.api_client import log_in
from tools.context import Caller

URL = "/api/portfolio/summary"
MONEY = (
    "equity",
    "cash",
    "free_cash",
    "funded",
    "realized_pnl",
    "unrealized_pnl",
    "fees_total",
    "net_pnl",
    "drawdown_current",
    "drawdown_max",
    "total_volume",
)


async def summary(api: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    answer = await api.get(URL, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def running_alpha(inst: Installation, caller: Caller) -> None:
    card = (await ask(inst.assistant(), caller, "create and start a bot on BTC with 1000 USDT called Alpha")).cards[0]
    await inst.runner.confirm(caller, card.confirmation_id, None)


async def truth(inst: Installation, caller: Caller, answer: dict[str, Any]) -> Portfolio:
    """The ledger folded from its first event, at the marks of the answer."""
    state, head = await refold(inst.store, caller.principal.user_id)
    assert head.seq == answer["seq"]
    marks = {m["symbol"]: Mark(m["symbol"], Decimal(m["price"]), None, None, "", stale=False) for m in answer["marks"]}
    return value(state, marks)


async def test_a_new_account_has_its_play_money_and_nothing_else(ann: Caller, api: httpx.AsyncClient) -> None:
    answer = await summary(api, await log_in(api, ann))
    assert (answer["equity"], answer["cash"], answer["net_pnl"], answer["fees_total"]) == ("10000", "10000", "0", "0")
    assert (answer["by_bot"], answer["marks"], answer["total_fills"]) == ([], [], 0)
    assert (answer["currency"], answer["data_source"], answer["halted"]) == ("USDT", "ledger", False)


async def test_every_figure_is_text_and_is_the_ledgers(inst: Installation, ann: Caller, api: httpx.AsyncClient) -> None:
    headers = await log_in(api, ann)
    await running_alpha(inst, ann)
    await inst.price("19999.01", "20001.02")
    await inst.buy(ann, "Alpha", "0.01234")
    await inst.price("20111.11", "20113.14")
    answer = await summary(api, headers)
    assert all(isinstance(answer[name], str) for name in MONEY)
    expected = await truth(inst, ann, answer)
    assert {name: Decimal(answer[name]) for name in MONEY} == {name: getattr(expected, name) for name in MONEY}
    assert expected.unrealized_pnl > 0
    (bot,) = answer["by_bot"]
    assert (bot["name"], bot["status"], bot["position"]) == ("Alpha", "running", "0.01234")
    assert Decimal(bot["equity"]) + Decimal(answer["free_cash"]) == Decimal(answer["equity"])


async def test_a_mark_says_its_time_age_and_source(inst: Installation, ann: Caller, api: httpx.AsyncClient) -> None:
    await running_alpha(inst, ann)
    await inst.price("19999", "20001")
    await inst.buy(ann, "Alpha", "0.01")
    (mark,) = (await summary(api, await log_in(api, ann)))["marks"]
    assert mark == {
        "symbol": "BTC/USDT",
        "price": "20000",
        "ts": "2026-01-05T00:00:01.000Z",
        "age_secs": "0",
        "source": "replay:script",
        "stale": False,
    }


async def test_an_emergency_stop_shows_in_the_summary(inst: Installation, ann: Caller, api: httpx.AsyncClient) -> None:
    headers = await log_in(api, ann)
    await running_alpha(inst, ann)
    card = (await ask(inst.assistant(), ann, "emergency stop")).cards[0]
    await inst.runner.confirm(ann, card.confirmation_id, card.phrase)
    answer = await summary(api, headers)
    assert answer["halted"] is True
    assert answer["by_bot"][0]["status"] == "halted"


async def test_everybody_sees_their_own_account_only(inst: Installation, ann: Caller, api: httpx.AsyncClient) -> None:
    bob = await inst.person("bob")
    await running_alpha(inst, ann)
    for query in ("", f"?user_id={ann.principal.user_id}"):
        answer = await api.get(URL + query, headers=await log_in(api, bob))
        assert answer.json()["by_bot"] == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}])
async def test_without_a_valid_token_there_is_a_problem_document(
    api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await api.get(URL, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


async def test_a_disabled_persons_token_dies_at_once(inst: Installation, ann: Caller, api: httpx.AsyncClient) -> None:
    headers = await log_in(api, ann)
    await inst.app.services.accounts.set_disabled(ann.principal.user_id, disabled=True)
    assert (await api.get(URL, headers=headers)).status_code == 401


async def test_a_store_that_is_away_is_a_problem_without_details(
    inst: Installation, ann: Caller, api: httpx.AsyncClient
) -> None:
    headers = await log_in(api, ann)
    inst.store.available = False
    answer = await api.get(URL, headers=headers)
    inst.store.available = True
    assert answer.status_code == 503
    assert answer.json()["code"] == "store_unavailable"
