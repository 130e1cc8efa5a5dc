"""Results as blocks (spec/chat.md): figures are formatted by code from typed results, and people's text is inert."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest

from assistant import formats as f
from assistant.blocks import Block, Card, Choices, Confirmation, Field, File, Table, Text, Tone
from assistant.present import present
from core.domain.confirmation import ConfirmationRecord, ConfirmationStatus
from core.domain.integrity import Check, CheckResult
from core.domain.money import plain
from core.domain.valuation import Mark
from tests.builders import at
from tests.fakes.results import SOURCE, bought_and_sold, examples
from tools import results as r

HOSTILE = "<script>alert(1)</script> **x** [a](javascript:b) ![i](/logout) `c` | d"


def fields(card: Block) -> dict[str, Field]:
    assert isinstance(card, Card)
    return {field.label: field for field in card.fields}


def texts(blocks: tuple[Block, ...]) -> str:
    """What is drawn as markdown."""
    return "\n".join(b.text for b in blocks if isinstance(b, Text | Choices) and not getattr(b, "plain", False))


def test_every_kind_of_result_has_an_example_here():
    assert {type(example) for example in examples()} == set(get_args(r.Result))


@pytest.mark.parametrize("result", examples(), ids=lambda result: type(result).__name__)
def test_every_kind_of_result_is_presented(result: r.Result):
    blocks = present(result)
    assert blocks
    for block in blocks:
        if isinstance(block, Table):
            assert all(len(row) == len(block.columns) for row in block.rows)
        if isinstance(block, Card | Table):
            assert "Paper trading" in block.foot


def test_what_nobody_presents_is_a_mistake_that_shows():
    with pytest.raises(TypeError, match="Nothing presents object"):
        present(object())


@pytest.mark.parametrize("result", examples(HOSTILE), ids=lambda result: type(result).__name__)
def test_markup_in_a_name_never_becomes_markup(result: r.Result):
    """Cards, tables and charts draw plain text; what is drawn as markdown has every mark escaped."""
    drawn = texts(present(result))
    if "script" in drawn:
        assert f.escape(HOSTILE) in drawn
        assert HOSTILE not in drawn
        left = drawn.replace(f.escape(HOSTILE), "")
        assert not any(mark in left for mark in ("<script", "](", "`c`"))


def test_the_summary_shows_the_portfolios_figures_with_the_exact_ones_behind():
    portfolio, _ = bought_and_sold()
    card, table = present(r.Summary(portfolio, SOURCE, at(61)))
    shown = fields(card)
    for label, figure in (
        ("Equity", portfolio.equity),
        ("Net profit", portfolio.net_pnl),
        ("Realized", portfolio.realized_pnl),
        ("Unrealized", portfolio.unrealized_pnl),
        ("Fees", portfolio.fees_total),
        ("Cash", portfolio.cash),
        ("BTC/USDT mark", portfolio.marks[0].price),
    ):
        assert shown[label].exact == plain(figure)
    assert shown["Realized"] == Field("Realized", "+9.50 USDT", Tone.GAIN, "9.5")
    assert shown["Unrealized"] == Field("Unrealized", "+40.00 USDT", Tone.GAIN, "40.000001")
    assert isinstance(card, Card)
    assert card.foot == "Paper trading · prices: replay:script · 2026-01-05 12:01Z · ledger #4"
    assert isinstance(table, Table)
    assert table.rows[0][:3] == ("Alpha", "created", "BTC/USDT")


def test_a_halt_and_a_stale_price_are_warned_of():
    portfolio, _ = bought_and_sold()
    old = Mark("BTC/USDT", Decimal(20000), None, None, "recorded", stale=True)
    card, _ = present(r.Summary(replace(portfolio, halted=True, marks=(old,)), SOURCE, at(61)))
    assert fields(card)["Trading"].tone is Tone.WARNING
    assert fields(card)["Stale prices"] == Field("Stale prices", "BTC/USDT (recorded earlier)", Tone.WARNING)


def test_a_bot_says_why_it_has_not_traded_else_what_it_decided_last():
    reports = [example for example in examples() if isinstance(example, r.BotReport)]
    traded, fresh = (fields(present(report)[0]) for report in reports[:2])
    assert traded["Last decision"].value == "fast above slow (2026-01-05 12:01Z)"
    assert fresh["Why no trade yet"].value == "Alpha is warming up: 12 of 50 bars."


@pytest.mark.parametrize(
    ("nothing", "words"),
    [
        (r.BotList((), SOURCE), "You have no bots yet"),
        (r.Profits("daily", (), "USDT"), "No fills yet"),
        (r.Trades(()), "No closed trades yet"),
    ],
)
def test_nothing_to_show_is_said_in_words(nothing: r.Result, words: str):
    assert words in texts(present(nothing))


def test_a_proposal_is_a_card_with_its_phrase_and_expiry():
    record = ConfirmationRecord(
        confirmation_id="c1",
        user_id="u",
        conversation_id="u:1",
        tool="stop_bot",
        arguments={"bot": "Alpha"},
        arguments_sha256="",
        title="Stop Alpha for good",
        effect=("Sells 0.01 BTC.", "It can never be started again."),
        basis={},
        created_at=at(0),
        expires_at=at(120),
        status=ConfirmationStatus.PENDING,
        version=1,
        phrase="STOP Alpha",
    )
    (card,) = present(record)
    assert card == Confirmation(
        "c1", record.title, record.effect, "2026-01-05T12:02:00.000Z", "Type the phrase", "STOP Alpha"
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (f.money(Decimal("1234567.005"), "USDT"), "1,234,567.00 USDT"),
        (f.money(Decimal("1234567.015"), "USDT"), "1,234,567.02 USDT"),
        (f.signed(Decimal("0.004"), "USDT"), "+0.00 USDT"),
        (f.signed(Decimal("-1.5"), "USDT"), "-1.50 USDT"),
        (f.signed(Decimal(0), "USDT"), "0.00 USDT"),
        (f.price(Decimal("46772.3399")), "46,772.34"),
        (f.price(Decimal("0.000012345678")), "0.00001235"),
        (f.percent(Decimal("0.12345")), "12.34 %"),
        (f.moment(datetime(2026, 11, 24, 5, 4, 59, tzinfo=UTC)), "2026-11-24 05:04Z"),
    ],
)
def test_figures_are_rounded_half_even_and_grouped(shown: str, expected: str):
    assert shown == expected


def of(kind: type[r.Result]) -> list[tuple[Block, ...]]:
    """The blocks of the examples of a kind."""
    return [present(example) for example in examples() if isinstance(example, kind)]


def test_a_ranking_says_conventions_in_plain_words():
    """No losing trade means no profit factor, and before a full day there is no Sharpe ratio."""
    table, card = of(r.Ranking)[0]
    assert isinstance(table, Table)
    assert table.title == "Your bots by return"
    assert table.rows == (("1", "Alpha", "running", "+0.49 %", "+49.20 USDT", "100.00 %", "no losses yet", "1.00 %"),)
    shown = fields(card)
    assert shown["Profit factor"].value == "no losses yet"
    assert shown["Sharpe / Sortino"].value == "no full day yet"
    assert shown["Best trade"].value == "+9.20 USDT on BTC/USDT"
    assert shown["Max drawdown"].value == "1.00 % (100.00 USDT), 2026-01-05 12:00Z to 2026-01-05 12:00Z"
    assert shown["Average holding time"].value == "1 min"


def test_a_countdown_gives_days_or_says_why_not():
    own, asked = (fields(blocks[0]) for blocks in of(r.CountdownReport))
    assert (own["Days at that profit a day"].value, own["Days at that growth a day"].value) == ("797", "560")
    assert own["A day, over 3 days"].value == "+12.50 USDT"
    assert asked["Why there is no date"].value == "There is no complete day of trading to measure yet."
    assert "Days at that profit a day" not in asked


def test_a_verified_ledger_names_its_head():
    card, table = of(r.Verified)[0]
    assert isinstance(card, Card)
    assert (card.title, card.tone) == ("Verified: 10 of 10 checks", Tone.GAIN)
    assert fields(card)["Ledger head"] == Field("Ledger head", "cccccccccccccccc…", Tone.NEUTRAL, "c" * 64)
    assert isinstance(table, Table)
    assert {row[1] for row in table.rows} == {"ok"}


def test_a_failed_check_is_named_with_both_values_and_what_to_do():
    card, table = of(r.Verified)[1]
    assert isinstance(card, Card)
    assert (card.title, card.tone) == ("Not verified: 1 of 10 checks failed", Tone.WARNING)
    assert "restores the newest backup that verifies" in fields(card)["What to do"].value
    assert isinstance(table, Table)
    number, result, name, detail = table.rows[1]
    assert (number, result, name) == ("2", "FAILED (1)", "the hash chain is unbroken")
    assert detail == f"Event 3: The event was changed. Expected {'a' * 64}, found {'b' * 64}."


def test_a_check_that_was_not_done_is_not_called_passed():
    verdict = next(example for example in examples() if isinstance(example, r.Verified)).verdict
    undone = CheckResult(Check.ANCHORS, ok=None, reason="There are no anchors.")
    card, table = present(r.Verified(replace(verdict, checks=(*verdict.checks[:9], undone)), SOURCE))
    assert isinstance(card, Card)
    assert (card.title, card.tone) == ("Verified: 9 of 10 checks", Tone.NEUTRAL)
    assert isinstance(table, Table)
    assert (table.rows[9][1], table.rows[9][3]) == ("not done", "There are no anchors.")


def test_a_reconciliation_with_differences_lists_them_with_what_to_do():
    (good,), (card, table) = of(r.Reconciled)
    assert isinstance(good, Card)
    assert fields(good)["Result"].value == "everything agrees"
    assert fields(card)["What to do"] == Field("What to do", "Rebuild.", Tone.WARNING)
    assert isinstance(table, Table)
    assert table.rows == (("bots", "Alpha", "cash 1", "cash 2"),)


def test_a_position_at_an_old_price_says_how_old():
    (shown, *_) = (example for example in examples() if isinstance(example, r.Positions))
    old = replace(shown.positions[0], mark=replace(shown.positions[0].mark, stale=True, age_secs=Decimal(200)))
    (table,) = present(replace(shown, positions=(old,)))
    assert isinstance(table, Table)
    assert table.rows[0][4] == "24,000.00 (stale, 3 min 20 s old)"


def test_several_currencies_are_listed_with_their_rates():
    portfolio, _ = bought_and_sold()
    other = replace(portfolio.by_currency[0], currency="BTC", rate=Decimal(24000), equity=Decimal("0.5"))
    _, table, _ = present(r.Summary(replace(portfolio, by_currency=(*portfolio.by_currency, other)), SOURCE, at(61)))
    assert isinstance(table, Table)
    assert table.rows[1] == ("BTC", "0.5", f"{other.free_cash:,f}", "24,000.00", "12,000.00")


def test_an_export_is_a_file_with_a_name_of_our_own():
    words, file = of(r.Exported)[0]
    assert words == Text("1 trade in trades-2026-01-05.csv.")
    assert file == File("trades-2026-01-05.csv", b"closed_at,bot\n", "text/csv")


@pytest.mark.parametrize(
    ("secs", "shown"),
    [("0", "0 s"), ("59.9", "59 s"), ("3600", "1 h"), ("3661", "1 h 1 min"), ("90061", "1 d 1 h"), ("86460", "1 d")],
)
def test_a_duration_is_given_in_its_two_largest_units(secs: str, shown: str):
    assert f.duration(Decimal(secs)) == shown
