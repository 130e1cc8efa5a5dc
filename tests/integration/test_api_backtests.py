"""Backtests over REST (spec/api.md, backtests; spec/bots.md, Backtest): run, kept, compared; each sees their own."""

import asyncio
import csv
from collections.abc import AsyncIterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import httpx
import pytest

from tests.fakes.installation import Installation, installation
from tests.fakes.past import swinging
from tests.integration.api_client import Json, floats, get, log_in
from tools.context import Caller

URL = "/api/backtests"


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path, history={"BTC/USDT": swinging()}) as running_one:
        yield running_one


async def run(api: httpx.AsyncClient, token: dict[str, str], **wish: object) -> Json:
    """The report of a backtest that was run."""
    answer = await api.post(URL, headers=token, json={"timeframe": "1m", **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_backtest_answers_its_figures_trades_and_equity(
    inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    report = await run(api, token, strategy="grid", capital="2000", parameters={"period": 240})
    assert (report["plan"]["strategy"], report["plan"]["parameters"]["period"]) == ("grid", 240)
    figures = report["figures"]
    assert figures["trades"] == len(report["trades"]) > 0
    assert Decimal(figures["final_equity"]) - 2000 == Decimal(figures["net_profit"])
    assert Decimal(figures["fees"]) > 0
    assert report["equity"][-1]["equity"] == figures["final_equity"]
    assert await get(api, token, f"{URL}/{report['backtest_id']}") == report
    assert floats(report) == []  # money is text
    assert await inst.kinds(ann) == ["funded"]  # nothing of it touches the person's own ledger


async def test_its_period_is_the_one_that_was_asked_for(api: httpx.AsyncClient, token: dict[str, str]) -> None:
    days = await run(api, token, days=1)
    assert days["first"] == "2026-01-04T00:00:00.000Z"
    dated = await run(api, token, start="2026-01-04T02:00:00+02:00", end="2026-01-04T12:00:00Z")
    assert (dated["first"], dated["last"]) == ("2026-01-04T00:00:00.000Z", "2026-01-04T12:00:00.000Z")


async def test_lists_leave_out_what_is_long_and_come_newest_first(
    api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    ids = [(await run(api, token, strategy=name))["backtest_id"] for name in ("dca", "ema_cross", "grid")]
    first = await get(api, token, URL, limit=2)
    rest = await get(api, token, URL, limit=2, cursor=first["cursor"])
    listed = first["backtests"] + rest["backtests"]
    assert {one["backtest_id"] for one in listed} == set(ids)
    assert (len(first["backtests"]), rest["cursor"]) == (2, None)
    assert not {"equity", "trades"} & set(listed[0])


async def test_the_better_of_two_is_named_with_the_reason(api: httpx.AsyncClient, token: dict[str, str]) -> None:
    alone = await api.get(f"{URL}/compare", headers=token)
    assert alone.status_code == 404
    ids = [(await run(api, token, strategy=name))["backtest_id"] for name in ("dca", "grid")]
    newest = await get(api, token, f"{URL}/compare")
    named = await get(api, token, f"{URL}/compare", ids=",".join(ids))
    assert {one["backtest_id"] for one in newest["backtests"]} == set(ids)
    assert newest["better"] == named["better"]
    assert named["why"]


async def test_trades_come_as_a_file_for_a_spreadsheet(api: httpx.AsyncClient, token: dict[str, str]) -> None:
    report = await run(api, token, strategy="grid", parameters={"period": 240})
    answer = await api.get(f"{URL}/{report['backtest_id']}/trades.csv", headers=token)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="backtest-')
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["net_pnl"] for row in rows] == [trade["net_pnl"] for trade in report["trades"]]


async def test_progress_is_told_while_one_runs_and_a_second_one_is_refused(
    api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    idle = await api.get(f"{URL}/running", headers=token)
    assert (idle.status_code, idle.json()["detail"]) == (404, "No backtest of yours runs now.")
    task = asyncio.create_task(run(api, token, strategy="adaptive"))
    told, refused = list[Json](), list[httpx.Response]()
    while not task.done():
        answer = await api.get(f"{URL}/running", headers=token)
        if answer.status_code == 200:
            told.append(answer.json())
            refused = refused or [await api.post(URL, headers=token, json={})]
    await task
    assert told
    assert told[0]["what"] == "Adaptive on BTC/USDT, 1m bars"
    assert all(0 <= one["bars_done"] <= one["bars"] for one in told)
    assert {(one.status_code, one.json()["code"]) for one in refused} <= {(409, "conflict")}
    assert (await api.get(f"{URL}/running", headers=token)).status_code == 404


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"strategy": "get_rich"}, 422),
        ({"strategy": "grid", "parameters": {"levels": 300}}, 422),
        ({"days": 0}, 422),
        ({"days": 3, "start": "2026-01-04T00:00:00Z"}, 422),
        ({"start": "2026-01-04T00:00:00"}, 422),
        ({"start": "2026-01-04T12:00:00Z", "end": "2026-01-04T00:00:00Z"}, 422),
        ({"capital": "0"}, 422),
        ({"capital": 1000}, 422),
        ({"symbol": "DOGE/USDT"}, 404),
        ({"user_id": "somebody"}, 422),
    ],
)
async def test_what_cannot_be_tried_is_refused_and_nothing_is_kept(
    api: httpx.AsyncClient, token: dict[str, str], wish: Json, status: int
) -> None:
    answer = await api.post(URL, headers=token, json=wish)
    assert answer.status_code == status, answer.text
    assert (await get(api, token, URL))["backtests"] == []


async def test_somebody_elses_backtest_does_not_exist(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
) -> None:
    mine = (await run(api, token))["backtest_id"]
    bob = await log_in(api, await inst.person("bob"))
    for tail in ("", "/trades.csv"):
        theirs = await api.get(f"{URL}/{mine}{tail}", headers=bob)
        nobodys = await api.get(f"{URL}/never-was{tail}", headers=bob)
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert theirs.json()["code"] == "not_found"
        assert (await api.get(f"{URL}/{mine}{tail}")).status_code == 401
    compared = await api.get(f"{URL}/compare", headers=bob, params={"ids": f"{mine},{mine[:8]}"})
    assert compared.status_code == 404
    assert (await get(api, bob, URL))["backtests"] == []
