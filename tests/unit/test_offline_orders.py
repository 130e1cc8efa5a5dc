"""Orders in plain words: every term is read or asked for, and nothing is placed on a guess (spec/chat.md)."""

from typing import Any

import pytest

from assistant.offline_router import Outcome
from core.domain.user import Role
from tests.fakes.offline_turns import ACTING, BOTS, acts, calls, said

BTC = "BTC/USDT"


def _buy(**more: object) -> list[tuple[str, dict[str, Any]]]:
    return [("submit_order", {"side": "buy", "symbol": BTC, **more})]


def _sell(**more: object) -> list[tuple[str, dict[str, Any]]]:
    return [("submit_order", {"side": "sell", "symbol": BTC, **more})]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("buy one bitcoin", _buy(quantity="1")),
        ("buy 0.01btc", _buy(quantity="0.01")),
        ("buy btc with 1,500.50 dollars", _buy(amount="1500.5")),
        ("spend $250 on btc", _buy(amount="250")),
        ("i want to buy 0.01 btc please", _buy(quantity="0.01")),
        ("buy 0.01 BTC/USDT @ 60000", _buy(quantity="0.01", limit_price="60000")),
        ("buy 0.01 btc at 60,000 or better", _buy(quantity="0.01", limit_price="60000")),
        ("buy 200 usdt of btc at 59.5k", _buy(amount="200", limit_price="59500")),
        ("buy 0.01 btc fok", _buy(quantity="0.01", time_in_force="fok")),
        ("buy 0.01 btc at 60k gtc", _buy(quantity="0.01", limit_price="60000", time_in_force="gtc")),
        ("buy 0.01 btc at 60k, ioc", _buy(quantity="0.01", limit_price="60000", time_in_force="ioc")),
        ("buy 0.01 btc at 60k post-only", _buy(quantity="0.01", limit_price="60000", post_only=True)),
        ("buy 0.01 btc at 60k for 30 minutes", _buy(quantity="0.01", limit_price="60000", good_for_minutes=30)),
        ("buy 0.01 btc tp 3% sl 1.5%", _buy(quantity="0.01", expected_edge_bps="300", stop_loss_bps="150")),
        ("buy 0.01 btc and set the target at 65k", _buy(quantity="0.01", take_profit="65000")),
        ("buy 0.01 btc and sell it at 65k", _buy(quantity="0.01", take_profit="65000")),
        ("buy 0.01 btc edge 250 bps", _buy(quantity="0.01", expected_edge_bps="250")),
        ("buy 0.01 btc with alpha", _buy(quantity="0.01", bot="Alpha")),
        ("buy 0.01 btc with alhpa", _buy(quantity="0.01", bot="Alpha")),
        ("sell my btc", _sell()),
        ("sell 0.01 of my btc", _sell(quantity="0.01")),
        ("close my btc position", _sell()),
        ("sell alpha's btc", _sell(bot="Alpha")),
        ("sell all of alpha's btc at 70k", _sell(bot="Alpha", limit_price="70000")),
        ("sell 0.01 btc when it reaches 70k", _sell(quantity="0.01", limit_price="70000")),
        ("sell 0.01 btc if it rises to 70k", _sell(quantity="0.01", limit_price="70000")),
    ],
)
def test_an_order_is_read_term_by_term(text: str, wanted: list[tuple[str, dict[str, Any]]]):
    assert calls(text) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("buy some bitcoin", "How much should be bought?"),
        ("buy btc at 60k", "How much should be bought?"),
        ("buy 2k btc", "How much should be bought?"),
        ("buy 0.01 or 0.02 btc", "I did not understand all of that order"),
        ("buy -0.01 btc", "An amount is above zero."),
        ("buy 0 btc", "An amount is above zero."),
        ("sell half my btc", "How much should be sold?"),
        ("sell 200 usdt of btc", "A sale is of coins"),
        ("sell 20% of my btc", "How much should be sold?"),
        ("buy 0.01 btc and 0.2 eth", "One order is for one pair."),
        ("buy 0.01 doge", "doge is not a pair I have prices for."),
        ("buy 0.01 btc for alpha for beta", "One order is for one bot."),
        ("buy 200", "Of which coin?"),
        ("/buy", "Of which coin?"),
        ("/order", "What should be bought or sold?"),
        ("place a limit order for 0.01 btc", "At which limit?"),
        ("buy 0.01 btc at", "I did not understand all of that order"),
        ("buy 0.01 btc limit", "I did not understand all of that order"),
        ("buy 0.01 btc stop", "I did not understand all of that order"),
        ("buy 0.01 btc at market at 60k", "I did not understand all of that order"),
        ("buy 0.01 btc every 2 hours", "I did not understand all of that order"),
        ("buy 0.01 btc post only", "A post-only order waits in the book"),
        ("buy 0.01 btc if it rises to 70k", "I have no orders that wait for the price to come worse."),
        ("sell 0.01 btc if it drops to 50k", "I have no orders that wait for the price to come worse."),
        ("buy 0.01 btc above 70k", "I have no orders that wait for the price to come worse."),
        ("sell 0.01 btc below 50k", "I have no orders that wait for the price to come worse."),
        ("buy 0.01 btc for two hours", "An order at the market does not wait"),
        ("sell 0.01 btc stop 50k", "A target or a stop belongs to a buy"),
        ("buy 0.01 btc at 60k good for 90 days", "For how long should the order work?"),
        ("set the cooldown of alpha to 500 minutes", "A cooldown lasts 5 to 120 minutes"),
        ("set the cooldown of alpha to 3 minutes", "A cooldown lasts 5 to 120 minutes"),
        ("set the cooldown of alpha", "How long should it wait between entries?"),
        ("/cooldown", "How long should it wait between entries?"),
        ("cancel the orders of alpha and beta", None),
    ],
)
def test_what_is_missing_of_an_order_is_asked_for(text: str, words: str | None):
    found = said(text)
    assert found.calls == ()
    if words is not None:
        assert found.outcome is Outcome.QUESTION
        assert found.text.startswith(words)


