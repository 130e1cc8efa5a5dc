"""What a newcomer says leads somewhere, and what bots cannot do is said plainly (spec/chat.md, Offline router)."""

import pytest

from assistant.blocks import Text
from assistant.offline_router import OfflineRouter, Outcome
from assistant.offline_router.answers import UNKNOWN
from assistant.offline_router.limits import FIXED
from tests.fakes.offline_turns import BOTS, RecordingCaller, acts, calls, said, turn
from tools.glossary import explain


def _messages(text: str) -> list[str]:
    return [option.message for option in said(text).options]


@pytest.mark.parametrize("text", ["sell everything", "close all positions", "close everything", "liquidate all of it"])
def test_selling_everything_offers_the_stop_that_sells(text: str):
    assert _messages(text)[0] == "/stop flatten"


def test_closing_all_bots_is_about_bots_and_not_about_positions():
    assert _messages("close all bots") == [f"/stop {bot}" for bot in BOTS]


def test_a_whole_balance_is_asked_for_as_an_amount():
    assert said("make a bot on bitcoin with the entire balance").text.startswith("How much play money")


@pytest.mark.parametrize(
    "text", ["is this real money?", "is it safe?", "is this real?", "am i using real money", "is my money safe?"]
)
def test_a_question_about_real_money_explains_paper_trading(text: str):
    assert calls(text, last_bot="Alpha") == [("help", {"topic": "paper trading"})]


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("start all bots", "start_bot"),
        ("start everything", "start_bot"),
    ],
)
def test_all_bots_start_with_a_card_each(text: str, tool: str):
    assert calls(text) == [(tool, {"bot": bot}) for bot in BOTS]


def test_resuming_everything_asks_whether_bots_or_trading_are_meant():
    assert _messages("resume everything") == ["resume all bots", "/resume_trading"]
    assert calls("resume everything", bots=("Solo",)) == [("resume_bot", {"bot": "Solo"})]


def test_deleting_all_bots_stays_a_question():
    assert said("delete all bots").outcome is Outcome.QUESTION


@pytest.mark.parametrize("text", ["which is my best bot", "which bot is winning", "what is my worst bot?"])
def test_comparing_bots_ranks_them(text: str):
    assert calls(text) == [("performance_ranking", {})]


@pytest.mark.parametrize("text", ["what did my bot do today", "what did my bots do today", "what have the bots done"])
def test_what_bots_did_is_their_trades(text: str):
    assert calls(text) == [("trade_history", {})]


@pytest.mark.parametrize(
    "text", ["what bots can I make?", "which strategies are there", "what kinds of bots are there?"]
)
def test_what_can_be_made_explains_the_strategies(text: str):
    assert calls(text) == [("help", {"topic": "strategies"})]


def test_the_strategies_are_explained_with_their_risk_modes():
    text = explain("strategies") or ""
    assert all(word in text for word in ("EMA cross", "RSI reversion", "safe", "balanced", "aggressive"))
    assert explain("strategy")
    assert explain("risk mode")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("give beta more money", "How much should it get?"),
        ("increase the capital of beta", "How much should it get?"),
        ("reduce the capital of beta", "How much should come out?"),
        ("rename it", "What should the new name be?"),
        ("edit alpha", "What should change?"),
        ("change the strategy of alpha", "What should change?"),
        ("can I change alpha?", "What should change?"),
        ("make it bigger", "What should change?"),
    ],
)
def test_a_wish_to_change_a_bot_that_says_too_little_is_asked_about(text: str, words: str):
    found = said(text, last_bot="Alpha")
    assert (found.outcome, found.calls) == (Outcome.QUESTION, ())
    assert found.text.startswith(words)


@pytest.mark.parametrize(
    "text", ["set a stop loss of 2%", "change the pair of alpha", "change alpha's stop loss to 3%"]
)
def test_what_a_bot_keeps_for_good_is_said_plainly(text: str):
    found = said(text, last_bot="Alpha")
    assert (found.calls, found.text) == ((), FIXED)
    assert found.options[0].message == "/create"


@pytest.mark.parametrize("text", ["make alpha trade", "give alpha a break", "set alpha running", "put alpha on hold"])
def test_a_command_is_not_taken_for_a_change(text: str):
    assert acts(text)


@pytest.mark.parametrize(
    "text", ["set up a strategy on btc", "create a bot on btc, make it safe", "create a risky bot"]
)
def test_a_description_of_a_new_bot_is_not_taken_for_a_change(text: str):
    assert [tool for tool, _ in calls(text)] == ["create_bot"]


def test_a_change_of_something_else_is_not_about_bots():
    assert said("change the password").text == UNKNOWN


@pytest.mark.parametrize("text", ["should I stop alpha?", "what about everything here and chart?", "can i pause it?"])
def test_a_question_is_not_told_about_guesses(text: str):
    assert "on a guess" not in said(text).text


@pytest.mark.parametrize(
    "text", ["create 3 bots", "make three bots on btc", "make me two bots", "create some new bots"]
)
def test_several_new_bots_are_made_one_at_a_time(text: str):
    found = said(text)
    assert (found.calls, found.text) == ((), "One at a time, please:")
    assert found.options[0].message == "/create"


@pytest.mark.parametrize("amount", ["-5 usdt", "0 usdt", "0", "$-20"])
def test_an_amount_of_nothing_or_less_is_refused_in_words(amount: str):
    found = said(f"create a bot with {amount}")
    assert found.outcome is Outcome.QUESTION
    assert found.text.startswith("An amount is above zero.")


@pytest.mark.parametrize("text", ["hi", "Hello!", "good morning"])
def test_a_greeting_is_answered_shortly_with_three_ways_on(text: str):
    found = said(text)
    assert found.text == "Hello! Say what you want, for example:"
    assert [[tool for tool, _ in calls(option.message)] for option in found.options] == [
        ["portfolio_summary"],
        ["create_bot"],
        ["help"],
    ]
    assert calls(found.options[1].message) == [("create_bot", {"start": True})]


async def test_words_that_may_quote_the_person_are_shown_as_they_are():
    router = OfflineRouter(RecordingCaller())
    outputs = [output async for output in router.route(turn("price of doge/usdt"))]
    assert [(type(output), output.plain) for output in outputs if isinstance(output, Text)] == [(Text, True)]
