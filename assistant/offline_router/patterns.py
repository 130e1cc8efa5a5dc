"""Patterns over masked clauses: what plainly commands, and what plainly asks. Data, compiled once.

Acting patterns match from the start of a clause whose polite words were taken off, so a verb in the middle of
a story never commands. Read patterns may match anywhere.
"""

import re

from assistant.offline_router import order_phrases, patterns_bots, patterns_ledger, patterns_orders
from assistant.offline_router.wordlists import words

# ruff: noqa: E501 - a pattern on one line can be compared with its neighbours

_ONE = r"(?:(?:the |my |our )?(?:both |bots? )?(?:called |named )?BOT(?: bot)?)"
TARGET = (
    rf"(?:{_ONE}(?:(?: and(?: also)?)? {_ONE})*|it|them|both|(?:this|that|the|my|our)(?: bots?| one)?"
    r"|(?:all|every|each)(?: of)?(?: the| my| our)?(?: bots?| one)?|bot|bots|everything)"
)
_BRIEFLY = r"(?:for now|temporarily|for (?:a|the) (?:while|bit|moment|time being|minute)|briefly)"
_HALT = r"(?:halt|emergency stop|emergency halt|emergency|kill ?switch|trading halt|stop)"

_ACTING: dict[str, tuple[str, ...]] = {
    "pause_bot": (
        rf"(?:pause|hold|freeze|suspend|sideline|halt)(?: trading (?:with|on|for))? {TARGET}(?: {_BRIEFLY})?",
        rf"put {TARGET} (?:on (?:hold|pause|ice)|to sleep)",
        rf"(?:give|let|have|make) {TARGET} (?:have |take )?(?:a |some )?(?:break|rest|sleep|nap|breather|timeout|time off)",
        rf"keep {TARGET} (?:quiet|still|on hold|paused|on ice)(?: {_BRIEFLY})?|stop {TARGET} {_BRIEFLY}|temporarily stop {TARGET}",
        rf"tell {TARGET} to (?:take a break|rest|pause)",
        rf"{_ONE} (?:pause|hold|freeze|suspend)|{TARGET} (?:can|may|needs? to) (?:pause|rest|take a (?:break|rest))|{TARGET} needs a (?:break|rest)",
    ),
    "resume_bot": (
        rf"(?:resume|unpause|un-pause|continue|unfreeze|reactivate|restart|wake up|wake|unsuspend|carry on with)(?: trading (?:with|on|for))? {TARGET}(?: up)?",
        rf"(?:bring|get|send|call) {TARGET} back(?: online| to life| to work| up| running| trading| in(?:to action)?)?|take {TARGET} off (?:hold|pause|ice)|put {TARGET} back (?:to work|on)",
        rf"let {TARGET} (?:continue|resume|carry on|go on)|(?:get|set) {TARGET} (?:going|trading|running|back|working) again",
        rf"start {TARGET} (?:back )?(?:up )?again|{_ONE} (?:resume|unpause|continue|wake up)|{_ONE} (?:can|may) (?:carry on|continue|resume|go on|trade again)",
    ),
    "start_bot": (
        rf"(?:start|launch|run|activate|enable|fire up|kick off|boot up|boot|go live with|begin trading with|start trading with|deploy|start up) {TARGET}",
        rf"let {TARGET} (?:run|trade|go|loose|start)|(?:turn|set) {TARGET} loose|off you go {_ONE}|unleash {TARGET}|(?:kick|fire|boot|power) {TARGET} (?:off|up|on)|power (?:up|on) {TARGET}|(?:get|set) {TARGET} (?:up and running|going|running|loose|live|trading|started|off|to work|working)",
        rf"(?:turn|switch) {TARGET} on|(?:turn|switch) on {TARGET}|(?:take|make) {TARGET} (?:go )?live|put {TARGET} to work|make {TARGET} trade",
        rf"{_ONE} (?:start|go live|launch|go)|(?:it is )?time for {_ONE} to (?:go to work|start|trade|run|go live|work|begin)|{_ONE} (?:can|may) (?:start|go live|begin|trade)|send {_ONE} (?:live|to work|off)",
    ),
    "stop_bot": (
        rf"(?:stop|delete|kill|terminate|remove|end|retire|scrap|destroy|erase|shut down|shutdown|get rid of|wind down|close down|close|liquidate) {TARGET}(?: permanently| for good)?",
        rf"permanently (?:stop|close|shut down) {TARGET}",
        rf"(?:shut|close|wind) {TARGET} down|(?:i am )?(?:done|finished) with {_ONE}|(?:pull|take) {TARGET} (?:out of service|offline|down)(?: permanently)?|(?:dispose of|ditch|axe|discard|dismantle|throw away|finish off|decommission) {TARGET}|throw {TARGET} away|{_ONE} (?:stop|delete|terminate|shut down|kill)",
    ),
    "resume_trading": (
        r"(?:resume|reopen|allow|re-?enable|continue|unpause|enable|restart|unhalt)(?: all)?(?: my| the)? trading(?: again)?",
        rf"(?:lift|clear|end|remove|call off|drop|stand down|finish|undo|cancel|release|deactivate|disable|exit|reset|revoke|turn off|switch off)(?: the| my| this)? {_HALT}",
        r"unhalt(?: everything| trading| me)?|turn trading (?:back )?on(?: again)?|trading back on|(?:start|begin) (?:all )?trading again|get trading going again|let (?:everyone|everything|everybody|us|me|them|(?:my |the |all )*bots) trade again|(?:you|we|they|everyone|bots) (?:may|can) (?:all )?trade again|trading (?:may|can) (?:resume|continue|go on)",
    ),
    "reset_circuit_breaker": (
        rf"(?:reset|clear|rearm|re-arm|close|untrip)(?: the| my)? (?:circuit ?breaker|breaker|circuit)(?: (?:of|for|on) (?:{_ONE}|my account|the account|me))?",
        rf"(?:reset|clear|untrip|rearm) {_ONE}(?: is| his| its)?(?: circuit)? ?(?:breaker|circuit ?breaker)",
    ),
    "create_bot": (
        r"(?:create|make|build|generate|set up|setup|design|construct|craft)(?: me| us)?(?: up)?(?: and (?:start|launch|run))?\b(?:(?! BOT$| trade)(?: (?:bots?|robot)\b| \S+)*?) (?:bot|robot)\b",
        r"(?:start|launch|run|open|spin up|add|deploy|get|give me|get me|i need|need|i want|want|i would like|set me up with|fire up|put together|find me)(?: up)?(?: and (?:start|launch|run))? (?:a|an|another|one more|new|some)\b[^.]*? ?(?:bot|robot)\b",
        r"(?:(?:a|another) )?(?:new|another) (?:\w+ ){0,4}?(?:bot|robot)\b",
        r"(?:create|make|build|generate|set up|setup) (?:NAME|(?:a |an )?(?:\w+ )?strategy)\b",
        r"(?:start|begin) trading SYM|(?:invest|put|allocate|throw|stick|commit|use|take) (?:AMT|NUM)(?: to work)? (?:in|into|on|to|at|behind|and trade) (?:a |an |the )?(?:\w+ ){0,3}(?:bot|SYM|strategy)|trade SYM (?:with|using|for) (?:AMT|me)",
        r"(?:have|get|love to have|like to have|give me|find me|need|i need|i want|i would like|i would love) (?:something|someone|somebody|anything|a thing) (?:that |which |to |for )?(?:buy|buys|buying|trade|trades|trading|follow|follows|following|catch|catches|ride|rides)\b",
        r"(?:get|set|have) (?:me )?(?:a|an) (?:\w+ ){0,3}?(?:follower|trader|strategy|buyer|hunter|crossover|momentum|trend|rsi|reversion)\b(?=.*(?:SYM|AMT|going|running))",
    ),
}  # fmt: skip

