"""What is said about money and the ledger: kinds, amounts, currencies, targets; what is missing is asked for."""

from typing import Any

import pytest

from assistant.offline_router import Outcome
from tests.fakes.offline_turns import acts, calls, said


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("deposit €250", {"kind": "deposit", "amount": "250", "currency": "EUR"}),
        ("deposit 250 eur into my account", {"kind": "deposit", "amount": "250", "currency": "EUR"}),
        ("deposit 1.5k usdc", {"kind": "deposit", "amount": "1500", "currency": "USDC"}),
        ("deposit 500usdt", {"kind": "deposit", "amount": "500", "currency": "USDT"}),
        ("withdraw two thousand usdt", {"kind": "withdraw", "amount": "2000", "currency": "USDT"}),
        ("convert 100 dollars to bitcoin", {"kind": "convert", "amount": "100", "currency": "USDT", "into": "BTC"}),
        ("swap 0.25 eth for btc", {"kind": "convert", "amount": "0.25", "currency": "ETH", "into": "BTC"}),
        ("convert 0.1 btc to dollars", {"kind": "convert", "amount": "0.1", "currency": "BTC", "into": "USDT"}),
        ("convert 500 to btc", {"kind": "convert", "amount": "500", "into": "BTC"}),
        ("/convert 0.2 eth to usdt", {"kind": "convert", "amount": "0.2", "currency": "ETH", "into": "USDT"}),
    ],
)
def test_money_moves_as_it_was_said(text: str, arguments: dict[str, Any]):
    assert calls(text) == [("fund_account", arguments)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("deposit", "How much play money should come in?"),
        ("withdraw all my cash", "How much play money should go out?"),
        ("withdraw half", "How much play money should go out?"),
        ("deposit -500", "An amount is above zero."),
        ("withdraw 0 usdt", "An amount is above zero."),
        ("convert 500 usdt", "How much of what, and into what?"),
        ("convert 500 usdt to usdt", "How much of what, and into what?"),
        ("/convert 0.1 btc", "How much of what, and into what?"),
        ("deposit 9999999999999", "How much play money should come in?"),
        ("/fund_account", "Should money come in, go out, or change its currency?"),
        ("set my target", "Which equity do you want to reach?"),
        ("export my trades and my fills", "One file at a time"),
        ("/target", "Which equity do you want to reach?"),
        ("set my target to 0", "An amount is above zero."),
    ],
)
def test_what_is_missing_is_asked_for(text: str, words: str):
    found = said(text)
    assert (found.outcome, found.calls) == (Outcome.QUESTION, ())
    assert found.text.startswith(words)


@pytest.mark.parametrize("text", ["deposit 10%", "deposit 1 or 2", "withdraw half"])
def test_part_of_the_money_is_no_movement_of_the_account(text: str):
    assert not acts(text)


@pytest.mark.parametrize("text", ["deposit 500 into alpha", "withdraw 50 from beta"])
def test_money_of_a_bot_is_its_capital_and_no_movement_of_the_account(text: str):
    assert [tool for tool, _ in calls(text)] in (["add_capital"], ["withdraw_capital"])


def test_a_question_about_money_moves_none():
    for text in (
        "did i deposit 500?",
        "can i withdraw 500?",
        "should i convert 100 usdt to btc",
        "how do i deposit 5?",
    ):
        assert not acts(text), text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("set my target to 50k and show my countdown", [("set_target", {"target": "50000"}), ("countdown_status", {})]),
        ("verify my ledger and reconcile it", [("ledger_verify", {}), ("ledger_reconcile", {})]),
        ("positions of alpha and beta", [("positions", {"bot": "Alpha"}), ("positions", {"bot": "Beta"})]),
        ("run a reconciliation", [("ledger_reconcile", {})]),
        ("what is a sharpe ratio", [("help", {"topic": "sharpe"})]),
        ("what does profit factor mean", [("help", {"topic": "profit factor"})]),
    ],
)
def test_wishes_about_the_ledger_become_calls(text: str, wanted: list[tuple[str, dict[str, Any]]]):
    assert calls(text) == wanted


def test_every_button_of_the_new_tools_leads_somewhere():
    for text in ("ranking or so", "maybe deposit 500", "should i set my target to 5k", "can i export my trades?"):
        for option in said(text).options:
            assert said(option.message).outcome in (Outcome.CALLS, Outcome.QUESTION), option
