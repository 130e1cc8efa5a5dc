"""Wishes that are understood but not served as said: an honest sentence and the way that is open.

Changing a bot, several new bots at once, and selling everything (which is the emergency stop that flattens).
"""

import re
from collections.abc import Sequence

from assistant.offline_router import suggest
from assistant.offline_router.guards import Clause
from assistant.offline_router.order_terms import STOP_ORDER
from assistant.offline_router.understanding import Outcome, Understanding

_ONE = r"(?:(?:the |my |our )?(?:BOT|bot)(?: bot)?|it|this|that|them|(?:all |my |the )*bots)"
_SETTING = (
    r"(?:stop ?loss|take ?profit|trailing stop|risk(?: mode| level)?|timeframe|capital|amount|budget|stake|name"
    r"|pair|symbol|coin)"
)
_MANNER = (
    r"(?:riskier|safer|bigger|smaller|larger|faster|slower|bolder|braver|risky|safe|safely|conservative|cautious"
    r"|careful|aggressive|balanced|moderate)"
)
_MORE = (
    r"(?:(?:another |extra )?(?:AMT|NUM)"
    r"|(?:some |a bit |a little |\w+ )?(?:more|less|extra) (?:money|cash|capital|funds))"
)
_CHANGE = re.compile(
    r"^(?:(?:can|could|may|how (?:do|can|could|to|should)) (?:i |we |you |one )?)?(?:"
    r"rename\b"
    rf"|(?:edit|change|modify|adjust|reconfigure|tweak|alter) (?:{_ONE}|(?:\w+ ){{0,3}}?(?:{_SETTING}|strategy))\b"
    rf"|switch {_ONE} to\b"
    rf"|(?:make|set|turn) {_ONE} (?:to |(?:a )?(?:bit |little |lot )?)?(?:more |less |much )?{_MANNER}\b"
    rf"|(?:set|add|put) (?!up\b)(?:\w+ ){{0,3}}?{_SETTING}\b"
    rf"|give {_ONE} {_MORE}"
    rf"|(?:add|put|move|transfer|deposit|invest|allocate) {_MORE}(?: more)? (?:to|into|in|on) {_ONE}\b"
    rf"|(?:withdraw|take|pull|remove) {_MORE} (?:from|out of) {_ONE}\b"
    rf"|(?:increase|decrease|raise|lower|reduce|double|halve|boost|top up)\b.* ?\b(?:{_ONE}|{_SETTING})\b)"
)
_SEVERAL = re.compile(
    r"^(?:(?:create|make|build|generate|set up|setup|add|spin up|open)(?: me| us)?"
    r"|(?:i (?:need|want)|give me|get me) (?:NUM|several|multiple|a few|a couple of))"
    r"(?: (?!(?:my|the|all|our|every|each|bot)\b)\S+){0,4} (?:bots|robots)\b"
)
_SELL_ALL = re.compile(
    r"^(?:sell|close|dump|liquidate|exit|flatten)(?: me)?"
    r" (?:everything|it all|all of it|(?:all )?(?:of )?(?:my |the )?(?:open )?(?:positions|holdings|coins))\b"
    r"|^(?:sell|dump) (?:me )?all\b"
)
_CANCEL_ALL = re.compile(r"cancel (?:everything|it all|all(?: of it)?)(?: now| at once| immediately)*")
_STOP_ORDERS = re.compile(
    r"^(?:(?:place|put|put in|set|add|create|make|enter|submit)(?: me)?(?: a| an)?(?: new)? )?(?:sell |buy |trailing )?"
    r"stop(?: loss|-loss|-limit| limit)? (?:order|sell|buy)\b"
)
_NO_CHANGES = "Bots cannot be changed yet; create another one with what you want."
_ONE_AT_A_TIME = "One at a time, please:"


def reply(clause: Clause, offered: frozenset[str], names: Sequence[str]) -> Understanding | None:
    """The honest answer when the clause is one of these wishes; it never calls anything."""
    core = clause.core
    if _SELL_ALL.search(core) and not {"BOT", "SYM"} & set(core.split()):
        return suggest.sell_all(offered, names)
    if _STOP_ORDERS.search(core):
        return Understanding(Outcome.OUT_OF_SCOPE, text=STOP_ORDER)
    if _CANCEL_ALL.fullmatch(core):
        return suggest.cancel_all(offered)
    if _CHANGE.search(core) and "cooldown" not in core:
        found = suggest.candidates(["create_bot", "list_bots"], None, offered, _NO_CHANGES)
        return Understanding(Outcome.OUT_OF_SCOPE, text=_NO_CHANGES, options=found.options)
    if _SEVERAL.search(core):
        return suggest.candidates(["create_bot"], None, offered, _ONE_AT_A_TIME)
    return None
