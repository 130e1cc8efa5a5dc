"""Words the router knows: data only. A new synonym is one word here."""

from assistant.offline_router.wordlists import phrases, words

CONTRACTIONS = {
    "i'm": "i am", "im": "i am", "it's": "it is", "what's": "what is", "whats": "what is", "how's": "how is",
    "hows": "how is", "where's": "where is", "wheres": "where is", "who's": "who is", "that's": "that is",
    "there's": "there is", "let's": "let us", "lets": "let us", "i've": "i have", "ive": "i have",
    "i'd": "i would", "i'll": "i will", "you're": "you are", "we're": "we are", "they're": "they are",
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not", "didn't": "did not",
    "didnt": "did not", "isn't": "is not", "isnt": "is not", "aren't": "are not", "arent": "are not",
    "wasn't": "was not", "wasnt": "was not", "hasn't": "has not", "hasnt": "has not", "haven't": "have not",
    "havent": "have not", "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not",
    "wont": "will not", "wouldn't": "would not", "shouldn't": "should not", "couldn't": "could not",
    "mustn't": "must not", "wanna": "want to", "gonna": "going to", "gimme": "give me", "lemme": "let me",
    "pls": "please", "plz": "please", "plse": "please", "u": "you", "ur": "your", "thx": "thanks", "ty": "thanks",
    "bal": "balance", "pf": "portfolio", "info": "information", "stats": "status", "perf": "performance", "cvs": "csv",
}  # fmt: skip

COINS = {
    "BTC": ("bitcoin", "xbt", "bitcoins"), "ETH": ("ethereum", "ether"), "SOL": ("solana",), "XRP": ("ripple",),
    "LTC": ("litecoin",), "ADA": ("cardano",), "DOGE": ("dogecoin",), "BNB": ("binance coin",), "DOT": ("polkadot",),
    "AVAX": ("avalanche",), "LINK": ("chainlink",), "TRX": ("tron",), "SHIB": ("shiba",), "XLM": ("stellar",),
    "BCH": ("bitcoin cash",), "XMR": ("monero",), "ATOM": ("cosmos",), "UNI": ("uniswap",), "PEPE": (), "MATIC": (),
}  # fmt: skip
ENGLISH_TICKERS = words("""
    link dot atom uni near one sand stellar cosmos ripple
""")
QUOTES = ("usdt", "usdc", "usd", "btc", "eth", "eur", "zar")

GLOSSARY = tuple(
    sorted(
        phrases("""
    drawdown | slippage | lot | lots | pnl | p&l | realized | unrealized | realised | unrealised | fee | fees |
    equity | edge | bps | basis points | maker | taker | tick size | tick | notional | mark price | stop loss |
    take profit | ema | rsi | momentum | mean reversion | paper trading | paper | spread | fifo | timeframe |
    circuit breaker | ledger | gate | gates | risk mode | warm up | warming up | warmup | kill switch | emergency
    stop | free cash | position | limit order | market order | volatility | liquidity | strategy | strategies |
    moving average | reduce only | flatten | win rate | profit factor | expectancy |
    sharpe | sortino | hash chain | anchor | reconcile | reconciliation | unit value | holding time
""")
    )
)
"""Terms that help explains."""

GREETINGS = phrases("""
    hi | hello | hey | hiya | yo | howdy | good morning | good evening | good afternoon | greetings | hi there |
    hello there | hey there | sup
""")
HELP_WISHES = phrases("""
    help | help me | please help | help please | ?
""")
ASSENTS = phrases("""
    yes | y | yeah | yep | yup | ok | okay | sure | confirm | confirmed | i confirm | do it | go ahead | yes please
    | yes do it | proceed | agreed | approve | approved | accept | sounds good | of course | yes confirm | ok do it
    | ok go | correct | absolutely | k | go for it | make it so | si | ja
""")
DISSENTS = phrases("""
    no | nope | nah | cancel | never mind | nevermind | forget it | no thanks | cancel it | cancel that | nvm |
    abort
""")
THANKS = phrases("""
    thanks | thank you | thanks a lot | thank you very much | cheers | great | nice | cool | perfect | awesome |
    good | bye | goodbye | got it | great thanks
""")

FILLERS = words("""
    very much
    the a an my our this that it its bot bots trading trade for me please now right away immediately asap at once
    today thanks thank you good permanently forever completely again up down off on out back to one running run work
    and also both them just then fully entirely ok okay currently here there pair thing instantly with all too hey
    hi hello so straightaway kindly assistant buddy mate finally only
""")
"""Words that may surround a command without changing it."""

