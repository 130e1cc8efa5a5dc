"""Patterns for the tools that show, check, export and move money (see `patterns`). Data."""

# ruff: noqa: E501 - a pattern on one line can be compared with its neighbours

_SUM = r"(?:AMT|NUM)"
_COIN = r"(?:SYM|usdt|usdc|usd|eur|euros?|zar|rand|dollars?|bucks)"
_PLAY = r"(?: (?:of )?(?:(?:my|the) )?(?:play |paper |fake |virtual )?(?:money|cash|funds|coins))?"
#: "500", "another 2k usdt", "0.5 btc more", "5k of play money".
MONEY = rf"(?:another |an extra |an additional |extra |some |about )?{_SUM}(?: more| extra)?(?: {_COIN})?{_PLAY}(?: more| extra)?"
_HOME = r"(?:(?:my|the|our|this) )?(?:(?:play|paper|trading|cash) )?(?:money |cash )?(?:account|balance|portfolio|free cash|cash|funds|pot)"
_GOAL = r"(?:(?:my|the|our|a|an|this) )?(?:new )?(?:equity |profit |account |portfolio )?(?:target|goal)(?: equity| amount| value)?"
_RECORDS = (
    r"(?:all|me|us|of|my|the|our|a|an|as|to|in|into|with|for|from|on|these|those|complete|full|whole|entire|raw|past|closed"
    r"|some|data|csv|excel|file|files|sheet|spreadsheet|table|download|export|trades?|trading|trade history|history|fills?|executions?"
    r"|ledger|journal|events?|everything|records?|transactions?|activity|log|out|down|format|list|and|bookings|books|account|it|that)"
)
_AS_FILE = r"(?:csv|excel|spreadsheet|sheet|file|files|download)"

ACTING: dict[str, tuple[str, ...]] = {
    "set_target": (
        rf"(?:set|change|update|raise|lower|move|adjust|put|make|switch|increase|bump|reset|fix|define|choose|pick|have|use){{1}}(?: up)? {_GOAL}(?: to be| up to| down to| to| at| of| as| is| be| equal to)? {_SUM}",
        rf"(?:my|the|our) (?:new )?(?:target|goal)(?: now)? (?:is|will be|becomes)(?: now)?(?: to (?:reach|have|get to|make))? {_SUM}|(?:new )?(?:target|goal) {_SUM}",
        rf"(?:set|make|use|take|have) {_SUM} (?:as |be )?(?:my|the|our) (?:new )?(?:target|goal)",
        rf"(?:aim|aiming|shoot|go) (?:for|at) {_SUM}|(?:get|grow|climb|come|make it) (?:up )?to {_SUM}|(?:reach|hit) {_SUM}",
    ),
    "export_csv": (
        rf"(?:export|download|extract)(?: {_RECORDS})+",
        rf"(?:save|dump|send|give|hand|get|make|create|generate|prepare|produce|write|print|put|have|need|want|i need|i want|i would like|would like)(?= .*\b{_AS_FILE}\b)(?: {_RECORDS})+",
        rf"(?:csv|spreadsheet)(?: {_RECORDS})*|(?:my |the |all |all my )*(?:trades|fills|executions|ledger|journal|events|history|records|transactions) (?:as|in|to|into) (?:a |an )?{_AS_FILE}",
    ),
    "fund_account": (
        rf"(?:deposit|pay in|load|inject|paying in) (?:me )?{MONEY}(?: (?:to|into|in|on|onto) {_HOME})?",
        rf"(?:add|put|pay|move|load|place|drop) {MONEY} (?:to|into|in|on|onto) {_HOME}",
        rf"(?:top up|fund|credit|refill|fill up|load up|boost|load) {_HOME} (?:with|by) {MONEY}|(?:top|fill|load) {_HOME} up (?:with|by) {MONEY}",
        rf"(?:give|get|grant|lend|hand) me (?=.*\b(?:more|another|extra|money|cash|funds)\b){MONEY}",
        rf"(?:withdraw|cash out|take out|pull out|pay out|draw out|withdrawing) {MONEY}(?: (?:from|out of|off|of) {_HOME})?",
        rf"(?:take|pull|get|draw|move|remove|pay) {MONEY} (?:out of|from|off|out)(?: of)?(?: {_HOME})?",
        rf"(?:convert|exchange|swap|change|turn|switch|transform|trade in|move) {MONEY} (?:to|into|for|in|in to|against) (?:some |more )?{_COIN}",
    ),
}  # fmt: skip

