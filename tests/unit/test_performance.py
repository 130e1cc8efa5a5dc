"""Performance figures by hand, with their conventions for what does not exist (spec/accounting.md, issue: figures)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain import commands as cmd
from core.domain.book import Book, Exposure
from core.domain.money import ONE, exact
from core.domain.order import Side
from core.domain.performance import Performance, performance, sharpe, sortino, trade_figures
from core.domain.track import DailyReturns, Drawdown, UnitTrack
from tests.builders import BOT, T0, at, dec, executed, running

DAY = 86_400


def _returns(*percent: str) -> DailyReturns:
    returns, value = DailyReturns(), ONE
    with exact():
        for change in percent:
            value = value * (1 + dec(change) / 100)
            returns.close_days(value, 1)
    return returns


def _traded() -> Performance:
    """Three trades: +20 after ten minutes, -10 after twenty, 0 after thirty."""
    chain = running("1000", "1000")
    for number, (price, minutes) in enumerate((("52000", 10), ("49000", 20), ("50000", 30))):
        start = number * 3600
        chain.add(
            executed(Side.BUY, [("0.01", "50000", "0")], mark="50000", ts=at(start), order_id=f"b{number}"), at(start)
        )
        end = at(start + minutes * 60)
        chain.add(executed(Side.SELL, [("0.01", price, "0")], mark=price, ts=end, order_id=f"s{number}"), end)
    bot = chain.state.bots[BOT]
    return performance([(bot.book, ONE)], bot.track, bot.exposure, (at(0), at(3 * 3600)), bot.track.last)


def test_trades_are_summed_up_by_what_they_brought():
    figures = _traded()
    assert (figures.trades, figures.wins, figures.losses) == (3, 1, 1)
    assert figures.win_rate == dec("0.333333333333333333")
    assert (figures.gross_profit, figures.gross_loss, figures.profit_factor) == (20, 10, 2)
    assert figures.expectancy == dec("3.333333333333333333")
    assert figures.best_trade is not None
    assert figures.worst_trade is not None
    assert (figures.best_trade.order_id, figures.best_trade.net_pnl) == ("s0", 20)
    assert (figures.worst_trade.order_id, figures.worst_trade.return_pct) == ("s1", -2)
    assert figures.avg_holding_secs == 1200
    assert figures.exposure == dec("0.333333333333333333")  # one hour of three
    assert figures.return_pct == 1


def test_the_deepest_fall_has_its_amount_and_its_dates():
    figures = _traded()
    # From 1,020 at ten minutes to 1,010, an hour and ten minutes later.
    assert (figures.max_drawdown, figures.max_drawdown_amount) == (dec("0.009803921568627451"), 10)
    assert (figures.max_drawdown_from, figures.max_drawdown_to) == (at(3600), at(3600 + 1200))


def test_what_does_not_exist_is_none_and_never_zero_or_infinite():
    figures = performance([], UnitTrack(), Exposure(), (T0, T0), ONE)
    assert (figures.win_rate, figures.profit_factor, figures.expectancy, figures.avg_holding_secs) == (None,) * 4
    assert (figures.best_trade, figures.worst_trade, figures.sharpe, figures.sortino) == (None,) * 4
    assert figures.exposure is None
    assert (figures.trades, figures.return_pct, figures.max_drawdown) == (0, 0, 0)


def test_without_a_losing_trade_there_is_no_profit_factor():
    book = Book(trades=2, wins=2, gross_profit=dec(5))
    assert trade_figures([(book, ONE)]).profit_factor is None
    book = Book(trades=2, losses=2, gross_loss=dec(5))
    assert trade_figures([(book, ONE)]).profit_factor == 0


def test_currencies_are_added_at_their_rates():
    usdt = Book(trades=1, wins=1, gross_profit=dec(100))
    btc = Book(trades=1, losses=1, gross_loss=dec("0.001"))
    figures = trade_figures([(usdt, ONE), (btc, dec(50_000))])
    assert (figures.gross_loss, figures.profit_factor, figures.expectancy) == (50, 2, 25)


def test_sharpe_and_sortino_are_those_of_the_textbook():
    returns = _returns("1", "-1", "2", "0")
    # Mean 0.5 %, sample deviation of (1, -1, 2, 0): sqrt(5/3) %; downside: sqrt(1/4) %.
    year = Decimal(365).sqrt()
    found_sharpe, found_sortino = sharpe(returns), sortino(returns)
    assert found_sharpe is not None
    assert found_sortino is not None
    assert abs(found_sharpe - dec("0.5") / (dec(5) / 3).sqrt() * year) < dec("1e-9")
    assert abs(found_sortino - year) < dec("1e-9")


@pytest.mark.parametrize("changes", [(), ("1",), ("0", "0", "0"), ("1", "1")])
def test_a_ratio_without_deviation_is_none(changes: tuple[str, ...]):
    assert sharpe(_returns(*changes)) is None
    assert sortino(_returns(*changes)) is None


def test_days_without_events_have_the_return_zero():
    returns = DailyReturns()
    returns.close_days(dec("1.1"), 4)
    assert (returns.days, returns.total) == (4, dec("0.1"))


def test_a_present_fall_counts_without_being_recorded():
    recorded = Drawdown(peak=dec(2), peak_at=T0)
    seen = recorded.with_present(dec(1), dec(10), at(5))
    assert (seen.fraction, seen.amount, seen.fell_from, seen.fell_to) == (dec("0.5"), 10, T0, at(5))
    assert recorded.fraction == 0


def test_a_reset_of_the_breaker_hides_no_drawdown():
    chain = running("1000", "1000")
    chain.add(executed(Side.BUY, [("0.02", "50000", "0")], mark="50000"))
    marks = {"BTC/USDT": dec(35_000)}
    chain.run(cmd.CheckBreaker(None), at(1), marks=marks)
    assert chain.state.tripped is not None
    chain.run(cmd.ResetBreaker(None, "ann", "seen"), at(2), marks=marks)
    chain.run(cmd.RecordMarks(day_start=False), at(3), marks={"BTC/USDT": dec(30_000)})
    assert chain.state.track.peak == dec("0.7")
    assert chain.state.track.drawdown.fraction == dec("0.4")


def test_exposure_runs_while_something_is_held():
    exposure = Exposure()
    exposure.update(at(0), holding=True)
    exposure.update(at(60), holding=True)
    assert exposure.total_ms(at(90)) == 90_000
    exposure.update(at(100), holding=False)
    exposure.update(at(500), holding=False)
    assert exposure.total_ms(at(600)) == 100_000
    exposure.update(at(700), holding=True)
    exposure.update(at(700) - timedelta(seconds=1), holding=False)  # a market that starts over further back
    assert exposure.total_ms(at(800)) == 100_000
