"""A backtest's figures are right: by hand, and against slow ways to the same numbers (spec/bots.md, Backtest)."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.domain.backtest_figures import MAX_POINTS, Ended, EquityCurve, buy_and_hold_pct, cagr_pct, figures
from core.domain.book import Book
from core.domain.instrument import FEE_SCHEDULES, Exchange, FeeSchedule

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BINANCE = FEE_SCHEDULES[Exchange.BINANCE]

equities = st.lists(st.decimals("0.01", "100000", places=2), min_size=1, max_size=60)


def curve(values: list[Decimal], capital: Decimal = Decimal(100), step: timedelta = HOUR) -> EquityCurve:
    drawn = EquityCurve.of(capital, START, len(values))
    for number, value in enumerate(values):
        drawn.record(number, START + step * (number + 1), value)
    drawn.finish(START + step * len(values))
    return drawn


def ended(**changes: object) -> Ended:
    usual = {
        "capital": Decimal(1000),
        "cash": Decimal(600),
        "quantity": Decimal(4),
        "cost": Decimal(380),
        "book": Book(realized=Decimal(-18), fees=Decimal(2), fills=3, trades=1, losses=1, gross_loss=Decimal(20)),
        "held_ms": 6 * 3_600_000,
        "first": START,
        "last": START + DAY,
        "first_open": Decimal(100),
        "last_close": Decimal(110),
        "fees": BINANCE,
        "denials": 2,
    }
    return Ended(**{**usual, **changes})  # type: ignore[arg-type]


def test_the_figures_of_a_small_account_are_those_computed_by_hand():
    found = figures(ended(), curve([Decimal(1000), Decimal(900), Decimal(1040)], Decimal(1000)))
    assert (found.final_equity, found.net_profit, found.net_profit_pct) == (Decimal(1040), Decimal(40), Decimal(4))
    assert (found.realized_pnl, found.unrealized_pnl, found.fees) == (Decimal(-18), Decimal(60), Decimal(2))
    assert found.max_drawdown_pct == 10
    assert (found.win_rate_pct, found.profit_factor, found.expectancy) == (0, 0, -20)
    assert (found.trades, found.fills, found.denials) == (1, 3, 2)
    assert found.exposure_pct == 25
    assert found.average_holding_secs == 0


def test_figures_that_need_a_trade_are_absent_without_one():
    found = figures(
        ended(book=Book(), cost=Decimal(400), last_close=Decimal(100)), curve([Decimal(1000)], Decimal(1000))
    )
    absent = (found.win_rate_pct, found.profit_factor, found.expectancy, found.average_holding_secs, found.sharpe)
    assert absent == (None,) * 5


def test_buying_and_holding_pays_the_fee_out_of_the_capital():
    # 1000 buys 1000 / (100 x 1.01) = 9.900990 units; at 111.1 they are worth 1100.
    assert buy_and_hold_pct(Decimal(100), Decimal("111.1"), FeeSchedule(Decimal(100), Decimal(100))) == 10


def test_yearly_growth_compounds_to_the_whole_return():
    assert cagr_pct(Decimal(100), Decimal(121), timedelta(days=730)) == 10
    assert cagr_pct(Decimal(100), Decimal(100), DAY) == 0
    assert cagr_pct(Decimal(100), Decimal(0), DAY) == -100
    assert cagr_pct(Decimal(100), Decimal(101), DAY - timedelta(seconds=1)) is None
    found = cagr_pct(Decimal(100), Decimal(103), timedelta(days=30))
    assert found is not None
    assert math.isclose(float(found), (1.03 ** (365 / 30) - 1) * 100)


@given(equities)
def test_the_deepest_fall_is_the_worst_of_all_pairs(values: list[Decimal]):
    known = [Decimal(100), *values]
    worst = max((1 - later / known[i] for i in range(len(known)) for later in known[i:]), default=Decimal(0))
    drawn = curve(values)
    assert math.isclose(float(drawn.drawdown.fraction), float(worst), abs_tol=1e-15)
    assert all(0 <= point.drawdown_pct <= 100 for point in drawn.points)


@given(equities)
def test_daily_returns_are_those_of_the_last_equity_of_each_day(values: list[Decimal]):
    drawn = curve(values, step=timedelta(hours=7))
    closings = [Decimal(100)]
    for day in range(len(values) * 7 // 24):
        until = [v for n, v in enumerate(values) if (n + 1) * 7 <= (day + 1) * 24]
        closings.append(until[-1] if until else closings[-1])
    changes = [float(b / a) - 1 for a, b in pairwise(closings)]
    assert drawn.returns.days == len(changes)
    assert math.isclose(float(drawn.returns.total), sum(changes), rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(float(drawn.returns.squares), sum(c * c for c in changes), rel_tol=1e-9, abs_tol=1e-9)


def test_days_without_any_bar_count_as_days_without_return():
    drawn = EquityCurve.of(Decimal(100), START, 2)
    drawn.record(0, START + HOUR, Decimal(110))
    drawn.record(1, START + 5 * DAY + HOUR, Decimal(99))
    drawn.finish(START + 5 * DAY + HOUR)
    assert drawn.returns.days == 5
    assert drawn.returns.total == Decimal("0.1")


@given(st.integers(1, 3_000))
def test_a_curve_keeps_few_points_and_always_the_last(bars: int):
    drawn = curve([Decimal(100 + n % 7) for n in range(bars)])
    assert len(drawn.points) <= MAX_POINTS
    assert drawn.points[-1].ts == START + HOUR * bars
    assert [p.ts for p in drawn.points] == sorted({p.ts for p in drawn.points})


@given(st.decimals("0", "1000", places=8), st.decimals("0", "10", places=8), st.decimals("1", "99999", places=2))
def test_net_profit_is_realized_plus_unrealized_less_fees_to_the_last_digit(
    fees: Decimal, quantity: Decimal, close: Decimal
):
    capital, cost, realized = Decimal(10_000), quantity * 90, Decimal("12.34567891")
    cash = capital + realized - fees - cost
    found = figures(
        ended(
            capital=capital,
            cash=cash,
            quantity=quantity,
            cost=cost,
            book=Book(realized=realized, fees=fees),
            last_close=close,
        ),
        curve([capital], capital),
    )
    assert found.net_profit == found.final_equity - capital == found.realized_pnl + found.unrealized_pnl - found.fees
