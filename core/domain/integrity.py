"""The ten checks of one user's journal, streaming: pure, and never stopped by what it finds (spec/accounting.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from core.domain.account import Account
from core.domain.evolve import evolve
from core.domain.integrity_chain import Anchored, ChainChecks
from core.domain.integrity_findings import Check, CheckResult, Finding, Findings, reason_of
from core.domain.integrity_money import Fold, MoneyChecks, Unfoldable
from core.domain.journal import Event, Head, read
from core.domain.money import exact

__all__ = ["Anchored", "Audit", "AuditResult", "Check", "CheckResult", "Finding"]

_FOLDED = (Check.FEES, Check.BALANCES, Check.EQUITY, Check.POSTINGS, Check.PROJECTIONS)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What nine of the checks came to (9 needs a store), and the folded state if all events could be folded."""

    user_id: str
    events: int
    head: Head
    checks: tuple[CheckResult, ...]
    state: Account | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; what could not be checked is not held against the journal."""
        return all(check.ok is not False for check in self.checks)


class Audit:
    """Takes one user's stored documents in the store's order; `finish` gives the result.

    The chain is checked to the end whatever it holds. The fold ends at the first event that cannot be folded.
    Costs about as much as the fold alone once more; memory grows with the number of orders and open lots only.

    Args:
        user_id: whose journal it should be.
        anchors: heads recorded outside the store, None when there are none to compare with.
        fold: what folds each event, for who needs more than the state from it.
    """

    def __init__(self, user_id: str, anchors: Iterable[Anchored] | None = (), fold: Fold = evolve) -> None:
        self._findings = Findings(user_id)
        self._anchored = anchors is not None
        self._chain = ChainChecks(self._findings, anchors or ())
        self._money = MoneyChecks(self._findings, fold)
        self._events = 0
        self._stopped: int | None = None

    @property
    def state(self) -> Account | None:
        """The state as folded so far; None once the fold has ended before the journal."""
        return self._money.state if self._stopped is None else None

    @property
    def head(self) -> Head:
        """Where the documents seen so far end."""
        return self._chain.head

    def feed_all(self, documents: Iterable[object]) -> None:
        """Take the next documents at once, which is faster."""
        with exact():
            for document in documents:
                self._feed(document)

    def feed(self, document: object) -> Event | None:
        """Take the next document; gives its event if it was folded."""
        with exact():
            return self._feed(document)

    def unreadable(self, reason: str) -> None:
        """Where the next document is due there is something that cannot even be read."""
        self._events += 1
        self._stop(self._chain.unreadable(reason))

    def add(self, check: Check, seq: int, expected: object, found: object, message: str) -> None:
        """Note something that was found from outside, such as in a projection or an export's header."""
        self._findings.add(check, seq, expected, found, message)

    def finish(self, *, projections_undone: str | None = "This needs the store.") -> AuditResult:
        """Check what only the end can tell; says why check 9, which others do, was not done."""
        self._chain.finish()
        if self._stopped is None:
            with exact():
                self._money.finish(self._chain.head.seq)
        undone: dict[Check, str] = {}
        if projections_undone is not None:
            undone[Check.PROJECTIONS] = projections_undone
        if not self._anchored:
            undone[Check.ANCHORS] = "There are no anchors to compare with."
        if self._stopped is not None:
            for check in _FOLDED:
                undone[check] = f"Events from {self._stopped} on could not be folded."
        checks = tuple(self._findings.result(check, undone=undone.get(check)) for check in Check)
        return AuditResult(self._findings.user_id, self._events, self._chain.head, checks, self.state)

    def _feed(self, document: object) -> Event | None:
        if not isinstance(document, Mapping):
            self.unreadable("A stored event is a document")
            return None
        self._events += 1
        known = cast("Mapping[str, Any]", document)
        due = self._chain.next_seq
        self._chain.take(known)
        if self._stopped is not None:
            return None
        state = self._money.state
        if known.get("seq") != state.seq + 1 or known.get("user_id") != state.user_id:
            # The chain's checks have named it. A repeated event leaves the fold where it is; a gap ends it.
            if self._chain.head.seq > state.seq:
                self._stop(due)
            return None
        try:
            event = read(known)
            self._money.take(event)
        except Unfoldable:
            self._stop(due)
        except Exception as error:  # noqa: BLE001 - whatever cannot be folded is what is looked for
            self._stop(due)
            message = f"The event cannot be folded: {reason_of(error)}"
            self._findings.add(Check.EQUITY, due, "an event that follows from the state", known.get("type"), message)
        else:
            return event
        return None

    def _stop(self, seq: int) -> None:
        if self._stopped is None:
            self._stopped = seq
