"""Arguments of the tools that change a bot: its new name, a copy of it, its settings, its capital."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.offline_router import lexicon, lexicon_bots, traits
from assistant.offline_router.ledger import one_amount
from assistant.offline_router.slots import Unclear, of
from assistant.offline_router.text import Kind, Token, masked
from assistant.offline_router.wordlists import words

TOOLS = frozenset(["rename_bot", "clone_bot", "edit_bot", "add_capital", "withdraw_capital"])
CAPITAL = frozenset(["add_capital", "withdraw_capital"])
_MOST_NAME_WORDS = 4
_NAME_LEADS = frozenset(["to", "as", "into", "called", "named", ":"])
_NAME_ENDS = frozenset(["with", "and", "at", "on", "for", "using", "then", "start", "from"])
ASK = {
    "rename_bot": 'What should the new name be? Say it like "rename alpha to Falcon", a long name in quotes.',
    "clone_bot": 'I did not understand all of that, so I did nothing. Say it like "clone alpha as Falcon with 500".',
    "edit_bot": (
        'What should change? Say it like "set alpha\'s fast to 5", "use hourly bars for alpha" or "make alpha '
        'careful": strategy, parameters, bars and risk mode of a paused bot can be changed.'
    ),
    "add_capital": 'How much should it get? Say it like "add 500 to alpha".',
    "withdraw_capital": 'How much should come out? Say it like "take 200 out of alpha".',
}
_TARGET = re.compile(r"\b(?:BOT|it|this one|that one|(?:this|that|the|my|our) bot)\b")
_EDIT_VERBS = words("""
    set change switch edit modify adjust update tweak alter reconfigure make let have use put move turn raise lower
    increase decrease reduce give run should must shall i want would like need
""")
COPY_WORDS = lexicon.FILLERS | _NAME_LEADS | {"with", "capital", "start", "launch", "name", "usdt", "money", "using"}
_FREE = re.compile(r"\b(?:all|everything|the rest|whatever|what is)\b")


def arguments(tool: str, head: Sequence[Token], tail: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """What was said besides the bot; `head` is the command, `tail` what follows it."""
    if tool == "rename_bot":
        return _new_name([*(token for token in head if token.kind is Kind.NAME), *tail])
    if tool == "clone_bot":
        return _copy(tail)
    if tool == "edit_bot":
        return edit([*head, *tail])
    return _amount(tool, [*head, *tail])


def plausible(tokens: Sequence[Token]) -> bool:
    """Whether a clause that begins like a change names a bot and a setting."""
    if _TARGET.search(masked(list(tokens))) is None:
        return False
    found = traits.read(tokens)
    return isinstance(found, Unclear) or bool(found.said)


def is_whole(tokens: Sequence[Token]) -> bool:
    """Whether it is a change of settings to its last word."""
    return plausible(tokens) and not isinstance(edit(tokens), Unclear)


def edit(tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """The settings to change; a word that says something else means that nothing is changed."""
    found = traits.read(tokens)
    if isinstance(found, Unclear):
        return found
    said = dict(found.said)
    if not said or not all(_passes(token) for token in found.left):
        return Unclear(ASK["edit_bot"])
    if "exchange" in said:
        return Unclear("A bot stays on its exchange and its pair. Create another one for that.")
    return said


def _passes(token: Token) -> bool:
    return token.kind is Kind.BOT or (
        token.kind is Kind.WORD
        and (token.word in lexicon_bots.SETTING_WORDS or token.word in lexicon.FILLERS or token.word in _EDIT_VERBS)
    )


def _new_name(tail: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    name = _name(tail)
    return {"name": name} if name else Unclear(ASK["rename_bot"])


def _name(tokens: Sequence[Token]) -> str | None:
    """A name as it was typed; None without one, or where a bot or too many words stand for it."""
    given = [token for token in tokens if token.kind in (Kind.NAME, Kind.QUOTE)]
    if given:
        return str(given[0].value) if len(given) == 1 and _nothing_else(tokens, given[0]) else None
    typed = [token for token in tokens if token.kind is not Kind.MARK]
    while typed and typed[0].word in _NAME_LEADS:
        typed = typed[1:]
    fits = 0 < len(typed) <= _MOST_NAME_WORDS
    if not fits or (len(typed) == 1 and (typed[0].kind is Kind.BOT or typed[0].word in lexicon.FILLERS)):
        return None
    if any(token.word in {"and", "or", "to"} or token.kind is Kind.BOT for token in typed[1:]):
        return None
    return " ".join(token.surface for token in typed)


def _nothing_else(tokens: Sequence[Token], name: Token) -> bool:
    return all(
        token is name or token.kind is Kind.MARK or token.word in _NAME_LEADS or token.word in lexicon.FILLERS
        for token in tokens
    )


def _copy(tail: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    """Name, capital and whether to start, of a copy."""
    said: dict[str, Any] = {}
    left = [token for token in tail if token.kind is not Kind.MARK]
    named = [token for token in left if token.kind in (Kind.NAME, Kind.QUOTE)]
    if len(named) == 1:
        said["name"] = str(named[0].value)
        left.remove(named[0])
    elif left and left[0].word in _NAME_LEADS:
        end = next((i for i, token in enumerate(left) if token.word in _NAME_ENDS), len(left))
        name = _name(left[:end])
        if name is None:
            return Unclear(ASK["rename_bot"])
        said["name"] = name
        left = left[end:]
    figures = [token for token in left if token.kind in (Kind.AMOUNT, Kind.NUMBER)]
    if figures:
        amount = one_amount(figures, ASK["clone_bot"])
        if isinstance(amount, Unclear):
            return amount
        said["capital"] = amount
    if any(token.word in {"start", "run", "launch", "started", "running"} for token in left):
        said["start"] = True
    if any(token not in figures and token.word not in COPY_WORDS for token in left):
        return Unclear(ASK["clone_bot"])
    return said


def _amount(tool: str, tokens: Sequence[Token]) -> Mapping[str, Any] | Unclear:
    figures = [*of(tokens, Kind.AMOUNT), *of(tokens, Kind.NUMBER)]
    if tool == "withdraw_capital" and not figures and _FREE.search(" ".join(token.word for token in tokens)):
        return {}
    amount = one_amount(figures, ASK[tool])
    return amount if isinstance(amount, Unclear) else {"amount": amount}
