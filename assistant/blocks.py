"""What the chat can show: a closed union of blocks, drawn by `web/render.py`, filled by code from typed results."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """Colour of a figure or card."""

    NEUTRAL = "neutral"
    GAIN = "gain"
    LOSS = "loss"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Text:
    """Words: markdown, or exactly as they are when `plain` (they quote somebody).

    `quiet` is for side remarks such as "answered without the model".
    """

    text: str
    quiet: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled figure of a card, already formatted; `exact` is the unrounded figure where it was rounded."""

    label: str
    value: str
    tone: Tone = Tone.NEUTRAL
    exact: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A titled group of figures with an optional foot line (source of prices, paper)."""

    title: str
    fields: tuple[Field, ...]
    foot: str = ""
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of formatted cells; every row has as many cells as `columns`; `whole` shows all rows at once."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Another line over the times of a chart; plain decimal strings."""

    name: str
    values: tuple[str, ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over time: ISO times and plain decimal strings; `markers` are labelled points (time, value, label).

    `beside` is drawn with it on the same scale, `under` below it on a scale of its own (drawdown, as a figure
    above zero that is drawn downwards); `level` is a dotted line across with its label.
    """

    title: str
    times: tuple[str, ...]
    values: tuple[str, ...]
    unit: str
    markers: tuple[tuple[str, str, str], ...] = ()
    foot: str = ""
    beside: Line | None = None
    under: Line | None = None
    level: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FillPoint:
    """A purchase or a sale on a price chart: ISO time, price, and what to say about it."""

    ts: str
    price: str
    bought: bool
    words: str


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles of a price, oldest first: ISO times of their beginnings, and (open, high, low, close) of each."""

    title: str
    times: tuple[str, ...]
    prices: tuple[tuple[str, str, str, str], ...]
    unit: str
    points: tuple[FillPoint, ...] = ()
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A stored proposal that waits for the person: `phrase` is set where it must be typed."""

    confirmation_id: str
    title: str
    effect: tuple[str, ...]
    expires_at: str
    confirm_label: str
    phrase: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """Suggestions to click: (label, message that is sent when clicked)."""

    text: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class File:
    """Something to download. `name` is made by code, never from what people typed."""

    name: str
    content: bytes
    media_type: str


Block: TypeAlias = Text | Card | Table | Chart | Candles | Confirmation | Choices | File