NEGATIONS = words("""
    not never without nor neither no except unless instead avoid refuse nothing none dont
""")
HYPOTHETICALS = words("""
    if when whenever suppose imagine hypothetically would might may maybe perhaps possibly should once after before
    until unless while whether assuming case later tomorrow tonight soon someday eventually considering thinking
    wondering wonder curious pretend example theoretically else otherwise probably ought
""")
REPORTED = words("""
    said says say told tells tell heard thinks think believes guess ask asked asks wrote writes reads read saying
    friend boss wife husband mother father brother someone somebody people they he she yesterday ago already last
    previous previously earlier was were had did used does forgot remember tried
""")
BOT_VERBS = {
    "pause": "pause_bot", "hold": "pause_bot", "freeze": "pause_bot", "suspend": "pause_bot", "halt": "pause_bot",
    "start": "start_bot", "launch": "start_bot", "run": "start_bot", "activate": "start_bot", "resume": "resume_bot",
    "unpause": "resume_bot", "restart": "resume_bot", "wake": "resume_bot", "continue": "resume_bot",
    "stop": "stop_bot", "delete": "stop_bot", "kill": "stop_bot", "terminate": "stop_bot",
    "remove": "stop_bot", "retire": "stop_bot",
}  # fmt: skip
"""What a verb means when the bot behind it is not known."""

QUESTION_WORDS = words("""
    what who whom whose why how which where when is are was were am do does did has have had should could would can
    may might shall will must
""")

_MEANS = {
    "bots": "robots",
    "bot": "robot",
    "balance": "wallet purse pocket funds",
    "money": "wealth fortune savings finances",
    "trades": "deals books orders",
    "chart": "visualize visualise diagram sketch plot",
    "developed": "evolved progressed grew changed moved",
    "server": "machine computer platform",
    "down": "broken dead crashed",
    "status": "news update report",
    "running": "duty live active",
    "made": "earned gained won",
    "recent": "lately recently",
    "latest": "newest",
    "show": "display present reveal",
    "lost": "confused bewildered clueless",
    "price": "cost costs quote rate value",
    "bought": "sold purchased acquired",
}
SYNONYMS = {word: meant for meant, listed in _MEANS.items() for word in words(listed)}
"""Words that mean the same to the examples; applied for scoring only, never for commands."""

FUTURE = words("will next predict prediction forecast tomorrow future")
"""Prices to come are nothing the router can know."""

UNSUPPORTED = words("""
    alert alerts
    notify notification notifications remind reminder email mail password
    short long leverage margin futures options weather joke poem song pizza news recipe movie translate reset
    reinvest loan tax taxes schedule
""")
"""Words of wishes no tool of the router serves; they win over everything but an exact command."""

COMMON = words("""
    about above across actually add after against almost alone along always among anything around asset bake
    balances basket beat become been began begin behind being below best better between beyond big book both bring
    broken brown bus business call came care cat chance cheap cheese child city class clean clear close coat coffee
    coin coins cold come cook cookie corner could country course cream crash dance date days deal dear decide dog
    door dream dress drink drop dropped each early earth easy eat eight either else end enough even ever every face
    fact fall family fast father favourite feel few field film find fine fire fish five flight flower fly food foot
    four free friday friend from full fun funny game garden girl glad gold gone got green guitar guy half hand
    happen happy hard hate head hear heart heavy here high hill home hope horse hot house human idea joke keep kind
    king kitchen know lake land large late laugh lead learn leave left less letter life light line lion little live
    lived lives local lonely long lose lot love lovely low luck lunch mail main man many map mark matter mean meat
    meet mind minute mix moon more morning most mother mouse move movie much music must name near never news night
    nine noise north nose note number ocean office often oil old only open other over own page paint pants paper
    park part party past pasta peace pen people person phone piano pick piece pink pizza place plan plane planet
    play please poem point poor pop power president pretty proud pull push queen quick quiet quite rabbit rain
    rather reach read ready real reason red rest rich ride ring river road rock room round rule sad said sail salt
    same sand school sea seat second see seem self send seven shape share sharp she ship shirt shoe shop short shot
    should shoulder side silver sing sister sit size skin sky sleep slow small smile smoke snow soap soccer soft
    some song sorry sort soup south space spain speak spell sport spring stand star stare stay steal step stick
    still stone store storm story straight strange stream street strong student study such sugar summer sun sure
    surf sweet swim table tail take talk tall taste tax tea teach team tell ten test than thank that their them
    there these they thick thin thing think this those three thumb time tired today tomorrow tonight tooth touch
    town toy train travel tree trip truck true truth try turn twelve two under until upon use used very video
    village visit voice wait walk wall war warm wash water way weak wear weather week weird well went were west wet
    what wheel where while white whole whose wide wife wild wind window wine winter wish woman wonder wood word
    world worry worse forget forgets write wrong year yellow young your zero stopped stopping starting started
    paused pausing resumed resuming created creating deleted killed running traded trader traders trades startup
    shopping starts stops pauses resumes states staring sport store shown poised parse cause pose
""")
"""English words that must never be taken for a misspelt word of ours."""

EXCHANGES = ("binance", "kucoin", "kraken", "luno", "valr", "ovex")
EXTRA_WORDS = words("""
    capital budget funds called named using timeframe candles candle bars bar chart mode risk minute first second
    third fourth fifth last other same position number equity usdt confirm everything trading market
""")
EVERYDAY = words("""
    i you he she we they of in at by with as from about if or but not no than then so very really still ever
    only more most much many some any each other such same too can get got getting want like know see look looking
    go going come say said tell thing things today now currently since until after before during between over under
    until already yet lately recently far hey please there here one two ones lot bit little actually total overall
    half quarter exactly right totally quite fairly kind somewhat maybe truly basically entire whole remaining
""")
