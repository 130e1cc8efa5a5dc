"""Anchors: the heads of all journals at a moment, chained, to be kept outside the store (spec/accounting.md).

One JSON line each: `{"at", "heads": {user_id: {"seq", "hash"}}, "previous", "hash"}`; `hash` is the SHA-256 of the
canonical rest, `previous` the hash of the line before, so that a change of the file shows as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from core.domain.codec import from_iso, iso
from core.domain.integrity_chain import Anchored
from core.domain.integrity_findings import shown
from core.domain.journal import GENESIS, Head, canonical, digest


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file."""

    at: datetime
    heads: dict[str, Head]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AnchorBook:
    """What a file of anchors holds; `problems` name the lines that were changed, lost or cannot be read."""

    last: Anchor | None = None
    anchored: dict[str, list[Anchored]] = field(default_factory=dict[str, list[Anchored]])
    problems: tuple[str, ...] = ()

    def of(self, user_id: str) -> list[Anchored]:
        """Heads recorded of one user, oldest first."""
        return self.anchored.get(user_id, [])


def write_anchor(at: datetime, heads: Mapping[str, Head], previous: str) -> bytes:
    """The line that follows the one with this hash, without its end."""
    document: dict[str, Any] = {
        "at": iso(at),
        "heads": {user_id: {"seq": head.seq, "hash": head.hash} for user_id, head in heads.items()},
        "previous": previous,
    }
    return canonical(document | {"hash": digest(document)})


def hash_of(line: bytes | None) -> str:
    """What the line after this one names as `previous`; that of a line which cannot be read is of its bytes."""
    if line is None:
        return GENESIS
    try:
        return read_anchor(line).hash
    except ValueError:
        return digest({"line": line.decode("latin-1")})


def read_anchors(lines: Iterable[bytes]) -> AnchorBook:
    """Read a file's lines; a bad one is named, and what it holds counts for nothing."""
    last: Anchor | None = None
    due: str | None = GENESIS
    anchored: dict[str, list[Anchored]] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            anchor = read_anchor(line)
        except ValueError as error:
            problems.append(f"Line {number} of the anchors cannot be trusted: {error}.")
            due = hash_of(line)
            continue
        if anchor.previous != due:
            problems.append(f"Line {number} of the anchors follows {shown(anchor.previous)}, not {shown(due)}.")
        last, due = anchor, anchor.hash
        source = f"the anchor of {iso(anchor.at)}"
        for user_id, head in anchor.heads.items():
            known = anchored.setdefault(user_id, [])
            if not known or known[-1].head != head:
                known.append(Anchored(head, source))
    return AnchorBook(last, anchored, tuple(problems))


def read_anchor(line: bytes) -> Anchor:
    """One line.

    Raises:
        ValueError: says what is wrong with it.
    """
    try:
        document = msgspec.json.decode(line, type=dict[str, Any])
        heads = msgspec.convert(document["heads"], dict[str, Head])
        at, found = from_iso(document["at"]), digest(document)
        previous, stored = document["previous"], document["hash"]
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"it is no anchor ({shown(str(error))})") from error
    if found != stored:
        raise ValueError(f"its hash is {shown(stored)}, its content gives {found}")
    if at.tzinfo is None or not isinstance(previous, str):
        raise ValueError("it is no anchor")
    return Anchor(at, heads, previous, found)
