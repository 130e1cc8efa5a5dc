"""Patterns for orders and the guard rails around them (see `patterns`). Data."""

# ruff: noqa: E501 - a pattern on one line can be compared with its neighbours

_ONE = r"(?:(?:the |my |our )?BOT(?: bot)?)"
_IT = rf"(?:{_ONE}|it|this one|that one|(?:this|that|the|my|our) bot)"
_FIGURE = r"(?:AMT|NUM)"
_SPAN = r"(?:the next )?(?:every |per |each |once |in )*(?:PER|NUM)"
_HELD = r"(?:positions?|holdings?|coins?|stuff|bags?|exposure|open trades?|inventory)"
_ALL_OF = r"(?:(?:all|out|of|the|my|our|open|whole|entire|any|off|its|every) )*"
_ENTRY = r"(?:trades?|trading|entries|entry|orders?|buys?|buying|enters?|entering|positions?)"
_EVERYBODY = r"(?:everybody|everyone|(?:all|every)(?: the| of the| our)? (?:users?|accounts?|people|persons?|customers?)|the (?:whole|entire) (?:installation|platform|system|place)|all of us)"
_STOP = r"(?:emergency stop|emergency halt|halt|stop|kill ?switch|shutdown)"

ACTING: dict[str, tuple[str, ...]] = {
    # Only the head: what follows is read by `orders`, word for word.
    "submit_order": (
        r"(?:buy|purchase|acquire|sell|offload|unload|dump|bid|long|grab|pick up|snap up|get me|go long|spend|cash in)(?: me| myself)?",
        r"(?:place|put in|put|enter|submit|open|make|set|create|send)(?: in)?(?: me)? (?:a |an |my |one )?(?:new )?(?:gtc |post ?only |resting )?(?:(?:limit|market|buy|sell|purchase) ){0,2}(?:order|bid|offer|buy|sell)(?: to (?:buy|sell|purchase)| for| of)?",
        r"(?:limit|market|post-only) (?:buy|sell|bid)",
        rf"(?:get rid of|let go of)(?= (?:{_FIGURE}|all|half|my SYM|the rest)\b)",
        r"(?:a |one )?(?:new )?(?:limit|market)(?: buy| sell)? order (?:for|to buy|to sell|of)",
        r"(?:close|exit|liquidate|close out|get out of) (?:out )?(?:all )?(?:of )?(?:my |the |our )?SYM\b(?: positions?| holdings?)?",
    ),
    "cancel_order": (
        r"(?:cancel|withdraw|remove|stop|forget|forget about|take back|pull|pull back|scrap|drop|revoke|kill|delete|retract|call off|recall|take down)(?: back)? (?:(?:all|every|each|of|my|the|that|this|our|last|latest|open|pending|working|resting|unfilled|outstanding|limit|market|buy|sell|SYM|BOT|waiting) )*(?:orders?|bids?|offers?)(?: ID)?(?: (?:on|for|in|of|from|by) (?:the |my )?(?:SYM|BOT)(?: bot)?)?(?: (?:that|which) (?:is|are) (?:still )?(?:waiting|open|pending|working|resting|unfilled|there|in the book))?",
        r"(?:take|pull|call) (?:(?:my|the|that|open|limit|buy|sell|SYM|BOT|last) )*(?:orders?|bids?|offers?) (?:back|off|down)",
        r"(?:cancel|revoke|recall|take back) ID",
    ),
    "flatten_bot": (
        rf"flatten(?: out)?(?: both)?(?: {_IT}(?:(?: and(?: also)?)? {_IT})*| all of {_IT})?(?: {_HELD})?(?: out)?",
        r"(?:close|exit|sell|liquidate|dump|unwind|flatten) (?:out )?(?:my|the|its|that|this|our) (?:open |whole |entire )*position",
        rf"(?:close|exit|sell|liquidate|dump|unwind|clear|clear out|get out of|sell off|unload|flatten) {_ALL_OF}{_HELD} (?:of|for|in|from|by|held by|with|at) {_IT}",
        rf"(?:close|exit|sell|liquidate|dump|unwind|clear|get out of|sell off|unload|flatten) {_ALL_OF}{_ONE} (?:open |whole |entire |current )*{_HELD}",
        rf"(?:close|exit|sell|liquidate|dump|unwind|clear|get out of|sell off|unload|cash out|offload|flatten)(?: off)? (?:all of what|all that|everything|all|whatever|anything|what)(?: that| which)? (?:{_ONE}|it) (?:still |currently |now )?(?:holds?|has got|has open|has|owns?|is holding|bought|is sitting on|got|is in|is invested in)",
        rf"(?:sell|close|dump) (?:everything|all|all of it) (?:of|from|in|held by|with|for) {_ONE}(?! SYM)|sell {_ONE} out|sell out {_ONE}",
        rf"(?:get|take|pull|bring) {_IT} (?:all the way |completely )?out of (?:the market|the markets|its (?:position|positions|trade|trades)|all (?:its )?positions|everything|its holdings|SYM|the position)",
        rf"(?:make|get|have|bring|i want|want|i need|need|go|set) {_IT}(?: to be| to go| go| be| gone)? flat|{_ONE} (?:must |has to )?(?:be |go )?flat",
    ),
    "set_cooldown": (
        rf"(?:(?:set|change|put|make|give|raise|lower|reduce|increase|adjust|update|use|add|extend|shorten|have) )?(?:a |an |the |its |NUM |PER )*(?:{_IT} )?(?:a |an |the |NUM |PER )*cool ?down(?: time| period)?(?: (?:of|for|on|from|with|to|at|is|as|by|{_IT}|(?:all |each |every |of |my |the )+bots?|{_SPAN}|none|nothing|zero|minutes?))*",
        rf"(?:remove|clear|drop|lift|delete|switch off|turn off|disable|end|no|zero|take off)(?: the| any| its)? (?:{_IT} )?cool ?down(?: (?:of|for|on|from) {_IT})?",
        rf"(?:let|make|have|tell) {_IT} (?:to )?(?:always )?(?:wait|rest|pause|hold off|cool down|cool off|sit out|hold)(?: for)?(?: at least)? {_SPAN} (?:between|before|after|in between|until)(?: (?:it|{_ONE}|its|any|two|the|next|each|new|a|{_ENTRY}|trades|again|and|buys|enters|another|once more|more))*",
        rf"(?:(?:give|leave) {_IT}|{_ONE} (?:needs to|must|has to) (?:chill|rest|wait|cool down|cool off|pause|breathe)(?: for)?(?: at least)?) {_SPAN} (?:between|before|after|in between)(?: (?:its|any|two|the|next|each|every|new|a|{_ENTRY}))*",
        rf"(?:{_ONE}|(?:let|make|have) {_IT}|slow {_IT} down(?: to)?)(?: (?:should|must|may|can|shall))?(?: only)? ?(?:trade|buy|enter|order|one|a single|once|at most)(?: {_ENTRY}| at most| at the most| once| no more(?: often)? than| only| one| trade)* (?:every|per|each|once per|in)? ?{_SPAN}(?: at most| only)?",
    ),
    "global_emergency_stop": (
        rf"(?:(?:trigger|pull|hit|do|start|activate|execute|call) )?(?:a |the )?global (?:emergency )?{_STOP}|(?:stop|halt|freeze|suspend|shut down)(?: all)?(?: the)?(?: trading| everything| bots| trades)?(?: of| for| by)? {_EVERYBODY}(?: trading)?|emergency stop (?:of |for ){_EVERYBODY}|(?:stop|halt) (?:all )?trading globally",
    ),
    "global_resume": (
        rf"global resume|(?:resume|reopen|restart|allow|re-?enable)(?: all)?(?: the)? trading (?:globally|(?:of |for |by ){_EVERYBODY})|(?:lift|end|undo|clear|cancel|release|call off|remove)(?: the| a)? (?:global (?:emergency )?{_STOP}|(?:emergency )?{_STOP} (?:of |for ){_EVERYBODY})|let {_EVERYBODY} trade again|unhalt {_EVERYBODY}",
    ),
}  # fmt: skip

