"""Bots are changed, charted and backtested by plain words, and never on a guess (spec/chat.md, Offline router)."""

from typing import Any

import pytest

from assistant.offline_router import Outcome
from tests.fakes.offline_turns import acts, calls, said


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("/rename alpha Falcon Nine", ("rename_bot", {"bot": "Alpha", "name": "Falcon Nine"})),
        ("/clone alpha Echo with 500", ("clone_bot", {"bot": "Alpha", "name": "Echo", "capital": "500"})),
        ("/clone alpha", ("clone_bot", {"bot": "Alpha"})),
        ("/edit alpha fast 5 slow 20", ("edit_bot", {"bot": "Alpha", "parameters": {"fast": 5, "slow": 20}})),
        ("/addcapital beta 250", ("add_capital", {"bot": "Beta", "amount": "250"})),
        ("/withdrawcapital beta all", ("withdraw_capital", {"bot": "Beta"})),
        ("/pauseall", ("pause_all_bots", {})),
        ("/pause-all", ("pause_all_bots", {})),
        ("/resumeall", ("resume_all_bots", {})),
        ("/chart eth 1h", ("price_chart", {"symbol": "ETH/USDT", "timeframe": "1h"})),
        ("/chart 12h", ("equity_chart", {"hours": 12})),
        (
            "/backtest dca btc 1d 365d 5k",
            (
                "backtest",
                {
                    "strategy": "dca",
                    "symbol": "BTC/USDT",
                    "timeframe": "1d",
                    "days": 365,
                    "capital": "5000",
                },
            ),
        ),
        ("/compare 01jd8z 0abc1", ("compare_backtests", {"backtests": ["01jd8z", "0abc1"]})),
    ],
)
def test_every_slash_command_reaches_its_tool(text: str, made: tuple[str, dict[str, Any]]):
    assert calls(text) == [made]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/rename alpha", "What should the new name be?"),
        ("/rename", "What should the new name be?"),
        ("/edit alpha", "What should change?"),
        ("/edit alpha colour 5", "What should change?"),
        ("/addcapital alpha", "How much should it get?"),
        ("/addcapital alpha -5", "An amount is above zero."),
        ("/backtest", "Which strategy on which coin"),
        ("backtest something", "Which strategy on which coin"),
        ("set alpha's slow to 9000", "9,000 is out of bounds: slow goes from"),
        ("backtest grid with fast 5 on btc", "Grid has no fast; it has"),
        ("backtest grid or dca on btc", "Which strategy should it be"),
        ("do not backtest grid on btc", "I ran no backtest."),
        ("backtest grid on btc over the last quarter", "Which strategy on which coin"),
        ("backtest grid on btc over the last 30 days and 90 days", "Over which stretch of time?"),
        ("use 7 minute bars for alpha", "On which bars should it decide"),
        ("set alpha's exchange to kraken", "A bot keeps its pair and its exchange"),
    ],
)
def test_what_cannot_be_used_is_asked_about(text: str, words: str):
    found = said(text)
    assert found.calls == ()
    assert found.text.startswith(words)


def test_figures_of_parameters_are_no_capital():
    made = calls("create a grid bot on btc with 8 levels and 500 usdt")
    assert made == [
        (
            "create_bot",
            {"strategy": "grid", "symbol": "BTC/USDT", "capital": "500", "parameters": {"levels": 8}},
        )
    ]


def test_the_length_of_bars_is_told_from_the_stretch_of_history():
    made = calls("backtest breakout on eth on 4 hour candles over the last 6 months")
    assert made == [("backtest", {"strategy": "breakout", "symbol": "ETH/USDT", "timeframe": "4h", "days": 180})]


def test_a_copy_can_be_started_in_the_next_breath():
    assert calls("clone alpha and start it") == [("clone_bot", {"bot": "Alpha", "start": True})]


@pytest.mark.parametrize(
    "text", ["set alpha's fast to 5 and use hourly bars", "make alpha careful, set fast to 5, and use hourly bars"]
)
def test_several_settings_are_one_change(text: str):
    ((tool, arguments),) = calls(text)
    assert tool == "edit_bot"
    assert arguments["parameters"] == {"fast": 5}
    assert arguments["timeframe"] == "1h"


def test_a_change_and_another_command_are_two():
    assert [tool for tool, _ in calls("set alpha's fast to 5 and pause beta")] == ["edit_bot", "pause_bot"]


def test_the_bot_talked_about_last_may_be_called_it():
    assert calls("use hourly bars for it", last_bot="Beta") == [("edit_bot", {"bot": "Beta", "timeframe": "1h"})]


def test_a_change_of_an_unnamed_bot_asks_which_one():
    found = said("make it aggressive")
    assert (found.outcome, found.text) == (Outcome.QUESTION, "Which bot should change?")


@pytest.mark.parametrize("text", ["pause all", "pause my bots", "put all my bots on hold", "pause every bot for now"])
def test_pausing_all_bots_is_no_emergency_stop(text: str):
    assert calls(text) == [("pause_all_bots", {})]


@pytest.mark.parametrize("text", ["stop everything", "halt all bots", "freeze everything", "kill all bots"])
def test_words_of_an_emergency_stay_an_emergency(text: str):
    assert [tool for tool, _ in calls(text)] == ["emergency_stop"]


@pytest.mark.parametrize(
    "text",
    [
        "rename alpha to beta",
        "rename alpha to one two three four five",
        "call alpha or beta gamma",
        "take 500 out of alpha or beta",
        "give alpha 500 more chances",
        "should alpha be aggressive",
        "alpha should have been aggressive",
        "set alpha's fast to 5.5",
        "make alpha aggressive and sell the house",
    ],
)
def test_nothing_changes_on_words_that_are_not_wholly_understood(text: str):
    assert not acts(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("how does grid work?", "grid"),
        ("what is mean reversion", "rsi reversion"),
        ("explain dollar cost averaging", "dca"),
        ("what does donchian mean", "breakout"),
        ("how does the adaptive strategy decide", "adaptive"),
    ],
)
def test_a_question_about_a_strategy_explains_it(text: str, topic: str):
    assert calls(text) == [("help", {"topic": topic})]
