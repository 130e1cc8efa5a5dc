"""CSV that a spreadsheet cannot take for a formula, whatever a name or a note says (RFC 4180)."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
_QUOTED = frozenset(',"\r\n')


def csv_line(cells: Iterable[object]) -> str:
    """One row with its line end."""
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(value: object) -> str:
    """Numbers as they are, also negative ones; text that a spreadsheet would calculate gets a leading apostrophe.

    Line breaks become spaces, so that a row is a line; absent is empty.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    # Leading blanks do not keep a spreadsheet from calculating.
    if not _NUMBER.fullmatch(text) and (text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA):
        text = f"'{text}"
    text = text.replace("\r\n", " ").replace("\r", " ").replace("\n", " ").replace("\0", "")
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
