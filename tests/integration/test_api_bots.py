"""Bots over REST (spec/api.md, bots; spec/bots.md, Life cycle): seen, made, changed, moved; never another's."""

import httpx
import pytest

from tests.fakes.installation import Installation
from tests.integration.api_client import Json, confirmed, get, log_in, running, traded
from tools.context import Caller

BOTS = "/api/bots"


async def post(api: httpx.AsyncClient, token: dict[str, str], url: str, body: Json | None = None) -> httpx.Response:
    return await api.post(url, headers=token, json=body)


async def done(inst: Installation, api: httpx.AsyncClient, token: dict[str, str], answer: httpx.Response) -> Json:
    """The result of confirming a proposal, with the phrase it asks for."""
    assert answer.status_code == 202, answer.text
    phrase = answer.json()["confirmation"]["preview"]["phrase"]
    outcome = await confirmed(inst, api, token, answer, phrase)
    assert (outcome.status_code, outcome.json()["status"]) == (200, "done"), outcome.text
    return outcome.json()["result"]


def effect(answer: httpx.Response) -> list[str]:
    """The lines of a proposal."""
    assert answer.status_code == 202, answer.text
    return answer.json()["confirmation"]["preview"]["effect"]


class TestSeeing:
    """Lists, one bot, its status and its decisions."""

    async def test_a_bot_is_listed_with_how_it_trades_and_what_came_of_it(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await traded(inst, ann)
        listed = await get(api, token, BOTS)
        (bot,) = listed["bots"]
        assert (bot["bot_id"], bot["name"], bot["status"]) == (bot_id, "Alpha", "running")
        assert (bot["strategy"], bot["parameters"]) == ("ema_cross", {"fast": 9, "slow": 21})
        assert (bot["capital"], bot["cash"], bot["net_pnl"]) == ("1000", "1003.17598", "3.17598")
        assert (bot["moves"], listed["cursor"]) == (["pause", "stop"], None)
        assert await get(api, token, f"{BOTS}/{bot_id}") == bot

    async def test_pages_of_bots_come_in_order_without_gaps(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        for name in ("Alpha", "Beta", "Gamma"):
            await running(inst, ann, name, "100")
        first = await get(api, token, BOTS, limit=2)
        rest = await get(api, token, BOTS, limit=2, cursor=first["cursor"])
        assert [bot["name"] for bot in first["bots"] + rest["bots"]] == ["Alpha", "Beta", "Gamma"]
        assert rest["cursor"] is None

    async def test_the_status_says_what_protects_a_position_and_how_warm_the_bot_is(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        await inst.price("19999", "20001")
        assert "Warming up" in (await get(api, token, f"{BOTS}/{bot_id}/status"))["why_no_trade"]
        await inst.buy(ann, "Alpha", "0.02")
        found = await get(api, token, f"{BOTS}/{bot_id}/status")
        assert (found["bot"]["position"], found["why_no_trade"]) == ("0.02", None)
        assert set(found["protection"]) == {"take_profit", "stop_loss"}
        assert found["strategy_words"].startswith("Follows trends")

    async def test_decisions_are_the_bots_own_words_newest_first(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        assert await get(api, token, f"{BOTS}/{bot_id}/decisions") == {"decisions": [], "cursor": None}
        answer = await api.get(f"{BOTS}/{bot_id}/decisions", headers=token, params={"cursor": "nonsense"})
        assert answer.status_code == 422


class TestMaking:
    """A new bot, and one like another."""

    async def test_a_new_bot_shows_every_default_and_is_made_by_its_confirmation(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        wish = {"name": "Beta", "strategy": "grid", "parameters": {"levels": 3}, "capital": "500"}
        answer = await post(api, token, BOTS, wish)
        assert "period 100, step 60, levels 3" in effect(answer)[0]
        assert "bot_created" not in await inst.kinds(ann)
        made = await done(inst, api, token, answer)
        bot = await get(api, token, f"{BOTS}/{made['bot_id']}")
        assert (bot["name"], bot["status"], bot["parameters"]["levels"]) == ("Beta", "created", 3)
        assert bot["moves"] == ["start", "pause", "stop"]

    @pytest.mark.parametrize(
        "wish",
        [
            {"strategy": "get_rich"},
            {"strategy": "grid", "parameters": {"levels": 300}},
            {"strategy": "grid", "parameters": {"fast": 3}},
            {"capital": 500},
            {"capital": "0"},
            {"capital": "-1"},
            {"symbol": "btc"},
            {"timeframe": "7m"},
            {"risk_mode": "reckless"},
            {"name": "x" * 41},
            {"user_id": "somebody"},
        ],
    )
    async def test_what_cannot_be_is_a_problem_that_names_the_fault(
        self, api: httpx.AsyncClient, token: dict[str, str], wish: Json
    ) -> None:
        answer = await post(api, token, BOTS, wish)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")

    async def test_more_capital_than_there_is_or_a_taken_name_is_a_conflict(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        await running(inst, ann)
        for wish in ({"capital": "10001"}, {"name": "aLPHA", "capital": "10"}):
            answer = await post(api, token, BOTS, wish)
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    async def test_a_clone_trades_like_the_original_under_a_free_name(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        made = await done(inst, api, token, await post(api, token, f"{BOTS}/{bot_id}/clone", {"start": True}))
        copy = await get(api, token, f"{BOTS}/{made['bot_id']}")
        assert (copy["name"], copy["status"], copy["capital"]) == ("Alpha 2", "running", "1000")
        original = await get(api, token, f"{BOTS}/{bot_id}")
        assert copy["parameters"] == original["parameters"]


class TestChanging:
    """Name, way to trade, capital."""

    async def test_a_paused_bot_is_changed_to_exactly_what_was_shown(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        wish = {"timeframe": "5m", "parameters": {"fast": 5}}
        refused = await api.patch(f"{BOTS}/{bot_id}", headers=token, json=wish)
        assert (refused.status_code, "while it is paused" in refused.json()["detail"]) == (409, True)
        await post(api, token, f"{BOTS}/{bot_id}/pause")
        answer = await api.patch(f"{BOTS}/{bot_id}", headers=token, json=wish)
        assert effect(answer)[:2] == ["fast (bars in the fast average): 9 → 5.", "Bars: 1m → 5m."]
        await done(inst, api, token, answer)
        bot = await get(api, token, f"{BOTS}/{bot_id}")
        assert (bot["timeframe"], bot["parameters"]) == ("5m", {"fast": 5, "slow": 21})

    async def test_a_change_that_another_one_overtook_is_shown_again(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        await post(api, token, f"{BOTS}/{bot_id}/pause")
        slow = await api.patch(f"{BOTS}/{bot_id}", headers=token, json={"parameters": {"slow": 50}})
        other = await api.patch(f"{BOTS}/{bot_id}", headers=token, json={"strategy": "ema_cross", "risk_mode": "safe"})
        await done(inst, api, token, other)
        again = await confirmed(inst, api, token, slow)
        assert (again.status_code, again.json()["confirmation"]["preview"]["title"]) == (202, "Change Alpha (changed)")
        await done(inst, api, token, again)
        bot = await get(api, token, f"{BOTS}/{bot_id}")
        assert (bot["risk_mode"], bot["parameters"]["slow"]) == ("safe", 50)

    async def test_a_running_bot_may_be_renamed_but_to_no_name_that_is_taken(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        await running(inst, ann, "Beta")
        taken = await api.patch(f"{BOTS}/{bot_id}", headers=token, json={"name": "beta"})
        assert taken.status_code == 409
        answer = await api.patch(f"{BOTS}/{bot_id}", headers=token, json={"name": "Zed"})
        assert effect(answer)[0] == "Name: Alpha → Zed."
        await done(inst, api, token, answer)
        assert (await get(api, token, f"{BOTS}/{bot_id}"))["name"] == "Zed"

    @pytest.mark.parametrize("wish", [{}, {"name": "Zed", "timeframe": "5m"}, {"parameters": {"fast": "5"}}, {"x": 1}])
    async def test_a_change_of_nothing_or_of_two_kinds_at_once_is_refused(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str], wish: Json
    ) -> None:
        bot_id = await running(inst, ann)
        answer = await api.patch(f"{BOTS}/{bot_id}", headers=token, json=wish)
        assert answer.status_code == 422

    async def test_capital_goes_in_and_comes_out_to_the_last_digit(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await traded(inst, ann)
        url = f"{BOTS}/{bot_id}/capital"
        out = await post(api, token, url, {"kind": "withdraw"})
        assert "Its cash: 1,003.17598 → 0 USDT." in effect(out)
        taken = await done(inst, api, token, out)
        assert (taken["bot_cash"], taken["free_cash"]) == ("0", "10003.17598")
        given = await done(inst, api, token, await post(api, token, url, {"kind": "add", "amount": "250.5"}))
        assert (given["bot_cash"], given["free_cash"]) == ("250.5", "9752.67598")
        for wish, status in (
            ({"kind": "add"}, 422),
            ({"kind": "steal", "amount": "1"}, 422),
            ({"kind": "add", "amount": 1}, 422),
            ({"kind": "add", "amount": "99999"}, 409),
            ({"kind": "withdraw", "amount": "251"}, 409),
        ):
            assert (await post(api, token, url, wish)).status_code == status, wish


class TestMoving:
    """The life cycle, one bot at a time and all at once."""

    async def test_a_pause_says_what_stays_open_and_how_to_sell_it(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        await inst.price("19999", "20001")
        await inst.buy(ann, "Alpha", "0.02")
        paused = (await post(api, token, f"{BOTS}/{bot_id}/pause")).json()
        assert paused["status"] == "paused"
        assert "still holds 0.02 BTC, which is sold at its target of 20400" in paused["words"]
        assert "“flatten Alpha” sells it now." in paused["words"]

    async def test_an_illegal_move_is_refused_with_the_legal_ones(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        bot_id = await running(inst, ann)
        for move in ("start", "resume"):
            answer = await post(api, token, f"{BOTS}/{bot_id}/{move}")
            assert answer.status_code == 409
            assert answer.json()["detail"].endswith("Possible now: pause, stop.")
        await post(api, token, f"{BOTS}/{bot_id}/pause")
        answer = await post(api, token, f"{BOTS}/{bot_id}/pause")
        assert answer.json()["detail"].endswith("Possible now: start, resume, stop.")
        await done(inst, api, token, await api.delete(f"{BOTS}/{bot_id}", headers=token))
        for move in ("start", "pause", "resume", "stop", "clone", "capital", "cooldown"):
            body = {"kind": "add", "amount": "1"} if move == "capital" else {"minutes": 5} if move == "cooldown" else {}
            answer = await post(api, token, f"{BOTS}/{bot_id}/{move}", body)
            assert answer.status_code == (202 if move == "clone" else 409), move
        assert (await get(api, token, f"{BOTS}/{bot_id}"))["moves"] == []

    async def test_starting_stopping_and_resuming_take_a_confirmation(
        self, inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        made = await done(inst, api, token, await post(api, token, BOTS, {"name": "Alpha"}))
        url = f"{BOTS}/{made['bot_id']}"

        async def status() -> str:
            return (await get(api, token, url))["status"]

        start = await post(api, token, f"{url}/start")
        assert await status() == "created"
        await done(inst, api, token, start)
        assert await status() == "running"
        await post(api, token, f"{url}/pause")
        await done(inst, api, token, await post(api, token, f"{url}/resume"))
        assert await status() == "running"
        stop = await post(api, token, f"{url}/stop")
        assert stop.json()["confirmation"]["preview"]["phrase"] == "STOP Alpha"
        without = await confirmed(inst, api, token, stop, None)
        assert (without.status_code, await status()) == (422, "running")
        await done(inst, api, token, stop)
        assert await status() == "stopped"

    async def test_all_bots_are_paused_at_once_and_resumed_by_one_confirmation(
        self, inst: Installation, ann: Caller, api: httpx.AsyncClient, token: dict[str, str]
    ) -> None:
        for name in ("Alpha", "Beta"):
            await running(inst, ann, name)
        paused = (await post(api, token, f"{BOTS}/pause-all")).json()
        assert [(one["bot"], one["status"]) for one in paused["bots"]] == [("Alpha", "paused"), ("Beta", "paused")]
        again = (await post(api, token, f"{BOTS}/pause-all")).json()
        assert (again["bots"], again["words"]) == ([], "No bot runs, so there is nothing to pause.")
        resumed = await done(inst, api, token, await post(api, token, f"{BOTS}/resume-all"))
        assert {one["status"] for one in resumed["outcomes"]} == {"running"}
        none = await post(api, token, f"{BOTS}/resume-all")
        assert (none.status_code, none.json()["detail"]) == (409, "No bot is paused, so there is nothing to resume.")


class TestOthers:
    """What is not this person's, and what nobody who is not logged in may see."""

    @pytest.mark.parametrize(
        ("method", "tail", "body"),
        [
            ("GET", "", None),
            ("PATCH", "", {"name": "Mine"}),
            ("DELETE", "", None),
            ("GET", "/status", None),
            ("GET", "/decisions", None),
            ("POST", "/start", None),
            ("POST", "/pause", None),
            ("POST", "/resume", None),
            ("POST", "/stop", None),
            ("POST", "/flatten", None),
            ("POST", "/cooldown", {"minutes": 5}),
            ("POST", "/capital", {"kind": "withdraw"}),
            ("POST", "/clone", {}),
        ],
    )
    async def test_somebody_elses_bot_does_not_exist(
        self,
        inst: Installation,
        ann: Caller,
        api: httpx.AsyncClient,
        token: dict[str, str],
        method: str,
        tail: str,
        body: Json | None,
    ) -> None:
        bot_id = await running(inst, ann)
        bob = await log_in(api, await inst.person("bob"))
        before = await inst.kinds(ann)
        theirs = await api.request(method, f"{BOTS}/{bot_id}{tail}", headers=bob, json=body)
        nobodys = await api.request(method, f"{BOTS}/none{tail}", headers=token, json=body)
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
        assert theirs.json()["detail"] == nobodys.json()["detail"]
        assert (await api.request(method, f"{BOTS}/{bot_id}{tail}", json=body)).status_code == 401
        assert await inst.kinds(ann) == before