@pytest.mark.parametrize(
    "text",
    [
        "flatten alpha if btc drops to 50k",
        "create a bot on btc with 500 if it drops to 50k",
        "pause alpha if it drops to 50k",
        "if it drops to 50k buy 0.1 btc",
        "would you buy 0.1 btc at 60k?",
        "do you think i should buy 0.1 btc if it drops to 50k",
        'buy 0.01 btc "at 60k"',
        "buy 0.01 btc unless it drops to 50k",
        "my bots buy 0.01 btc",
    ],
)
def test_a_condition_or_an_opinion_places_nothing(text: str):
    assert not acts(text)


def test_an_order_keeps_its_terms_beside_another_wish():
    text = "buy 0.01 btc at 60k, take profit 3%, stop loss 2% and pause beta"
    order = _buy(quantity="0.01", limit_price="60000", expected_edge_bps="300", stop_loss_bps="200")
    assert calls(text) == [*order, ("pause_bot", {"bot": "Beta"})]


def test_an_order_is_cancelled_by_its_id():
    order_id = "3f2a9c1e-5b7d-4c1a-9e2f-0a1b2c3d4e5f"
    for text in (
        f"cancel order {order_id}",
        f"/cancel {order_id}",
        f"cancel {order_id}",
        f"Cancel my order {order_id}!",
    ):
        assert calls(text) == [("cancel_order", {"order_id": order_id})], text


@pytest.mark.parametrize("short", ["3f2a9c1e", "84921034", "deadbeef", "1e500000", "0a1b2c3d"])
def test_an_order_is_cancelled_by_the_beginning_of_its_id(short: str):
    for text in (f"cancel order {short}", f"/cancel {short}", f"cancel {short}"):
        assert calls(text) == [("cancel_order", {"order_id": short})], text


def test_cancelling_everything_asks_what_is_meant():
    messages = [option.message for option in said("cancel everything").options]
    assert messages == ["/cancel", "/emergency_stop", "/stop flatten"]
    assert calls("cancel all my orders") == [("cancel_order", {})]


