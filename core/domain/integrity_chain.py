"""The checks of a journal that need no folding: sequence, hashes, keys, recorded times, anchors (1, 2, 3, 5, 10).

They look at stored documents as they are, whatever they are: one that is damaged never keeps the rest from being read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from core.domain.codec import from_iso
from core.domain.integrity_findings import Check, Findings, reason_of
from core.domain.journal import GENESIS, Head, digest

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ORDER_TYPES = frozenset({"order_executed", "order_accepted"})


@dataclass(frozen=True, slots=True)
class Anchored:
    """A head as an anchor recorded it, and where that anchor is from."""

    head: Head
    source: str


class ChainChecks:
    """Takes one user's documents in the store's order.

    Orders, keys and client's order ids are remembered for the whole journal: about 300 bytes an order.
    """

    def __init__(self, findings: Findings, anchors: Iterable[Anchored]) -> None:
        self._findings = findings
        self._anchors: dict[int, list[Anchored]] = {}
        for anchor in anchors:
            if anchor.head.seq > 0:
                self._anchors.setdefault(anchor.head.seq, []).append(anchor)
        self._seq = 0
        self._links = (GENESIS, GENESIS)
        self._recorded_at = (_LONG_AGO, "")
        self._keys: set[str] = set()
        self._orders: set[str] = set()
        self._clients: set[str] = set()

    @property
    def next_seq(self) -> int:
        """The sequence number that is due."""
        return self._seq + 1

    @property
    def head(self) -> Head:
        """Where the documents seen so far end, by their content."""
        return Head(self._seq, self._links[1])

    def take(self, document: Mapping[str, Any]) -> None:
        """Check the next document."""
        due = self._seq + 1
        claimed = document.get("seq")
        seq = claimed if type(claimed) is int else due
        self._check_place(document, claimed, seq, due)
        found, sealed = self._check_hash(document, seq)
        # A number that its own hash contradicts is damage, not a gap.
        self._seq = due if not sealed and document.get("prev_hash") in self._links else seq
        stored = document.get("hash")
        self._links = (stored if isinstance(stored, str) else found, found)
        self._check_keys(document, seq)
        self._check_time(document, seq)
        if seq in self._anchors:
            self._check_anchors(seq, found)

    def unreadable(self, reason: str) -> int:
        """Something that is no document at all stands where the next one is due; gives its number."""
        self._seq += 1
        self._findings.add(Check.CHAIN, self._seq, "a stored event", "something else", f"{reason}.")
        # What follows can only be held against itself.
        self._links = ("", "")
        return self._seq

    def finish(self) -> None:
        """Anchors beyond the end, or in a gap."""
        for seq, anchors in self._anchors.items():
            for anchor in anchors:
                self._findings.add(
                    Check.ANCHORS,
                    seq,
                    anchor.head.hash,
                    f"a journal that ends at {self._seq}" if seq > self._seq else "no such event",
                    f"The event that {anchor.source} covers is gone.",
                )

    def _check_place(self, document: Mapping[str, Any], claimed: object, seq: int, due: int) -> None:
        owner = self._findings.user_id
        if type(claimed) is not int or claimed != due:
            self._findings.add(Check.SEQUENCE, seq, due, claimed, "The sequence is not contiguous.")
        user = document.get("user_id")
        if user != owner:
            self._findings.add(Check.SEQUENCE, seq, owner, user, "The event belongs to another journal.")
        key = document.get("_id")
        if key is not None and key != f"{user}:{claimed}":
            self._findings.add(Check.SEQUENCE, seq, f"{user}:{claimed}", key, "The stored key is another place's.")

    def _check_hash(self, document: Mapping[str, Any], seq: int) -> tuple[str, bool]:
        """The hash that the content gives, and whether it is the stored one."""
        link, stored = document.get("prev_hash"), document.get("hash")
        if link not in self._links and self._links[0]:
            self._findings.add(Check.CHAIN, seq, self._links[1], link, "The event does not link to the one before it.")
        try:
            found = digest(document)
        except Exception as error:  # noqa: BLE001 - whatever the content is, it is what is looked for
            self._findings.add(Check.CHAIN, seq, "an event", reason_of(error), "The content cannot be hashed.")
            return "", False
        if found != stored:
            self._findings.add(Check.CHAIN, seq, stored, found, "The content does not give the stored hash.")
        return found, found == stored

    def _check_keys(self, document: Mapping[str, Any], seq: int) -> None:
        key = document.get("idempotency_key")
        self._once(self._keys, key, seq, "idempotency key")
        kind, payload = document.get("type"), document.get("payload")
        if isinstance(kind, str) and kind in _ORDER_TYPES and isinstance(payload, dict):
            order = cast("dict[str, Any]", payload)
            self._once(self._orders, order.get("order_id"), seq, "order id")
            client = order.get("client_order_id")
            # Mostly they are the same text, which need not be kept twice.
            self._once(self._clients, key if client == key else client, seq, "client order id")

    def _once(self, seen: set[str], value: object, seq: int, what: str) -> None:
        if not isinstance(value, str) or not value:
            self._findings.add(Check.DUPLICATES, seq, "a text", value, f"The {what} is missing.")
        elif value in seen:
            self._findings.add(Check.DUPLICATES, seq, "a new one", value, f"The {what} was used before.")
        else:
            seen.add(value)

    def _check_time(self, document: Mapping[str, Any], seq: int) -> None:
        text = document.get("recorded_at")
        try:
            recorded_at = from_iso(text) if isinstance(text, str) else None
        except ValueError:
            recorded_at = None
        if not isinstance(text, str) or recorded_at is None or recorded_at.tzinfo is None:
            self._findings.add(Check.RECORDED_ORDER, seq, "a time", text, "The recorded time cannot be read.")
            return
        before, written = self._recorded_at
        if recorded_at < before:
            self._findings.add(Check.RECORDED_ORDER, seq, f"{written} or later", text, "The recorded time goes back.")
        self._recorded_at = (recorded_at, text)

    def _check_anchors(self, seq: int, found: str) -> None:
        for anchor in self._anchors.pop(seq):
            if anchor.head.hash != found:
                message = f"The event is not the one that {anchor.source} covers."
                self._findings.add(Check.ANCHORS, seq, anchor.head.hash, found, message)
