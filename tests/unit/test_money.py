"""Money is exact inside, rounded only where an exchange rounds, and refused when it is none (spec/accounting.md)."""

from decimal import Decimal, Inexact, localcontext

import pytest

from core.domain.errors import InvalidInput
from core.domain.money import bps_of, exact, floor_to, parse_positive, plain, ratio, round_fee_up
from tests.builders import dec


@pytest.mark.parametrize(
    "value",
    ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity", "1e15000", "1000000000000001", "1e-9", "", "ten", "1,000"],
)
def test_what_is_no_amount_is_refused(value: str):
    with pytest.raises(InvalidInput, match="capital"):
        parse_positive(value, "The capital")


@pytest.mark.parametrize("value", [1.5, float("nan"), True, None, [1], b"1"])
def test_only_text_and_whole_numbers_are_amounts(value: object):
    with pytest.raises(InvalidInput, match="text or a whole number"):
        parse_positive(value, "The capital")


@pytest.mark.parametrize(
    ("value", "amount"),
    [("1e3", "1000"), (7, "7"), (" 2.50 ", "2.5"), ("1e15", "1e15"), ("1e-8", "1e-8"), (Decimal("0.1"), "0.1")],
)
def test_an_amount_is_read_exactly(value: object, amount: str):
    assert parse_positive(value, "It") == dec(amount)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+3", "1000"),
        ("100", "100"),
        ("0.500", "0.5"),
        ("-0.0", "0"),
        ("0E-20", "0"),
        ("0E+3", "0"),
        ("-1.10", "-1.1"),
        ("1E-18", "0.000000000000000001"),
    ],
)
def test_an_amount_has_one_text_form(amount: str, text: str):
    assert plain(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "step", "floored"),
    [("0.12345", "0.001", "0.123"), ("7", "2.5", "5"), ("1", "0.0003", "0.9999"), ("0.0009", "0.001", "0")],
)
def test_amounts_are_cut_down_to_whole_steps(amount: str, step: str, floored: str):
    with exact():
        assert floor_to(dec(amount), dec(step)) == dec(floored)


def test_fees_are_rounded_up_and_exact_ones_kept():
    assert round_fee_up(dec("0.000000010000001"), 8) == dec("0.00000002")
    assert round_fee_up(dec("0.00000001"), 8) == dec("0.00000001")
    assert round_fee_up(dec(0), 8) == 0


def test_ledger_arithmetic_raises_instead_of_rounding():
    with exact(), pytest.raises(Inexact):
        _ = dec(1) / dec(3)
    with exact():
        assert dec("1e15") * dec("1e-18") + dec("1e15") == dec("1000000000000000.001")


def test_a_ratio_is_rounded_half_even_whatever_the_context():
    with localcontext() as narrow:
        narrow.prec = 3
        assert ratio(dec(2), dec(3)) == dec("0.666666666666666667")
    assert ratio(dec("0.5e-18"), dec(1)) == 0
    assert ratio(dec("1.5e-18"), dec(1)) == dec("2e-18")
    assert bps_of(dec(1), dec(8)) == 1250
