"""Changes of bots, candles and backtests as blocks (spec/bots.md, Backtest; spec/chat.md, What a person sees)."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from assistant.blocks import Block, Candles, Card, Chart, Choices, File, Table, Text, Tone
from assistant.present import present
from assistant.toolbox import for_model
from core.services.bot_changes import BotOutcome
from tests.builders import at
from tests.fakes.market_results import backtest_report, market_examples
from tests.fakes.offline_turns import calls
from tests.fakes.order_results import SOURCE
from tools import results as r
from web.charts import candle_chart, line_chart


def only(kind: type[Block], blocks: tuple[Block, ...]) -> list[Block]:
    return [block for block in blocks if isinstance(block, kind)]


def values(card: Block) -> dict[str, str]:
    assert isinstance(card, Card)
    return {field.label: field.value for field in card.fields}


def test_a_backtest_says_everything_the_spec_promises():
    card = present(r.Backtested(backtest_report()))[0]
    assert isinstance(card, Card)
    assert (card.title, card.tone) == ("Backtest: EMA cross on BTC/USDT 5m with 1,000.00 USDT", Tone.GAIN)
    assert values(card) == {
        "Net profit": "+42.50 USDT",
        "Return": "+4.25 %",
        "Buy and hold": "-2.10 %",
        "Max drawdown": "1.75 %",
        "Sharpe (daily, annualised)": "1.84",
        "Sortino (daily, annualised)": "not defined",
        "Yearly growth": "65.90 %",
        "Profit factor": "2.40",
        "Win rate": "50.00 %",
        "Expectancy": "+21.25 USDT a trade",
        "Trades": "2, 1 won",
        "Average holding": "1 h 30 min",
        "Time in the market": "12.50 %",
        "Fees": "3.00 USDT",
        "Refused entries": "3 (fee coverage 3)",
        "Period": "2026-01-05 12:00Z to 2026-01-05 14:00Z, 24 bars",
    }
    assert card.foot == f"Paper trading · prices: {SOURCE} · fast 9, slow 21, balanced · backtest 1a2b3c4d"


def test_a_backtest_shows_equity_with_its_drawdown_and_where_holding_would_have_ended():
    (chart,) = only(Chart, present(r.Backtested(backtest_report())))
    assert isinstance(chart, Chart)
    assert chart.values == ("1000", "1045.3", "1042.5")
    assert chart.under is not None
    assert chart.under.values == ("0", "0", "0.2679")
    assert chart.level == ("buy and hold ends here", "979")


def test_the_trades_of_a_backtest_are_a_file():
    (file,) = only(File, present(r.Backtested(backtest_report())))
    assert isinstance(file, File)
    assert (file.name, file.media_type) == ("backtest-1a2b3c4d-trades.csv", "text/csv")
    assert len(file.content.decode().splitlines()) == 3


def test_a_backtest_without_a_trade_says_so_and_what_stopped_it():
    idle = next(one for one in market_examples("Alpha") if isinstance(one, r.Backtested) and not one.report.trades)
    blocks = present(idle)
    assert only(File, blocks) == []
    assert values(blocks[0])["Stopped early by"] == "drawdown"
    assert blocks[-1] == Text("It closed no trade, so there is no list of trades.")


def test_backtests_side_by_side_say_which_was_better_and_why():
    good, other = backtest_report(), backtest_report("5e6f7a8b", "grid")
    words, table = present(r.BacktestsCompared((good, other), good.backtest_id, "It made more."))
    assert words == Text("**EMA cross on BTC/USDT 5m** was better. It made more.")
    assert isinstance(table, Table)
    assert table.columns == ("", "EMA cross ★", "Grid")
    assert ("Net profit", "+42.50 USDT", "+42.50 USDT") in table.rows


def test_no_winner_is_named_where_there_is_none():
    pair = (backtest_report(), backtest_report("5e6f7a8b"))
    words, table = present(r.BacktestsCompared(pair, None, "They cover different stretches."))
    assert words == Text("They cover different stretches.")
    assert isinstance(table, Table)
    assert not any("★" in column for column in table.columns)


def test_candles_carry_what_was_bought_and_sold():
    chart = market_examples("Alpha")[0]
    (block,) = present(chart)
    assert isinstance(block, Candles)
    assert isinstance(chart, r.PriceChart)
    assert [row[3] for row in block.prices] == [str(bar.close) for bar in chart.bars]
    assert [point.words for point in block.points] == [
        "Alpha bought 0.02 BTC at 20,001.00",
        "Alpha sold 0.02 BTC at 20,200.00",
    ]


def test_fills_that_are_not_marked_are_counted():
    chart = market_examples("Alpha")[1]
    (block,) = present(chart)
    assert isinstance(block, Candles)
    assert block.foot.endswith("12 older fills are not marked")


def test_the_capital_that_moved_is_shown_with_what_is_left():
    (card,) = present(r.CapitalMoved("Alpha", Decimal(-200), "USDT", Decimal(800), Decimal(790), Decimal(9200)))
    assert values(card) == {
        "Moved out": "200.00 USDT",
        "Capital": "800.00 USDT",
        "Cash of the bot": "790.00 USDT",
        "Your free cash": "9,200.00 USDT",
    }


def test_pausing_all_bots_gives_a_line_for_each_with_what_kept_it():
    outcomes = (BotOutcome("Alpha", "paused"), BotOutcome("Beta", "circuit_tripped", "Its circuit breaker is open."))
    _, table = present(r.BotsMoved("paused", outcomes, "1 of 2 paused."))
    assert isinstance(table, Table)
    assert table.rows == (("Alpha", "paused", ""), ("Beta", "circuit tripped", "Its circuit breaker is open."))


@pytest.mark.parametrize("result", market_examples("Alpha"), ids=lambda result: type(result).__name__)
def test_a_model_reads_the_figures_and_not_every_bar(result: r.Result):
    long = result
    if isinstance(result, r.PriceChart):
        bars = tuple(replace(result.bars[0], open_time=at(300 * number)) for number in range(300))
        long = replace(result, bars=bars)
    if isinstance(result, r.Backtested):
        long = replace(result, report=replace(result.report, equity=result.report.equity * 500))
    assert len(for_model(long)) < 6_000
    assert json.loads(for_model(long))


@pytest.mark.parametrize("topic", ["grid", "ema_cross", "EMA cross", "Bollinger bands", "rsi reversion"])
def test_a_strategy_is_explained_with_its_settings_and_what_to_try(topic: str):
    words, table, choices = present(r.HelpText(topic, "as words", ()))
    assert isinstance(words, Text)
    assert isinstance(table, Table)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert isinstance(choices, Choices)
    assert [[tool for tool, _ in calls(message)] for _, message in choices.options] == [["create_bot"], ["backtest"]]


def test_charts_fit_both_themes_and_a_phone():
    """Nothing is painted behind them, and no slider takes a phone's height."""
    candles, report = present(market_examples("Alpha")[0])[0], present(r.Backtested(backtest_report()))[1]
    assert isinstance(candles, Candles)
    assert isinstance(report, Chart)
    for figure in (candle_chart(candles), line_chart(report)):
        drawn = figure.to_dict()
        assert drawn["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
        assert "width" not in drawn["layout"]
    assert candle_chart(candles).to_dict()["layout"]["xaxis"]["rangeslider"] == {"visible": False}
    assert [trace["name"] for trace in line_chart(report).to_dict()["data"]] == [
        "Equity and drawdown",
        "Drawdown",
    ]
