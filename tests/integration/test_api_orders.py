"""Orders over REST (spec/api.md, orders; spec/pipeline.md, Answers): proposed, placed once, read, taken back."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.installation import Installation, installation
from tests.integration.api_client import Json, confirmed, get, log_in, running, while_it_trades
from tools.context import Caller

SUBMIT = "/api/orders/submit"


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as running_one:
        await running_one.price("19999", "20001")
        yield running_one


def order(**changed: object) -> Json:
    """A buy of 0.01 BTC at the market for a gain of 2 %."""
    usual = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "expected_edge_bps": "200"}
    return {name: value for name, value in (usual | changed).items() if value is not None}


def resting(**changed: object) -> Json:
    """A buy that waits far below the market."""
    return order(limit_price="19000", **changed)


async def submit(api: httpx.AsyncClient, token: dict[str, str], body: Json, key: str | None = None) -> httpx.Response:
    headers = token if key is None else token | {"Idempotency-Key": key}
    return await api.post(SUBMIT, headers=headers, json=body)


async def place(inst: Installation, api: httpx.AsyncClient, token: dict[str, str], body: Json) -> Json:
    """The order's result once it was confirmed."""
    answer = await confirmed(inst, api, token, await submit(api, token, body))
    assert (answer.status_code, answer.json()["status"]) == (200, "done"), answer.text
    return answer.json()["result"]


