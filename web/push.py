"""What happens without being asked for, into the open chats of the person it happened to."""

import asyncio

import structlog
from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession, ws_sessions_id

from assistant.blocks import Block, Text
from assistant.formats import escape
from assistant.news import headline_of, news_of
from assistant.order_news import order_news
from core.services.accounts import Accounts
from core.services.appended import Appended
from core.services.bus import Bus
from core.services.feed_watch import FeedNews
from web.chat_session import session_user
from web.render import Bubble

_log = structlog.get_logger(__name__)

WINDOW_SECS = 0.5
_ORDERS = "News about your trading"


class Push:
    """Batches events for half a second and sends each person theirs."""

    def __init__(self, bus: Bus, accounts: Accounts) -> None:
        self._bus = bus
        self._accounts = accounts

    async def run(self) -> None:
        """Send until cancelled."""
        async with self._bus.subscribe() as subscription:
            while True:
                batch = await subscription.batch(WINDOW_SECS)
                by_user: dict[str, list[Appended]] = {}
                for appended in batch:
                    by_user.setdefault(appended.event.user_id, []).append(appended)
                for user_id, events in by_user.items():
                    try:
                        told, orders = news_of(events), order_news(events)
                        if told or orders:
                            await self._send(user_id, [*told, *orders], headline_of(events) if told else _ORDERS)
                    except Exception as error:  # noqa: BLE001 - one person's news must not end everybody's
                        _log.error("news could not be told", user_id=user_id, exc_info=error)

    async def feed_news(self, news: FeedNews) -> None:
        """A market fell silent or came back: to the open chats of those whom it concerns."""
        words = Text(f"{'⚠️ ' if news.lost else ''}{escape(news.words)}")
        headline = f"{'No prices' if news.lost else 'Prices are back'}: {news.symbol}"
        for user_id in news.user_ids:
            await self._send(user_id, [words], headline)

    async def _send(self, user_id: str, blocks: list[Block], headline: str) -> None:
        """To all of the person's open chats; one that fails does not keep the others from theirs."""
        sessions = [s for s in list(ws_sessions_id.values()) if s.user is not None and s.user.identifier == user_id]
        tasks = [asyncio.create_task(self._send_to(session, blocks, headline)) for session in sessions]
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                _log.warning("a push failed", problem=type(result).__name__)

    async def _send_to(self, session: WebsocketSession, blocks: list[Block], headline: str) -> None:
        """In a task of its own: Chainlit keeps the session in a context variable."""
        # An open socket outlives a logout; its reader is not told anything any more.
        if await session_user(session.token, self._accounts) is None:
            return
        context = init_ws_context(session)
        await Bubble().add_all(blocks).send()
        await context.emitter.send_toast(headline, "info")
