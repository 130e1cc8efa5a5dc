"""A folded state that was written and read back goes on as if it had never been (spec/accounting.md, Speed)."""

from collections import deque
from dataclasses import dataclass, field, make_dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.account import Account
from core.domain.codec import decode, encode, pack, shape, unpack
from core.domain.errors import IntegrityError
from core.domain.evolve import fold
from core.domain.journal import START, verified
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from tests.builders import BOT, BTC, USER, Chain, at, dec, entry, executed, leave, market, running

BOOK = executed(Side.BUY, [("1", "50000", "0")], mark="50000")


def accepted(number: int, quantity: str) -> ev.OrderAccepted:
    """A sale that rests above the market, nothing of it filled yet."""
    return ev.OrderAccepted(
        order_id=f"rest-{number}",
        client_order_id=f"rest:{number}",
        request_sha256="0" * 64,
        bot_id=BOT,
        exchange=BOOK.exchange,
        symbol=BTC.symbol,
        side=Side.SELL,
        quantity=dec(quantity),
        limit_price=dec(52_000),
        reserved=dec(quantity),
        reduce_only=True,
        reason="test",
        decided_at=at(0),
        decided_mid=dec(50_000),
        fills=(),
        gates_passed=(),
        market=BOOK.market,
        marks=BOOK.marks,
        exchange_version=1,
    )


def filled(number: int, quantity: str, left: str) -> ev.OrderFilled:
    """A part of a resting sale."""
    fills = executed(Side.SELL, [(quantity, "52000", "0.1")], mark="52000").fills
    status = OrderStatus.PARTIALLY_FILLED if dec(left) else OrderStatus.FILLED
    return ev.OrderFilled(f"rest-{number}", BOT, status, fills, dec(left), BOOK.market, {BTC.symbol: dec(52_000)}, 2)


def eventful() -> Chain:
    """A history with everything a state can hold: lots, orders at rest, depth taken, errors, a trip, limits."""
    chain = running(capital="5000")
    chain.add(executed(Side.BUY, [("0.01", "50000", "0.5"), ("0.03", "50000.5", "0.1")], mark="50000"), at(1))
    chain.add(executed(Side.SELL, [("0.005", "51000", "0.3")], mark="51000", order_id="b"), at(2))
    book = market("50000", "50001", at(3))
    chain.run(entry(book, key="c"), at(3))
    chain.run(leave(book, "0.001", key="d"), at(3))
    chain.add(accepted(1, "0.02"), at(4))
    chain.add(filled(1, "0.01", "0.01"), at(5))
    chain.add(ev.BotErred(BOT, "failed"), at(6))
    chain.add(ev.LimitsChanged({"max_drawdown": dec("0.5")}, "test"), at(7))
    chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.2"), dec("0.2"), bot_id=BOT), at(90_000))
    chain.add(ev.Funded(dec(5), "EUR", dec("5.5"), {BTC.symbol: dec(50_000), "EUR/USDT": dec("1.1")}), at(90_001))
    return chain


def play(history: list[tuple[int, int, int]]) -> Chain:
    """A bot that buys, sells, rests, errs and is marked, by small numbers (what, how much, at what price)."""
    chain = running(capital="1000000", funds="2000000")
    for number, (what, amount, price) in enumerate(history):
        bot, now = chain.state.bots[BOT], at(number * 9_000)
        free = bot.held(BTC.symbol) - bot.reserved_units(BTC.symbol)
        quantity = min(free, amount * dec("0.001"))
        fills = [(str(quantity), str(price), "0.01")]
        match what:
            case 0:
                chain.add(ev.Marked({BTC.symbol: dec(price)}, day_start=amount == 1), now)
            case 1 if quantity:
                chain.add(executed(Side.SELL, fills, mark=str(price), order_id=f"o{number}"), now)
            case 2 if quantity and len(bot.orders) < 3:
                chain.add(accepted(number, str(quantity)), now)
            case 3 if bot.orders:
                order = next(iter(bot.orders.values()))
                half = order.reserved / 2 if amount % 2 else order.reserved
                chain.add(filled(int(order.order_id[5:]), str(half), str(order.reserved - half)), now)
            case 4 if bot.orders:
                chain.add(ev.OrderCanceled(next(iter(bot.orders)), BOT, "test", "test"), now)
            case 5:
                chain.add(ev.BotErred(BOT, "failed"), now)
            case _:
                bought = [(str(amount * dec("0.001")), str(price), "0.02")]
                chain.add(executed(Side.BUY, bought, mark=str(price), order_id=f"o{number}"), now)
    return chain


histories = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 9), st.integers(49_000, 52_000)), max_size=30)


def roads(state: Account) -> list[Account]:
    """The state by each way of writing and reading it."""
    return [unpack(Account, pack(state)), decode(Account, encode(state))]


def test_a_state_with_everything_in_it_is_read_as_it_was_written():
    chain = eventful()
    for read in roads(chain.state):
        assert read == chain.state
        assert isinstance(read.bots[BOT].positions[BTC.symbol].lots, deque)
        assert list(read.consumed[BTC.symbol].buy) == list(chain.state.consumed[BTC.symbol].buy)
    assert pack(roads(chain.state)[0]) == pack(chain.state)


def test_packing_keeps_trailing_zeros_and_exponents_so_that_sums_stay_exact():
    state = Account(USER, free_cash={"USDT": Decimal("1.500"), "EUR": Decimal("0E-18"), "BTC": Decimal("1E+3")})
    read = unpack(Account, pack(state))
    assert [str(amount) for amount in read.free_cash.values()] == ["1.500", "0E-18", "1E+3"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(histories, st.integers(0, 30))
def test_a_snapshot_and_the_tail_are_the_whole_fold(history: list[tuple[int, int, int]], cut: int):
    chain = play(history)
    cut = min(cut, len(chain.documents))
    events = list(verified(START, chain.documents))
    half = fold(Account(USER), events[:cut])
    for read in roads(half):
        assert read == half
        assert fold(read, events[cut:]) == chain.state


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"user_id":1}', b'{"user_id":"u","bots":{"b":{}}}', b"\xff"])
def test_what_is_no_state_is_refused_by_name(text: bytes):
    with pytest.raises(IntegrityError, match="no Account"):
        unpack(Account, text)


def test_the_shape_changes_with_any_field_of_any_dataclass_inside():
    inner = make_dataclass("Inner", [("a", int)])
    grown = make_dataclass("Inner", [("a", int), ("b", int, field(default=0))])
    kinds = [
        make_dataclass("Outer", [("one", inner)]),
        make_dataclass("Outer", [("one", grown)]),
        make_dataclass("Outer", [("one", dict[str, list[inner]])]),
        make_dataclass("Outer", [("one", dict[str, list[grown]])]),
        make_dataclass("Outer", [("one", inner | None)]),
    ]
    assert len({shape(kind) for kind in kinds}) == len(kinds)
    assert shape(kinds[0]) == shape(make_dataclass("Outer", [("one", inner)]))
    assert shape(Account) == shape(Account) != shape(_Strange)


@dataclass
class _Strange:
    """A field no document can hold."""

    item: object


def test_what_has_no_text_form_is_refused_when_it_is_written():
    with pytest.raises(NotImplementedError, match="cannot be written"):
        pack(_Strange(object()))
