"""Pages of a user's journal as it is stored, in words, and of the fills that follow from it."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.account import Account
from core.domain.errors import InvalidInput
from core.domain.journal import read
from core.domain.money import exact
from core.domain.narrative import Names, Told, tell
from core.ports import Document, DocumentStore, Page
from core.services.journal_writer import BY_SEQ, EVENTS, JournalWriter
from core.services.projector import Projector

FILLS = "fills_ledger"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event for a reader: engine time, wall time, type, and what it did."""

    seq: int
    ts: datetime
    recorded_at: datetime
    kind: str
    told: Told
    hash: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows newest first; `cursor` continues after them and is None at the end."""

    rows: tuple[AuditRow, ...]
    cursor: str | None


class LedgerReader:
    """Reads one user's records, newest first, page by page."""

    def __init__(self, store: DocumentStore, writer: JournalWriter, projector: Projector) -> None:
        self._store = store
        self._writer = writer
        self._projector = projector

    async def events(self, user_id: str, limit: int, cursor: str | None = None) -> Page:
        """Events as they are stored."""
        return await self._page(EVENTS, BY_SEQ, user_id, limit, cursor)

    async def fills(self, user_id: str, bot_id: str | None, limit: int, cursor: str | None = None) -> Page:
        """Executions, of one bot or of all.

        Raises:
            NotFound: this user has no such bot.
        """
        if bot_id is not None:
            (await self._writer.account(user_id)).bot(bot_id)
        await self._projector.caught_up(user_id)
        index, owner = ("user_time", user_id) if bot_id is None else ("bot_time", bot_id)
        return await self._page(FILLS, index, owner, limit, cursor)

    async def audit(self, user_id: str, limit: int, cursor: str | None = None) -> AuditPage:
        """The journal in words."""
        names = _names(await self._writer.account(user_id))
        page = await self.events(user_id, limit, cursor)
        return AuditPage(tuple(_row(document, names) for document in page.documents), page.cursor)

    async def _page(self, collection: str, index: str, owner: str, limit: int, cursor: str | None) -> Page:
        try:
            return await self._store.find(collection, index, (owner,), descending=True, limit=limit, cursor=cursor)
        except TypeError:  # a cursor of another listing holds another kind of value
            raise InvalidInput("The cursor does not belong to this listing; start again from the first page.") from None


def _names(state: Account) -> Names:
    bots = state.bots.values()
    return Names({bot.bot_id: bot.name for bot in bots}, {bot.bot_id: bot.quote for bot in bots})


def _row(document: Document, names: Names) -> AuditRow:
    event = read(document)
    with exact():
        told = tell(event, names)
    return AuditRow(event.seq, event.ts, event.recorded_at, document["type"], told, event.hash)
