"""What a bot buys never costs more than its risk mode allows, in slices either; sales are in lots (spec/bots.md)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.bot_state import Bot
from core.domain.instrument import Exchange, Instrument
from core.domain.lots import Lot, LotQueue
from core.domain.market import Timeframe
from core.domain.money import ONE, ZERO, exact, ratio
from core.domain.sizing import entry_quantity, exit_quantity, position_view
from core.domain.strategies.base import FLAT, PositionView
from core.domain.strategies.catalog import RISK_PROFILES
from core.domain.strategies.slices import part_of, slices_held
from tests.builders import BTC, T0

FEE = Decimal("0.001")
BALANCED = RISK_PROFILES["balanced"]

modes = st.sampled_from(sorted(RISK_PROFILES))
prices = st.decimals("0.00001", "200000", places=5, allow_nan=False, allow_infinity=False)
money = st.decimals("10", "10000000", places=8, allow_nan=False, allow_infinity=False)
lot_sizes = st.sampled_from([Decimal("0.00001"), Decimal("0.001"), Decimal(1), Decimal(100)])
moves = st.decimals("0.8", "1.25", places=3, allow_nan=False, allow_infinity=False)
fractions = st.integers(1, 20).map(part_of)


def _bot(cash: Decimal) -> Bot:
    parameters: dict[str, int] = {}
    bot = Bot("b", "Alpha", Exchange.BINANCE, BTC.symbol, "grid", parameters, Timeframe.M1, "balanced", cash, T0)
    bot.cash = cash
    bot.positions[BTC.symbol] = LotQueue()
    return bot


def _buy(bot: Bot, quantity: Decimal, price: Decimal) -> None:
    with exact():
        fee = ratio(quantity * price * FEE, ONE)
        bot.cash -= quantity * price + fee
        bot.positions[BTC.symbol].buy(Lot(quantity, price, T0, fee))


def _sell(bot: Bot, quantity: Decimal, price: Decimal) -> None:
    with exact():
        bot.positions[BTC.symbol].sell(quantity)
        bot.cash += quantity * price - ratio(quantity * price * FEE, ONE)


def _held(quantity: str, price: str = "100", cash: str = "1000") -> Bot:
    bot = _bot(Decimal(cash))
    bot.positions[BTC.symbol].buy(Lot(Decimal(quantity), Decimal(price), T0, ZERO))
    return bot


@given(
    mode=modes,
    cash=money,
    lot=lot_sizes,
    start=prices,
    steps=st.lists(st.tuples(st.booleans(), moves, fractions), min_size=1, max_size=30),
)
@settings(max_examples=200, deadline=None)
def test_no_entry_costs_more_than_is_left_of_what_the_risk_mode_allows(
    mode: str, cash: Decimal, lot: Decimal, start: Decimal, steps: list[tuple[bool, Decimal, Decimal]]
):
    """Whatever was bought and sold before, at whatever prices about the first, in whatever parts."""
    bot, profile, rules = _bot(cash), RISK_PROFILES[mode], replace(BTC, lot_size=lot)
    for buys, move, size in steps:
        queue, price = bot.positions[BTC.symbol], start * move
        if not buys:
            _sell(bot, exit_quantity(bot, rules, size) or queue.quantity, price)
            continue
        quantity = entry_quantity(bot, price, profile, rules, size)
        assert quantity % lot == 0
        with exact():
            allowed = (bot.cash + queue.cost) * profile.position_fraction
            assert quantity * price <= allowed * size
            assert quantity == 0 or queue.cost + quantity * price <= allowed
            assert quantity * price * (1 + FEE) <= bot.cash
        if quantity:
            _buy(bot, quantity, price)


@given(mode=modes, slices=st.integers(1, 20), price=prices)
@settings(max_examples=100, deadline=None)
def test_as_many_slices_as_were_wanted_fit_and_are_counted_one_by_one(mode: str, slices: int, price: Decimal):
    bot, profile = _bot(Decimal(1_000_000)), RISK_PROFILES[mode]
    for number in range(slices):
        view = position_view(bot, BTC.symbol, profile)
        assert slices_held(view, slices) == number
        _buy(bot, entry_quantity(bot, price, profile, replace(BTC, lot_size=Decimal("1e-8")), part_of(slices)), price)
    view = position_view(bot, BTC.symbol, profile)
    assert slices_held(view, slices) == slices
    assert Decimal("0.99") < view.filled_fraction < Decimal("1.002")


def test_an_entry_buys_nothing_once_all_that_is_allowed_is_held():
    bot = _held("5", cash="500")  # 500 of 1,000 are in the position
    assert entry_quantity(bot, Decimal(100), BALANCED, BTC, ONE) == 0


@pytest.mark.parametrize(
    ("held", "size", "sold"),
    [
        ("1", "1", None),
        ("1", "0.5", "0.5"),
        ("0.00003", "0.5", "0.00001"),
        ("0.00003", "0.1", "0.00001"),
        ("0.00001", "0.5", None),
        ("0.000005", "0.5", None),
    ],
)
def test_a_part_that_is_sold_is_whole_lots_and_at_least_one(held: str, size: str, sold: str | None):
    assert exit_quantity(_held(held), BTC, Decimal(size)) == (None if sold is None else Decimal(sold))


def test_a_strategy_sees_its_position_as_the_ledger_has_it():
    bot = _held("3", "100", cash="700")
    bot.positions[BTC.symbol].buy(Lot(Decimal(1), Decimal(200), T0, ZERO))
    bot.last_entry_at = T0
    view = position_view(bot, BTC.symbol, BALANCED)
    assert view == PositionView(Decimal(4), Decimal(125), ratio(Decimal(500), Decimal(600)), T0)


def test_a_strategy_knows_its_last_entry_also_after_it_sold():
    bot = _bot(Decimal(1000))
    assert position_view(bot, BTC.symbol, BALANCED) == FLAT
    bot.last_entry_at = T0 + timedelta(minutes=5)
    assert position_view(bot, BTC.symbol, BALANCED) == PositionView(last_entry_at=T0 + timedelta(minutes=5))


def test_an_instrument_with_lots_larger_than_a_slice_is_not_bought():
    coarse = Instrument(BTC.symbol, BTC.tick_size, Decimal(1), BTC.min_notional)
    assert entry_quantity(_bot(Decimal(1000)), Decimal(150), BALANCED, coarse, part_of(5)) == 0
