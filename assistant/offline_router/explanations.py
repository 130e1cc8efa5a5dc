"""Questions on what something means or how to do it: the topic that help explains."""

import re
from collections.abc import Mapping
from typing import Any

from assistant.offline_router import lexicon_bots, patterns, slots, spelling, traits
from assistant.offline_router.guards import Clause
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Kind, Token

_EXPLAIN = re.compile(
    r"^(?:what (?:is|are|does|do)|explain|define|(?:the )?meaning of|tell me (?:about|what)"
    r"|how (?:do|does|can|to|should)|describe|what happens)\b"
)
_TOPICS = (
    (
        "paper trading",
        re.compile(
            r"^(?:is|are|am|do|does|will|can|could)\b(?:.*\breal(?:ly)? (?:money|cash|trades?|orders?|trading)\b"
            r"| (?:this|that|it|all this|these|they|everything|(?:my|the) (?:money|trades|orders))(?: all| any)?"
            r"(?: for)? (?:real|safe|fake|paper|simulated|a simulation|a game|play money|risky|dangerous|at risk)$)"
        ),
    ),
    (
        "strategies",
        re.compile(
            r"^(?:what|which|how many) (?!.*\b(?:BOT|won|was|did|made|performed|worked|earned)\b)"
            r"(?:\w+ ){0,2}?strateg(?:y|ies)\b(?!.*\b(?:my|BOT)\b)"
            r"|^(?:list|show)(?: me)?(?: \w+){0,2} strategies$"
            r"|^(?:what|which)(?: \w+){0,3} bots? (?:can|could|should|may) (?:i|we|you|one)"
            r" (?:make|create|build|have|get|run|choose|set up)\b"
            r"|\b(?:kinds?|types?|sorts?) of (?:bots?|strateg(?:y|ies))\b"
        ),
    ),
)
"""Questions a newcomer asks in words that are not the glossary's."""
_HOW_TO = re.compile(
    r"^(?:how (?:do|can|should|would|could) (?:i|you|we|one)|how to|what happens (?:if|when)|what does(?! BOT)"
    r"|explain(?: how)?)\b"
)


_STRATEGY = re.compile(
    r"^(?:how (?:do|does|would|will|can)|what (?:is|are|does|do)|explain|define|describe|tell me"
    r"|when (?:does|do|will|would)|(?:the )?meaning of|i (?:do not|can not) (?:get|understand)|help me understand"
    r"|what kind of)\b(?!.*\b(?:have done|performed)\b)"
)


def _strategy(clause: Clause) -> str | None:
    """The one strategy that a question is about."""
    if _STRATEGY.search(clause.core) is None or {"BOT", "SYM", "PER", "AMT"} & set(clause.text.split()):
        return None
    found = traits.read([token for token in clause.tokens if token.word not in lexicon_bots.PARAMETERS])
    if isinstance(found, Unclear):
        return None
    named = found.said.get("strategy")
    if named is None or any(_strange(token) for token in found.left):
        return None
    return lexicon_bots.TOPICS[named]


def _strange(token: Token) -> bool:
    return token.kind is Kind.WORD and token.word not in spelling.IN_SCOPE


def topic(clause: Clause) -> Mapping[str, Any] | None:
    """Arguments of help when the clause asks what something means or how to do it."""
    text = clause.text
    for word, asked in _TOPICS:
        if asked.search(clause.core):
            return {"topic": word}
    strategy = _strategy(clause)
    if strategy is not None:
        return {"topic": strategy}
    personal = {"BOT", "SYM", "PER"} & set(text.split()) or re.search(
        r"\b(?:my|i have|i (?:made|earned|lost)|am i)\b", text
    )
    if not _EXPLAIN.search(text):
        return None
    term = slots.help_topic(text)
    how_to = _HOW_TO.search(text) is not None
    if term and (not personal or how_to) and not re.search(r"\b(?:chart|current|now)\b", text):
        return term
    if how_to and (rest := _acting_word(text)):
        return {"topic": rest}
    return None


def _acting_word(text: str) -> str | None:
    """The first acting verb in a question on how to do something, with what follows ("create a bot")."""
    words = text.split()
    for i, word in enumerate(words):
        if word in patterns.ACTING_VERBS and word not in {"get", "set", "make", "go", "let", "put", "give", "take"}:
            return " ".join(words[i : i + 3]).replace("BOT", "bot").casefold()[:80]
    return None
