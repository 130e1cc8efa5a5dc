"""Prices and the market over REST (spec/api.md, market): ages and sources shown, symbols in both spellings."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.domain.strategies.catalog import STRATEGIES
from tests.fakes.installation import Installation, installation
from tests.fakes.past import swinging
from tests.integration.api_client import get


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path, history={"BTC/USDT": swinging()}) as running_one:
        yield running_one


class TestPrices:
    """What is followed, with its age."""

    async def test_prices_show_their_age_in_engine_time_and_where_they_are_from(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        assert await get(api, token, "/api/prices/live") == {"prices": [], "cursor": None}
        await inst.price("19999", "20001")
        (price,) = (await get(api, token, "/api/prices/live"))["prices"]
        assert (price["symbol"], price["bid"], price["ask"], price["mid"]) == ("BTC/USDT", "19999", "20001", "20000")
        assert (price["age_secs"], price["stale"], price["source"]) == ("0", False, "replay:script")
        for spelling in ("btc-usdt", "BTC/USDT", "bitcoin"):
            assert (await get(api, token, "/api/prices/live", symbol=spelling))["prices"] == [price]

    async def test_a_pair_that_is_not_served_is_not_found(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        answer = await api.get("/api/prices/live", headers=token, params={"symbol": "DOGE"})
        assert (answer.status_code, "There is: BTC/USDT, ETH/USDT" in answer.json()["detail"]) == (404, True)

    @pytest.mark.parametrize("url", ["/api/prices/live", "/api/market/status", "/api/market/strategies"])
    async def test_nobody_sees_the_market_without_logging_in(self, api: httpx.AsyncClient, url: str) -> None:
        assert (await api.get(url)).status_code == 401


class TestBars:
    """Closed bars up to now."""

    @pytest.mark.parametrize("symbol", ["BTC-USDT", "BTC%2FUSDT", "btc"])
    async def test_bars_come_oldest_first_in_every_spelling_of_the_pair(
        self, api: httpx.AsyncClient, token: dict[str, str], symbol: str
    ) -> None:
        found = await get(api, token, f"/api/market/{symbol}/bars", timeframe="5m", limit=3)
        assert (found["symbol"], found["timeframe"], found["source"]) == ("BTC/USDT", "5m", "replay:script")
        times = [bar["time"] for bar in found["bars"]]
        assert times == ["2026-01-04T23:45:00.000Z", "2026-01-04T23:50:00.000Z", "2026-01-04T23:55:00.000Z"]
        assert found["bars"][0]["volume"] == "250"

    @pytest.mark.parametrize("query", [{"timeframe": "7m"}, {"limit": 0}, {"limit": 501}])
    async def test_a_length_or_number_out_of_bounds_is_refused(
        self, api: httpx.AsyncClient, token: dict[str, str], query: dict[str, str | int]
    ) -> None:
        answer = await api.get("/api/market/BTC-USDT/bars", headers=token, params=query)
        assert answer.status_code == 422

    @pytest.mark.parametrize(("symbol", "status"), [("DOGE-USDT", 404), ("B$C", 422), ("../status", 404)])
    async def test_what_is_no_pair_has_no_bars(
        self, api: httpx.AsyncClient, token: dict[str, str], symbol: str, status: int
    ) -> None:
        assert (await api.get(f"/api/market/{symbol}/bars", headers=token)).status_code == status


class TestMarketItself:
    """Where the data stands, and what can trade it."""

    async def test_the_status_names_source_time_and_what_is_followed(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await inst.price("19999", "20001")
        found = await get(api, token, "/api/market/status")
        assert (found["source"], found["execution"], found["now"]) == (
            "replay:script",
            "paper",
            "2026-01-05T00:00:01.000Z",
        )
        assert found["symbols"] == [{"symbol": "BTC/USDT", "age_secs": "0", "stale": False}]
        assert (found["served"], found["dropped"], set(found["counts"].values())) == (2, 0, {0})

    async def test_every_strategy_is_listed_with_its_bounds_and_defaults(
        self, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        found = await get(api, token, "/api/market/strategies")
        assert [one["name"] for one in found["strategies"]] == list(STRATEGIES)
        for one in found["strategies"]:
            assert one["description"]
            assert all(p["minimum"] <= p["default"] <= p["maximum"] for p in one["parameters"])
        assert [mode["name"] for mode in found["risk_modes"]] == ["safe", "balanced", "aggressive"]