READS: dict[str, tuple[tuple[float, str], ...]] = {
    "explain_decision": (
        (0.995, r"^why (?:the )?BOT(?: bot)?$"),
        (0.985, r"\bwhy\b.*\b(?:BOT|bot|it|that one)\b(?: \w+)?(?: not| never)? (?:just |really |again |even )?(?:buy|buys|by|bought|buying|sell|sel|sells|sold|selling|enter|enters|entered|exit|exited|get (?:in|out)|do (?:that|this)|did (?:that|this)|open|close|closed|order|ordered|take|took|act|decide|decided|skip|skipped|refuse|refused)\b"),
        (0.985, r"\b(?:explain|reason|reasons|reasoning|rationale|logic|justify|justification)\b.*\b(?:decisions?|(?:last |latest )?(?:buy|sell|trade|order|move)|BOT|bought|sold|signal)\b|\b(?:talk|walk|take|run) (?:me|us) through\b.*\b(?:trade|buy|sell|order|decision|move|BOT)\b|\b(?:last|latest) decisions?\b|\bdecision trace\b|\bdecisions? (?:of|by|from) (?:BOT|my bot|the bot)\b"),
        (0.985, rf"\bwhat (?:made|drove|caused|got|led|prompted|brought|pushed) (?:{_IT})(?: to)? (?:buy|sell|get (?:in|out)|enter|exit|trade|do|act|jump|go|into|out|decide)\b|\bwhat (?:was|is) (?:{_IT}) thinking\b|\bwhat (?:were|was) (?:{_IT} )?(?:the )?(?:reasons?|signals?)\b"),
        (0.985, r"\bwhy\b.*\b(?:my|the|that|this|last)(?: \w+)? (?:order|buy|sale|trade|bid)\b.*\b(?:denied|rejected|refused|blocked|declined|not|fail|failed|canceled|cancelled|turned down|filled)\b|\bwhy (?:did|was|were) (?:you )?(?:cancel|refuse|reject|deny|decline)\w*\b.*\border\b|\bwhich gate\b"),
    ),
    "limits_config": (
        (0.985, r"\b(?:what|which|show|list|see|view|display|tell)\b.*\b(?<!speed )(?<!credit )(?<!age )(?:limits?|guard ?rails?|restrictions?|ceilings?|thresholds?)\b(?! order)(?! (?:for|of|in|on|to) (?!me\b|my\b|BOT\b|us\b|our\b|the (?:bots?|account)\b|orders\b|trad\w+\b|entries\b))|\bwhat (?:am|are) (?:i|we|my bots) (?:not )?allowed to do\b|^(?:(?:my|the|all|trading|risk|daily|account) )*(?:limits?|guard ?rails?|limits? config(?:uration)?)$|\blimits? (?:config\w*|settings?)\b"),
        (0.99, r"\bhow (?:many|much|often)\b.*\b(?:trades?|orders?|entries|buys?|buy|sell|trade|lose|loss|drawdown)\b.*\b(?:allowed|permitted|maximum|at most)\b|\bhow (?:many|much|often)\b.*\b(?:allowed|may|permitted)\b.*\b(?:trades?|orders?|entries|trade|order|lose|buy)\b|\bhow (?:many|often) (?:trades?|orders?|entries|buys?)? ?(?:can|may) (?:i|we|BOT|my bots?) (?:\w+ )?(?:PER|have PER)"),
        (0.985, r"\b(?:which|what) rules?\b.*\b(?:bots?|trading|orders?|keep|stop|apply|trade)\b|\b(?:max|maximum|allowed) (?:daily )?(?:drawdown|loss|losses|orders|trades|errors)\b"),
    ),
    "limits_usage": (
        (0.995, r"\b(?:limits?|quota|allowance)\b.*\b(?:usage|used|use|left|remaining|reached|close|near|hit|exhausted|spent|clear\w*|consumed)\b|\b(?:usage|used|use|left|remaining|close|near|reached|hit|exhausted|how much)\b.*\b(?:limits?|quota|allowance)\b|\blimits? usage\b"),
        (0.995, r"\bhow many (?:more )?(?:trades?|orders?|entries|buys?)\b.*\b(?:left|remain\w*|still|more|used|so far)\b|\bhow many more (?:trades?|orders?|entries|buys?)\b|\b(?:trades?|orders?) (?:left|remaining)\b"),
        (0.995, r"\bcan (?:i|we|BOT|my bots?|it) still (?:trade|buy|order|enter|place)\b|\bmaxed out\b|\bwhen do (?:i|we) get (?:new|more|fresh) (?:trades|orders|entries)\b|\bwhen (?:can|may) (?:i|BOT|we|it) (?:trade|buy|enter|order) again\b|\bwhen does (?:the|my) (?:limit|cooldown|daily limit) (?:clear|end|reset|expire)\w*\b|\bis BOT (?:still )?(?:in|on|under) (?:its )?(?:cooldown|cool down)\b|\bcooling down\b"),
    ),
    "circuit_breaker_status": (
        (0.99, r"\b(?:breakers?|circuits?)\b.*\b(?:status|state|open|closed|trip\w*|history|metrics?|doing|look\w*|close|near|fire\w*|ok|okay|ago|left)\b|\b(?:is|are|was|were|did|has|have|any|which|show|check|how|status|state|view|see|list)\b.*\b(?:circuit ?breakers?|breakers?)\b|^(?:(?:my|the|all) )*(?:circuit ?)?breakers?$|\b(?:circuit ?)?breakers? (?:status|report|history)\b"),
        (0.985, r"\b(?:anything|something|bots?|who|what|which|BOT|it)\b.*\b(?:tripped|trip|quarantined?)\b|\bquarantin\w*\b|\b(?:how|when)\b.*\b(?:before|until|till|to)\b.*\b(?:breaker|trips?|circuit)\b|\bhow (?:close|near)\b.*\b(?:drawdown|daily loss|max\w*|losses|cut off|tripping|tripped|shut off)\b"),
    ),
    "system_modes": (
        (0.985, r"\b(?:is|are|was|am|has|have)\b.*\b(?:trading|everything|account|i|we|all|users?)\b.*\b(?:halted|stopped|suspended|frozen|on halt|blocked|shut down)\b|\b(?:system|trading) modes?\b|^modes?$|\b(?:is|are) (?:there )?(?:a |any |the )?(?:emergency stop|halts?|kill ?switch|global stop)\b.*\b(?:active|on|in force|in effect|set|going|there|running|place)\b|\b(?:halt|emergency stop) status\b|\b(?:has|did) (?:someone|somebody|anyone|anybody|an admin|the admin)\b.*\b(?:stop|stopped|halt|halted|plug|suspended)\b|\bstatus of the (?:halt|emergency stop)\b"),
        (0.98, r"\b(?:is|are) (?:there )?(?:a|any) (?:halt|global stop)\b|\b(?:since when|how long|why)\b.*\b(?:halted|trading (?:is )?(?:stopped|suspended|frozen))\b"),
    ),
}  # fmt: skip

VERBS = """
    buy purchase acquire sell offload unload dump bid long grab pick snap spend place submit enter send withdraw revoke
    retract recall pull drop call flatten exit unwind slow remove
"""
