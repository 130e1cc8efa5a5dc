"""Acceptance of the ledger (go-live checklist, ledger phase 1): each test is one promise, on both stores."""

from decimal import Decimal
from typing import Any

import pytest

from core.domain.account import Account
from core.domain.errors import Conflict, IdempotencyConflict
from core.domain.evolve import fold
from core.domain.integrity import Check
from core.domain.journal import START, verified
from core.domain.valuation import Mark, value
from core.ports import Document, DocumentStore, DuplicateKey, Put
from core.services.funds import FundsKind, FundsPlan
from core.services.portfolio import Grouping
from core.services.verify import Verifier
from tests.integration.desk import BTC, Desk, at, buy, desk, documents, journal, sell
from tests.store_location import Location
from tests.unit.test_worked_example import worked_example


async def _traded(shop: Desk) -> tuple[str, str]:
    """One round trip that won, one that lost, one position that is open; gives user and bot."""
    user = await shop.user()
    bot = await shop.bot(user)
    for number, price in enumerate(("103", "98")):
        start = 100 * number
        assert (await shop.submit(user, buy(bot, f"in{number}", start, "5"), start)).success
        assert (await shop.submit(user, sell(bot, f"out{number}", start + 20), start + 20, price)).success
    assert (await shop.submit(user, buy(bot, "open", 300, "2"), 300)).success
    await shop.tick(310, "101")
    return user, bot


async def _stored(store: DocumentStore, user: str) -> list[Document]:
    return sorted((await documents(store, "ledger_events", "user_seq", user)).values(), key=lambda event: event["seq"])


async def test_the_worked_example_comes_out_to_the_digit(location: Location):
    """Spec: realized 32.00, fees 1.396, unrealized 6.00, bot equity 1,036.604, portfolio 10,036.604."""
    store, chain = location.make(), worked_example()
    await store.open()
    for document in chain.documents:
        await store.insert("ledger_events", document)
    state = fold(Account(chain.user_id), verified(START, await _stored(store, chain.user_id)))
    await store.close()
    portfolio = value(state, {BTC: Mark(BTC, Decimal(54_000), None, None, "scripted", stale=False)})
    assert (portfolio.realized_pnl, portfolio.fees_total, portfolio.unrealized_pnl) == (32, Decimal("1.396"), 6)
    assert (portfolio.by_bot[0].equity, portfolio.equity) == (Decimal("1036.604"), Decimal("10036.604"))


