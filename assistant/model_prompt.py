"""What the model is told before a message: its instructions, the person's data as data, and recent history."""

import json
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistant.turn import PastMessage, Turn
from prompts import load

MAX_HISTORY_TOKENS = 2_000
MAX_MESSAGE_CHARS = 4_000
MAX_NAMES = 200
CHARS_PER_TOKEN = 4  # a usual approximation for English; a bound is wanted, not a count

ROUTER_PROMPT = load("router")


def messages_for(turn: Turn) -> list[BaseMessage]:
    """System prompt, as much recent history as fits, and the message."""
    system = ROUTER_PROMPT.text.replace("{data}", _data(turn))
    return [SystemMessage(system), *_recent(turn.history), HumanMessage(turn.text[:MAX_MESSAGE_CHARS])]


def _data(turn: Turn) -> str:
    """The data section: JSON in which no text can end the section or start a new one."""
    data = {
        "bots": list(turn.bot_names[:MAX_NAMES]),
        "last_bot": turn.last_bot,
        "symbols": list(turn.symbols[:MAX_NAMES]),
        "trading": "paper",
    }
    text = json.dumps(data, ensure_ascii=False)
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _recent(history: Sequence[PastMessage]) -> list[BaseMessage]:
    """The newest messages that fit, oldest first; what does not fit is forgotten from its start on."""
    kept: list[BaseMessage] = []
    tokens = 0
    for past in reversed(history):
        text = past.text[:MAX_MESSAGE_CHARS]
        tokens += len(text) // CHARS_PER_TOKEN + 4
        if tokens > MAX_HISTORY_TOKENS:
            break
        if text:
            kept.append(HumanMessage(text) if past.role == "user" else AIMessage(text))
    return kept[::-1]
