"""A key never expires: the journal remembers it, on both stores and after a restart (spec/pipeline.md, gate 1)."""

from decimal import Decimal

from core.domain.order import Side
from core.services.manual_orders import ManualOrder
from tests.integration.desk import BTC, Desk, buy, desk, journal, while_it_moves
from tests.store_location import Location


async def used(shop: Desk, user: str, key: str) -> bool:
    return await shop.services.orders.known(user, key)


async def test_a_key_is_free_until_its_order_is_recorded_and_used_for_ever_after(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user, other = await shop.user(), await shop.user("bob@example.com")
        bot = await shop.bot(user)
        before = len(await journal(shop.store, user))
        assert not await used(shop, user, "k")
        assert len(await journal(shop.store, user)) == before  # asking leaves nothing behind
        assert (await shop.submit(user, buy(bot, "k", 1), 1)).success
        assert await used(shop, user, "k")
        assert not await used(shop, user, "K")
        assert not await used(shop, other, "k")
    async with desk(location.make()) as again:
        assert await used(again, user, "k")
        assert not await used(again, other, "k")


async def test_a_denied_order_leaves_its_key_free(location: Location):
    """It may come again once its limit has cleared."""
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user, start=False)
        assert (await shop.submit(user, buy(bot, "k", 1), 1)).gate_failed == "life_cycle"
        assert not await used(shop, user, "k")


async def test_a_known_key_is_answered_without_waiting_for_a_price(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        request = buy(bot, "k", 1)
        first = await shop.submit(user, request, 1)
        again = await shop.services.orders.submit_at_next_state(user, request)  # nothing moves any more
        assert (again.cached, again.order_id, again.fills) == (True, first.order_id, first.fills)


async def test_under_a_halt_a_first_order_of_ones_own_is_denied_by_the_mode(location: Location):
    async with desk(location.make()) as shop:
        await shop.tick(0, "100")
        user = await shop.user()
        await shop.services.emergency.stop(user, actor="ann", flatten=False, key="stop")
        order = ManualOrder(BTC, Side.BUY, quantity=Decimal(1), expected_edge_bps=Decimal(200))
        placing = shop.services.manual.place(user, order, actor="ann", key="mine")
        denied = await while_it_moves(placing, lambda now: shop.tick(now, "100"), 1)
        assert (denied.success, denied.gate_failed, denied.code) == (False, "mode", "halted")
