"""Wishes that are understood but not served as said: an honest sentence and the way that is open.

What of a bot cannot be changed, a change that says too little, several new bots at once, and selling everything
(which is the emergency stop that flattens).
"""

import re
from collections.abc import Sequence

from assistant.offline_router import changes, suggest
from assistant.offline_router.guards import Clause
from assistant.offline_router.order_terms import STOP_ORDER
from assistant.offline_router.understanding import Outcome, Understanding

_ONE = r"(?:(?:the |my |our )?(?:BOT|bot)(?: bot)?|it|this|that|them|(?:all |my |the )*bots)"
_FIXED_SETTING = r"(?:stop ?loss|take ?profit|trailing stop|pair|symbol|coin|exchange)"
_SETTING = (
    r"(?:risk(?: mode| level)?|timeframe|capital|amount|budget|stake|name|strategy|settings?|parameters?|bars|candles)"
)
_MANNER = (
    r"(?:riskier|safer|bigger|smaller|larger|faster|slower|bolder|braver|risky|safe|safely|conservative|cautious"
    r"|careful|aggressive|balanced|moderate|better|different)"
)
_MORE = (
    r"(?:(?:another |extra )?(?:AMT|NUM)"
    r"|(?:some |a bit |a little |\w+ )?(?:more|less|extra) (?:money|cash|capital|funds))"
)
_CHANGES = r"(?:edit|change|modify|adjust|reconfigure|tweak|alter|switch|set|put|move)"
_ASKS = r"(?:(?:can|could|may|how (?:do|can|could|to|should)) (?:i |we |you |one )?)?"
_FIXED = re.compile(rf"^{_ASKS}(?:{_CHANGES}|add|give) (?!up\b)(?:\w+ ){{0,3}}?{_FIXED_SETTING}\b")
_CHANGE = re.compile(
    rf"^{_ASKS}(?:"
    rf"(?:edit|change|modify|adjust|reconfigure|tweak|alter) (?:{_ONE}|(?:\w+ ){{0,3}}?{_SETTING})\b"
    rf"|switch {_ONE} to\b"
    rf"|(?:make|set|turn) {_ONE} (?:to |(?:a )?(?:bit |little |lot )?)?(?:more |less |much )?{_MANNER}\b"
    rf"|(?:set|put) (?!up\b)(?:\w+ ){{0,3}}?{_SETTING}\b"
    r"|rename\b)"
)
_CAPITAL = (
    (
        "add_capital",
        re.compile(
            rf"^{_ASKS}(?:give {_ONE} {_MORE}"
            rf"|(?:add|put|move|transfer|deposit|invest|allocate) {_MORE}(?: more)? (?:to|into|in|on) {_ONE}\b"
            rf"|(?:increase|raise|double|boost|top up)\b.* ?\b(?:{_ONE}|capital|budget|stake)\b)"
        ),
    ),
    (
        "withdraw_capital",
        re.compile(
            rf"^{_ASKS}(?:(?:withdraw|take|pull|remove) {_MORE} (?:from|out of) {_ONE}\b"
            rf"|(?:decrease|lower|reduce|halve)\b.* ?\b(?:{_ONE}|capital|budget|stake)\b)"
        ),
    ),
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
FIXED = (
    "A bot keeps its pair and its exchange, and its risk mode sets its stop and its target. Create another one for "
    "that, or change the risk mode."
)
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
    if _FIXED.search(core):
        found = suggest.candidates(["create_bot", "list_bots"], None, offered, FIXED)
        return Understanding(Outcome.OUT_OF_SCOPE, text=FIXED, options=found.options)
    if _SEVERAL.search(core):
        return suggest.candidates(["create_bot"], None, offered, _ONE_AT_A_TIME)
    return None


def incomplete(clause: Clause) -> Understanding | None:
    """What to say to change a bot, when that is wanted but not said in a way that can be acted on."""
    core = clause.core
    if "cooldown" in core:
        return None
    tool = next((tool for tool, wish in _CAPITAL if wish.search(core)), "edit_bot" if _CHANGE.search(core) else None)
    if tool == "edit_bot" and re.search(r"\brename\b|\bname\b", core):
        tool = "rename_bot"
    return Understanding(Outcome.QUESTION, text=changes.ASK[tool]) if tool else None
