"""Patterns for changing bots, for all bots at once, charts of prices and backtests (see `patterns`). Data."""

from assistant.offline_router.lexicon_bots import STRATEGIES, alternatives
from assistant.offline_router.patterns_ledger import MONEY

# ruff: noqa: E501 - a pattern on one line can be compared with its neighbours

_ONE = r"(?:(?:the |my |our )?(?:bot )?BOT(?: bot)?|it|this one|that one|(?:this|that|the|my|our) bot)"
_EVERY = (
    r"(?:all(?: of)?(?: (?:the|my|our|these|those))?(?: (?:bots|robots|them))?|every(?: single)? (?:bot|robot|one)(?: of (?:them|mine))?|each (?:bot|one)"
    r"|(?:the|my|our) (?:bots|robots|(?:whole |entire )?(?:fleet|lot|bunch|crew))|the lot of them|bots)"
)
_ALL = rf"(?:{_EVERY}|everything)"
_BRIEFLY = r"(?: (?:for now|temporarily|for (?:a|the) (?:while|bit|moment|time being|minute)|briefly))?"
_FUNDS = r"(?:capital|budget|funds?|money|cash|stake|allocation|balance)"
_SPARE = rf"(?:all|everything|the rest|whatever is|what is)(?: of)?(?: (?:the|its|his|her|that is))*(?: (?:free|spare|idle|unused|uninvested|left over))*(?: {_FUNDS})?"
_STRATEGY = alternatives(STRATEGIES)
_RUN = r"(?:back ?test|backtesting|simulat\w+|dry run)"
_TESTS = r"(?:(?:back ?)?tests?|runs?|results?|simulations?)"
_VERDICT = r"(?:better|best|worse|worst|ahead|on top|first|stronger|more|most|the best|the most|the worst)"

ACTING: dict[str, tuple[str, ...]] = {
    "pause_all_bots": (
        rf"(?:pause|hold|freeze|suspend|sideline|halt)(?: trading (?:with|on|for))? {_ALL}{_BRIEFLY}",
        rf"put {_ALL} (?:on (?:hold|pause|ice)|to sleep){_BRIEFLY}|stop {_ALL} (?:for now|temporarily|briefly)",
        rf"(?:give|let|have|make) {_ALL} (?:have |take )?(?:a |some )?(?:break|rest|sleep|nap|breather|timeout|time off){_BRIEFLY}|(?:let|have) {_ALL} (?:pause|sit out){_BRIEFLY}",
        rf"(?:take|have) a (?:break|rest|breather) (?:with|from) {_ALL}{_BRIEFLY}|pause the trading of {_ALL}",
    ),
    "resume_all_bots": (
        rf"(?:resume|continue|reactivate|restart|unfreeze|wake up|wake|unsuspend|carry on with)(?: trading (?:with|on|for))? {_EVERY}(?: up| again)?",
        rf"(?:unpause|un-pause) {_ALL}|(?:bring|get|send|call) {_EVERY} back(?: online| to work| up| running| trading| in(?:to action)?)?|take {_EVERY} off (?:hold|pause|ice)",
        rf"let {_EVERY} (?:continue|resume|carry on|go on)|(?:get|set) {_EVERY} (?:going|trading|running|back|working) again|(?:{_EVERY}|everybody|everyone) back to work",
    ),
    "rename_bot": (
        rf"(?:rename|relabel|rechristen|retitle)(?: {_ONE})?(?: (?:to|into|as))?",
        rf"(?:change|set|update|switch)(?: the)? name (?:of|for) {_ONE} (?:to|into|as)|(?:change|set|update|switch) {_ONE} name (?:to|into|as)",
        rf"(?:call|dub|christen|name) {_ONE}(?! (?:back|off|out|up|in|later|again)\b)",
        rf"give {_ONE} (?:the|a)(?: new| other| different)? name(?: of)?|{_ONE} (?:needs|gets|has|wants|takes) (?:the|a|another)(?: new)? name",
        rf"(?:from now on |now )?{_ONE} (?:is|be|goes by|shall be)(?: now)? (?:called|named|renamed|known as)(?: to)?|let {_ONE} be (?:called|named)|{_ONE} new name(?: is)?",
    ),
    "clone_bot": (
        rf"(?:clone|copy|duplicate|replicate|double)(?: {_ONE})?",
        rf"(?:make|create|build|give me|get me|i want|want|i need|need|set up|have|produce|add)(?: me)? (?:a |an |another |one more |the |exact |second |identical |new )*(?:copy|clone|duplicate|twin|replica|double|sibling) (?:of|from|for) {_ONE}",
        rf"(?:make|create|build|give me|get me|i want|want|i need|need|set up|have|add)(?: me)? (?:a |an |another |one more |second |new )*(?:bot|one) (?:that is )?(?:just |exactly )?(?:like|as|same as|identical to|the same as) {_ONE}",
    ),
    # Only the verb: what follows is read by `traits`, word for word.
    "edit_bot": (
        r"(?:set|change|switch|edit|modify|adjust|update|tweak|alter|reconfigure|make|let|have|use|put|move|turn|raise|lower|increase|decrease|reduce|give|run)",
        rf"(?:i (?:want|would like|need) )?{_ONE} (?:to |should |must |shall )*(?:be|use|trade|play|run|look at|look|work|go|switch to)",
    ),
    "add_capital": (
        rf"(?:give|grant|send|feed|lend|hand) {_ONE} {MONEY}(?: (?:in |of )?(?:more |extra |additional )?{_FUNDS})?",
        rf"(?:add|put|move|transfer|allocate|deposit|send|invest|pay|assign|shift|inject|pour|give) {MONEY}(?: (?:of|from) (?:my|the)(?: free)? {_FUNDS})?(?: over)? (?:to|into|in|on|onto|behind) {_ONE}(?: {_FUNDS})?",
        rf"{_ONE} (?:needs|gets|could use|can have|may have) {MONEY}",
        rf"(?:increase|raise|boost|bump|grow|extend|top up|top|fund|refill|enlarge|up)(?: the {_FUNDS} of)? {_ONE}(?: up)?(?: {_FUNDS})?(?: up)? (?:by|with) {MONEY}",
    ),
    "withdraw_capital": (
        rf"(?:withdraw|take|pull|remove|get|draw|move|free up|free|release|cash out|take out|pull out|deduct|subtract)(?: out)? {MONEY}(?: back)?(?: out)? (?:from|out of|off|of) {_ONE}(?: {_FUNDS})?",
        rf"(?:reduce|lower|decrease|cut|shrink)(?: the {_FUNDS} of)? {_ONE}(?: {_FUNDS})? by {MONEY}",
        rf"(?:withdraw|take|pull|remove|get|draw|release|cash out|take out|pull out) (?=.*\b{_FUNDS}\b){_SPARE}(?: back)? (?:from|out of|off|of) {_ONE}",
        rf"i (?:need|want) {MONEY} (?:back )?(?:from|out of) {_ONE}",
    ),
}  # fmt: skip

