"""A clause that is no command: a read tool that is clear enough, or buttons, or an honest no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.offline_router import (
    controls,
    explanations,
    guards,
    ledger,
    lexicon,
    readers,
    scoring,
    slots,
    spelling,
    suggest,
    targets,
)
from assistant.offline_router.examples import OUT_OF_SCOPE
from assistant.offline_router.guards import Clause
from assistant.offline_router.readers import ACTING
from assistant.offline_router.slots import Unclear
from assistant.offline_router.targets import Context
from assistant.offline_router.text import Kind, Token, masked
from assistant.offline_router.understanding import Call, Outcome, Understanding
from assistant.offline_router.wordlists import words

_FIRE = 0.6  # a read below this is only offered
_SURE = 0.97  # a pattern that is seldom wrong
_LIKELY = 0.34  # enough for a read when every word is known and nothing else is near
_MARGIN = 0.06
_OFFER = 0.3  # below this nothing is even offered
_PLAIN = 0.9  # a pattern matched
_NO_COIN = 0.25  # taken off a guess at a chart of a price when no pair is named
_UNKNOWN_WORD = 0.1  # taken off for each word the router has no idea of
_NOT_PER_BOT = frozenset(
    [
        "profits",
        "portfolio_summary",
        "list_bots",
        "market_price",
        "system_health",
        "performance_ranking",
        "compare_backtests",
    ]
)
ONLY_FIRST = words("""
    short long margin options news reset futures
""")
_NO_GUESS = "I do nothing on a guess. Did you mean:"
_UNSURE = "I am not sure what you mean. Did you mean:"
UNKNOWN = "That is not something I can do here. I look after paper-trading bots; for example:"


@dataclass(frozen=True, slots=True)
class Scope:
    """Tools the person may use and the bots that may be meant."""

    offered: frozenset[str]
    context: Context


def answer(clause: Clause, scope: Scope) -> Understanding:  # noqa: PLR0911 - one exit per kind of answer
    """A read tool that is clear enough, or buttons, or an honest no."""
    text, core = clause.text, clause.core
    topic = explanations.topic(clause)
    if topic is not None:
        return calls("help", [topic], 0.9)
    asked = None if guards.is_question(clause) or not _all_known(clause) else ledger.question(clause)
    if asked is not None:
        return asked
    first = core.split()[0] if core.split() else ""
    if first in lexicon.BOT_VERBS and _names_a_stranger(clause):
        return suggest.unknown_bot(lexicon.BOT_VERBS[first], scope.context.bot_names)
    if (
        slots.of(clause.tokens, Kind.PERCENT)
        or first in lexicon.UNSUPPORTED
        or any(w in lexicon.UNSUPPORTED - ONLY_FIRST for w in text.split())
    ):
        return suggest.out_of_scope(scope.offered, UNKNOWN)
    ranks = _ranked(clause)
    if not ranks or ranks[0][1] < _OFFER or ranks[0][0] == OUT_OF_SCOPE:
        return _nothing(clause, scope, ranks)
    tool, score = ranks[0]
    if tool == "market_price" and lexicon.FUTURE & set(text.split()):
        return suggest.out_of_scope(scope.offered, UNKNOWN)
    alone = score >= _LIKELY and (len(ranks) == 1 or score - ranks[1][1] >= _MARGIN)
    if tool in ACTING or not (score >= _FIRE or (alone and _all_known(clause))):
        return offer(clause, scope)
    return with_arguments(tool, clause.tokens, scope, min(score, 1.0))


def sure_read(clause: Clause, scope: Scope) -> Understanding | None:
    """The read that a clause plainly asks for, although its first words look like a command ("run the checks")."""
    hits = scoring.read_scores(clause.text)
    tool = max(hits, key=hits.__getitem__, default=None)
    if tool is None or hits[tool] < _SURE:
        return None
    return with_arguments(tool, clause.tokens, scope, hits[tool])


def _names_a_stranger(clause: Clause) -> bool:
    """Whether nothing but an unknown word or a new name follows the verb ("pause gamma")."""
    rest = [t for t in clause.tokens if t.word not in lexicon.FILLERS and t.kind is not Kind.MARK][1:]
    strange = [
        t for t in rest if t.kind in (Kind.NAME, Kind.QUOTE) or (t.kind is Kind.WORD and not spelling.known(t.word))
    ]
    return bool(strange) and len(strange) == len(rest)


def _all_known(clause: Clause) -> bool:
    return all(t.word in spelling.IN_SCOPE for t in clause.tokens if t.kind is Kind.WORD)


def _nothing(clause: Clause, scope: Scope, ranks: list[tuple[str, float]]) -> Understanding:
    """Neither tool nor guess; a bot named in passing is still worth buttons."""
    verbs = [word for word in clause.text.split() if word in lexicon.BOT_VERBS]
    if verbs and slots.of(clause.tokens, Kind.BOT):
        return offer(clause, scope, first=lexicon.BOT_VERBS[verbs[0]])
    if slots.of(clause.tokens, Kind.BOT) and len(ranks) > 1 and ranks[1][1] >= _OFFER:
        return offer(clause, scope)
    return suggest.out_of_scope(scope.offered, UNKNOWN)


def _ranked(clause: Clause) -> list[tuple[str, float]]:
    """Scores less what unknown words and a bot's name speak against."""
    words = [t.word for t in clause.tokens if t.kind is Kind.WORD]
    strange = sum(word not in spelling.IN_SCOPE for word in words)
    bot = bool(slots.of(clause.tokens, Kind.BOT))
    penalty = min(_UNKNOWN_WORD * strange, 0.5)
    likely = (
        (tool, score - _NO_COIN * _lacks_a_coin(tool, score, clause)) for tool, score in scoring.ranked(clause.text)
    )
    scores = [
        (tool, score - (0.0 if tool == OUT_OF_SCOPE else penalty) - (0.25 if bot and tool in _NOT_PER_BOT else 0.0))
        for tool, score in likely
    ]
    return sorted(scores, key=lambda item: -item[1])


