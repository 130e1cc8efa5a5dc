"""The ledger seen from outside: folded again from the stored events, without the program's own state."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from core.domain.account import Account
from core.domain.evolve import evolve
from core.domain.journal import START, Event, Head, verified
from core.domain.valuation import Mark, Portfolio, value
from core.ports import DocumentStore
from tests.store_location import Location

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Ledger:
    """The journals in a store, opened only while they are read."""

    location: Location

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[DocumentStore]:
        """The store, beside the running program."""
        store = self.location.make()
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    async def user_id(self, email: str) -> str:
        """Who has this address."""
        async with self.opened() as store:
            page = await store.find("users", "email", (email,))
        return page.documents[0]["_id"]

    async def events(self, email: str, until: int | None = None) -> list[Event]:
        """A person's events from the first one on, the chain checked."""
        user_id = await self.user_id(email)
        found: list[Event] = []
        head = START
        async with self.opened() as store:
            while True:
                page = await store.find(
                    "ledger_events", "user_seq", (user_id,), after=head.seq, until=until, limit=_PAGE
                )
                found.extend(verified(head, page.documents))
                if len(page.documents) < _PAGE:
                    return found
                head = Head(found[-1].seq, found[-1].hash)

    async def kinds(self, email: str) -> list[str]:
        """Names of the classes of a person's events, in order."""
        return [type(event.payload).__name__ for event in await self.events(email)]

    async def portfolio(self, email: str, seq: int, prices: Mapping[str, Decimal]) -> Portfolio:
        """The account after event `seq` at these prices."""
        state = Account(await self.user_id(email))
        for event in await self.events(email, seq):
            evolve(state, event)
        assert state.seq == seq
        marks = {s: Mark(s, price, None, None, "test", stale=False) for s, price in prices.items()}
        return value(state, marks)
