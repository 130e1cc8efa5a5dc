"""Changes of one bot, from a clause or a slash command to a call, or to a question for what is missing."""

import re
from collections.abc import Sequence

from assistant.offline_router import answers, changes, lexicon, orders, suggest, targets
from assistant.offline_router.answers import Scope
from assistant.offline_router.guards import Clause
from assistant.offline_router.slots import Unclear
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.understanding import Outcome, Understanding


def change(clause: Clause, tool: str, match: re.Match[str], scope: Scope, confidence: float) -> Understanding:
    """A call for the one bot that is meant; nothing on words that no part of the command explains."""
    tokens = orders.core_tokens(clause)
    head = tokens[: len(match.group().split())]
    tail = tokens[len(head) :]
    if tool in changes.CAPITAL and any(token.word not in lexicon.FILLERS for token in tail):
        return answers.offer(clause, scope, first=tool)
    about = tokens if tool == "edit_bot" else head
    return _call(tool, (head, tail), about, scope, confidence)


def command(tool: str, tokens: Sequence[Token], scope: Scope) -> Understanding:
    """A slash command: the bot first, then what is to become of it."""
    at = next((i for i, token in enumerate(tokens) if token.kind is Kind.BOT), None)
    head = list(tokens[: at + 1]) if at is not None else []
    tail = list(tokens[len(head) :])
    if tool == "clone_bot" and tail and tail[0].kind is Kind.WORD and tail[0].word not in changes.COPY_WORDS:
        tail = [Token("as", "as"), *tail]
    return _call(tool, (head, tail), head, scope, 1.0)


def _call(
    tool: str, parts: tuple[Sequence[Token], Sequence[Token]], about: Sequence[Token], scope: Scope, confidence: float
) -> Understanding:
    arguments = changes.arguments(tool, *parts)
    if isinstance(arguments, Unclear):
        return Understanding(Outcome.QUESTION, text=arguments.question)
    bots = targets.resolve(about, [token.word for token in about], tool, scope.context)
    if isinstance(bots, Understanding):
        return bots
    if len(bots) != 1:
        return suggest.bot_question(tool, bots)
    return answers.calls(tool, [{"bot": bots[0], **arguments}], confidence)
