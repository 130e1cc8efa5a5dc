"""Example phrasings about orders and guard rails (see `examples`): data only."""

TEXT = {
    "submit_order": """
buy NUM SYM | buy SYM for AMT | buy AMT of SYM | buy AMT worth of SYM | sell NUM SYM | sell all my SYM | sell my SYM
place a limit order for NUM SYM at AMT | place an order | buy some SYM | buy NUM SYM at AMT | sell NUM SYM at AMT
put in a bid for SYM | purchase SYM | get me some SYM | grab AMT of SYM | spend AMT on SYM | sell half my SYM
i want to buy SYM | i want to sell SYM | market order for NUM SYM | buy the dip on SYM myself | offload my SYM
buy NUM SYM for BOT | close my SYM position""",
    "cancel_order": """
cancel my order | cancel the order | cancel the SYM order | cancel the order of BOT | cancel order ID
take my order back | withdraw my bid | remove my limit order
i do not want that order any more | cancel all my orders | revoke the order
pull my limit order | cancel the pending order""",
    "flatten_bot": """
flatten BOT | close the position of BOT | close BOT position | sell everything BOT holds | get BOT out of the market
make BOT flat | exit the position of BOT | sell what BOT holds | liquidate the holdings of BOT | dump what BOT bought
sell the coins of BOT | BOT out of its position""",
    "set_cooldown": """
set the cooldown of BOT to PER | cooldown of BOT PER | let BOT wait PER between trades | change the cooldown of BOT
remove the cooldown of BOT | make BOT wait PER | BOT trades too often | slow BOT down | BOT at most one trade per PER
space out the trades of BOT | give BOT a cooldown""",
    "explain_decision": """
why did BOT buy | why did BOT sell | why did BOT not buy | explain the last decision of BOT | what made BOT buy
why did my bot do that | why was my order denied | why did my order not go through | explain the trade of BOT
what was BOT thinking | reason for the last order | which gate stopped my order | why did it sell | decision trace""",
    "limits_config": """
what are my limits | show my limits | limits | trading limits | how many trades am i allowed per day | my restrictions
what is the daily order limit | how much may i lose | which rules apply to me | guard rails | risk limits
how often may my bot trade""",
    "limits_usage": """
how many trades are left today | limit usage | how much of my limits is used | am i near a limit | trades left
can i still trade today | when does the limit clear | did i reach my daily limit | how many orders can i still place
is BOT in cooldown | how many orders did i place today of the limit""",
    "circuit_breaker_status": """
circuit breaker status | is the breaker open | did a breaker trip | which bots are tripped | quarantined bots
how far is the circuit breaker | breaker history | has the circuit breaker fired | show the breakers
how close am i to the maximum drawdown | is BOT tripped""",
    "system_modes": """
is trading halted | system modes | am i halted | is there a halt | is everything stopped | is a global stop active
trading mode | are we halted | is the emergency stop still on""",
    "global_emergency_stop": """
global emergency stop | stop the trading of everybody | halt all users | stop trading for everyone | global halt""",
    "global_resume": """
resume the trading of everybody | global resume | lift the global stop | let everybody trade again""",
}
