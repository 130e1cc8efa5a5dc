"""What checking a journal can find: the ten checks by number and name, and findings that carry both values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from core.domain.errors import ProductError
from core.domain.money import plain

FINDINGS_KEPT = 25
"""Of each check; what is beyond is counted."""

_SHOWN = 80
_HUGE_BITS = 256


class Check(Enum):
    """The ten checks (spec/accounting.md, Reconcile and verify): number and plain name."""

    SEQUENCE = (1, "the sequence has no gap")
    CHAIN = (2, "the hash chain is unbroken")
    DUPLICATES = (3, "no order, fill or idempotency key is there twice")
    FEES = (4, "fees are complete and not negative")
    RECORDED_ORDER = (5, "recorded times do not go back")
    BALANCES = (6, "no cash, reservation or position is ever negative")
    EQUITY = (7, "both definitions of equity agree")
    POSTINGS = (8, "postings balance")
    PROJECTIONS = (9, "snapshots and projections equal the journal")
    ANCHORS = (10, "chain heads match the anchors")

    def __init__(self, number: int, title: str) -> None:
        self.number = number
        self.title = title


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a user's journal at event `seq`, with what should be there and what is."""

    user_id: str
    seq: int
    check: Check
    expected: str
    found: str
    message: str

    def __str__(self) -> str:
        return (
            f"Journal of {self.user_id}, seq {self.seq}, check {self.check.number} ({self.check.title}): "
            f"{self.message} Expected {self.expected}, found {self.found}."
        )


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`ok` is None when the check could not be done, or not to the end; `reason` says why. `more` were not kept."""

    check: Check
    ok: bool | None
    findings: tuple[Finding, ...] = ()
    more: int = 0
    reason: str | None = None


class Findings:
    """Collects findings of one user, so many of each check."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self._found: dict[Check, list[Finding]] = {check: [] for check in Check}
        self._more: dict[Check, int] = dict.fromkeys(Check, 0)

    def add(self, check: Check, seq: int, expected: object, found: object, message: str) -> None:
        """Note that `found` is where `expected` should be."""
        if len(self._found[check]) >= FINDINGS_KEPT:
            self._more[check] += 1
            return
        self._found[check].append(Finding(self.user_id, seq, check, shown(expected), shown(found), message))

    def any(self) -> bool:
        """Whether anything was found."""
        return any(self._found.values())

    def result(self, check: Check, *, undone: str | None = None) -> CheckResult:
        """What a check came to; `undone` says why it could not be finished."""
        found = tuple(self._found[check])
        if found:
            return CheckResult(check, ok=False, findings=found, more=self._more[check], reason=undone)
        return CheckResult(check, ok=None if undone else True, reason=undone)


def shown(value: object) -> str:
    """A value of any kind, for a message: short, on one line, never costly to write."""
    if isinstance(value, Decimal):
        text = plain(value) if value.is_finite() and abs(value.adjusted()) < _SHOWN else str(value)
    elif isinstance(value, str):
        text = value
    elif isinstance(value, int):
        text = str(value) if value.bit_length() < _HUGE_BITS else "a huge number"
    else:
        text = "nothing" if value is None else f"a {type(value).__name__}"
    text = "".join(letter if letter.isprintable() else "?" for letter in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def reason_of(error: BaseException) -> str:
    """What an exception says, in one short line."""
    return shown(error.message if isinstance(error, ProductError) else f"{type(error).__name__}: {error}")