async def test_what_is_recorded_can_neither_be_recorded_again_nor_overwritten(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        for event in await _stored(shop.store, user):
            with pytest.raises(DuplicateKey):
                await shop.store.insert("ledger_events", event | {"_id": f"{event['_id']}-again"})


async def test_the_books_come_from_the_events_alone(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        refolded = fold(Account(user), verified(START, await _stored(shop.store, user)))
        assert refolded == await shop.account(user)


async def test_equity_is_the_same_by_both_definitions_and_by_the_projections(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        summary = await shop.services.portfolio.summary(user)
        assert summary.equity == summary.funded + summary.realized_pnl + summary.unrealized_pnl - summary.fees_total
        assert summary.equity == summary.cash + sum(bot.position * 101 for bot in summary.by_bot)
        found = await shop.services.reconciler.reconcile(user)
        assert (found.ok, found.discrepancy, found.issues) == (True, 0, ())


async def test_closed_trades_tell_both_sides_fees_and_why_they_ended(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        lost, won = await shop.services.portfolio.trades(user, None, 10)
        for trade in (lost, won):
            assert trade.net_pnl == trade.gross_pnl - trade.fees
            assert trade.fees == (trade.entry_price + trade.exit_price) * 5 / 1000  # ten basis points a side
            assert (trade.held.total_seconds(), trade.exit_reason) == (20, "signal")
        assert (won.won, lost.won) == (True, False)
        figures = await shop.services.performance.user(user)
        assert (figures.trades, figures.wins, figures.losses, figures.win_rate) == (2, 1, 1, Decimal("0.5"))
        assert (figures.gross_profit, figures.gross_loss) == (won.net_pnl, -lost.net_pnl)


async def test_profits_of_a_day_are_what_was_realized_less_the_fees_paid(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        (day,) = await shop.services.portfolio.profits(user, Grouping.DAILY, 7)
        summary = await shop.services.portfolio.summary(user)
        assert (day.trades, day.wins) == (2, 1)
        assert (day.realized_pnl, day.fees) == (summary.realized_pnl, summary.fees_total)
        assert day.net_profit == day.realized_pnl - day.fees


async def test_all_ten_checks_pass_on_an_honest_ledger(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        await shop.services.anchors.write(shop.clock.now())
        verdict = await shop.services.verifier.verify(user)
        assert [check.ok for check in verdict.checks] == [True] * 10
        assert verdict.head.seq == (await shop.account(user)).seq


@pytest.mark.parametrize(
    ("change", "check"),
    [({"recorded_at": "2020-01-01T00:00:00.000Z"}, Check.CHAIN), ({"payload": {"marks": {}}}, Check.CHAIN)],
)
async def test_a_changed_event_is_found_and_named(location: Location, change: dict[str, Any], check: Check):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        event = (await _stored(shop.store, user))[3]
        await shop.store.write([Put("ledger_events", event | change)])
        verdict = await Verifier(shop.store).verify(user)
        findings = [finding for one in verdict.checks if one.check is check for finding in one.findings]
        assert [finding.seq for finding in findings][:1] == [4]
        assert findings[0].user_id == user


async def test_a_ledger_cut_below_its_anchor_is_found(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        await shop.services.anchors.write(shop.clock.now())
        last = (await _stored(shop.store, user))[-1]
        await shop.store.delete("ledger_events", last["_id"])
        verdict = await Verifier(shop.store, shop.services.anchors).verify(user)
        (anchors,) = [one for one in verdict.checks if one.check is Check.ANCHORS]
        assert anchors.ok is False
        assert anchors.findings[0].seq == last["seq"]


async def test_the_same_key_moves_money_once(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        plan = FundsPlan(FundsKind.DEPOSIT, Decimal(250), "USDT")
        first = await shop.services.funds.move(user, plan, actor="ann", key="deposit-1")
        again = await shop.services.funds.move(user, plan, actor="ann", key="deposit-1")
        assert first.seq == again.seq
        assert (await shop.account(user)).funded == {"USDT": 10_250}
        other = FundsPlan(FundsKind.DEPOSIT, Decimal(251), "USDT")
        with pytest.raises(IdempotencyConflict):
            await shop.services.funds.move(user, other, actor="ann", key="deposit-1")


async def test_cash_never_goes_below_zero(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        await shop.bot(user, capital=Decimal(9_999))
        with pytest.raises(Conflict, match="more than your free cash"):
            await shop.services.funds.move(
                user, FundsPlan(FundsKind.WITHDRAW, Decimal(2), "USDT"), actor="ann", key="w"
            )
        assert (await shop.account(user)).free_cash == {"USDT": 1}


async def test_a_correction_is_a_new_event_and_the_old_one_stays(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        wrong = FundsPlan(FundsKind.DEPOSIT, Decimal(5_000), "USDT")
        event = await shop.services.funds.move(user, wrong, actor="ann", key="typo")
        undone = await shop.services.funds.reverse(user, event.seq, actor="ann", reason="typo", key="undo")
        events = await journal(shop.store, user)
        assert [e.seq for e in events] == [1, 2, 3]
        assert (events[1].payload, events[2].seq) == (event.payload, undone.seq)
        state = await shop.account(user)
        assert (state.funded, state.track.last, state.track.units) == ({"USDT": 10_000}, 1, 10_000)


async def test_a_deposit_in_a_drawdown_is_no_gain(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.submit(user, buy(bot, "in", 0, "9"), 0)
        await shop.tick(10, "95")
        before = await shop.services.portfolio.summary(user)
        await shop.services.funds.move(
            user, FundsPlan(FundsKind.DEPOSIT, Decimal(50_000), "USDT"), actor="ann", key="d"
        )
        after = await shop.services.portfolio.summary(user)
        assert before.drawdown_current > 0
        assert abs(before.drawdown_current - after.drawdown_current) < Decimal("1e-15")
        assert after.net_pnl == before.net_pnl


async def test_a_restart_gives_the_same_figures(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        before = await shop.account(user)
        figures = (before.seq, before.track, before.books, before.cash_total)
    async with desk(location.make(), trade=False) as shop:
        state = await shop.account(user)
        assert (state.seq, state.track, state.books, state.cash_total) == figures
        assert at(300) <= (state.marked_at or at(0))
