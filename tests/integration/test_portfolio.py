"""Every figure a person reads follows from the journal to the last digit (spec/accounting.md)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.domain.codec import encode
from core.domain.commands import ResetAccount
from core.domain.errors import InvalidInput
from core.domain.money import ZERO, ratio
from core.domain.trade import Trade
from core.domain.valuation import Mark, Portfolio, value
from core.services.portfolio import Grouping, Interval
from tests.integration.desk import BTC, Desk, at, audited, buy, desk, sell
from tests.store_location import Location

DAY = 86_400


async def round_trip(shop: Desk, user: str, bot: str, secs: float, price: str) -> None:
    """Buy one at about 100, sell it at about the price, 20 seconds later."""
    assert (await shop.submit(user, buy(bot, f"in{secs}", secs), secs, "100")).success
    assert (await shop.submit(user, sell(bot, f"out{secs}", secs), secs + 20, price)).success


async def refolded(shop: Desk, user: str) -> Portfolio:
    """The account by its journal alone, at the desk's present price."""
    state = await audited(shop.store, user)
    latest = shop.services.hub.latest(BTC)
    assert latest is not None
    mark = Mark(BTC, latest.mid, latest.ts, ZERO, latest.source, stale=False)
    return value(state, dict.fromkeys(state.open_symbols(), mark))


