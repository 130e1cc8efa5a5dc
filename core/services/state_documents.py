"""How bots and days are after many events, without building their documents after each of them.

`bots` and `daily_rollups` say how the state is, so only the newest matter: touched ones are noted, with what later
events change without touching them, and built when they are taken. What is taken is what
`core.services.projections.documents` gives for the newest event that touched.
"""

from dataclasses import dataclass, field

from core.domain.account import Account
from core.domain.events import AccountReset
from core.domain.journal import Event
from core.ports import Put
from core.services.appended import Appended
from core.services.projections import bot_put, rollup_put, touched_bots
from core.services.rollups import Measured, measure, touched_scopes


@dataclass(slots=True)
class _Touched:
    """By bot the newest event that touched it, by scope what was measured after it."""

    state: Account
    bots: dict[str, int] = field(default_factory=dict[str, int])
    scopes: dict[str, Measured] = field(default_factory=dict[str, Measured])


class StateDocuments:
    """Collects for any number of users; each user's events must be told in order, before and after they are folded."""

    def __init__(self) -> None:
        self._touched: dict[str, _Touched] = {}
        self._closed: list[Put] = []

    def before(self, state: Account, event: Event) -> None:
        """An event is about to be folded: where it ends a day, that day's documents are built now."""
        touched = self._touched.get(event.user_id)
        if touched is None or not touched.scopes:
            return
        if state.opens_day(event.ts) or isinstance(event.payload, AccountReset):
            self._closed += _rollups(touched)
            touched.scopes.clear()

    def note(self, appended: Appended) -> None:
        """An event was folded."""
        event = appended.event
        touched = self._touched.get(event.user_id)
        if touched is None or touched.state is not appended.state:
            touched = self._touched[event.user_id] = _Touched(appended.state)
        for bot_id in touched_bots(appended):
            touched.bots[bot_id] = event.seq
        for scope in touched_scopes(appended):
            touched.scopes[scope] = measure(appended.state, scope, event)

    def forget(self, user_id: str) -> None:
        """This user's state means nothing any more."""
        self._touched.pop(user_id, None)

    def take(self) -> list[Put]:
        """Documents of everything that was touched since the last time, older days first."""
        taken, self._closed = self._closed, []
        for touched in self._touched.values():
            taken += [bot_put(touched.state, bot_id, seq) for bot_id, seq in touched.bots.items()]
            taken += _rollups(touched)
        self._touched.clear()
        return taken


def _rollups(touched: _Touched) -> list[Put]:
    return [rollup_put(touched.state, scope, measured) for scope, measured in touched.scopes.items()]
