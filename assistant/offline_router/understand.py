"""From a message to calls: slash commands, small talk, then clause by clause (spec/chat.md, Offline router)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.offline_router import clauses, controls, entities, guards, lexicon, slash, suggest
from assistant.offline_router.answers import UNKNOWN
from assistant.offline_router.clauses import Reading
from assistant.offline_router.targets import Context
from assistant.offline_router.text import tokenise
from assistant.offline_router.understanding import Call, Outcome, Understanding
from assistant.plain_text import normalise
from assistant.safety import emergency_request
from assistant.turn import Turn
from tools.spec import ToolSpec

_MAX_CALLS = 10
#: One yes or several ("sure, do it"), longest phrases first.
_ONE_ASSENT = "|".join(re.escape(phrase) for phrase in sorted(lexicon.ASSENTS, key=len, reverse=True))
_ASSENT = re.compile(rf"(?:{_ONE_ASSENT})(?: (?:{_ONE_ASSENT})){{0,3}}")
_STARTABLE = frozenset(["create_bot", "clone_bot"])
_RECORD_A_REASON = frozenset(["reset_circuit_breaker", "global_emergency_stop"])
_NOT_FOR_YOU = "That needs an admin."


def understand(turn: Turn, offered: Sequence[ToolSpec]) -> Understanding:
    """What the message asks for. Never raises; calls only tools that are offered, with valid arguments."""
    specs = {spec.name: spec for spec in offered}
    request = emergency_request(turn.text)
    if request is not None:
        calls = (Call("emergency_stop", {"flatten": request.flatten} if request.flatten else {}, 1.0),)
        return _checked(Understanding(Outcome.CALLS, calls), specs)
    text, reason = controls.with_reason(normalise(turn.text))
    talk = None if text.startswith("/") else _small_talk(text, frozenset(specs))
    found = talk or _understood(replace(turn, text=text), frozenset(specs))
    return _checked(_reasoned(found, reason), specs)


def _reasoned(found: Understanding, reason: str | None) -> Understanding:
    """The same with the reason that was given, for the tools that record one."""
    if reason is None:
        return found
    if any(call.tool not in _RECORD_A_REASON for call in found.calls):
        return Understanding(Outcome.QUESTION, text="I did nothing: please say one thing at a time.")
    calls = tuple(replace(call, arguments={**call.arguments, "reason": reason}) for call in found.calls)
    return replace(found, calls=calls)


def _understood(turn: Turn, offered: frozenset[str]) -> Understanding:
    context = Context.of(turn.bot_names, turn.last_bot)
    command = slash.parse(turn.text)
    if command is not None:
        return _slash(command, turn, offered, context)
    tokens = entities.read(turn.text, turn.bot_names, turn.symbols)
    parts = guards.split(tokens)
    reader = clauses.Reader(offered, context, forbidden=guards.message_forbids(tokens, normalise(turn.text)))
    readings: list[Reading] = []
    for part in parts:
        reading = reader.read(part)
        if reading is not None:
            readings = _joined(readings, reading)
    return _combined(readings, offered)


def _joined(readings: list[Reading], new: Reading) -> list[Reading]:
    """Append, except that "create a bot … and start it" is one creation that starts."""
    before = readings[-1].understanding if readings else None
    if before is not None and len(before.calls) == 1 and before.calls[0].tool in _STARTABLE and new.starts_pronoun:
        call = before.calls[0]
        started = replace(call, arguments={**call.arguments, "start": True})
        return [*readings[:-1], replace(readings[-1], understanding=replace(before, calls=(started,)))]
    return [*readings, new]


def _combined(readings: list[Reading], offered: frozenset[str]) -> Understanding:
    """All calls in order when every part was understood; otherwise nothing runs that acts."""
    if not readings:
        return suggest.out_of_scope(offered, UNKNOWN)
    calls = _distinct(call for reading in readings for call in reading.understanding.calls)
    unclear = [reading.understanding for reading in readings if reading.understanding.outcome is not Outcome.CALLS]
    acts = any(reading.acts for reading in readings)
    asked = [u for u in unclear if u.outcome is not Outcome.OUT_OF_SCOPE]
    if not unclear or (calls and not acts and not asked):
        return Understanding(Outcome.CALLS, calls[:_MAX_CALLS])
    if len(readings) > 1 and acts and calls and not asked:
        tools = [call.tool for call in calls]
        bot = next((str(call.arguments["bot"]) for call in calls if "bot" in call.arguments), None)
        return suggest.candidates(
            tools, bot, offered, "I did not understand all of that, so I did nothing. Did you mean:"
        )
    return (asked or unclear)[0]


def _distinct(calls: Iterable[Call]) -> tuple[Call, ...]:
    """The calls without repetitions ("I am done with alpha, close it down")."""
    seen: dict[str, Call] = {}
    for call in calls:
        seen.setdefault(f"{call.tool} {sorted(call.arguments.items())}", call)
    return tuple(seen.values())


def _slash(command: tuple[str, str], turn: Turn, offered: frozenset[str], context: Context) -> Understanding:
    tool, rest = command
    if not tool:
        return suggest.out_of_scope(offered, "There is no such command. Try one of these:")
    tokens = entities.read(rest, turn.bot_names, turn.symbols)
    exact = [name for name in turn.bot_names if normalise(name).casefold() == rest.casefold()]
    return clauses.Reader(offered, context, forbidden=False).command(tool, tokens, exact[:1], has_rest=bool(rest))


def is_bare_assent(text: str) -> bool:
    """Whether the message is nothing but a typed yes, which never confirms anything: show the card again."""
    return _ASSENT.fullmatch(_bare(text)) is not None


def _bare(text: str) -> str:
    """The folded words of a message, without punctuation."""
    tokens = tokenise(normalise(text).casefold())
    words = " ".join(token.word for token in tokens if token.word.isalnum() or token.word == "?")
    return words.rstrip(" ?") or words


def _small_talk(text: str, offered: frozenset[str]) -> Understanding | None:
    """Greetings, thanks, and a typed yes or no, which never confirm anything."""
    bare = _bare(text)
    if _ASSENT.fullmatch(bare):
        return Understanding(Outcome.BARE_ASSENT, text="Typing does not confirm anything: use the buttons of the card.")
    if bare in lexicon.DISSENTS:
        return Understanding(Outcome.REMARK, text="I changed nothing. An open card is dropped with its Cancel button.")
    if bare in lexicon.THANKS:
        return Understanding(Outcome.REMARK, text="You are welcome.")
    if bare in lexicon.GREETINGS:
        return suggest.greeting(offered)
    if bare in lexicon.HELP_WISHES:
        return Understanding(Outcome.CALLS, (Call("help", {}, 1.0),))
    return None if normalise(text) else suggest.out_of_scope(offered, "There was nothing to read in that message. Try:")


def _checked(found: Understanding, specs: dict[str, ToolSpec]) -> Understanding:
    """Only tools that are offered, only arguments their models accept."""
    for call in found.calls:
        spec = specs.get(call.tool)
        if spec is None:
            if call.tool == "system_health":
                return Understanding(Outcome.REFUSED, text=_NOT_FOR_YOU)
            return suggest.out_of_scope(frozenset(specs), UNKNOWN)
        try:
            spec.arguments.model_validate(dict(call.arguments))
        except ValueError:
            return Understanding(
                Outcome.QUESTION, text="Some of that is out of range or not allowed. Please say it again differently."
            )
    return found
