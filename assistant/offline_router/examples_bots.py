"""Example phrasings about changing bots, charts of prices and backtests (see `examples`): data only."""

TEXT = {
    "rename_bot": """
rename BOT to NAME | rename BOT | rename my bot | give BOT a new name | call BOT NAME | change the name of BOT
BOT needs another name | BOT is called NAME from now on""",
    "clone_bot": """
clone BOT | copy BOT | duplicate BOT | make a copy of BOT | make another bot like BOT | a second bot like BOT
a twin of BOT | clone BOT as NAME with AMT | one more of BOT""",
    "edit_bot": """
edit BOT | change BOT | change the strategy of BOT | change the settings of BOT | set the fast period of BOT to NUM
use other bars for BOT | change the timeframe of BOT | make BOT safer | make BOT riskier | change the risk mode of BOT
tune BOT | adjust the parameters of BOT | BOT should be more careful""",
    "add_capital": """
give BOT more money | add AMT to BOT | put AMT into BOT | increase the capital of BOT | top up BOT
BOT needs more capital | more money for BOT | BOT could use AMT more""",
    "withdraw_capital": """
withdraw AMT from BOT | take AMT out of BOT | take money out of BOT | reduce the capital of BOT | less money for BOT
get AMT back from BOT""",
    "pause_all_bots": """
pause everything | pause all bots | pause all my bots | put all bots on hold | give all bots a break | all bots rest
hold all bots""",
    "resume_all_bots": """
resume all bots | unpause all bots | let all bots continue | get all bots going again | wake all bots up
all bots back to work""",
    "price_chart": """
SYM chart | show the SYM chart | price chart of SYM | candles of SYM | candlestick chart of SYM
how has SYM moved | chart of SYM on PER bars | price history of SYM
show me entries and exits on the chart""",
    "backtest": """
backtest momentum on SYM | backtest a strategy | run a backtest on SYM | test the strategy on SYM over PER
how would a grid have done on SYM | try dca on old prices | simulate a strategy on SYM | backtest with AMT
what would a breakout bot have made on SYM | test it on historical data | would mean reversion have worked on SYM""",
    "compare_backtests": """
compare my backtests | compare the last two backtests | which was better | which backtest was better
which strategy won | show the backtests side by side | which of the two made more | compare the results of the tests
list my backtests""",
}
