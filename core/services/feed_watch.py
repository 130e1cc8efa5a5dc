"""Watches that live prices keep coming: an alert and a word in the chats when a market falls silent (spec/bots.md).

Nothing has to be stopped for it: the gates deny entries on a stale price by themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.codec import iso
from core.domain.errors import ProductError
from core.domain.market import LIVE
from core.services.accounts import Accounts
from core.services.alerting import Alerting, AlertKind, Severity
from core.services.health import Component
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub

LOOK_EVERY_SECS = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FeedNews:
    """A market fell silent (`lost`), or came back; `since` is exchange time, `user_ids` whom it concerns."""

    symbol: str
    source: str
    lost: bool
    since: datetime
    user_ids: tuple[str, ...]
    words: str


Listener = Callable[[FeedNews], Awaitable[None]]


class FeedWatch:
    """Looks at the newest price of every followed market; only of feeds that run on real time.

    Whoever wants to pass news on, such as the open chats, registers with `listen`.
    """

    def __init__(
        self, hub: MarketHub, accounts: Accounts, writer: JournalWriter, alerting: Alerting, stale_secs: int
    ) -> None:
        self._hub = hub
        self._accounts = accounts
        self._writer = writer
        self._alerting = alerting
        self._stale = timedelta(seconds=stale_secs)
        self._first_seen: dict[str, datetime] = {}
        self._lost: dict[str, datetime] = {}
        self._listeners: list[Listener] = []

    @property
    def lost(self) -> tuple[str, ...]:
        """Markets that are silent now."""
        return tuple(self._lost)

    def listen(self, listener: Listener) -> None:
        """Await this for every market that falls silent or comes back; one that fails keeps nobody else from it."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Look every two seconds until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - the next look must not depend on what this one met
                _log.exception("the feed watch failed; it looks again")
            await asyncio.sleep(LOOK_EVERY_SECS)

    async def look(self) -> None:
        """Follow the first market as soon as there is one, and compare every newest price with the limit."""
        feed = self._hub.feed
        if not feed.source.startswith(LIVE):
            return
        for symbol in feed.symbols[:1]:
            self._hub.follow(symbol)
        now = feed.now()
        for symbol in feed.status().running_symbols:
            newest = self._hub.latest(symbol)
            since = newest.ts if newest else self._first_seen.setdefault(symbol, now)
            silent = now - since > self._stale
            if silent and symbol not in self._lost:
                self._lost[symbol] = since
                await self._tell(symbol, lost=True, since=since)
            elif not silent and symbol in self._lost:
                await self._tell(symbol, lost=False, since=self._lost.pop(symbol))

    def report(self) -> Component:
        """For the system's health: which markets are silent."""
        if not self._lost:
            return Component("price feed", ok=True, detail="no market is silent")
        silent = ", ".join(f"{symbol} since {since:%H:%M:%S} UTC" for symbol, since in self._lost.items())
        return Component("price feed", ok=False, detail=f"no prices: {silent}")

    async def _tell(self, symbol: str, *, lost: bool, since: datetime) -> None:
        source = self._hub.feed.source
        if lost:
            words = (
                f"No price of {symbol} has come from {source} since {since:%H:%M:%S} UTC. Nothing enters without one."
            )
        else:
            words = f"Prices of {symbol} from {source} are back."
        concerned = await self._concerned(symbol)
        _log.warning("feed lost" if lost else "feed back", symbol=symbol, source=source, since=iso(since))
        if lost:
            cause = f"{source}:{symbol}:{iso(since)}"
            for user_id in concerned:
                await self._alert(user_id, words, cause)
        news = FeedNews(symbol, source, lost, since, concerned, words)
        for listener in self._listeners:
            try:
                await listener(news)
            except Exception:  # noqa: BLE001 - one that cannot tell it must not keep the others from it
                _log.exception("feed news could not be told", symbol=symbol)

    async def _alert(self, user_id: str, words: str, cause: str) -> None:
        try:
            await self._alerting.record_once(user_id, AlertKind.STALE_FEED, Severity.WARNING, words, cause=cause)
        except ProductError as error:
            _log.warning("a silent market's alert was not recorded", user_id=user_id, problem=error.message)

    async def _concerned(self, symbol: str) -> tuple[str, ...]:
        """Who holds something of the market, or has a bot running on it."""
        try:
            accounts = {user_id: await self._writer.account(user_id) for user_id in await self._accounts.all_ids()}
        except ProductError as error:
            _log.warning("whom a silent market concerns is not known", problem=error.message)
            return ()
        return tuple(user_id for user_id, account in accounts.items() if _concerns(account, symbol))


def _concerns(account: Account, symbol: str) -> bool:
    running = (bot for bot in account.bots.values() if bot.status is BotStatus.RUNNING)
    return symbol in account.open_symbols() or any(bot.symbol == symbol for bot in running)
