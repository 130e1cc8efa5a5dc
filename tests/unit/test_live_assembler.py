"""Live states go by exchange time, no trade to the wrong minute, nothing that cannot be true (spec/bots.md)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.feeds.live_assembler import BOOK_OLD_SECS, GRACE_SECS, MAX_MINUTES, Assembler
from core.adapters.feeds.live_minute import COMPACT_AT, LiveBook, LiveTrade, TradeTape
from core.adapters.feeds.live_tally import Tally
from core.domain.bars import BarBuilder
from core.domain.market import Level, MarketState, Sampling, Timeframe
from tests.fakes.market import START

BTC, SOURCE = "BTC/USDT", "live:binance"


def at(secs: float) -> datetime:
    return START + timedelta(seconds=secs)


def level(price: str, size: str = "1") -> Level:
    return Level(Decimal(price), Decimal(size))


def quote(bid: str, ask: str, sequence: int | None = None) -> LiveBook:
    return LiveBook((level(bid),), (level(ask),), None, sequence, Sampling.QUOTE)


class Bench:
    """An assembler whose messages are heard at the exchange time they carry."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.assembler = Assembler(BTC, SOURCE, self.tally)

    def trade(
        self, secs: float, price: str = "100", size: str = "1", key: str | None = None, heard: float = -1
    ) -> None:
        trade = LiveTrade(key, at(secs), Decimal(price), Decimal(size))
        self.assembler.on_trade(trade, secs if heard < 0 else heard, at(secs))

    def book(self, secs: float, bids: Sequence[str] = ("99", "98"), asks: Sequence[str] = ("101", "102")) -> None:
        book = LiveBook(tuple(map(level, bids)), tuple(map(level, asks)), at(secs), int(secs * 10))
        self.assembler.on_book(book, secs, at(secs))

    def quote(self, secs: float, bid: str, ask: str, sequence: int | None = None) -> None:
        self.assembler.on_book(quote(bid, ask, sequence), secs, at(secs))

    def states(self, heard: float) -> list[MarketState]:
        found: list[MarketState] = []
        while (state := self.assembler.next_state(heard)) is not None:
            found.append(state)
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_book_and_the_trades_before_it_make_one_state(bench: Bench):
    bench.trade(1, "100.5", "2")
    bench.trade(2, "100", "1")
    bench.book(3)
    (state,) = bench.states(3)
    assert (state.ts, state.bid, state.ask, state.sampling) == (at(3), 99, 101, Sampling.BOOK)
    assert (state.volume, state.trades, state.source) == (3, (level("100.5", "2"), level("100")), SOURCE)
    assert bench.states(4) == []


def test_a_trade_before_the_minutes_end_counts_to_it_even_if_its_frame_comes_later(bench: Bench):
    bench.book(59)
    assert len(bench.states(59)) == 1
    bench.book(60.1)
    assert bench.states(60.1) == []  # a trade of the minute before may still come
    bench.trade(59.9, "103", heard=60.2)
    bench.trade(60.0, "104", heard=60.3)
    before, after = bench.states(60.3)
    assert (before.ts, before.trades) == (at(59.9), (level("103"),))
    assert (after.ts, after.trades) == (at(60.1), (level("104"),))


def test_without_a_trade_the_new_minute_begins_after_the_grace(bench: Bench):
    bench.book(59)
    bench.states(59)
    bench.book(60.5)
    assert bench.assembler.wait_secs(60.5) == pytest.approx(GRACE_SECS)
    assert bench.states(60.5 + GRACE_SECS - 0.01) == []
    (state,) = bench.states(60.5 + GRACE_SECS)
    assert (state.ts, state.gap) == (at(60.5), False)


def test_a_poll_that_was_complete_needs_no_grace(bench: Bench):
    bench.book(59)
    bench.states(59)
    bench.book(60.5)
    bench.assembler.complete_until(at(60))
    assert len(bench.states(60.5)) == 1


def test_a_trade_that_comes_after_its_minute_was_given_is_dropped_counted_and_leaves_a_gap(bench: Bench):
    bench.book(59)
    bench.trade(60, "100")
    bench.states(60)
    bench.trade(59.5, "500", heard=61)
    bench.book(61)
    (state,) = bench.states(61)
    assert (state.trades, state.gap, bench.tally.late) == ((), True, 1)


def test_a_trade_that_comes_again_is_dropped_and_counted(bench: Bench):
    for _ in range(3):
        bench.trade(1, key="17")
    bench.book(2)
    (state,) = bench.states(2)
    assert (state.volume, bench.tally.duplicates) == (1, 2)


@pytest.mark.parametrize("number", ["NaN", "0", "-1", "Infinity", "sNaN"])
def test_a_quote_or_trade_that_cannot_be_true_is_refused_and_counted(bench: Bench, number: str):
    bench.book(1, bids=(number, "98"))
    bench.quote(1, "99", number)
    bench.trade(1, price=number)
    bench.trade(1, size=number)
    assert (bench.states(5), bench.tally.refused) == ([], 4)


def test_a_crossed_or_empty_book_is_refused_and_counted(bench: Bench):
    bench.book(1, bids=("101",), asks=("101",))
    bench.book(1, bids=("102",), asks=("101",))
    bench.book(1, bids=())
    assert (bench.states(5), bench.tally.refused) == ([], 3)