def _lacks_a_coin(tool: str, score: float, clause: Clause) -> bool:
    """Whether a chart of a price is only guessed at, for no pair is named."""
    return tool == "price_chart" and score < _PLAIN and not slots.of(clause.tokens, Kind.SYMBOL)


def offer(clause: Clause, scope: Scope, first: str | None = None) -> Understanding:
    """The best candidates as buttons."""
    near = [tool for tool, score in scoring.ranked(clause.text) if score >= _OFFER and tool != OUT_OF_SCOPE]
    bots = [token.value[0] for token in slots.of(clause.tokens, Kind.BOT) if len(token.value) == 1]
    bot = bots[0] if bots else None
    why = _NO_GUESS if first in ACTING and not guards.is_question(clause) else _UNSURE
    extra = ["bot_status"] if bot else ["portfolio_summary", "help"]
    return suggest.candidates([*([first] if first else []), *near, *extra], bot, scope.offered, why)


def with_arguments(tool: str, tokens: Sequence[Token], scope: Scope, confidence: float) -> Understanding:
    """A call of a tool that is not for bots to be acted on."""
    if tool == "bot_status":
        bots = targets.about(tokens, tool, scope.context)
        return bots if isinstance(bots, Understanding) else calls(tool, [{"bot": b} for b in bots], confidence)
    arguments = slots.help_topic(masked(list(tokens))) if tool == "help" else readers.arguments(tool, tokens)
    if isinstance(arguments, Unclear):
        return Understanding(Outcome.QUESTION, text=arguments.question)
    if tool == "explain_decision":
        bots = controls.explained(tokens, scope.context)
        return bots if isinstance(bots, Understanding) else calls(tool, [{"bot": b} for b in bots], confidence)
    if tool in {"trade_history", "positions"}:
        bots = targets.named(tokens, "bot_status", scope.context)
        if isinstance(bots, Understanding):
            return bots
        return calls(tool, [{**arguments, "bot": bot} for bot in bots or ()] or [arguments], confidence)
    return calls(tool, [arguments], confidence)


def calls(tool: str, arguments: Sequence[Mapping[str, Any]], confidence: float) -> Understanding:
    """The same tool with each of the arguments."""
    return Understanding(Outcome.CALLS, tuple(Call(tool, dict(a), round(confidence, 3)) for a in arguments))
