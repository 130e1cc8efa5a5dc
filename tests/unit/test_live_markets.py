"""An exchange's trading rules are read exactly, and retries wait longer each time (spec/bots.md, Market data)."""

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from core.adapters.feeds.live_ccxt import make
from core.adapters.feeds.live_markets import (
    DECIMAL_PLACES,
    TICK_SIZE,
    exact,
    instrument_document,
    instrument_from,
    instruments_of,
)
from core.adapters.feeds.live_tally import FIRST_SECS, LONGEST_SECS, Backoff
from core.domain.errors import InvalidInput


def market(price: object, amount: object, least: object = None, **more: object) -> dict[str, Any]:
    precision, limits = {"price": price, "amount": amount}, {"cost": {"min": least}}
    return {"spot": True, "active": True, "precision": precision, "limits": limits} | more


def test_steps_and_least_notional_are_exact_decimals():
    found = instruments_of({"BTC/USDT": market(Decimal("0.01"), Decimal("1E-5"), Decimal("5.00"))}, TICK_SIZE)
    rules = found["BTC/USDT"]
    assert (rules.tick_size, rules.lot_size, rules.min_notional) == (Decimal("0.01"), Decimal("0.00001"), 5)


def test_precisions_given_as_decimals_are_steps_too():
    rules = instruments_of({"BTC/USDT": market(Decimal(2), 8)}, DECIMAL_PLACES)["BTC/USDT"]
    assert (rules.tick_size, rules.lot_size, rules.min_notional) == (Decimal("0.01"), Decimal("1E-8"), 0)


def test_what_has_no_precision_is_taken_as_fine_as_can_be():
    rules = instruments_of({"BTC/USDT": market(None, 0)}, TICK_SIZE)["BTC/USDT"]
    assert (rules.tick_size, rules.lot_size) == (Decimal("1E-8"), Decimal("1E-8"))


def test_only_active_spot_pairs_are_served_the_usual_ones_first():
    step = Decimal("0.1")
    listed = {
        "ZZZ/BTC": market(step, step),
        "ETH/USDT": market(step, step),
        "BTC/USDT:USDT": market(step, step),
        "BTC/USDC": market(step, step),
        "OLD/USDT": market(step, step, active=False),
        "BTC/USDT": market(step, step),
        "BTC/EUR": market(step, step, spot=False),
    }
    assert list(instruments_of(listed, TICK_SIZE)) == ["BTC/USDT", "ETH/USDT", "BTC/USDC", "ZZZ/BTC"]


def test_an_instrument_survives_being_stored():
    (rules,) = instruments_of(
        {"ETH/BTC": market(Decimal("1E-6"), Decimal("0.001"), Decimal("0.0001"))}, TICK_SIZE
    ).values()
    assert instrument_from("ETH/BTC", instrument_document(rules)) == rules


@pytest.mark.parametrize(
    ("given", "text"), [(61837.63, "61837.63"), ("1e-8", "1E-8"), (3, "3"), (None, "NaN"), ("x", "NaN"), ([1], "NaN")]
)
def test_numbers_are_read_as_they_were_written(given: object, text: str):
    assert str(exact(given)) == text


def test_retries_wait_twice_as_long_each_time_up_to_a_minute():
    backoff = Backoff(lambda _, most: most)
    assert [backoff.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == FIRST_SECS


def test_a_wait_is_cut_at_random_but_never_below_what_the_exchange_asked_for():
    backoff = Backoff(lambda least, _: least)
    assert (backoff.next(), backoff.next(at_least=30), backoff.next()) == (0.25, 30, 1)
    assert LONGEST_SECS == 60


@pytest.mark.parametrize("exchange", ["valr", "ovex", "nowhere"])
def test_an_exchange_ccxt_does_not_know_is_refused_with_some_that_it_does(exchange: str):
    with pytest.raises(InvalidInput, match=f"no live prices of {exchange}: ccxt.*binance, kucoin, kraken, luno"):
        make(exchange, None)


@pytest.mark.parametrize("exchange", ["binance", "kucoin", "kraken", "luno"])
def test_the_exchanges_named_in_the_specification_have_a_client(exchange: str):
    assert make(exchange, None).has["fetchOrderBook"]


def test_the_web_application_starts_without_ccxt():
    code = "import sys, web.app, core.bootstrap; sys.exit('ccxt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
