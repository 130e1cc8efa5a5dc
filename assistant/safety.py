"""Emergency words: fixed rules that work with every model down (spec/chat.md, Path of a message, 2).

The whole message must be made of emergency words, so a question, a negation or a hypothetical, which needs
other words, does not match. What it leads to is a card that still has to be confirmed.
"""

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from assistant.plain_text import normalise

_EVERYTHING = (
    r"(?:everything|it all|all(?: of)?(?: (?:my|the|our))?(?: (?:bots|trading|trades|orders|activity|of them))?)"
)
_EVERY_BOT = rf"(?:{_EVERYTHING}|every bot|all of it|trading everywhere)"
_HALT = r"(?:stop|halt|freeze|kill|abort|cease|terminate|shut down|shutdown|cut)"
_CORE = (
    rf"(?:emergency(?: (?:stop|halt|shutdown|shut down|brake|exit|button))?|estop|panic(?: (?:stop|button|mode))?"
    rf"|kill ?switch|{_HALT} {_EVERY_BOT}|shut (?:it all|everything) down|pull the plug(?: on everything)?)"
)
_BEFORE = (
    r"(?:please|hey|ok|okay|quick|quickly|now|just|help|oh|god|omg|can you|could you|will you"
    r"|i (?:want|need)(?: (?:you )?to)?|we need(?: to)?|do|an|a|the|my|activate|trigger|hit|pull|press|push|engage"
    r"|execute|run|use|confirm|this is)"
)
_POSITIONS = r"(?:(?: (?:everything|it all|all|my|the|open|of|them|positions|holdings|coins|trades))*)"
_SELL = rf"(?:flatten|sell|liquidate|close|dump){_POSITIONS}"
_KEEP = (
    r"(?:but )?(?:keep(?: (?:my|the|all|open))* positions(?: open)?|without (?:selling|flattening)(?: anything)?"
    r"|do not sell(?: anything)?)"
)
_AFTER = (
    r"(?:now|please|immediately|right now|right away|asap|at once|today|instantly|stop|fast|for all bots|emergency)"
)
_REQUEST = re.compile(
    rf"(?:{_BEFORE} )*(?:(?P<first>{_SELL}) (?:and |then )*)?(?:{_CORE})(?: {_AFTER})*"
    rf"(?: (?:and |then |also )*(?P<last>{_SELL})| (?:and )?{_KEEP})?(?: {_AFTER})*"
)
_SLASH = re.compile(
    r"/(?:stop|halt|panic|kill|emergency|emergency[_-]stop|estop)"
    r"(?P<flatten> (?:flatten|sell)(?: (?:all|everything))?)?"
)
_WORDS = sorted(set(re.findall(r"[a-z]{4,}", _CORE + _SELL + _AFTER + _BEFORE)))
_REAL_WORDS = re.compile(
    r"shop|step|atop|stow|salt|hall|half|hill|hold|bill|call|fall|tell|well|cell|kilt|skill|cult|cutting|panics|stops|halts"
    r"|closed|know|knew|snow|flattened|selling|traded|trader|bot|start|pant|hunt|ones|cat|out|not|won|bow|hit|fact"
)
_MAX_WORDS = 24


@dataclass(frozen=True, slots=True)
class EmergencyRequest:
    """A plain wish to halt everything; `flatten` when selling all positions was asked for too."""

    flatten: bool


def emergency_request(text: str) -> EmergencyRequest | None:
    """What the message asks for when it is plainly an emergency stop, else None."""
    plain = normalise(text).casefold()
    if slash := _SLASH.fullmatch(plain.rstrip(" !.")):
        return EmergencyRequest(flatten=slash.group("flatten") is not None)
    asks = plain.endswith("?") and not re.match(r"(?:please )?(?:can|could|will) you\b", plain)
    if asks or re.search(r"[\"`/]", plain):
        return None
    words = _words(plain)
    if not 0 < len(words) <= _MAX_WORDS:
        return None
    match = _REQUEST.fullmatch(" ".join(words)) or _REQUEST.fullmatch(" ".join(_repaired(words)))
    if match is None:
        return None
    return EmergencyRequest(flatten=bool(match.group("first") or match.group("last")))


def _words(plain: str) -> list[str]:
    """Letters only; shouting, hyphens and punctuation do not matter, doubled words neither."""
    spelled = plain.replace("don't", "do not").replace("dont ", "do not ").replace("e-stop", "estop")
    words = re.findall(r"[^\W_]+", spelled.replace("emergencystop", "emergency stop").replace("'", ""))
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]


def _repaired(words: list[str]) -> list[str]:
    """The words with one misspelling in three put right."""
    budget = 1 + len(words) // 4
    result: list[str] = []
    for word in words:
        guess = _nearest(word)
        if guess != word and budget > 0:
            budget -= 1
            word = guess  # noqa: PLW2901 - the loop builds the repaired copy
        result.append(word)
    return result


def _nearest(word: str) -> str:
    if len(word) < 3 or word in _WORDS or _REAL_WORDS.fullmatch(word):  # noqa: PLR2004 - shorter words have too many neighbours
        return word
    near = [known for known in _WORDS if OSA.distance(word, known, score_cutoff=1) <= 1]
    return near[0] if near else word
