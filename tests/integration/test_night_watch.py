"""A reconciliation finds what a projection lost, and the night watch acts on it, once a day (spec/accounting.md)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.codec import iso
from core.ports import Put
from core.services.alerting import Alerting
from core.services.night_watch import NightWatch, Watched
from tests.integration.desk import Desk, buy, desk, documents, sell
from tests.store_location import Location


async def _traded(shop: Desk) -> tuple[str, str]:
    """A user whose bot made one round trip and holds one more unit; gives both ids."""
    user = await shop.user()
    bot = await shop.bot(user)
    assert (await shop.submit(user, buy(bot, "in", 0, "5"), 0)).success
    assert (await shop.submit(user, sell(bot, "out", 20), 20, "103")).success
    assert (await shop.submit(user, buy(bot, "again", 40), 40)).success
    await shop.tick(41, "100")
    return user, bot


def _watch(shop: Desk) -> NightWatch:
    s = shop.services
    parts = Watched(
        shop.store, s.accounts, s.writer, s.hub, s.reconciler, s.anchors, Alerting(shop.store, shop.clock), shop.clock
    )
    return NightWatch(parts)


async def _change_fill(shop: Desk, user: str, **changes: str) -> None:
    fills = await documents(shop.store, "fills_ledger", "user_time", user)
    first = min(fills.values(), key=lambda fill: fill["seq"])
    await shop.store.write([Put("fills_ledger", first | changes)])


async def test_a_journal_and_its_projections_agree_to_the_digit(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        found = await shop.services.reconciler.reconcile(user)
        assert (found.ok, found.discrepancy, found.discrepancy_pct, found.issues) == (True, 0, 0, ())
        assert found.equity_ledger == found.equity_projections
        state = await shop.account(user)
        assert found.equity_ledger == state.equity(state.marks)
        assert found.advice == "Nothing to do."


@pytest.mark.parametrize("collection", ["fills_ledger", "trades", "bots"])
async def test_a_document_that_is_gone_is_missed(location: Location, collection: str):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        await shop.services.reconciler.reconcile(user)
        index = "user" if collection == "bots" else "user_time"
        gone = min(await documents(shop.store, collection, index, user))
        await shop.store.delete(collection, gone)
        found = await shop.services.reconciler.reconcile(user)
        assert not found.ok
        assert {issue.collection for issue in found.issues} == {collection}
        assert "amarktai verify --rebuild" in found.advice


async def test_a_reading_changes_nothing_and_a_small_difference_alerts_once(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, _ = await _traded(shop)
        await shop.services.reconciler.reconcile(user)
        await _change_fill(shop, user, fee="5", fee_quote_value="5")  # of an equity of 10,000: 0.05 %
        seq = (await shop.account(user)).seq
        found = await shop.services.reconciler.reconcile(user)
        assert Decimal("0.01") < found.discrepancy_pct < 1
        assert (await shop.account(user)).seq == seq
        assert await documents(shop.store, "alerts", "user", user) == {}
        watch = _watch(shop)
        await watch.reconcile(user)
        await watch.reconcile(user)
        (alert,) = (await documents(shop.store, "alerts", "user", user)).values()
        assert (alert["kind"], alert["severity"], alert["count"]) == ("reconciliation_discrepancy", "warning", 2)
        assert not (await shop.account(user)).halted


async def test_a_difference_above_one_percent_halts_trading(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=100) as shop:
        user, bot = await _traded(shop)
        await shop.services.reconciler.reconcile(user)
        await _change_fill(shop, user, fee="200", fee_quote_value="200")
        await _watch(shop).reconcile(user)
        (alert,) = (await documents(shop.store, "alerts", "user", user)).values()
        assert (alert["severity"], alert["count"]) == ("critical", 1)
        assert "Trading is halted" in alert["message"]
        assert (await shop.account(user)).halted
        assert (await shop.submit(user, buy(bot, "more", 50), 50)).gate_failed == "mode"


async def test_the_nights_work_is_done_once_by_any_number_of_processes(location: Location):
    async with desk(location.make()) as shop, desk(location.make(), trade=False) as other:
        user = await shop.user()
        for one in (shop, other):
            one.clock.advance(timedelta(days=1))
        await _watch(shop).watch()
        await _watch(other).watch()
        run = await shop.store.get("job_runs", f"nightly:{shop.clock.now().date()}")
        assert run is not None
        assert (run["status"], run["version"]) == ("done", 2)
        # Each host anchors into a file of its own, once a day.
        for one in (shop, other):
            assert len((await one.services.anchors.book()).of(user)) == 1
        anchored = await shop.services.anchors.last_written()
        shop.clock.advance(timedelta(hours=1))
        await _watch(shop).watch()
        assert await shop.services.anchors.last_written() == anchored
        shop.clock.advance(timedelta(days=1))
        await _watch(shop).watch()
        assert await shop.services.anchors.last_written() == shop.clock.now()


async def test_a_watch_that_died_at_its_work_is_taken_over_after_an_hour(location: Location):
    async with desk(location.make(), trade=False) as shop:
        key = f"nightly:{shop.clock.now().date()}"
        started = iso(shop.clock.now() - timedelta(hours=2))
        await shop.store.insert("job_runs", {"_id": key, "status": "running", "started_at": started, "version": 1})
        await _watch(shop).watch()
        run = await shop.store.get("job_runs", key)
        assert run is not None
        assert run["status"] == "done"


async def test_a_watch_that_is_still_at_its_work_is_left_alone(location: Location):
    async with desk(location.make(), trade=False) as shop:
        key = f"nightly:{shop.clock.now().date()}"
        started = iso(shop.clock.now() - timedelta(minutes=59))
        await shop.store.insert("job_runs", {"_id": key, "status": "running", "started_at": started, "version": 1})
        await _watch(shop).watch()
        run = await shop.store.get("job_runs", key)
        assert run is not None
        assert run["status"] == "running"