def test_selling_everything_offers_to_flatten_one_bot_too():
    assert [option.message for option in said("sell everything").options] == [
        "/stop flatten",
        "flatten my bot",
        "/positions",
    ]
    assert said("sell everything", bots=("Solo",)).options[1].message == "/flatten Solo"
    assert calls("sell everything and stop all trading") == [("emergency_stop", {"flatten": True})]


def test_flattening_without_a_name_asks_for_the_bot():
    found = said("flatten")
    assert [option.message for option in found.options] == [f"/flatten {bot}" for bot in BOTS]
    assert calls("flatten it", last_bot="Beta") == [("flatten_bot", {"bot": "Beta"})]


def test_several_bots_are_flattened_or_spaced_out_with_a_call_each():
    wanted = [("flatten_bot", {"bot": "Alpha"}), ("flatten_bot", {"bot": "Beta"})]
    assert calls("flatten alpha and beta") == calls("flatten both alpha and beta") == wanted
    every = [("set_cooldown", {"bot": bot, "minutes": 10}) for bot in BOTS]
    assert calls("set the cooldown of all my bots to 10 minutes") == every


def test_a_position_without_a_bot_asks_whose_it_is():
    assert [option.message for option in said("close my position").options] == [f"/flatten {bot}" for bot in BOTS]
    assert calls("close my position", bots=("Solo",)) == [("flatten_bot", {"bot": "Solo"})]


def test_a_stop_order_of_its_own_is_refused_plainly():
    found = said("place a stop order to sell 0.01 btc at 57k")
    assert (found.calls, found.text[:30]) == ((), "I have no orders that wait for")


def test_a_cooldown_for_an_unnamed_bot_is_a_question_whose_buttons_set_it():
    found = said("set a cooldown of 30 minutes")
    assert calls(found.options[0].message) == [("set_cooldown", {"bot": "Alpha", "minutes": 30})]


def test_the_bot_of_own_orders_is_meant_only_by_its_name():
    bots = ("Solo", "Manual")
    assert calls("pause my bot", bots) == [("pause_bot", {"bot": "Solo"})]
    assert calls("start my bots", bots) == [("start_bot", {"bot": "Solo"})]
    assert calls("flatten manual", bots) == [("flatten_bot", {"bot": "Manual"})]
    assert calls("why was my order refused?", bots) == [("explain_decision", {"bot": "Manual"})]


def test_a_reset_carries_its_reason_as_it_was_typed():
    reason = "I lowered the risk, now buy 5 btc"
    wanted = [("reset_circuit_breaker", {"bot": "Alpha", "reason": reason})]
    assert calls(f"reset the breaker of alpha because {reason}") == wanted
    assert calls(f"/reset alpha because {reason}") == wanted
    assert not acts("don't reset the breaker because I fixed it")
    assert not acts("pause alpha and reset the breaker because I fixed it")


@pytest.mark.parametrize(
    "text", ["global emergency stop", "resume trading for everybody", "/global_stop", "/global_resume"]
)
def test_what_is_for_everybody_is_an_admins_only(text: str):
    found = said(text, role=Role.USER)
    assert not [call for call in found.calls if call.tool.startswith("global")]
    assert not [option for option in found.options if "global" in option.message]
    assert calls(text)[0][0].startswith("global")


def test_buttons_about_orders_lead_somewhere():
    for text in (
        "should i buy 0.1 btc?",
        "sell alpha",
        "maybe cancel my order",
        "can i flatten alpha?",
        "sell everything",
    ):
        for option in said(text).options:
            assert said(option.message).outcome in (Outcome.CALLS, Outcome.QUESTION), option


def test_new_questions_only_read():
    for text in (
        "which strategy does alpha use",
        "why did alpha not buy?",
        "am i near my limits?",
        "is a breaker open",
    ):
        made = calls(text)
        assert made, text
        assert not ACTING & {tool for tool, _ in made}, text
