"""A titled table of what was measured, and the few statistics the benchmarks share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest


@dataclass(slots=True)
class Table:
    """Rows of formatted cells under `columns`; the first column is left-aligned, the others right-aligned."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    notes: list[str] = field(default_factory=list[str])

    def add(self, *cells: str) -> None:
        """One more row."""
        self.rows.append(cells)

    def note(self, text: str) -> None:
        """A line under the table."""
        self.notes.append(text)

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip_longest(*lines, fillvalue="")]
        text = [self.title]
        text += [
            "  " + "  ".join(_cell(c, w, i) for i, (c, w) in enumerate(zip(r, widths, strict=False))) for r in lines
        ]
        return "\n".join([*text, *(f"  {note}" for note in self.notes)]) + "\n"


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent * 10) // 1000) - 1)]


def rate(count: float, seconds: float) -> str:
    """Whole pieces per second."""
    return f"{count / seconds:,.0f}/s"


def millis(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1e3:,.1f} ms"


def micros(seconds: float) -> str:
    """Seconds as microseconds."""
    return f"{seconds * 1e6:,.0f} µs"
