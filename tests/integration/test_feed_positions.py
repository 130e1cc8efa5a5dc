"""After a crash engine time goes on where it was, however fast the market was replayed (spec/bots.md, Market data)."""

from datetime import datetime, timedelta

from core.ports import FeedStatus
from core.services.feed_position import resume_position, save_position
from tests.fakes.market import SOURCE
from tests.integration.desk import at, buy, desk
from tests.store_location import Location

DAY = 86_400


async def test_whatever_was_done_is_never_far_beyond_the_position_that_is_saved(location: Location):
    """At high speeds days of engine time go by between two looks of the clock; a crash may come at any state."""
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        for day in range(1, 6):
            await shop.tick(day * DAY, "100")
            await shop.submit(user, buy(bot, f"in {day}", day * DAY, "0.1"), day * DAY)
            position = await resume_position(shop.store, SOURCE)  # as a process does that starts right now
            assert position is not None
            assert datetime.fromisoformat(position["now"]) >= at(day * DAY)


async def test_a_journal_of_another_market_moves_no_position(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        early = at(0) - timedelta(days=30)
        status = FeedStatus("simulated", early, (), finished=False, dropped=0, position={"now": early.isoformat()})
        await save_position(shop.store, status)
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        position = await resume_position(shop.store, "simulated")
        assert position is not None
        assert datetime.fromisoformat(position["now"]) == early