def test_a_time_far_ahead_is_refused_for_it_would_hold_up_all_that_follows(bench: Bench):
    trade = LiveTrade("1", at(0) + timedelta(days=30), Decimal(100), Decimal(1))
    bench.assembler.on_trade(trade, 0, at(0))
    bench.book(1)
    assert [state.ts for state in bench.states(1)] == [at(1)]
    assert bench.tally.refused == 1


def test_best_prices_alone_make_quotes_and_a_young_book_lends_them_depth(bench: Bench):
    bench.quote(1, "99", "101")
    (alone,) = bench.states(1)
    assert (alone.sampling, len(alone.bids)) == (Sampling.QUOTE, 1)
    bench.book(2, bids=("99", "98", "97"), asks=("101", "102"))
    bench.quote(2.1, "98.5", "101.5")
    (deep,) = bench.states(2.1)
    assert deep.sampling is Sampling.BOOK
    assert [b.price for b in deep.bids] == [Decimal("98.5"), 98, 97]
    assert [a.price for a in deep.asks] == [Decimal("101.5"), 102]
    bench.quote(2.2 + BOOK_OLD_SECS, "98.5", "101.5")
    assert bench.states(10)[0].sampling is Sampling.QUOTE


def test_a_quote_that_the_book_has_overtaken_says_nothing(bench: Bench):
    bench.book(2)
    bench.quote(2, "90", "91", sequence=20)
    (state,) = bench.states(2)
    assert state.bid == 99
    bench.quote(2.1, "99.5", "100.5", sequence=21)
    assert bench.states(2.1)[0].bid == Decimal("99.5")


def test_a_slow_consumer_gets_the_newest_book_and_every_trade(bench: Bench):
    for step in range(500):
        bench.book(step / 10, bids=(str(90 + step % 7),))
        bench.trade(step / 10, str(100 + step % 3), "0.5")
    (state,) = bench.states(50)
    assert (state.volume, state.bid) == (250, 90 + 499 % 7)
    assert (state.trades[0].price, state.trades[-1].price) == (100, 100 + 499 % 3)
    assert bench.tally.merged == 499


def test_a_consumer_that_stands_still_loses_the_oldest_minutes_and_is_told_of_the_gap(bench: Bench):
    for minute in range(MAX_MINUTES + 10):
        bench.book(60 * minute)
        bench.trade(60 * minute + 1)
    states = bench.states(60 * MAX_MINUTES + 700)
    assert len(states) == MAX_MINUTES
    assert [state.gap for state in states] == [True, *[False] * (MAX_MINUTES - 1)]


def test_lost_trades_spoil_the_bar_only_when_a_minute_ends_without_them(bench: Bench):
    bench.book(1)
    bench.states(1)
    bench.assembler.on_lost()
    bench.book(2)
    bench.assembler.on_restored(complete=True)
    bench.book(3)
    bench.assembler.on_lost()
    bench.book(61)
    assert [state.gap for state in bench.states(70)] == [False, True]
    bench.assembler.on_restored(complete=False)
    bench.book(71)
    assert [state.gap for state in bench.states(71)] == [True]


def test_a_long_tape_keeps_prices_and_volume():
    tape = TradeTape()
    prices = [Decimal(100 + step * 37 % 89) for step in range(3 * COMPACT_AT)]
    for price in prices:
        assert tape.add(price, Decimal("0.1"))
    assert len(tape.levels) < COMPACT_AT + 2
    assert sum(x.quantity for x in tape.levels) == Decimal("0.1") * len(prices)
    assert {x.price for x in tape.levels} == set(prices)
    assert (tape.levels[0].price, tape.levels[-1].price) == (prices[0], prices[-1])


def bars_by_hand(trades: Sequence[LiveTrade]) -> list[tuple[datetime, Decimal, Decimal, Decimal, Decimal, Decimal]]:
    minutes: dict[datetime, list[LiveTrade]] = {}
    for trade in trades:
        minutes.setdefault(trade.ts.replace(second=0, microsecond=0), []).append(trade)
    return [
        (
            minute,
            found[0].price,
            max(t.price for t in found),
            min(t.price for t in found),
            found[-1].price,
            sum((t.quantity for t in found), Decimal(0)),
        )
        for minute, found in sorted(minutes.items())
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20_000),  # ms since the message before
            st.integers(1, 50),  # a price, or where a book stands
            st.sampled_from(["trade", "trade", "book", "quote"]),
            st.booleans(),  # whether the consumer comes by
        ),
        max_size=120,
    )
)
def test_bars_of_the_states_are_the_bars_of_the_trades_whoever_reads_them_when(
    messages: list[tuple[int, int, str, bool]],
):
    bench, builder = Bench(), BarBuilder(BTC, Timeframe.M1, of_trades=True)
    bench.book(0)
    trades: list[LiveTrade] = []
    states: list[MarketState] = []
    secs = 0.0
    for step, (wait, number, kind, reads) in enumerate(messages):
        secs += wait / 1000
        if kind == "trade":
            bench.trade(secs, str(number), "0.25", key=str(step))
            trades.append(LiveTrade(str(step), at(secs), Decimal(number), Decimal("0.25")))
        elif kind == "book":
            bench.book(secs, bids=(str(number),))
        else:
            bench.quote(secs, str(number), "200")
        if reads:
            states += bench.states(secs)
    bench.trade(secs + 120, key="last")
    states += bench.states(secs + 200)
    bars = [bar for state in states for bar in builder.on_state(state)]
    assert all(b.ts > a.ts for a, b in pairwise(states))
    made = [(bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    assert made == bars_by_hand(trades)
    assert (bench.tally.late, bench.tally.duplicates) == (0, 0)
