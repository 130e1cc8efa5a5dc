"""A key never expires: the journal remembers it, on both stores and after a restart (spec/pipeline.md, gate 1)."""

from core.services import order_keys
from tests.integration.desk import Desk, at, buy, desk, journal
from tests.store_location import Location


async def used(shop: Desk, user: str, key: str) -> bool:
    return await order_keys.is_used(shop.services.writer, user, key, at(5))


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
