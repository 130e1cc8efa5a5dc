"""Play money for new accounts."""

from decimal import Decimal

from core.domain.account import DEFAULT_CURRENCY
from core.domain.commands import Fund
from core.services.journal_writer import JournalWriter
from core.services.market_hub import MarketHub

_KEY = "opening"


class Funding:
    """Opens an account's journal with its starting balance, once."""

    def __init__(self, writer: JournalWriter, hub: MarketHub, balance: Decimal) -> None:
        self._writer = writer
        self._hub = hub
        self._balance = balance

    async def open_account(self, user_id: str) -> None:
        """Fund an account that has never been funded; safe to repeat and to race."""
        if (await self._writer.account(user_id)).funded:
            return
        command = Fund(self._balance, DEFAULT_CURRENCY)
        await self._writer.execute(user_id, command, now=self._hub.feed.now(), key=_KEY)
