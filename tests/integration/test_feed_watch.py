"""Prices that cease raise one alert, are told of, and let nothing enter; sources are never mixed (spec/bots.md)."""

from dataclasses import replace

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Unavailable
from core.services.alerting import ALERTS
from core.services.feed_watch import FeedNews
from tests.fakes.market import ScriptedFeed
from tests.integration.desk import ACTOR, BTC, Desk, at, buy, desk, quote, scripted_market, until
from tests.store_location import Location

LIVE_SOURCE = "live:binance"
ETH = "ETH/USDT"
PRICE_WORDS = "There is no fresh price of BTC/USDT. No entry without one."


async def alerts(shop: Desk, user: str) -> list[tuple[str, str]]:
    page = await shop.store.find(ALERTS, "user", (user,))
    return [(document["kind"], document["message"]) for document in page.documents]


async def time_passes(shop: Desk, secs: float) -> None:
    """Exchange time goes on by another pair's price, and the watch looks."""
    shop.services.hub.follow(ETH)
    await until(lambda: ETH in shop.feed.status().running_symbols)
    await shop.feed.push(replace(quote(secs, "3000", source=shop.feed.source), symbol=ETH))
    await shop.app.feed_watch.look()


def live_market() -> ScriptedFeed:
    return scripted_market(LIVE_SOURCE)


async def test_a_silent_market_raises_one_alert_for_those_it_concerns_and_is_told_of(location: Location):
    async with desk(location.make(), feed=live_market(), trade=False) as shop:
        ann, bob = await shop.user(), await shop.user("bob@example.com")
        await shop.bot(ann)
        news: list[FeedNews] = []

        async def deaf(_: FeedNews) -> None:
            raise Unavailable("The chat is away.")

        async def listening(one: FeedNews) -> None:
            news.append(one)

        shop.app.feed_watch.listen(deaf)
        shop.app.feed_watch.listen(listening)
        await shop.tick(1, "100")
        for secs in (61, 62, 63):
            await time_passes(shop, secs)
        ((kind, message),) = await alerts(shop, ann)
        assert kind == "stale_feed"
        assert (
            message == "No price of BTC/USDT has come from live:binance since 00:00:01 UTC. Nothing enters without one."
        )
        assert await alerts(shop, bob) == []
        assert [(one.symbol, one.lost, one.user_ids) for one in news] == [(BTC, True, (ann,))]
        assert (shop.app.feed_watch.lost, shop.app.feed_watch.report().ok) == ((BTC,), False)
        await shop.tick(64, "100")
        await shop.app.feed_watch.look()
        assert [(one.lost, one.words) for one in news[1:]] == [
            (False, "Prices of BTC/USDT from live:binance are back.")
        ]
        assert (shop.app.feed_watch.lost, shop.app.feed_watch.report().ok) == ((), True)


async def test_every_silence_has_an_alert_of_its_own(location: Location):
    async with desk(location.make(), feed=live_market(), trade=False) as shop:
        user = await shop.user()
        await shop.bot(user)
        for began in (1, 200):
            await shop.tick(began, "100")
            await shop.app.feed_watch.look()
            await time_passes(shop, began + 100)
        assert len(await alerts(shop, user)) == 2


async def test_a_market_that_never_gave_a_price_is_silent_too(location: Location):
    async with desk(location.make(), feed=live_market(), trade=False) as shop:
        user = await shop.user()
        await shop.bot(user)
        await time_passes(shop, 0)
        assert shop.app.feed_watch.lost == ()
        await time_passes(shop, 61)
        assert BTC in shop.app.feed_watch.lost


@pytest.mark.parametrize("source", ["simulated", "replay:script"])
async def test_virtual_markets_are_never_called_silent(location: Location, source: str):
    async with desk(location.make(), feed=scripted_market(source), trade=False) as shop:
        user = await shop.user()
        await shop.bot(user)
        await shop.tick(1, "100")
        await time_passes(shop, 5_000)
        assert (shop.app.feed_watch.lost, await alerts(shop, user)) == ((), [])


async def test_nothing_enters_on_a_stale_live_price(location: Location):
    async with desk(location.make(), feed=live_market(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.tick(1, "100")
        await time_passes(shop, 62)
        # An order waits for a price after its decision, and goes without one when none comes.
        assert await shop.services.hub.state_from(BTC, at(62), 0.01) is None
        denied = await shop.services.orders.submit(user, buy(bot, "late", 62), None)
        assert (denied.success, denied.rejection_reason) == (False, PRICE_WORDS)


async def test_a_bot_of_the_simulated_market_is_paused_with_the_reason_when_prices_become_live(location: Location):
    async with desk(location.make(), feed=scripted_market("simulated")) as first:
        user = await first.user()
        bot = await first.bot(user)
        await first.warm(bot)
    async with desk(location.make(), feed=live_market()) as second:
        known = second.services.writer.known
        await until(lambda: known(user).bot(bot).status is BotStatus.PAUSED)
        reason = known(user).bot(bot).status_reason
        assert reason == "the market data source changed from simulated to live:binance"
        await second.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        assert (await second.account(user)).bot(bot).source == LIVE_SOURCE