_READS: dict[str, tuple[tuple[float, str], ...]] = {
    "bot_status": (
        (0.95, r"^(?:the )?BOT(?: bot)?(?: please)?$"),
        (0.9, r"\b(?:status|state|details?|information|performance|health|condition) (?:of |for |on |about )?(?:the |my )?(?:BOT|bot)\b"),
        (0.92, r"\b(?:anything|something|what is|what|is|nothing) (?:\w+ )?wrong with (?:BOT|it|my bot|the bot)\b|\b(?:word|news|update|report) (?:on|from|about|of) (?:BOT|it|my bot|the bot)\b"),
        (0.9, r"\bBOT(?: bot)? (?:strategy|status|state|details?|performance|health|pnl|profits?|results?)\b"),
        (0.92, r"\bBOT\b.*\b(?:doing|going|making|made|make|money|losing|lost|winning|won|running|stuck|alive|working|idle|ok|okay|good|profitable|trading|trade|traded|buy|bought|buying|earn\w*|perform\w*|up to|active|paused|started|waiting|wrong)\b"),
        (0.9, r"\b(?:how|what|is|why|has|did|tell|check|show|see|inspect|profits?|pnl|look|view|describe)\b.*\bBOT\b"),
        (0.95, r"\bwhy\b.*\b(?:bot|it|BOT|that one)\b.*(?:\btrad\w+|\bbuy\w*|\bdo\w*|\bidle|\bstuck|\bnothing|\bpaused|\bstopped|\bsell\w*|\bbought)"),
        (0.9, r"\b(?:how|what|is|has) (?:\w+ )?(?:my bot|the bot|that bot|that one|it|this bot)\b.*\b(?:doing|going|up to|trad\w+|running|making|perform\w+|working|profitable|ok|earn\w*)\b"),
        (0.9, r"\b(?:status|state|details) (?:of|for) (?:it|my bot|the bot|that bot|that one|this bot)\b|\bbot status\b|\b(?:check|show|tell me about|check on) (?:it|that one|that bot|my bot|the bot)\b|^status$"),
    ),
    "trade_history": (
        (0.97, r"\bwhat (?:did|have|has) (?:\w+ ){0,3}?bots? (?:do|done|been doing)\b"),
        (0.96, r"\b(?:trade history|trades|fills|executions|transactions|order history|trade log|trading history|trade list)\b"),
        (0.95, r"\bwhat (?:has|did|have|was|were)\b.*\b(?:buy|bought|sell|sold|traded)\b|\bbeen (?:buying|selling|trading|up to)\b|\bdeals\b|\brecent (?:activity|trade|orders|deals)\b|\b(?:last|latest) (?:NUM )?(?:trade|buys|sales|deals|orders)\b"),
        (0.85, r"\bhistory\b"),
    ),
    "profits": (
        (0.93, r"\b(?:PER (?:profits?|pnl|earnings|gains?|losses|returns?|income|results?)|(?:profits?|pnl|p&l|earnings|gains?|losses|returns?|income|results?|loss)\b.*\bPER)\b"),
        (0.93, r"\b(?:made|make|earn|earned|lost|lose|profit)\b.*\bPER\b|\bPER\b.*\b(?:made|make|earn|earned|lost|profits?|earnings)\b|\bhow (?:was|were|did|has|have) .*\bPER\b|\bhow (?:was|were) my (?:day|week|month)\b|\bPER (?:any|been) good\b"),
        (0.88, r"\b(?:profits|pnl|p&l|earnings|gains|profit and loss)\b|^profit$|\bhow much (?:profit|have i (?:made|earned|lost)|did i (?:make|earn|lose)|i made)\b|\bmy profit\b"),
    ),
    "portfolio_summary": (
        (0.92, r"\b(?:portfolio|balance|net worth|account summary|account value|my account|free cash|big picture|my funds)\b"),
        (0.92, r"\bhow (?:am i|are we|do i) (?:doing|stand|going)\b|\bwhere do i stand\b|\bwhat do i (?:own|have)\b|\b(?:finances|financially|financial situation|total value|wealth|in total|all together|altogether|how rich)\b|\beverything worth\b|\bam i (?:\w+ )?(?:up|down|in profit|profitable|rich|winning|losing|making money|ahead|in the (?:red|green|black|money))\b"),
        (0.9, r"\bhow much (?:money|cash|usdt|capital|equity|have i got|do i have|is in)\b|\bmy (?:equity|cash|money|wealth|wallet)\b|^(?:equity|cash|summary|overview|account|wallet)$"),
    ),
    "market_price": (
        (0.94, r"\b(?:price|prices|quote|worth|cost|costs|rate|ticker|value|trading at|trade at|going for)\b.*\bSYM\b|\bSYM\b.*\b(?:price|prices|worth|quote|trading|trade|cost|now|rate|value|doing|at|today|standing|ticker)\b"),
        (0.9, r"\b(?:how much|how is|how are|where is|what is|what about|how high|how low|how expensive|check|show(?: me)?|is) (?:\w+ )?SYM\b|^(?:the )?SYM(?: please| now)?$"),
        (0.8, r"^(?:(?:show|get|check|give me) )?(?:me )?(?:the )?(?:current )?(?:market )?prices?$"),
    ),
    "equity_chart": (
        (0.97, r"\b(?:equity|performance|balance|portfolio|account|profit) (?:chart|curve|graph|plot|line|history|development)\b|\b(?:chart|curve|graph|plot|visuali[sz]e|picture|draw)\b.*\b(?:equity|performance|portfolio|balance|account|money|value|progress)\b"),
        (0.9, r"\b(?:chart|curve|graph|plot)\b"),
        (0.93, r"\bups and downs\b|\b(?:picture|drawing|draw|trend|course) .*(?:PER|money|account|balance)\b|\b(?:my money|balance|account) (?:developed|moved|evolved|grew|changed)\b"),
        (0.96, r"\b(?:equity|portfolio|balance|account|money|value)\b.*\bover (?:time|the)\b"),
    ),
    "list_bots": (
        (0.93, r"\b(?:list|show|see|view|which|what|how many|all|display|get|give me|overview)\b.*\b(?:bots|robots)\b|^(?:my |the |all |all my )?bots(?: list)?$|\bbots? list\b|\bmy bots\b|\blist (?:of )?(?:my )?bots?\b"),
        (0.9, r"\bwhat (?:have i got|do i have|have i|is|are) (?:\w+ )?(?:running|working|active|live|trading|going)\b|\b(?:who|which ones?) (?:is|are) (?:working|trading|running|active|paused)\b|\bany (?:of )?(?:my |the )?bots?\b"),
        (0.88, r"\b(?:are|is) (?:any|all|some)?(?: of)?(?: my| the)? ?(?:bots?|anything) (?:running|active|paused|trading|on|still)\b|\bwhat is running\b"),
    ),
    "system_health": (
        (0.95, r"\b(?:system|server|servers|service|services|platform|backend|database|feed|app|engine|machine|machinery|infrastructure)\b.*\b(?:health|healthy|status|up|ok|okay|alive|working|running|down|uptime|fine|feeling|stable)\b|\b(?:health|status|uptime) (?:of |check )?(?:the )?(?:system|server|platform|services|backend)\b|\bhealth check\b|^health$|\buptime\b"),
        (0.9, r"\bis everything (?:ok|okay|working|running|up|fine|healthy)\b|\b(?:check|show)(?: the)? health\b"),
    ),
    "help": (
        (0.93, r"^(?:help|commands|options|menu|manual|tutorial|instructions)\b|\bwhat (?:can|could|else can) (?:you|i|this) (?:do|ask|say|type|help)\b|\bhow does (?:this|it|that|all this) work\b|\bshow (?:me )?(?:the |all )?(?:commands|help|features)\b|\bhow (?:do|can|should) i (?:use|start|begin)\b|\bi am (?:new|lost)\b|\bget(?:ting)? started\b"),
        (0.9, r"^(?:who|what) are you\b|\bwhat do you do\b|\bneed (?:some )?help\b|\bno (?:idea|clue)\b|\b(?:do not|not) (?:know|sure|understand) (?:what|how|where)\b|\bi am (?:confused|stuck|a beginner)\b|\bwhere (?:do|should) i (?:start|begin)\b|\bwhat (?:now|next)\b|\bhelp me\b"),
    ),
}  # fmt: skip