READS: dict[str, tuple[tuple[float, str], ...]] = {
    "positions": (
        (0.99, r"\b(?:open|pending|working|resting|waiting|unfilled|outstanding) (?:\w+ )?orders?\b(?! history)|\borders? (?:are |is |do i have )?(?:still )?(?:open|pending|working|resting|waiting|unfilled|outstanding|in the book)\b|^(?:(?:show|list|see|view|display|what|which|where|give me|check) )?(?:me )?(?:is |are )?(?:all )?(?:of )?(?:my|the) orders?(?: now)?$|^orders$|\b(?:is|did|has|was) (?:my|the|that) (?:\w+ )?order (?:still |already |been |get |got )*(?:fill|filled|done|executed|there|open|waiting|through)\b"),
        (0.96, r"\b(?:positions?|holdings|open lots?)\b|\bwhich lots\b|\blots are (?:still )?open\b|\b(?:am i|are we|is BOT) (?:still )?(?:\w+ )?(?:exposed|long|invested)\b|\bexposure\b"),
        (0.96, r"\b(?:what|which|how much|how many)\b.*\b(?:BOT|i|we|you|it|bots?) (?:\w+ )?(?:hold|holds|holding)\b|\b(?:what|which coins?|how much) (?:\w+ ){0,2}(?:am i|are we|is BOT|do i|do we|does BOT|did i) (?:currently |still |now )?(?:holding|hold|long)\b"),
        (0.95, r"\b(?:do|does|am|are|is) (?:i|we|BOT) (?:still |currently )?(?:own|hold|holding|owning|sitting on)\b.*\b(?:SYM|anything|coins?|crypto)\b|\bin my bags?\b|\bon the books\b"),
    ),
    "performance_ranking": (
        (0.98, r"\b(?:rank|ranks|ranking|rankings|leader ?board|league table|scoreboard|top list|podium)\b"),
        (0.97, r"\b(?:best|worst|top|weakest|strongest|star)(?: \w+)? bots?\b|\b(?:which|what|who)\b.*\bbots?\b.*\b(?:best|worst|winning|losing|leading|ahead|most|least|better|strongest|weakest)\b|\bcompare (?:all |all of )?(?:my|the|our) bots?\b"),
        (0.96, r"\b(?:order|sort|sorted|ordered|line up|compare|list)\b.*\b(?:bots?|them)\b.*\b(?:by|from best)\b|\bbots? (?:sorted|ordered|ranked) by\b|\bwinners and losers\b|\bbest to worst\b"),
        (0.93, r"\b(?:who|which (?:one|of them|of my bots))\b.*\b(?:wins?|best|worst|star|dragging|pulling|crushing|most|carrying|losing|winning)\b"),
    ),
    "countdown_status": (
        (0.97, r"\bcountdown\b|\bcount down (?:to|till|until)\b|\b(?:how|when|what|am|are|is|progress|distance|show|status|where)\b.*\b(?:target|goal)\b|\b(?:target|goal) (?:progress|status)\b|\b(?:my|the) (?:target|goal)$|\bprogress (?:to|towards?)\b"),
        (0.97, r"\b(?:when|how (?:long|soon|many (?:days|weeks|months)|far))\b.*\b(?:reach|hit|get to|have|make|be at|till|until|to|from|away|before|first)\b.*(?:AMT|NUM|million|millionaire)\b|\bmillionaire\b"),
        (0.94, r"\b(?:on track|nearly there|almost there|at this (?:pace|rate|speed)|how close are we)\b"),
    ),
    "ledger_reconcile": (
        (0.99, r"\breconcil\w*\b|\bdiscrepanc\w+\b|\bcross ?check\b"),
        (0.98, r"\b(?:ledger|journal|books|records|numbers|figures|accounts|everything|it all)\b.*\b(?:match|matches|agree|agrees|add up|adds up|tie out|tie up|line up|consistent|square)\b|\b(?:ledger|journal|books|records)\b.*\bbalances?\b"),
        (0.96, r"\b(?:money|anything|something) (?:is )?missing (?:between|from|in) (?:the |my )?(?:records|ledger|books|journal)\b"),
    ),
    "ledger_verify": (
        (0.985, r"\b(?:verify|check|prove|proof|validate|audit|test|inspect|examine)\b.*\b(?:ledger|journal|integrity|chain|hash|hashes|history|records|books|bookkeeping)\b|\bintegrity\b|\bhash ?chain\b|^verify(?: (?:it|everything|all|please|now|me))*$"),
        (0.98, r"\b(?:tamper\w*|intact|manipulat\w*|falsif\w*|forged|faked|genuine|authentic|made up|cooked)\b.*|\b(?:trust|rely on)\b.*\b(?:books|records|ledger|journal|numbers|figures|history)\b|\b(?:changed|altered|edited|touched)\b.*\b(?:records|ledger|journal|history|books)\b"),
    ),
}  # fmt: skip

VERBS = "export download deposit withdraw convert exchange swap"