async def test_the_summary_is_what_a_refold_gives_at_the_present_price(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user = await shop.user()
        first, second = await shop.bot(user, "A"), await shop.bot(user, "B")
        await round_trip(shop, user, first, 0, "103")
        await shop.submit(user, buy(second, "open", 40), 40)
        for secs, price in ((50, "99"), (60, "104")):
            await shop.tick(secs, price)
            summary = await shop.services.portfolio.summary(user)
            assert encode(summary) == encode(await refolded(shop, user))
            assert summary.equity == summary.funded + summary.net_pnl
        assert summary.unrealized_pnl == Decimal("3.99")
        assert summary.realized_pnl == Decimal("2.98")  # bought at 100.01, sold at 102.99
        assert sum((bot.equity for bot in summary.by_bot), summary.free_cash) == summary.equity


async def test_a_mark_older_than_a_minute_is_given_and_flagged(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.submit(user, buy(bot, "in"), 1)
        (mark,) = (await shop.services.portfolio.summary(user)).marks
        assert (mark.price, mark.stale, mark.source) == (Decimal(100), True, "recorded")
        await shop.tick(2, "101")
        (mark,) = (await shop.services.portfolio.summary(user)).marks
        assert (mark.price, mark.stale, mark.age_secs) == (Decimal(101), False, ZERO)


async def test_trades_come_newest_first_and_by_bot(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, other = await shop.user(), await shop.user("bob@example.com")
        bots = [await shop.bot(user, "A"), await shop.bot(user, "B")]
        theirs = await shop.bot(other, "A")
        await round_trip(shop, other, theirs, 500, "105")
        for number, price in enumerate(("101", "99", "102")):
            await round_trip(shop, user, bots[number % 2], 100 * number, price)
        portfolio = shop.services.portfolio
        trades = await portfolio.trades(user, None, 10)
        assert [t.closed_at for t in trades] == [at(220), at(120), at(20)]
        assert [t.bot_id for t in trades] == [bots[0], bots[1], bots[0]]
        assert [t.won for t in trades] == [True, False, True]
        assert await portfolio.trades(user, bots[1], 10) == [trades[1]]
        assert await portfolio.trades(user, None, 1) == trades[:1]
        assert await portfolio.trades(user, theirs, 10) == []  # of somebody else
        state = await audited(shop.store, user)
        assert sum(t.gross_pnl for t in trades) == state.books["USDT"].realized
        assert sum(t.net_pnl for t in trades) == state.books["USDT"].realized - state.books["USDT"].fees


async def test_profits_are_grouped_by_days_weeks_and_months_of_engine_time(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for day, price in ((0, "103"), (1, "98"), (8, "102"), (40, "101")):  # the script starts on a Monday
            await round_trip(shop, user, bot, day * DAY + 60, price)
        await shop.tick(40 * DAY + 200, "100")
        portfolio = shop.services.portfolio
        days = await portfolio.profits(user, Grouping.DAILY, 60)
        monday = date(2026, 1, 5)
        assert [p.start for p in days] == [monday + timedelta(days=d) for d in (40, 8, 1, 0)]
        assert [(p.trades, p.wins) for p in days] == [(1, 1), (1, 1), (1, 0), (1, 1)]
        weeks = await portfolio.profits(user, Grouping.WEEKLY, 60)
        assert [p.start for p in weeks] == [monday + timedelta(weeks=w) for w in (5, 1, 0)]
        months = await portfolio.profits(user, Grouping.MONTHLY, 60)
        assert [p.start for p in months] == [date(2026, 2, 1), date(2026, 1, 1)]
        state = await audited(shop.store, user)
        for periods in (days, weeks, months):
            assert sum(p.realized_pnl for p in periods) == state.books["USDT"].realized
            assert sum(p.fees for p in periods) == state.books["USDT"].fees
            assert sum(p.volume for p in periods) == state.books["USDT"].volume
            assert sum(p.net_profit for p in periods) == state.books["USDT"].realized - state.books["USDT"].fees
        assert [p.start for p in await portfolio.profits(user, Grouping.DAILY, 33)] == [p.start for p in days[:2]]


async def test_the_equity_curve_is_thinned_and_keeps_its_newest_point(location: Location):
    rules = dict.fromkeys(("max_trades_per_bot_daily", "max_trades_per_user_daily", "max_consecutive_losses"), 10_000)
    async with desk(location.make(), **rules) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for number in range(301):
            await round_trip(shop, user, bot, 60 * number, "100.1")
        await shop.tick(60 * 301, "100")
        curve = await shop.services.portfolio.equity_curve(user, None)
        assert len(curve) <= 501
        assert curve == sorted(curve, key=lambda point: point.ts)
        state = await audited(shop.store, user)
        assert (curve[0].equity, curve[-1].equity) == (Decimal(10_000), state.equity(state.marks))
        hour = await shop.services.portfolio.equity_curve(user, 1)
        assert hour[-1] == curve[-1]
        assert all(point.ts > at(60 * 301 - 3600) for point in hour)


async def test_an_account_without_history_has_figures_too(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        summary = await shop.services.portfolio.summary(user)
        assert (summary.equity, summary.net_pnl, summary.by_bot, summary.marks) == (Decimal(10_000), ZERO, (), ())
        assert await shop.services.portfolio.trades(user, None, 10) == []
        assert await shop.services.portfolio.profits(user, Grouping.DAILY, 14) == []
        assert [p.equity for p in await shop.services.portfolio.equity_curve(user, None)] == [Decimal(10_000)]


async def test_trades_are_paged_without_a_gap_or_a_repetition(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for number in range(5):
            await round_trip(shop, user, bot, 100 * number, "102")
        portfolio = shop.services.portfolio
        everything = await portfolio.trades(user, None, 10)
        for owner in (None, bot):
            found: list[Trade] = []
            cursor: str | None = None
            while len(found) < 5:
                page = await portfolio.trade_page(user, owner, 2, cursor)
                found += page.trades
                cursor = page.cursor
            assert (found, cursor) == (everything, None)
        with pytest.raises(InvalidInput):
            await portfolio.trade_page(user, None, 2, "nonsense")


async def test_positions_tell_what_is_held_at_which_mark(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.submit(user, buy(bot, "in", quantity="2"), 1)
        await shop.tick(5, "101")
        (position,) = await shop.services.portfolio.positions(user)
        summary = await shop.services.portfolio.summary(user)
        assert (position.symbol, position.bot_name, position.quantity, position.lots) == (BTC, "Alpha", 2, 1)
        assert (position.avg_price, position.cost, position.value) == (Decimal("100.01"), Decimal("200.02"), 202)
        assert position.unrealized_pnl == summary.unrealized_pnl == Decimal("1.98")
        assert position.unrealized_pct == ratio(Decimal(198), Decimal("200.02"))
        assert (position.opened_at, position.mark) == (at(1), summary.marks[0])
        capital = await shop.services.portfolio.capital(user)
        assert (capital.equity, capital.free) == (summary.equity, summary.free_cash)
        assert capital.by_bot[0].equity + capital.free == capital.equity
        (usdt,) = capital.by_currency
        assert usdt.free + usdt.in_bots + usdt.positions == usdt.total == capital.equity


async def test_equity_is_given_by_day_and_by_hour_newest_first(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for secs in (0, 3600, 3700, DAY, 3 * DAY):
            await round_trip(shop, user, bot, secs, "102")
        portfolio = shop.services.portfolio
        hours = await portfolio.equity(user, Interval.HOUR, 10)
        days = await portfolio.equity(user, Interval.DAY, 2)
        state = await audited(shop.store, user)
        assert [point.ts for point in hours.points] == [at(s + 20) for s in (3 * DAY, DAY, 3700, 0)]
        assert [point.ts for point in days.points] == [at(s + 20) for s in (3 * DAY, DAY)]
        assert hours.points[0].equity == days.points[0].equity == state.equity(state.marks)
        rest = await portfolio.equity(user, Interval.DAY, 2, days.cursor)
        assert ([point.ts for point in rest.points], rest.cursor) == ([at(3720)], None)
        closes = await portfolio.closes(user, 5)
        assert [close.equity for close in closes] == [point.equity for point in (*days.points, *rest.points)]
        assert closes[0].funded == {"USDT": Decimal(10_000)}
        assert closes[0].unit_value == state.track.last


async def test_what_was_before_an_account_reset_counts_no_more(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user = await shop.user()
        old = await shop.bot(user, "Old")
        await round_trip(shop, user, old, 0, "103")
        await shop.services.writer.execute(
            user, ResetAccount(Decimal(5000), "USDT", "ann", "a fresh start"), now=at(60)
        )
        portfolio = shop.services.portfolio
        assert await portfolio.trades(user, None, 10) == await portfolio.trades(user, old, 10) == []
        assert await portfolio.profits(user, Grouping.DAILY, 14) == []
        assert [p.equity for p in await portfolio.equity_curve(user, None)] == [Decimal(5000)]
        new = await shop.bot(user, "New")
        await round_trip(shop, user, new, 100, "102")
        (trade,) = await portfolio.trades(user, None, 10)
        (period,) = await portfolio.profits(user, Grouping.DAILY, 14)
        assert (period.trades, period.realized_pnl, period.currency) == (1, trade.gross_pnl, "USDT")
        (of_bot,) = await portfolio.profits(user, Grouping.DAILY, 14, new)
        assert of_bot == period
