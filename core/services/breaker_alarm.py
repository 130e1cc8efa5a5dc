"""An alert for every trip of a circuit breaker: once each, whoever crashed in between (spec/pipeline.md, gate 4)."""

import asyncio

import structlog

from core.domain.errors import ProductError
from core.domain.events import BreakerTripped, Metric
from core.domain.money import plain
from core.ports import DocumentStore
from core.services import breaker_history
from core.services.accounts import Accounts
from core.services.alerting import Alerting, AlertKind, Severity
from core.services.bus import Bus, Subscription
from core.services.journal_writer import JournalWriter
from core.services.projector import Projector

_FRACTIONS = frozenset({Metric.DRAWDOWN, Metric.DAILY_LOSS})
_NEWEST = 100
"""Trips and resets of a user that are looked at again."""
_LOOK_AGAIN_SECS = 60.0
_RETRY_SECS = 10.0

_log = structlog.get_logger(__name__)


def trip_words(fact: BreakerTripped, bot: str | None) -> str:
    """A trip in a sentence; `bot` is the name of the one it is of, None for the account."""
    value, limit = (
        f"{plain(round(figure * 100, 2))} %" if fact.metric in _FRACTIONS else plain(figure)
        for figure in (fact.value, fact.threshold)
    )
    metric = fact.metric.value.replace("_", " ")
    return f"The circuit breaker of {bot or 'your account'} opened: {metric} {value}, limit {limit}. Nothing enters."


class BreakerAlarm:
    """Hears of trips from the bus, and looks through the recorded ones at its start and every minute.

    The bus tells nothing of what happened before a journal was first folded here. An alert's id follows from its
    trip, so that any number of processes record it once.
    """

    def __init__(
        self,
        store: DocumentStore,
        accounts: Accounts,
        writer: JournalWriter,
        projector: Projector,
        bus: Bus,
        alerting: Alerting,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._writer = writer
        self._projector = projector
        self._bus = bus
        self._alerting = alerting
        self._told: set[tuple[str, int]] = set()

    async def run(self) -> None:
        """Raise alerts until cancelled."""
        while True:
            try:
                async with self._bus.subscribe() as news:
                    complete = await self.catch_up()
                    await self._follow(news, _LOOK_AGAIN_SECS if complete else _RETRY_SECS)
            except ProductError as error:
                _log.warning("breaker alerts wait", problem=error.message)
                await asyncio.sleep(_RETRY_SECS)
            except Exception:  # noqa: BLE001 - the next trip must be told whatever this one met
                _log.exception("breaker alerts failed; they start again")
                await asyncio.sleep(_RETRY_SECS)

    async def _follow(self, news: Subscription, secs: float) -> None:
        """Record what the bus tells, so long, or until it told too much at once."""
        try:
            async with asyncio.timeout(secs):
                while not news.dropped:
                    appended = await news.next()
                    fact, user_id = appended.event.payload, appended.event.user_id
                    if isinstance(fact, BreakerTripped):
                        bot = appended.state.bots[fact.bot_id].name if fact.bot_id in appended.state.bots else None
                        await self._record(user_id, appended.event.seq, trip_words(fact, bot))
        except TimeoutError:
            return

    async def catch_up(self) -> bool:
        """Record the trips that nobody has, of all accounts; False when one could not be looked at."""
        complete = True
        for user_id in await self._accounts.all_ids():
            try:
                await self._catch_up(user_id)
            except ProductError as error:
                _log.warning("trips of a user could not be looked at", user_id=user_id, problem=error.message)
                complete = False
        return complete

    async def _catch_up(self, user_id: str) -> None:
        # Folding the journal is what brings back documents that a crash lost.
        state = await self._writer.account(user_id)
        await self._projector.caught_up(user_id)
        for event in await breaker_history.newest(self._store, state, _NEWEST):
            if event.metric is not None and event.value is not None and event.threshold is not None:
                fact = BreakerTripped(event.metric, event.value, event.threshold, {}, event.bot_id)
                await self._record(user_id, event.seq, trip_words(fact, event.bot))

    async def _record(self, user_id: str, seq: int, message: str) -> None:
        if (user_id, seq) not in self._told:
            kind = AlertKind.BREAKER_TRIP
            await self._alerting.record_once(user_id, kind, Severity.CRITICAL, message, cause=str(seq))
            self._told.add((user_id, seq))
