"""Verifies an exported journal from its lines alone: no store, no settings, memory for orders and open lots only."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec

from core.domain.anchors import AnchorBook
from core.domain.integrity import Audit, AuditResult, Check, CheckResult
from core.domain.integrity_findings import reason_of, shown
from core.services.export_format import Header, read_header
from core.services.verdict import LedgerVerdict, verdict_of

_CHUNK = 500


class ExportAudit:
    """Takes the lines of an export in order; damaged ones are named and the rest is read all the same.

    Args:
        anchors: what was anchored outside the store, None when it is not at hand.
        progress: is told the number of lines read, now and then.
    """

    def __init__(self, anchors: AnchorBook | None = None, progress: Callable[[int], None] | None = None) -> None:
        self._anchors = anchors
        self._progress = progress
        self._header: Header | None = None
        self._audit: Audit | None = None
        self._early: list[str] = []
        self._chunk: list[dict[str, Any]] = []
        self._number = 0

    def read(self, lines: Iterable[bytes]) -> LedgerVerdict:
        """Take all lines and give the verdict.

        Raises:
            InvalidInput: the export is of a newer program.
        """
        for line in lines:
            self._number += 1
            if line.strip():
                self._take(line)
            if self._progress is not None and self._number % (_CHUNK * 20) == 0:
                self._progress(self._number)
        self._flush()
        return self._finish()

    def _take(self, line: bytes) -> None:
        try:
            found: object = msgspec.json.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._unreadable(f"Line {self._number} is not JSON ({shown(reason_of(error))})")
            return
        if not isinstance(found, dict):
            self._unreadable(f"Line {self._number} is not a JSON object")
            return
        document = cast("dict[str, Any]", found)
        first = self._audit is None and self._header is None and not self._early
        if first and (header := read_header(document)) is not None:
            self._header = header
            return
        if self._audit is None:
            self._begin(document)
        self._chunk.append(document)
        if len(self._chunk) >= _CHUNK:
            self._flush()

    def _begin(self, document: dict[str, Any] | None) -> Audit:
        """Whose journal it is, is what the header says, else the first event."""
        owner = document.get("user_id") if document else ""
        user_id = self._header.user_id if self._header else owner if isinstance(owner, str) else ""
        anchored = self._anchors.of(user_id) if self._anchors is not None else []
        audit = self._audit = Audit(user_id, anchored or None)
        for reason in self._early:
            audit.unreadable(reason)
        return audit

    def _unreadable(self, reason: str) -> None:
        if self._audit is None:
            self._early.append(reason)
            if len(self._early) > _CHUNK:
                self._begin(None)
            return
        self._flush()
        self._audit.unreadable(reason)

    def _flush(self) -> None:
        if self._audit is not None:
            self._audit.feed_all(self._chunk)
        self._chunk.clear()

    def _finish(self) -> LedgerVerdict:
        audit = self._audit or self._begin(None)
        self._check_header(audit)
        for problem in self._anchors.problems if self._anchors is not None else ():
            audit.add(Check.ANCHORS, 0, "anchors as they were written", "others", problem)
        result = audit.finish(projections_undone="A file has no snapshots and projections.")
        return verdict_of(_explained(result, self._header, given=self._anchors is not None))

    def _check_header(self, audit: Audit) -> None:
        header, head = self._header, audit.head
        if header is None:
            if not head.seq:
                audit.add(Check.SEQUENCE, 1, "event 1", "the end of the file", "There is no event in this file.")
            return
        if header.problem is not None:
            audit.add(Check.ANCHORS, 0, "the header as it was written", "another", f"The header: {header.problem}.")
        if header.head is None:
            audit.add(Check.ANCHORS, 0, "a head", "none", "The header does not say where the journal ends.")
        elif header.head != head and (header.head.seq, head.seq) != (0, 0):
            expected, found = (f"{one.seq} with hash {one.hash}" for one in (header.head, head))
            message = "The journal does not end where the header says."
            audit.add(Check.ANCHORS, max(header.head.seq, head.seq), expected, found, message)


def _explained(result: AuditResult, header: Header | None, *, given: bool) -> AuditResult:
    """Say what the check of anchors came to without them."""
    why = "No anchor of this journal is in the file of anchors" if given else "No anchors were given"
    more = "only the head in the header was compared" if header else "and there is no header with a head"
    checks = tuple(
        CheckResult(one.check, ok=None, reason=f"{why}; {more}.")
        if one.check is Check.ANCHORS and one.ok is None
        else one
        for one in result.checks
    )
    return AuditResult(result.user_id, result.events, result.head, checks, result.state)
