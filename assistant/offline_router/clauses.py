"""One clause to calls: acting tools on exact patterns only, reads on patterns and likeness, buttons otherwise."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.offline_router import guards, lexicon, patterns, scoring, slots, spelling, suggest, targets
from assistant.offline_router.examples import OUT_OF_SCOPE
from assistant.offline_router.guards import Clause
from assistant.offline_router.slots import Unclear
from assistant.offline_router.targets import Context
from assistant.offline_router.text import Kind, Token, masked
from assistant.offline_router.understanding import Call, Outcome, Understanding
from assistant.offline_router.wordlists import words

_FIRE = 0.6  # a read below this is only offered
_LIKELY = 0.42  # enough for a read when every word is known and nothing else is near
_MARGIN = 0.1
_OFFER = 0.3  # below this nothing is even offered
_UNKNOWN_WORD = 0.1  # taken off for each word the router has no idea of
_MAX_UNKNOWN_IN_CREATE = 2
_BOT_TOOLS = frozenset(["start_bot", "pause_bot", "resume_bot", "stop_bot"])
_ACTING = _BOT_TOOLS | {"create_bot", "resume_trading", "emergency_stop"}
_NOT_PER_BOT = frozenset(["profits", "portfolio_summary", "list_bots", "market_price", "system_health"])
_ONLY_FIRST = words("""
    buy sell short long change modify edit compare target margin options news copy reset futures purchase
""")
_EXPLAIN = re.compile(
    r"^(?:what (?:is|are|does|do)|explain|define|(?:the )?meaning of|tell me (?:about|what)"
    r"|how (?:do|does|can|to|should)|describe|what happens)\b"
)
_SELL_ALL = re.compile(r"^(?:sell|close|dump|liquidate|exit)(?: me)?(?: all| everything| it all)\b")
_HOW_TO = re.compile(
    r"^(?:how (?:do|can|should|would|could) (?:i|you|we|one)|how to|what happens (?:if|when)|what does"
    r"|explain(?: how)?)\b"
)
_UNSURE = "I do nothing on a guess. Did you mean:"
_UNKNOWN = "That is not something I can do here. I look after paper-trading bots; for example:"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one clause came to; `starts_pronoun` for "start it", which may belong to a creation before it."""

    understanding: Understanding
    acts: bool = False
    starts_pronoun: bool = False


