"""The parts an order is said in, as patterns over masked words; each takes its words away from what is left. Data."""

import re
from enum import StrEnum

# ruff: noqa: E501 - a pattern on one line can be compared with its neighbours


class Part(StrEnum):
    """What a phrase of an order states."""

    CLOCK = "clock"
    TIF_GTC = "gtc"
    TIF_IOC = "ioc"
    TIF_FOK = "fok"
    POST_ONLY = "post_only"
    EDGE_BPS = "edge_bps"
    STOP_BPS = "stop_bps"
    TARGET = "target"
    EXIT = "exit"
    STOP = "stop"
    FALLS = "falls"
    RISES = "rises"
    LIMIT = "limit"
    MARKET = "market"
    SPENT = "spent"
    SIZE = "size"
    ALL = "all"
    PART = "part"
    BOT = "bot"


_FIGURE = r"(?:AMT|NUM)"
_LEAD = r"(?:(?:with|and|then|at|a|an|my|the|set|put|place|use|add|its|on) )*"
_TO = r"(?: (?:of|at|is|to|by|around|near|price|level|order))*"
_PRICE_ENDS = r"(?: or (?:better|less|lower|below|more|higher|above|cheaper|under))?(?: each| apiece)?"
_TAKE = r"(?:take ?profit|take ?profits|tp|profit target|price target|target|goal|profit)"
_CUT = r"(?:stop ?loss|stoploss|stop los|stop at loss|stop|sl)"
_THE_PRICE = r"(?:it|SYM|(?:the |its )?price|the market)"

#: In the order they are looked for: what is longer and plainer first.
PHRASES: tuple[tuple[Part, re.Pattern[str]], ...] = tuple(
    (part, re.compile(rf"\b(?:{text})(?= |$)"))
    for part, text in (
        (Part.CLOCK, r"(?:(?:and )?(?:is |keep it |keep |leave it |stays )?(?:good|valid|open|working|alive|lasting|lasts) )?(?:for|until|within) (?:the next |up to |at most )?PER"),
        (Part.CLOCK, r"(?:expires?|expiring|cancel(?:led|ed)?)(?: it)? (?:after|in) PER"),
        (Part.TIF_GTC, r"gtc|(?:good )?(?:till|until|til) (?:it is |i )?cancel(?:l?ed)?"),
        (Part.TIF_IOC, r"ioc|immediate or cancel"),
        (Part.TIF_FOK, r"fok|fill or kill|all or nothing"),
        (Part.POST_ONLY, r"(?:as )?(?:a |and )?(?:post(?: |-)?only|maker(?: |-)?only|as maker)(?: order)?"),
        (Part.EDGE_BPS, rf"{_LEAD}(?:expected )?(?:edge|{_TAKE}){_TO} NUM (?:bps|basis points)"),
        (Part.STOP_BPS, rf"{_LEAD}{_CUT}{_TO} NUM (?:bps|basis points)"),
        (Part.TARGET, rf"{_LEAD}{_TAKE}{_TO} (?:{_FIGURE}|PCT)|{_LEAD}PCT (?:above )?(?:as |for )?(?:a |the |my )?{_TAKE}|(?:at|for|with) (?:a |an )?PCT (?:gain|up|profit)"),
        (Part.STOP, rf"{_LEAD}{_CUT}{_TO} (?:{_FIGURE}|PCT)|{_LEAD}PCT (?:below )?(?:as |for )?(?:a |the |my )?{_CUT}"),
        (Part.EXIT, rf"(?:and |then )*(?:get out|sell (?:it|them|that|out)|exit|cash out|close(?: it)?)(?: again)? (?:at|for) {_FIGURE}"),
        (Part.FALLS, rf"(?:if|when|once|as soon as) {_THE_PRICE} (?:drops|falls|dips|goes|gets|comes|sinks|is)(?: back)? (?:down |below |under )+(?:to )?{_FIGURE}|(?:if|when|once|as soon as) {_THE_PRICE} (?:drops|falls|dips|sinks|comes)(?: back)?(?: to)? {_FIGURE}"),
        (Part.RISES, rf"(?:if|when|once|as soon as) {_THE_PRICE} (?:rises|climbs|jumps|goes|gets|is|hits|reaches|breaks)(?: (?:up|above|over|back|past|to))* {_FIGURE}"),
        (Part.LIMIT, rf"{_LEAD}limit(?: price)?(?: order)?{_TO} {_FIGURE}{_PRICE_ENDS}"),
        (Part.LIMIT, rf"(?:but )?(?:not|no|never) (?:above|over|more than|higher than|below|under|less than|lower than|for more than) {_FIGURE}|(?:for )?no more than {_FIGURE}"),
        (Part.LIMIT, rf"(?:at|below|under|above|over|at most|at least|max|maximum|around)(?: a| the)?(?: price| limit| max| maximum| most| least)*(?: of)? {_FIGURE}{_PRICE_ENDS}"),
        (Part.MARKET, r"(?:at |as |a )*(?:the )?(?:current |best )?market(?: price| order)?|right now at market"),
        (Part.SPENT, rf"(?:{_FIGURE}|AMT) (?:in )?worth(?: of)?(?: some)? SYM|AMT (?:of |in |on |into |for )+(?:some )?SYM"),
        (Part.SPENT, rf"SYM (?:for|with|using|worth)(?: about| around)? {_FIGURE}(?: in total| total)?"),
        (Part.SPENT, r"AMT SYM"),
        (Part.PART, r"(?:half|quarter|third|most|some|part|PCT|a bit|a little|a few)(?: of)?(?: (?:my|the|our|a|all))*(?: SYM)?"),
        (Part.SIZE, r"NUM(?: of my)? SYM|one SYM"),
        (Part.ALL, r"(?:all|everything|the whole|the entire|whole|entire|the rest)(?: (?:of|my|the|our|that|i|we|have|hold|own|got|in|is|left|BOT))* SYM(?: positions?| holdings?| coins?)?|(?:my|our) SYM(?: position| holdings?)?|the SYM (?:position|holdings?)|BOT SYM(?: position| holdings?)?"),
        (Part.BOT, r"(?:for|from|with|by|of|in|via|through|using|held by|on|let|have) (?:the |my )?BOT(?: bot)?"),
    )
)  # fmt: skip

#: How a detail of the order before begins, where it follows "and" or a comma.
DETAIL = re.compile(
    rf"^(?:(?:with|and|then|a|an|the|my|set|put|place|use|add) )*(?:{_TAKE}|{_CUT})\b(?! (?:BOT|it|them|all|my|the|everything|trading)\b)"
    r"|^(?:(?:and|then) )*(?:get out|exit|cash out|close it|sell it|sell them|sell that)(?: again)? (?:at|for) (?:AMT|NUM)\b"
    r"|^cancel(?: it)? (?:after|in) PER\b"
)
#: "buy 0.1 btc if it drops to 58,000" is a limit and no supposition; the same with "not above 3,000".
CONDITION = re.compile(
    rf"(?P<order>\b(?:buy|purchase|sell|order|bid|grab|pick up)\b(?: \S+){{0,12}}?)"
    rf" (?:(?:if|when|once) {_THE_PRICE} (?:drops|falls|dips|goes|gets|comes|sinks|rises|climbs|jumps|hits|reaches|breaks|is)(?: (?:down|back|up|to|below|under|above|over|past))* {_FIGURE}"
    rf"|(?:but )?(?:not|no|never) (?:for )?(?:above|over|more than|higher than|below|under|less than|lower than) {_FIGURE}"
    r"|until (?:it is |i )?cancel(?:l?ed)?)(?= |$)"
)
