"""One clause to calls: acting tools on exact patterns only; everything else is answered without acting."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.offline_router import (
    answers,
    changes,
    changing,
    controls,
    creation,
    guards,
    lexicon,
    limits,
    orders,
    patterns,
    readers,
    slots,
    spelling,
    suggest,
    targets,
)
from assistant.offline_router.answers import ONLY_FIRST, Scope
from assistant.offline_router.guards import Clause
from assistant.offline_router.readers import BOT_TOOLS
from assistant.offline_router.slots import Unclear
from assistant.offline_router.targets import Context
from assistant.offline_router.text import Kind, Token
from assistant.offline_router.understanding import Outcome, Understanding

_STARTING = frozenset(["invest", "trade", "start", "begin"])  # verbs of a creation that runs at once


@dataclass(frozen=True, slots=True)
class Reading:
    """What one clause came to; `starts_pronoun` for "start it", which may belong to a creation before it."""

    understanding: Understanding
    acts: bool = False
    starts_pronoun: bool = False


class Reader:
    """Reads the clauses of one message in order and remembers the bot named last."""

    def __init__(self, offered: frozenset[str], context: Context, *, forbidden: bool) -> None:
        self._scope = Scope(offered, context)
        self._forbidden = forbidden

    def read(self, clause: Clause) -> Reading | None:
        """The clause's reading; None for a clause that says nothing ("thanks")."""
        clause = orders.mended(clause)
        words = clause.text.split()
        unserved = limits.reply(clause, self._scope.offered, self._scope.context.bot_names)
        match = None if unserved else _acting_match(clause, self._scope.offered)
        empty = all(word in lexicon.FILLERS or word in lexicon.THANKS for word in words) and "bots" not in words
        if match is None and unserved is None and empty:
            return None
        unserved = unserved or (limits.incomplete(clause) if match is None else None)
        reading = self._act(clause, *match) if match else Reading(unserved or answers.answer(clause, self._scope))
        bots = [token.value[0] for token in slots.of(clause.tokens, Kind.BOT) if len(token.value) == 1]
        if bots:
            self._scope = replace(self._scope, context=Context(self._scope.context.bot_names, bots[-1]))
        return reading

    def command(self, tool: str, tokens: list[Token], exact: Sequence[str], *, has_rest: bool) -> Understanding:  # noqa: PLR0911
        """A slash command: the tool is certain, only its arguments are read."""
        if tool in BOT_TOOLS or (tool == "bot_status" and has_rest):
            bots = tuple(exact) or targets.named(tokens, tool, self._scope.context)
            if bots is None:
                bots = suggest.bot_question(tool, self._scope.context.bot_names) if has_rest else None
            if bots is None:
                bots = targets.resolve((), (), tool, self._scope.context)
            return bots if isinstance(bots, Understanding) else answers.calls(tool, [{"bot": bot} for bot in bots], 1.0)
        if tool == "bot_status":
            return answers.calls("list_bots", [{}], 1.0)
        if tool == "submit_order":
            clause = orders.mended(Clause(tuple(tokens), asks=False))
            head = next((m for p in patterns.ACTING[tool] if (m := p.match(clause.core))), None)
            return self._order(clause, head.group()) if head else Understanding(Outcome.QUESTION, text=orders.ASK)
        if tool == "set_cooldown":
            clause = Clause(tuple(tokens), asks=False)
            return self._cooldown(clause, clause.core.split(), 1.0)
        if tool in changes.TOOLS:
            return changing.command(tool, tokens, self._scope)
        if tool == "reset_circuit_breaker":
            return answers.calls(tool, [{"bot": exact[0]} if exact else slots.one_bot(tokens)], 1.0)
        return answers.with_arguments(tool, tokens, self._scope, 1.0)

    def _act(self, clause: Clause, tool: str, match: re.Match[str]) -> Reading:  # noqa: PLR0911 - one exit per reason
        """Fire when nothing speaks against it, else offer it."""
        said, rest = match.group().split(), clause.core[match.end() :].split()
        doubtful = any(token.doubtful for token in clause.tokens)
        pronoun = tool == "start_bot" and "BOT" not in said
        if self._forbidden or guards.is_question(clause) or guards.is_reported(clause) or doubtful:
            return Reading(answers.offer(clause, self._scope, first=tool))
        if tool == "create_bot":
            return Reading(self._create(clause), acts=True)
        if tool in changes.TOOLS or tool == "submit_order":
            return Reading(self._in_detail(clause, tool, match), acts=True)
        if tool in BOT_TOOLS:
            unknown = [word for word in rest if word not in lexicon.FILLERS]
            if unknown:
                return Reading(self._not_quite(clause, tool, said, unknown), acts=False)
            bots = targets.resolve(clause.tokens, said, tool, self._scope.context)
            if isinstance(bots, Understanding):
                return Reading(bots, acts=True, starts_pronoun=pronoun)
            return Reading(answers.calls(tool, [{"bot": bot} for bot in bots], _confidence(clause)), True, pronoun)
        if any(word not in lexicon.FILLERS for word in rest):
            return Reading(answers.offer(clause, self._scope, first=tool))
        if tool == "set_cooldown":
            return Reading(self._cooldown(clause, said, _confidence(clause)), acts=True)
        arguments = readers.arguments(tool, clause.tokens)
        if isinstance(arguments, Unclear):
            return Reading(Understanding(Outcome.QUESTION, text=arguments.question))
        return Reading(answers.calls(tool, [arguments], _confidence(clause)), acts=True)

    def _in_detail(self, clause: Clause, tool: str, match: re.Match[str]) -> Understanding:
        """Commands of which every word after the verb is read."""
        if tool == "submit_order":
            return self._order(clause, match.group())
        return changing.change(clause, tool, match, self._scope, _confidence(clause))

    def _not_quite(self, clause: Clause, tool: str, said: list[str], unknown: list[str]) -> Understanding:
        """A bot command with words left over: ask for the bot if it was not named, else offer the command."""
        read = answers.sure_read(clause, self._scope) if "BOT" not in said else None
        if read is not None:
            return read
        strange = [word for word in unknown if not spelling.known(word)]
        if "BOT" not in said and strange:
            return suggest.unknown_bot(tool, self._scope.context.bot_names)
        return answers.offer(clause, self._scope, first=tool)

    def _order(self, clause: Clause, head: str) -> Understanding:
        """A call, or a question for what is missing."""
        if clause.asks and "would you" in clause.text:  # an opinion is wanted
            return answers.offer(clause, self._scope, first="submit_order")
        arguments = orders.order(clause, head)
        if isinstance(arguments, Unclear):
            return Understanding(Outcome.QUESTION, text=arguments.question)
        return answers.calls("submit_order", [arguments], _confidence(clause))

    def _cooldown(self, clause: Clause, said: Sequence[str], confidence: float) -> Understanding:
        """A call per bot, or a question for the bot or the minutes."""
        minutes = controls.cooldown(clause.tokens, clause.core)
        if isinstance(minutes, Unclear):
            return Understanding(Outcome.QUESTION, text=minutes.question)
        bots = targets.resolve(clause.tokens, said, "set_cooldown", self._scope.context)
        if isinstance(bots, Understanding):
            return suggest.cooldown_of(bots, minutes)
        return answers.calls("set_cooldown", [{"bot": bot, "minutes": minutes} for bot in bots], confidence)

    def _create(self, clause: Clause) -> Understanding:
        strange = [t for t in clause.tokens if t.kind is Kind.WORD and t.word not in spelling.IN_SCOPE]
        hard = [t for t in clause.tokens if t.word in lexicon.UNSUPPORTED - ONLY_FIRST]
        likened = any(
            token.kind is Kind.BOT and clause.tokens[max(i - 1, 0)].word not in {"called", "named"}
            for i, token in enumerate(clause.tokens)
        )
        if strange or hard or likened:
            return answers.offer(clause, self._scope, first="create_bot")
        arguments = creation.create_bot(clause.tokens)
        if isinstance(arguments, Unclear):
            return Understanding(Outcome.QUESTION, text=arguments.question)
        words = clause.core.split()
        starts = bool({"start", "launch", "run", "running"} & set(words)) or words[0] in _STARTING
        return answers.calls("create_bot", [{**arguments, "start": True} if starts else arguments], _confidence(clause))


def _acting_match(clause: Clause, offered: frozenset[str]) -> tuple[str, re.Match[str]] | None:
    """The offered acting tool whose pattern takes in most of the clause from its start."""
    best: tuple[str, re.Match[str]] | None = None
    for tool, expressions in patterns.ACTING.items():
        if tool not in offered or not _plausible(tool, clause):
            continue
        for expression in expressions:
            match = expression.match(clause.core)
            if match is None:
                continue
            if tool == "edit_bot" and changes.is_whole(clause.tokens):
                return tool, match
            if best is None or match.end() > best[1].end():
                best = (tool, match)
    return best


def _plausible(tool: str, clause: Clause) -> bool:
    """Whether a clause that begins like this command can be one at all."""
    if tool == "edit_bot":
        return changes.plausible(clause.tokens)
    return tool != "submit_order" or orders.plausible(clause)


def _confidence(clause: Clause) -> float:
    """0.95 for a command spelled right, a little less for each repaired word."""
    return max(0.75, 0.95 - 0.05 * sum(token.repaired for token in clause.tokens))