READS: dict[str, tuple[tuple[float, str], ...]] = {
    "price_chart": (
        (0.99, r"\bSYM\b.*\b(?:charts?|candles?|candlesticks?|graph|plot|klines?|ohlc)\b|\b(?:chart|charts|candles?|candlesticks?|graph|plot|klines?|ohlc)\b.*\bSYM\b"),
        (0.985, r"\bprice (?:chart|graph|plot|history)\b|\b(?:candlestick|candle) (?:chart|graph|plot)s?\b|^(?:(?:show|draw|plot|see|view|display|give)(?: me)? (?:the |my |last |NUM )*)?candles(?:ticks)?$|\b(?:entries and exits|entry and exit (?:marks|points))\b"),
        (0.97, r"\bhow\b.*\bSYM\b.*\b(?:moved|developed|evolved|went|gone|travel\w*)\b|\bSYM over (?:the )?PER\b"),
    ),
    "backtest": (
        (0.995, r"\bback ?test(?:s|ed|ing)?\b(?! (?:was|were|is|are|results?)\b)(?<!my backtests)(?<!the backtests)"),
        (0.985, rf"^(?:run |do |make )?(?:a |an )?(?:test|try|try out|simulate|simulation|evaluate|check|dry run)\b.*\b(?:{_STRATEGY})\b"),
        (0.99, rf"\bhow (?:would|did|might|could)\b.*\b(?:{_STRATEGY})\b.*\b(?:done|performed|do|perform|fared?|worked?|gone|turned out)\b"),
        (0.99, rf"\bwhat (?:would|could|might)\b.*\b(?:{_STRATEGY})\b.*\b(?:become|made|earned|done|brought|returned|have|gained|grown|lost)\b|\bhad i\b.*\b(?:{_STRATEGY})\b"),
        (0.985, rf"\b(?:on|over|with|against) (?:old|past|historic\w*|recorded) (?:data|prices|bars|candles|markets?)\b.*|\b(?:{_STRATEGY})\b.*\bhistorical\b"),
    ),
    "compare_backtests": (
        (0.997, rf"\b(?:compare|comparison|versus|contrast)\b.*\b(?:{_RUN}s?|tests|runs|results|simulations)\b|^(?:compare )?(?:my |the |both |these |last |latest |two |NUM )*backtests$|^(?:show|list|see|results? of)(?: me)? (?:my |the |all |last |latest |newest |previous |both )*backtests?(?: results?)?$"),
        (0.997, rf"^(?:so |and )?(?:which|what)(?: (?:one|strategy|{_TESTS}))?(?: of (?:the |them|these|those|my )?(?:two|NUM|both|last)?(?: (?:last|two|{_TESTS}))*)? ?(?:was|were|is|did|went|performed|made|earned|won|worked|came|does|do|looks|got)(?: out)?(?: (?:the|ahead|so))?(?: {_VERDICT})?(?: money| profit| then| now)*$"),
        (0.99, rf"\b(?:both|the two|two|last two)(?: last)?(?: {_TESTS})?\b.*\bside by side\b|\bside by side\b.*\b{_TESTS}\b"),
    ),
}  # fmt: skip

VERBS = """
    pause hold freeze suspend sideline resume continue unpause reactivate restart unfreeze wake rename relabel call name
    clone copy duplicate replicate set change switch edit modify adjust update tweak alter reconfigure use raise lower
    increase decrease reduce add shift put move transfer allocate deposit send inject boost top fund withdraw take pull remove
"""
OPENERS = "backtest simulate compare test try"