class Reader:
    """Reads the clauses of one message in order and remembers the bot named last."""

    def __init__(self, offered: frozenset[str], context: Context, *, forbidden: bool) -> None:
        self._offered = offered
        self._context = context
        self._forbidden = forbidden

    def read(self, clause: Clause) -> Reading | None:
        """The clause's reading; None for a clause that says nothing ("thanks")."""
        words = clause.text.split()
        if all(word in lexicon.FILLERS or word in lexicon.THANKS for word in words) and "bots" not in words:
            return None
        match = _acting_match(clause)
        reading = self._act(clause, *match) if match else self._answer(clause)
        bots = [token.value[0] for token in slots.of(clause.tokens, Kind.BOT) if len(token.value) == 1]
        if bots:
            self._context = Context(self._context.bot_names, bots[-1])
        return reading

    def command(self, tool: str, tokens: list[Token], exact: Sequence[str], *, has_rest: bool) -> Understanding:
        """A slash command: the tool is certain, only its arguments are read."""
        if tool in _BOT_TOOLS or (tool == "bot_status" and has_rest):
            bots = tuple(exact) or targets.named(tokens, tool, self._context)
            if bots is None:
                bots = suggest.bot_question(tool, self._context.bot_names) if has_rest else None
            if bots is None:
                bots = targets.resolve((), (), tool, self._context)
            return bots if isinstance(bots, Understanding) else self._calls(tool, [{"bot": bot} for bot in bots], 1.0)
        if tool == "bot_status":
            return self._calls("list_bots", [{}], 1.0)
        return self._with_arguments(tool, tokens, 1.0)

    def _act(self, clause: Clause, tool: str, match: re.Match[str]) -> Reading:  # noqa: PLR0911 - one exit per reason
        """Fire when nothing speaks against it, else offer it."""
        said, rest = match.group().split(), clause.core[match.end() :].split()
        doubtful = any(token.doubtful for token in clause.tokens)
        pronoun = tool == "start_bot" and "BOT" not in said
        if self._forbidden or guards.is_question(clause) or guards.is_reported(clause) or doubtful:
            return Reading(self._offer(clause, first=tool))
        if tool == "create_bot":
            return Reading(self._create(clause), acts=True)
        if tool in _BOT_TOOLS:
            unknown = [word for word in rest if word not in lexicon.FILLERS]
            if unknown:
                return Reading(self._not_quite(clause, tool, said, unknown), acts=False)
            bots = targets.resolve(clause.tokens, said, tool, self._context)
            if isinstance(bots, Understanding):
                return Reading(bots, acts=True, starts_pronoun=pronoun)
            return Reading(self._calls(tool, [{"bot": bot} for bot in bots], _confidence(clause)), True, pronoun)
        if any(word not in lexicon.FILLERS for word in rest):
            return Reading(self._offer(clause, first=tool))
        return Reading(self._calls(tool, [{}], _confidence(clause)), acts=True)

    def _not_quite(self, clause: Clause, tool: str, said: list[str], unknown: list[str]) -> Understanding:
        """A bot command with words left over: ask for the bot if it was not named, else offer the command."""
        strange = [word for word in unknown if not spelling.known(word)]
        if "BOT" not in said and strange:
            return suggest.unknown_bot(tool, self._context.bot_names)
        return self._offer(clause, first=tool)

    def _create(self, clause: Clause) -> Understanding:
        strange = [t for t in clause.tokens if t.kind is Kind.WORD and not spelling.known(t.word)]
        hard = [t for t in clause.tokens if t.word in lexicon.UNSUPPORTED - _ONLY_FIRST]
        if len(strange) > _MAX_UNKNOWN_IN_CREATE or hard:
            return self._offer(clause, first="create_bot")
        arguments = slots.create_bot(clause.tokens)
        if isinstance(arguments, Unclear):
            return Understanding(Outcome.QUESTION, text=arguments.question)
        words = clause.core.split()
        starts = bool({"start", "launch", "run", "running"} & set(words)) or words[0] in {
            "invest",
            "trade",
            "start",
            "begin",
        }
        return self._calls("create_bot", [{**arguments, "start": True} if starts else arguments], _confidence(clause))

    def _answer(self, clause: Clause) -> Reading:  # noqa: PLR0911 - one exit per kind of answer
        """A read tool that is clear enough, or buttons, or an honest no."""
        text, core = clause.text, clause.core
        topic = self._explanation(clause)
        if topic is not None:
            return Reading(self._calls("help", [topic], 0.9))
        first = core.split()[0] if core.split() else ""
        if _SELL_ALL.search(core):
            return Reading(self._offer(clause, first="emergency_stop"))
        if first in lexicon.BOT_VERBS and self._names_a_stranger(clause):
            return Reading(suggest.unknown_bot(lexicon.BOT_VERBS[first], self._context.bot_names))
        if (
            slots.of(clause.tokens, Kind.PERCENT)
            or first in lexicon.UNSUPPORTED
            or any(w in lexicon.UNSUPPORTED - _ONLY_FIRST for w in text.split())
        ):
            return Reading(suggest.out_of_scope(self._offered, _UNKNOWN))
        ranked = self._ranked(clause)
        if not ranked or ranked[0][1] < _OFFER or ranked[0][0] == OUT_OF_SCOPE:
            return Reading(self._nothing(clause, ranked))
        tool, score = ranked[0]
        if tool == "market_price" and lexicon.FUTURE & set(text.split()):
            return Reading(suggest.out_of_scope(self._offered, _UNKNOWN))
        alone = score >= _LIKELY and (len(ranked) == 1 or score - ranked[1][1] >= _MARGIN)
        if tool in _ACTING or not (score >= _FIRE or (alone and self._all_known(clause))):
            return Reading(self._offer(clause))
        return Reading(self._with_arguments(tool, clause.tokens, min(score, 1.0)))

    def _names_a_stranger(self, clause: Clause) -> bool:
        """Whether nothing but an unknown word or a new name follows the verb ("pause gamma")."""
        rest = [t for t in clause.tokens if t.word not in lexicon.FILLERS and t.kind is not Kind.MARK][1:]
        strange = [
            t for t in rest if t.kind in (Kind.NAME, Kind.QUOTE) or (t.kind is Kind.WORD and not spelling.known(t.word))
        ]
        return bool(strange) and len(strange) == len(rest)

    def _all_known(self, clause: Clause) -> bool:
        return all(t.word in spelling.IN_SCOPE for t in clause.tokens if t.kind is Kind.WORD)

    def _nothing(self, clause: Clause, ranked: list[tuple[str, float]]) -> Understanding:
        """Neither tool nor guess; a bot named in passing is still worth buttons."""
        verbs = [word for word in clause.text.split() if word in lexicon.BOT_VERBS]
        if verbs and slots.of(clause.tokens, Kind.BOT):
            return self._offer(clause, first=lexicon.BOT_VERBS[verbs[0]])
        if slots.of(clause.tokens, Kind.BOT) and len(ranked) > 1 and ranked[1][1] >= _OFFER:
            return self._offer(clause)
        return suggest.out_of_scope(self._offered, _UNKNOWN)

    def _explanation(self, clause: Clause) -> Mapping[str, Any] | None:
        """Arguments of help when the clause asks what something means or how to do it."""
        text = clause.text
        personal = {"BOT", "SYM", "PER"} & set(text.split()) or re.search(
            r"\b(?:my|i have|i (?:made|earned|lost)|am i)\b", text
        )
        if not _EXPLAIN.search(text):
            return None
        topic = slots.help_topic(text)
        how_to = _HOW_TO.search(text) is not None
        if topic and (not personal or how_to) and not re.search(r"\b(?:chart|current|now)\b", text):
            return topic
        if how_to and (rest := _acting_word(text)):
            return {"topic": rest}
        return None

    def _ranked(self, clause: Clause) -> list[tuple[str, float]]:
        """Scores less what unknown words and a bot's name speak against."""
        words = [t.word for t in clause.tokens if t.kind is Kind.WORD]
        strange = sum(word not in spelling.IN_SCOPE for word in words)
        bot = bool(slots.of(clause.tokens, Kind.BOT))
        penalty = min(_UNKNOWN_WORD * strange, 0.5)
        scores = [
            (tool, score - (0.0 if tool == OUT_OF_SCOPE else penalty) - (0.25 if bot and tool in _NOT_PER_BOT else 0.0))
            for tool, score in scoring.ranked(clause.text)
        ]
        return sorted(scores, key=lambda item: -item[1])

    def _offer(self, clause: Clause, first: str | None = None) -> Understanding:
        """The best candidates as buttons."""
        near = [tool for tool, score in scoring.ranked(clause.text) if score >= _OFFER and tool != OUT_OF_SCOPE]
        bots = [token.value[0] for token in slots.of(clause.tokens, Kind.BOT) if len(token.value) == 1]
        bot = bots[0] if bots else None
        extra = ["bot_status"] if bot else ["portfolio_summary", "help"]
        return suggest.candidates([*([first] if first else []), *near, *extra], bot, self._offered, _UNSURE)

    def _with_arguments(self, tool: str, tokens: Sequence[Token], confidence: float) -> Understanding:
        """A call of a tool that is not for bots to be acted on."""
        if tool == "bot_status":
            bots = targets.about(tokens, tool, self._context)
            return (
                bots if isinstance(bots, Understanding) else self._calls(tool, [{"bot": b} for b in bots], confidence)
            )
        readers = {
            "create_bot": slots.create_bot, "profits": slots.profits, "trade_history": slots.trade_history,
            "market_price": slots.market_price, "equity_chart": slots.equity_chart,
        }  # fmt: skip
        arguments = readers[tool](tokens) if tool in readers else {}
        if tool == "help":
            arguments = slots.help_topic(masked(list(tokens)))
        if isinstance(arguments, Unclear):
            return Understanding(Outcome.QUESTION, text=arguments.question)
        if tool == "trade_history":
            bots = targets.named(tokens, "bot_status", self._context)
            if isinstance(bots, Understanding):
                return bots
            return self._calls(tool, [{**arguments, "bot": bot} for bot in bots or ()] or [arguments], confidence)
        return self._calls(tool, [arguments], confidence)

    def _calls(self, tool: str, arguments: Sequence[Mapping[str, Any]], confidence: float) -> Understanding:
        return Understanding(Outcome.CALLS, tuple(Call(tool, dict(a), round(confidence, 3)) for a in arguments))


def _acting_match(clause: Clause) -> tuple[str, re.Match[str]] | None:
    """The acting tool whose pattern takes in most of the clause from its start."""
    best: tuple[str, re.Match[str]] | None = None
    for tool, expressions in patterns.ACTING.items():
        for expression in expressions:
            match = expression.match(clause.core)
            whole = match is not None and (match.end() == len(clause.core) or clause.core[match.end()] == " ")
            if match is not None and whole and (best is None or match.end() > best[1].end()):
                best = (tool, match)
    return best


def _acting_word(text: str) -> str | None:
    """The first acting verb in a question on how to do something, with what follows ("create a bot")."""
    words = text.split()
    for i, word in enumerate(words):
        if word in patterns.ACTING_VERBS and word not in {"get", "set", "make", "go", "let", "put", "give", "take"}:
            return " ".join(words[i : i + 3]).replace("BOT", "bot").casefold()[:80]
    return None


def _confidence(clause: Clause) -> float:
    """0.95 for a command spelled right, a little less for each repaired word."""
    return max(0.75, 0.95 - 0.05 * sum(token.repaired for token in clause.tokens))
