"""What checking the ledger came to, as blocks: passed in a line, failed with what to do."""

from assistant import formats as f
from assistant.blocks import Block, Card, Field, Table, Tone
from assistant.present.base import PAPER, present
from core.domain.integrity import CheckResult
from tools import results as r

_ISSUES = 10
_HASH_SHOWN = 16
_WHAT_TO_DO = (
    "Do not trade on these figures. An operator keeps a copy of the data, runs “amarktai verify”, and restores the "
    "newest backup that verifies; if only check 9 failed, “amarktai verify --rebuild” is enough."
)


@present.register
def _(result: r.Reconciled) -> tuple[Block, ...]:
    found = result.reconciliation
    head = f"{PAPER} · ledger #{found.seq}"
    fields = [
        f.money_field("Equity by the journal", found.equity_ledger, found.currency),
        f.money_field("Equity by the fills", found.equity_projections, found.currency),
        Field("Difference", f"{f.money(found.discrepancy, found.currency)} ({f.points(found.discrepancy_pct)})"),
    ]
    if found.ok:
        fields.append(Field("Result", "everything agrees", Tone.GAIN))
        return (Card("Your ledger reconciles", tuple(fields), head, Tone.GAIN),)
    fields.append(Field("What to do", found.advice, Tone.WARNING))
    card = Card("Your ledger does not reconcile", tuple(fields), head, Tone.WARNING)
    rows = tuple((issue.collection, issue.what, issue.expected, issue.found) for issue in found.issues[:_ISSUES])
    more = len(found.issues) - len(rows)
    foot_line = f"{head} · {more} more" if more else head
    return (card, Table("Differences", ("Where", "What", "By the journal", "Found"), rows, foot_line))


@present.register
def _(result: r.Verified) -> tuple[Block, ...]:
    verdict = result.verdict
    done = [check for check in verdict.checks if check.ok is not None]
    passed = sum(check.ok is True for check in done)
    total = len(verdict.checks)
    fields = [
        Field("Events", f"{verdict.events:,}"),
        Field("Ledger head", verdict.head.hash[:_HASH_SHOWN] + "…", exact=verdict.head.hash),
    ]
    if verdict.ok:
        title = f"Verified: {passed} of {total} checks"
        tone = Tone.GAIN if passed == total else Tone.NEUTRAL
    else:
        title, tone = f"Not verified: {len(done) - passed} of {total} checks failed", Tone.WARNING
        fields.append(Field("What to do", _WHAT_TO_DO, Tone.WARNING))
    rows = tuple(
        (str(one.check.number), _verdict_words(one), one.check.title, _first_finding(one)) for one in verdict.checks
    )
    foot_line = f"{PAPER} · ledger #{verdict.head.seq} · prices: {result.source}"
    card = Card(title, tuple(fields), foot_line, tone)
    return (card, Table("The checks", ("#", "Result", "Check", "Detail"), rows, PAPER))


def _verdict_words(result: CheckResult) -> str:
    if result.ok is None:
        return "not done"
    return "ok" if result.ok else f"FAILED ({len(result.findings) + result.more})"


def _first_finding(result: CheckResult) -> str:
    if not result.findings:
        return result.reason or ""
    first = result.findings[0]
    return f"Event {first.seq}: {first.message} Expected {first.expected}, found {first.found}."
