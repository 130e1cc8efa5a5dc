"""Amounts and spans of time are read exactly or not at all (spec/chat.md, Offline router)."""

from decimal import Decimal

import pytest

from assistant.offline_router.amounts import parse_amount
from assistant.offline_router.entities import read
from assistant.offline_router.periods import Span, Unit
from assistant.offline_router.text import Kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2k", "2000"),
        ("2.5k", "2500"),
        ("1,500.50", "1500.50"),
        ("1000 USDT", "1000"),
        ("1000usdt", "1000"),
        ("$500", "500"),
        ("$1.5m", "1500000"),
        (".5k", "500"),
        ("two thousand", "2000"),
        ("two thousand five hundred", "2500"),
        ("a thousand", "1000"),
        ("3 grand", "3000"),
        ("12,345,678", "12345678"),
        ("500 bucks", "500"),
    ],
)
def test_an_amount_is_read_exactly(text: str, value: str):
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1.000,50", "1,5", "-5", "1e9", "12,34", "20%", "5m", "2kk", "one", "", "k", "NaN", "inf", "1/2"]
)
def test_what_is_not_plainly_an_amount_is_not_guessed(text: str):
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("last 3 days", Span(Unit.DAY, 3)),
        ("24h", Span(Unit.HOUR, 24)),
        ("5 minute", Span(Unit.MINUTE, 5)),
        ("5m", Span(Unit.MINUTE, 5)),
        ("hourly", Span(Unit.HOUR, 1)),
        ("this week", Span(Unit.WEEK, 1)),
        ("last week", Span(Unit.WEEK, 1, past=True)),
        ("since monday", Span(Unit.WEEK, 1)),
        ("past two weeks", Span(Unit.WEEK, 2)),
        ("today", Span(Unit.DAY, 1)),
    ],
)
def test_a_span_of_time_is_read_by_unit_and_count(text: str, span: Span):
    assert [token.value for token in read(text, (), ()) if token.kind is Kind.PERIOD] == [span]


@pytest.mark.parametrize("text", ["btc", "Bitcoin", "BTC-USDT", "btc/usdt", "BTCUSDT", "btc usdt", "bitcon"])
def test_a_pair_has_many_spellings(text: str):
    tokens = read(text, (), ("BTC/USDT", "ETH/BTC"))
    assert [(token.kind, token.value) for token in tokens] == [(Kind.SYMBOL, "BTC/USDT")]
