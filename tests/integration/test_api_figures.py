"""Positions, equity, profits, countdown, trades and analytics over REST: the services' figures, as text, unrounded."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from core.domain.money import plain
from core.services.portfolio import Grouping
from tests.fakes.installation import Installation
from tests.fakes.market import state
from tests.integration.api_client import floats, get, log_in, traded
from tools.context import Caller


async def test_a_position_has_its_price_mark_and_age(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    await traded(inst, ann)
    await inst.buy(ann, "Alpha", "0.01", key="again")
    await inst.price("20400", "20402", secs=90)
    (position,) = (await get(api, token, "/api/portfolio/positions"))["positions"]
    assert (position["bot_name"], position["quantity"], position["avg_price"]) == ("Alpha", "0.01", "20202")
    assert (position["value"], position["unrealized_pnl"], position["lots"]) == ("204.01", "1.99", 1)
    assert (position["mark"]["price"], position["mark"]["stale"]) == ("20401", False)
    assert position["opened_at"] == "2026-01-05T00:00:02.000Z"


async def test_equity_comes_by_the_hour_and_by_the_day_newest_first(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    await traded(inst, ann)
    await inst.price("20000", "20002", secs=26 * 3600)
    await inst.buy(ann, "Alpha", "0.01", key="next day")
    days = (await get(api, token, "/api/portfolio/equity"))["points"]
    assert [point["ts"][:10] for point in days] == ["2026-01-06", "2026-01-05"]
    page = await get(api, token, "/api/portfolio/equity", interval="hour", limit=1)
    rest = await get(api, token, "/api/portfolio/equity", interval="hour", cursor=page["cursor"])
    assert [point["ts"][:13] for point in page["points"] + rest["points"]] == ["2026-01-06T02", "2026-01-05T00"]
    answer = await api.get("/api/portfolio/equity?interval=minute", headers=token)
    assert answer.status_code == 422


@pytest.mark.parametrize("period", [grouping.value for grouping in Grouping])
async def test_profits_are_those_of_the_service(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], period: str
) -> None:
    await traded(inst, ann)
    answer = await get(api, token, "/api/profits", period=period, limit=5)
    (expected,) = await inst.app.services.portfolio.profits(ann.principal.user_id, Grouping(period), 5)
    (found,) = answer["periods"]
    assert (answer["period"], answer["currency"]) == (period, "USDT")
    for name in ("volume", "fees", "realized_pnl", "net_profit"):
        assert found[name] == plain(getattr(expected, name))
    assert (found["trades"], found["wins"], found["losses"]) == (1, 1, 0)


async def test_the_pnl_series_runs_up_to_the_total(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    await traded(inst, ann)
    await inst.price("20000", "20002", secs=26 * 3600)
    await inst.buy(ann, "Alpha", "0.01", key="next day")
    points = (await get(api, token, "/api/analytics/pnl_timeseries"))["points"]
    assert [point["start"] for point in points] == ["2026-01-05", "2026-01-06"]
    total = sum(Decimal(point["net_profit"]) for point in points)
    assert Decimal(points[-1]["cumulative_net_profit"]) == total == Decimal("3.17598") - Decimal("0.20002")


async def test_the_countdown_uses_the_own_target_or_the_one_asked_about(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    url = "/api/countdown/status"
    assert (await get(api, token, url))["target"] == "1000000"
    await inst.runner.call(ann, "set_target", {"target": "12500.5"})
    own = await get(api, token, url)
    assert (own["target"], own["remaining"], own["reached"]) == ("12500.5", "2500.5", False)
    assert own["days_to_target_linear"] is None
    assert own["reason"]
    asked = await get(api, token, url, target="5000")
    assert (asked["target"], asked["remaining"], asked["reached"], asked["progress_pct"]) == ("5000", "0", True, "100")
    bob = await log_in(api, await inst.person("bob"))
    assert (await get(api, bob, url))["target"] == "1000000"


@pytest.mark.parametrize("target", ["0", "-1", "NaN", "Infinity", "lots", "1e400", ""])
async def test_a_target_that_is_none_is_refused(api: httpx.AsyncClient, token: dict[str, str], target: str) -> None:
    answer = await api.get("/api/countdown/status", params={"target": target}, headers=token)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_recent_trades_have_both_sides(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    alpha = await traded(inst, ann)
    await traded(inst, ann, "Beta")
    (trade,) = (await get(api, token, "/api/trades/recent", bot_id=alpha))["trades"]
    assert (trade["entry_price"], trade["exit_price"], trade["net_pnl"]) == ("20001", "20200", "3.17598")
    assert trade["exit_reason"] == "signal"
    assert len((await get(api, token, "/api/trades/recent"))["trades"]) == 2


async def test_performance_says_null_where_there_is_no_figure(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    empty = (await get(api, token, "/api/analytics/performance_summary"))["account"]
    assert (empty["trades"], empty["win_rate"], empty["profit_factor"], empty["best_trade"]) == (0, None, None, None)
    await traded(inst, ann)
    answer = await get(api, token, "/api/analytics/performance_summary")
    assert (answer["account"]["win_rate"], answer["account"]["profit_factor"]) == ("1", None)
    (bot,) = answer["by_bot"]
    assert (bot["name"], bot["net_pnl"], bot["performance"]["expectancy"]) == ("Alpha", "3.17598", "3.17598")


async def test_capital_adds_up_by_bot_and_by_currency(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    await traded(inst, ann)
    await inst.buy(ann, "Alpha", "0.01", key="again")
    answer = await get(api, token, "/api/analytics/capital_breakdown")
    summary = await get(api, token, "/api/portfolio/summary")
    (bot,), (usdt,) = answer["by_bot"], answer["by_currency"]
    assert answer["equity"] == summary["equity"] == usdt["total"]
    assert Decimal(usdt["free"]) + Decimal(usdt["in_bots"]) + Decimal(usdt["positions"]) == Decimal(usdt["total"])
    assert Decimal(bot["cash"]) + Decimal(bot["positions"]) == Decimal(bot["equity"])


async def test_money_is_text_in_every_answer(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    bot_id = await traded(inst, ann)
    await inst.buy(ann, "Alpha", "0.01234", key="again")
    document = httpx.Response(200, json=api._transport.app.openapi()).json()  # pyright: ignore[reportAttributeAccessIssue]
    elsewhere = ("export", "backtests")  # files, and what test_api_backtests.py looks at
    read = [url for url, methods in document["paths"].items() if "get" in methods]
    read = [url for url in read if not any(part in url for part in elsewhere)]
    assert len(read) >= 20
    (fill,) = (await get(api, token, "/api/ledger/fills", limit=1))["fills"]
    for url in read:
        known = url.format(order_id=fill["order_id"], bot_id=bot_id, symbol="BTC-USDT")
        assert floats(await get(api, token, known)) == [], url


async def test_a_stale_mark_is_flagged_with_its_age(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    await traded(inst, ann)
    await inst.buy(ann, "Alpha", "0.01", key="again")
    # The other market goes on, so time passes without a new price of this one.
    inst.app.services.hub.follow("ETH/USDT")
    await inst.feed.push(state("ETH/USDT", inst.feed.now() + timedelta(seconds=200), "3000", "3001"))
    await inst.feed.drained("ETH/USDT")
    (position,) = (await get(api, token, "/api/portfolio/positions"))["positions"]
    assert (position["mark"]["stale"], position["mark"]["age_secs"]) == (True, "200")