class TestSubmitting:
    """A proposal first, then one order."""

    async def test_a_proposal_shows_costs_and_ends_and_records_nothing(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        answer = await submit(api, token, order(stop_loss="19700"))
        assert answer.status_code == 202
        confirmation = answer.json()["confirmation"]
        assert (confirmation["level"], confirmation["preview"]["title"]) == ("confirm", "Buy 0.01 BTC at the market")
        fills, costs, ends, foot = confirmation["preview"]["effect"]
        assert fills == "Fills 0.01 BTC at about 20,001 USDT now: 200.01 USDT, fee 0.20 USDT, slippage 0.5 bps."
        assert costs.startswith("Break-even: the price must rise 0.31 %, to about 20,063: 31 bps (entry fee 10 + exit ")
        assert ends == "Then sells by itself at its target 20,400 or stop 19,700."
        assert foot == "Prices: replay:script. Paper trading."
        assert await inst.kinds(ann) == ["funded"]

    async def test_confirming_it_gives_the_itemised_answer(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        result = await place(inst, api, token, order(client_order_id="mine-1"))
        assert (result["success"], result["status"], result["cached"]) == (True, "FILLED", False)
        assert (result["client_order_id"], result["bot"]) == ("mine-1", "Manual")
        assert (result["filled_qty"], result["avg_px"], result["fee"]) == ("0.01", "20001", "0.20001")
        assert result["gates_passed"] == ["idempotency", "fee_coverage", "trade_limiter", "circuit_breaker"]
        assert (result["cost_bps"]["spread_bps"], result["cost_bps"]["required_bps"]) == ("1", "46")
        assert (result["take_profit"], len(result["fills"]), result["gate_failed"]) == ("20400", 1, None)
        known = await get(api, token, f"/api/orders/{result['order_id']}/status")
        assert (known["status"], known["filled_qty"], known["reserved"]) == ("FILLED", "0.01", "0")

    async def test_a_sale_of_everything_ends_the_position(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await place(inst, api, token, order())
        sold = await place(inst, api, token, {"symbol": "BTC/USDT", "side": "sell"})
        assert (sold["side"], sold["filled_qty"], sold["avg_px"]) == ("sell", "0.01", "19999")
        assert (await get(api, token, "/api/portfolio/positions"))["positions"] == []

    async def test_the_amount_of_money_buys_whole_lots(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        result = await place(inst, api, token, order(quantity=None, notional="200"))
        assert result["filled_qty"] == "0.00999"

    async def test_a_bot_can_be_given_an_order_of_its_own(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await running(inst, ann)
        result = await place(inst, api, token, order(bot_id=alpha))
        assert (result["bot_id"], result["bot"]) == (alpha, "Alpha")


class TestDenials:
    """What a gate says no to is answered with the gate, the limit, the value now, and when it clears."""

    @pytest.mark.parametrize(
        ("wish", "gate", "code"),
        [
            ({"expected_edge_bps": None}, "fee_coverage", "edge_not_stated"),
            ({"expected_edge_bps": "20"}, "fee_coverage", "edge_below_cost"),
            ({"quantity": "0.0001"}, "trade_limiter", "below_minimum_notional"),
            ({"quantity": "9"}, "trade_limiter", "not_enough_cash"),
            ({"stop_loss": "20500"}, "price", "bad_stop"),
        ],
    )
    async def test_a_denial_is_answered_at_once_and_leaves_nothing_to_confirm(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], wish: Json,
        gate: str, code: str,
    ) -> None:  # fmt: skip
        answer = await submit(api, token, order(**wish))
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert (result["success"], result["status"], result["order_id"]) == (False, "DENIED", None)
        assert (result["gate_failed"], result["code"]) == (gate, code)
        assert result["rejection_reason"]
        assert await inst.kinds(ann) == ["funded"]

    async def test_an_order_that_is_denied_by_then_is_not_called_done(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        """The halt came between the proposal and its confirmation."""
        await place(inst, api, token, order())
        proposed = await submit(api, token, order())
        stop = await api.post("/api/emergency/stop", headers=token)
        assert (await confirmed(inst, api, token, stop, "CONFIRM EMERGENCY STOP")).status_code == 200
        answer = await confirmed(inst, api, token, proposed)
        assert (answer.status_code, answer.json()["status"]) == (200, "refused")
        assert answer.json()["result"]["gate_failed"] == "mode"

    async def test_a_price_that_moved_is_shown_again_but_never_to_a_sale(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await place(inst, api, token, order())
        buy = await submit(api, token, order())
        sell = await submit(api, token, {"symbol": "BTC/USDT", "side": "sell"})
        await inst.price("19700", "19702")
        again = await api.post(f"/api/confirmations/{buy.json()['confirmation']['id']}", headers=token)
        assert again.status_code == 202
        assert again.json()["confirmation"]["preview"]["title"].endswith("(changed)")
        assert (await confirmed(inst, api, token, sell)).json()["result"]["status"] == "FILLED"

    @pytest.mark.parametrize(
        "wish",
        [
            {"quantity": 0.01},
            {"quantity": "-1"},
            {"quantity": "0"},
            {"quantity": "NaN"},
            {"quantity": None},
            {"notional": "200"},
            {"side": "short"},
            {"side": "sell", "take_profit": "20400", "expected_edge_bps": None},
            {"symbol": "btc"},
            {"post_only": True},
            {"post_only": "yes"},
            {"time_in_force": "day"},
            {"good_for_minutes": 0},
            {"take_profit": "20400"},
            {"client_order_id": "with space"},
            {"user_id": "somebody"},
            {"role": "admin"},
        ],
    )
    async def test_what_is_no_order_is_refused(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], wish: Json
    ) -> None:
        answer = await submit(api, token, order(**wish))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text
        assert await inst.kinds(ann) == ["funded"]

    async def test_a_pair_that_is_not_served_is_not_found(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        answer = await submit(api, token, order(symbol="DOGE/USDT"))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    async def test_a_sale_of_what_nobody_holds_is_a_conflict(
        self, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        answer = await submit(api, token, {"symbol": "BTC/USDT", "side": "sell"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


class TestKeys:
    """Same key and same request: the stored result; same key, other request: a conflict (gate 1)."""

    async def test_the_same_order_again_gives_what_was_recorded(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        first = await place(inst, api, token, order(client_order_id="k"))
        for wish, key in ((order(client_order_id="k"), None), (order(), "k")):
            again = await while_it_trades(inst, submit(api, token, wish, key))
            assert again.status_code == 200, again.text
            assert again.json() == first | {"cached": True}
        assert (await inst.kinds(ann)).count("order_executed") == 1

    async def test_another_order_with_the_same_key_is_a_conflict(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await place(inst, api, token, order(client_order_id="k"))
        for other in (order(quantity="0.02"), order(expected_edge_bps="201"), resting()):
            answer = await while_it_trades(inst, submit(api, token, other | {"client_order_id": "k"}))
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict"), answer.text

    async def test_two_proposals_with_one_key_make_one_order(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        first, second, other = [
            await submit(api, token, body | {"client_order_id": "k"})
            for body in (order(), order(), order(quantity="0.02"))
        ]
        results = [(await confirmed(inst, api, token, one)).json()["result"] for one in (first, second)]
        assert results[1] == results[0] | {"cached": True}
        answer = await confirmed(inst, api, token, other)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
        assert (await inst.kinds(ann)).count("order_executed") == 1

    async def test_the_keys_of_two_people_do_not_meet(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bob = await log_in(api, await inst.person("bob"))
        for headers in (token, bob):
            assert (await place(inst, api, headers, order(client_order_id="k")))["cached"] is False

    async def test_two_keys_for_one_order_are_refused(self, api: httpx.AsyncClient, token: dict[str, str]) -> None:
        answer = await submit(api, token, order(client_order_id="a"), "b")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


class TestWorkingOrders:
    """What rests can be listed and taken back."""

    async def test_a_resting_order_is_listed_with_what_it_reserves(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        result = await place(inst, api, token, resting(good_for_minutes=60))
        assert (result["status"], result["filled_qty"]) == ("ACCEPTED", "0")
        (listed,) = (await get(api, token, "/api/orders/pending"))["orders"]
        assert (listed["order_id"], listed["limit_price"], listed["reserved"]) == (
            result["order_id"], "19000", "190.19"
        )  # fmt: skip
        assert listed["expires_at"] is not None
        assert listed == await get(api, token, f"/api/orders/{result['order_id']}/status")

    async def test_working_orders_come_in_pages(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        ids = [(await place(inst, api, token, resting()))["order_id"] for _ in range(3)]
        first = await get(api, token, "/api/orders/pending", limit=2)
        second = await get(api, token, "/api/orders/pending", limit=2, cursor=first["cursor"])
        assert [one["order_id"] for one in (*first["orders"], *second["orders"])] == ids
        assert second["cursor"] is None
        answer = await api.get("/api/orders/pending?cursor=nonsense", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")

    async def test_a_canceled_order_frees_its_cash_and_cannot_be_canceled_again(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        order_id = (await place(inst, api, token, resting()))["order_id"]
        answer = await api.delete(f"/api/orders/{order_id}", headers=token)
        assert (answer.status_code, answer.json()["status"], answer.json()["reserved"]) == (200, "CANCELED", "0")
        again = await api.delete(f"/api/orders/{order_id}", headers=token)
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        assert (await get(api, token, "/api/orders/pending"))["orders"] == []

    async def test_an_order_of_somebody_else_is_not_found(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await running(inst, ann)
        mine = (await place(inst, api, token, resting()))["order_id"]
        bob = await log_in(api, await inst.person("bob"))
        for answer in (
            await api.get(f"/api/orders/{mine}/status", headers=bob),
            await api.delete(f"/api/orders/{mine}", headers=bob),
            await api.delete("/api/orders/no-such-order", headers=bob),
            await api.delete(f"/api/orders/{mine[:-1]}", headers=token),  # only the chat takes the beginning of an id
            await api.get("/api/orders/pending", headers=bob, params={"bot_id": alpha}),
            await submit(api, bob, order(bot_id=alpha)),
            await api.post(f"/api/bots/{alpha}/flatten", headers=bob),
            await api.post(f"/api/bots/{alpha}/cooldown", headers=bob, json={"minutes": 15}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
        assert (await get(api, bob, "/api/orders/pending"))["orders"] == []
        assert (await get(api, token, f"/api/orders/{mine}/status"))["status"] == "ACCEPTED"


class TestBots:
    """Flattening and spacing out."""

    async def test_a_flattened_bot_has_sold_everything_and_goes_on(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await running(inst, ann)
        await inst.buy(ann, "Alpha", "0.02")
        proposed = await api.post(f"/api/bots/{alpha}/flatten", headers=token)
        effect = proposed.json()["confirmation"]["preview"]["effect"]
        assert effect[0] == "Sells 0.02 BTC at the market, worth about 399.98 USDT now."
        answer = await confirmed(inst, api, token, proposed)
        (sold,) = answer.json()["result"]["orders"]
        assert (sold["status"], sold["filled_qty"]) == ("FILLED", "0.02")
        bot = (await inst.app.services.writer.account(ann.principal.user_id)).bot(alpha)
        assert (bot.flat, bot.status.value) == (True, "running")

    async def test_a_bot_that_holds_nothing_cannot_be_flattened(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        answer = await api.post(f"/api/bots/{await running(inst, ann)}/flatten", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_a_cooldown_holds_at_once(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        alpha = await running(inst, ann)
        url = f"/api/bots/{alpha}/cooldown"
        answer = await api.post(url, headers=token, json={"minutes": 15})
        assert answer.json() == {"bot_id": alpha, "bot": "Alpha", "cooldown_minutes": 15}
        (used,) = (await get(api, token, "/api/limits/usage"))["cooldowns"]
        assert (used["minutes"], used["clears_at"]) == (15, None)
        for minutes in (4, 121, -1, "15", 1.5):
            refused = await api.post(url, headers=token, json={"minutes": minutes})
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), minutes
        assert (await api.post(url, headers=token, json={"minutes": 0})).json()["cooldown_minutes"] == 0


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", SUBMIT),
        ("GET", "/api/orders/pending"),
        ("GET", "/api/orders/x/status"),
        ("DELETE", "/api/orders/x"),
        ("POST", "/api/bots/x/flatten"),
        ("POST", "/api/bots/x/cooldown"),
    ],
)
async def test_nobody_orders_without_a_token(api: httpx.AsyncClient, method: str, url: str):
    answer = await api.request(method, url, json=order())
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