_ALL_ACTING = patterns_bots.ACTING | _ACTING | patterns_ledger.ACTING | patterns_orders.ACTING
_ALL_READS = _READS | patterns_ledger.READS | patterns_orders.READS | patterns_bots.READS
ACTING = {tool: tuple(re.compile(f"(?:{text})(?= |$)") for text in texts) for tool, texts in _ALL_ACTING.items()}
READS = {tool: tuple((score, re.compile(text)) for score, text in rows) for tool, rows in _ALL_READS.items()}
ORDER_HEADS = patterns_orders.ACTING["submit_order"]
ACTING_VERBS = (
    words("""
    pause hold freeze suspend sideline halt stop put give let tell resume unpause continue unfreeze reactivate
    restart wake bring take start launch run activate enable fire kick boot go begin deploy get set turn switch make
    delete kill terminate remove end retire scrap destroy erase shut shutdown close wind liquidate reopen allow lift
    clear undo cancel release deactivate disable unhalt create build generate setup design construct craft open spin
    add new invest allocate trade
""")
    | words(patterns_ledger.VERBS)
    | words(patterns_orders.VERBS)
    | words(patterns_bots.VERBS)
)
OPENERS = (
    ACTING_VERBS
    | words(patterns_bots.OPENERS)
    | words("""
    show list what how which display check see view price plot draw chart graph help explain is why where who status
    delete portfolio profits trades bots balance health profit history ignore rename clone email emergency
    rank verify reconcile countdown positions
""")
)


def vocabulary() -> frozenset[str]:
    """Every word the patterns mention, for spelling repair."""
    sources = [text for texts in _ALL_ACTING.values() for text in texts]
    sources += [text for rows in _ALL_READS.values() for _, text in rows]
    sources += [order_phrases.CONDITION.pattern, *(pattern.pattern for _, pattern in order_phrases.PHRASES)]
    return frozenset(re.findall(r"(?<![\\a-z])[a-z]{2,}", " ".join(sources))) | ACTING_VERBS | OPENERS
