"""The exported journal: a header line, then one stored event a line, exactly as it is stored.

The header is `{"kind", "version", "user_id", "head": {"seq", "hash"}, "exported_at", "sha256"}`; `sha256` is the hash
of the canonical rest, so that a changed header shows. Events alone, without a header, are an export as well.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.codec import iso
from core.domain.errors import InvalidInput
from core.domain.integrity_findings import shown
from core.domain.journal import Head, digest

KIND = "amarktai-ledger-export"
VERSION = 1

_FIELDS = frozenset({"kind", "version", "user_id", "head", "exported_at"})


@dataclass(frozen=True, slots=True)
class Header:
    """What an export says of itself; `problem` when that cannot be trusted."""

    user_id: str
    head: Head | None
    problem: str | None


def write_header(user_id: str, head: Head, exported_at: datetime) -> dict[str, Any]:
    """The first line."""
    document: dict[str, Any] = {
        "kind": KIND,
        "version": VERSION,
        "user_id": user_id,
        "head": {"seq": head.seq, "hash": head.hash},
        "exported_at": iso(exported_at),
    }
    return document | {"sha256": digest(document)}


def read_header(document: dict[str, Any]) -> Header | None:
    """The header, or None when this line is something else.

    Raises:
        InvalidInput: it is of a newer program.
    """
    if document.get("kind") != KIND:
        return None
    stored = document.get("sha256")
    rest = {name: value for name, value in document.items() if name != "sha256"}
    problem: str | None = None
    if stored is not None and stored != digest(rest):
        problem = f"its hash is {shown(stored)}, its content gives {digest(rest)}"
    elif document.get("version") != VERSION:
        raise InvalidInput(
            f"This export has version {shown(document.get('version'))}; this program reads {VERSION}. Use a newer one."
        )
    elif rest.keys() != _FIELDS:
        problem = "it has other fields than it should"
    user_id = document.get("user_id")
    return Header(user_id if isinstance(user_id, str) else "", _head(document.get("head")), problem)


def _head(value: object) -> Head | None:
    match value:
        case {"seq": int(seq), "hash": str(text)}:
            return Head(seq, text)
        case _:
            return None
