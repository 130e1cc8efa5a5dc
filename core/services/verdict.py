"""What verifying a journal came to: for messages, and as one JSON document."""

from dataclasses import dataclass
from typing import Any

from core.domain.integrity import AuditResult, CheckResult, Finding
from core.domain.journal import Head
from core.services.ledger_figures import LedgerFigures, figures_document, ledger_figures


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """One user's journal: the ten checks, and the figures that follow from it when it could be folded to its end."""

    user_id: str
    events: int
    head: Head
    checks: tuple[CheckResult, ...]
    figures: LedgerFigures | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; what could not be checked is not held against the journal."""
        return all(check.ok is not False for check in self.checks)

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong, by check."""
        return [finding for check in self.checks for finding in check.findings]

    @property
    def problem(self) -> str | None:
        """The first thing that is wrong, with user, seq, check and both values; None when all is well."""
        first = min(self.findings, key=_seq, default=None)
        return None if first is None else str(first)


def _seq(finding: Finding) -> int:
    return finding.seq


def verdict_of(result: AuditResult) -> LedgerVerdict:
    """The verdict on an audit that is finished."""
    figures = None if result.state is None else ledger_figures(result.state)
    return LedgerVerdict(result.user_id, result.events, result.head, result.checks, figures)


def verdict_document(verdict: LedgerVerdict) -> dict[str, Any]:
    """As JSON; `ok` of a check is null, with a reason, when it could not be done."""
    return {
        "ok": verdict.ok,
        "user_id": verdict.user_id,
        "events": verdict.events,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash},
        "checks": [_check(check) for check in verdict.checks],
        "figures": None if verdict.figures is None else figures_document(verdict.figures),
    }


def _check(result: CheckResult) -> dict[str, Any]:
    document: dict[str, Any] = {
        "number": result.check.number,
        "name": result.check.title,
        "ok": result.ok,
        "findings": [
            {"seq": one.seq, "expected": one.expected, "found": one.found, "message": one.message}
            for one in result.findings
        ],
    }
    if result.more:
        document["more"] = result.more
    if result.reason is not None:
        document["reason"] = result.reason
    return document
