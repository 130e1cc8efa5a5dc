"""Blocks as Chainlit messages and elements; the only place that draws."""

from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Any

import chainlit as cl
import pandas as pd

from assistant.blocks import Block, Candles, Card, Chart, Choices, Confirmation, File, Table, Text
from assistant.formats import escape
from core.domain.codec import from_iso
from web.charts import candle_chart, line_chart

#: Rows up to which a table is shown whole; a longer one is a data frame with pages.
_SHORT = 10
_CARDS = "open cards"


class Bubble:
    """One chat message made of blocks: words first, then cards, tables, charts and buttons."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._elements: list[Any] = []
        self._actions: list[cl.Action] = []

    def __bool__(self) -> bool:
        return bool(self._words or self._elements or self._actions)

    def add_all(self, blocks: Iterable[Block]) -> "Bubble":
        """Add several blocks."""
        for block in blocks:
            self.add(block)
        return self

    @singledispatchmethod
    def add(self, block: object) -> None:
        """Add a block; there is one method per kind."""
        raise TypeError(f"Nothing draws {type(block).__name__}.")

    @add.register
    def _(self, block: Text) -> None:
        words = escape(block.text) if block.plain else block.text
        self._words.append(f"*{words}*" if block.quiet else words)

    @add.register
    def _(self, block: Card) -> None:
        fields = [{"label": f.label, "value": f.value, "tone": f.tone.value, "exact": f.exact} for f in block.fields]
        props = {"title": block.title, "fields": fields, "foot": block.foot, "tone": block.tone.value}
        self._elements.append(cl.CustomElement(name="FigureCard", props=props, display="inline"))

    @add.register
    def _(self, block: Confirmation) -> None:
        props = {
            "token": block.confirmation_id,
            "title": block.title,
            "effect": list(block.effect),
            "phrase": block.phrase,
            "until": f"{from_iso(block.expires_at):%H:%M:%S}Z",
        }
        card = cl.CustomElement(name="ConfirmCard", props=props, display="inline")
        _open_cards()[block.confirmation_id] = card
        self._elements.append(card)

    @add.register
    def _(self, block: Table) -> None:
        if block.whole or len(block.rows) <= _SHORT:
            props = {"title": block.title, "columns": block.columns, "rows": block.rows, "foot": block.foot}
            props["wrap"] = block.whole
            self._elements.append(cl.CustomElement(name="RowTable", props=props, display="inline"))
            return
        frame = pd.DataFrame(list(block.rows), columns=list(block.columns))
        self._words.append(_heading(block.title, block.foot))
        self._elements.append(cl.Dataframe(name=block.title, data=frame, display="inline"))

    @add.register
    def _(self, block: Chart) -> None:
        self._words.append(_heading(block.title, block.foot))
        self._elements.append(cl.Plotly(name=block.title, figure=line_chart(block), display="inline"))

    @add.register
    def _(self, block: Candles) -> None:
        self._words.append(_heading(block.title, block.foot))
        self._elements.append(cl.Plotly(name=block.title, figure=candle_chart(block), display="inline"))

    @add.register
    def _(self, block: File) -> None:
        self._elements.append(cl.File(name=block.name, content=block.content, mime=block.media_type, display="inline"))

    @add.register
    def _(self, block: Choices) -> None:
        self._words.append(block.text)
        self._actions += [
            cl.Action(name="say", label=label, payload={"message": message}) for label, message in block.options
        ]

    async def send(self) -> None:
        """Show it, if there is anything in it."""
        words = "\n\n".join(self._words)
        # Chainlit shows the elements of one message in any order: each gets a message of its own.
        for element in self._elements[:-1]:
            await cl.Message(words, elements=[element]).send()
            words = ""
        if self:
            await cl.Message(words, elements=self._elements[-1:], actions=self._actions).send()


def _open_cards() -> dict[str, cl.CustomElement]:
    """This session's cards that have not been answered, by confirmation id."""
    cards = cl.user_session.get(_CARDS)
    if cards is None:
        cards = {}
        cl.user_session.set(_CARDS, cards)
    return cards


async def settle_card(confirmation_id: str, state: str) -> None:
    """Show for good what became of a card: the browser draws it anew with each message and forgets its own state."""
    card = _open_cards().pop(confirmation_id, None)
    if card is not None:
        card.props["state"] = state
        await card.update()


def _heading(title: str, foot: str) -> str:
    return f"**{escape(title)}**" + (f"  \n*{escape(foot)}*" if foot else "")
