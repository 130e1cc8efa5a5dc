"""Live bars are made of trades, as exchanges make them, and a bar with a gap says so (spec/bots.md, Market data)."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from core.domain.bars import BarBuilder
from core.domain.market import Bar, Level, MarketState, Timeframe
from tests.fakes.market import START

BTC = "BTC/USDT"


def live(secs: float, trades: Sequence[tuple[str, str]] = (), *, gap: bool = False) -> MarketState:
    traded = tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in trades)
    volume = sum((trade.quantity for trade in traded), Decimal(0))
    bids, asks = (Level(Decimal(99), Decimal(1)),), (Level(Decimal(101), Decimal(1)),)
    ts = START + timedelta(seconds=secs)
    return MarketState(BTC, ts, bids, asks, volume, "live:binance", traded, gap=gap)


def built(states: Sequence[MarketState]) -> tuple[list[Bar], list[bool]]:
    builder = BarBuilder(BTC, Timeframe.M1, of_trades=True)
    bars: list[Bar] = []
    whole: list[bool] = []
    for state in states:
        closed = builder.on_state(state)
        bars += closed
        whole += [builder.closed_whole] * len(closed)
    return bars, whole


def test_prices_and_volume_of_a_bar_are_those_of_its_trades():
    (bar,), whole = built([live(0, [("100.5", "1"), ("102", "2")]), live(30, [("98", "0.5"), ("99", "1")]), live(60)])
    assert (bar.open, bar.high, bar.low, bar.close) == (Decimal("100.5"), 102, 98, 99)
    assert (bar.volume, bar.open_time, whole) == (Decimal("4.5"), START, [True])


def test_quotes_alone_make_no_bar():
    bars, _ = built([live(0, [("100", "1")]), live(60), live(90), live(120), live(130, [("101", "1")]), live(180)])
    assert [(bar.open_time - START).total_seconds() for bar in bars] == [0, 120]


def test_a_gap_spoils_the_bar_before_it_and_the_bar_after_it():
    trade = [("100", "1")]
    states = [live(minute * 60, trade, gap=minute == 2) for minute in range(6)]
    assert built(states)[1] == [True, False, False, True, True]


def test_a_gap_within_a_bar_spoils_that_bar_alone():
    trade = [("100", "1")]
    states = [live(0, trade), live(60, trade), live(90, gap=True), live(120, trade), live(180, trade)]
    assert built(states)[1] == [True, False, True]
