"""How far a user is from a target: the equity from the journal, the pace from the daily rollups."""

from datetime import date, timedelta
from decimal import Decimal

from core.domain.account import Account
from core.domain.countdown import DEFAULT_TARGET, WINDOW_DAYS, Countdown, Pace, countdown
from core.domain.currency import rate
from core.domain.money import ONE, ZERO, exact, parse_positive, plain, ratio
from core.ports import Document, DocumentStore, DuplicateKey, VersionConflict
from core.services.journal_writer import JournalWriter
from core.services.portfolio import PortfolioService
from core.services.projector import Projector
from core.services.rollups import scope_key

SETTINGS = "user_settings"
ROLLUPS = "daily_rollups"
_ROLLUPS_READ = 4 * WINDOW_DAYS
_TRIES = 100


class CountdownService:
    """The countdown of one user at a time."""

    def __init__(
        self, store: DocumentStore, writer: JournalWriter, projector: Projector, portfolio: PortfolioService
    ) -> None:
        self._store = store
        self._writer = writer
        self._projector = projector
        self._portfolio = portfolio

    async def status(self, user_id: str, target: Decimal | None) -> Countdown:
        """Where a user stands; without a target, the one that was set, else a million."""
        summary = await self._portfolio.summary(user_id)
        wanted = target or await self.target(user_id)
        pace = await self._pace(user_id)
        with exact():
            return countdown(summary.equity, wanted, summary.currency, pace)

    async def target(self, user_id: str) -> Decimal:
        """The target a user has set, in the reporting currency."""
        known = await self._store.get(SETTINGS, user_id)
        return Decimal(known["target"]) if known and "target" in known else DEFAULT_TARGET

    async def set_target(self, user_id: str, target: Decimal) -> None:
        """Remember a target.

        Raises:
            InvalidInput: it is not an amount above zero.
        """
        wanted = {"target": plain(parse_positive(target, "The target"))}
        for _ in range(_TRIES):
            known = await self._store.get(SETTINGS, user_id)
            try:
                if known is None:
                    await self._store.insert(SETTINGS, {"_id": user_id, "version": 1} | wanted)
                else:
                    await self._store.replace(SETTINGS, known | wanted, known["version"])
            except (DuplicateKey, VersionConflict):
                continue
            return

    async def _pace(self, user_id: str) -> Pace | None:
        """What the complete days brought: from the closing of the day before the window to that of yesterday."""
        state = await self._writer.account(user_id)
        await self._projector.caught_up(user_id)
        page = await self._store.find(
            ROLLUPS, "scope_day", (scope_key(user_id),), after=state.reset_seq - 1, descending=True, limit=_ROLLUPS_READ
        )
        today = None if state.day is None else state.day.isoformat()
        closed = [document for document in page.documents if document["day"] != today]
        if not closed:
            return None
        last, first = closed[0], closed[-1]
        end = date.fromisoformat(last["day"])
        before = (end - timedelta(days=WINDOW_DAYS)).isoformat()
        base = next((document for document in closed if document["day"] <= before), None)
        funded = _net_funding(last, state) - (_net_funding(base, state) if base else ZERO)
        opened = date.fromisoformat((base or first)["day"])
        return Pace(
            days=max(1, (end - opened).days + (base is None)),
            profit=Decimal(last["equity"]) - (Decimal(base["equity"]) if base else ZERO) - funded,
            growth=ratio(Decimal(last["unit_value"]), Decimal(base["unit_value"]) if base else ONE),
        )


def _net_funding(rollup: Document, state: Account) -> Decimal:
    """Money put in less money taken out, in the reporting currency at the recorded rates."""
    amounts = rollup["funded"].items()
    return sum((Decimal(amount) * rate(c, state.reporting, state.marks) for c, amount in amounts), ZERO)
