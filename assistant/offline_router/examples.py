"""Example phrasings per tool, one a line, with entities already masked (BOT SYM AMT NUM PER NAME): data only."""

from assistant.offline_router import examples_bots, examples_ledger, examples_orders

OUT_OF_SCOPE = "out_of_scope"

_TEXT = {
    "create_bot": """
i need somebody to trade SYM for me with AMT | have a new bot follow trends on SYM | something that trades for me
create a bot | make me a new bot
create a momentum bot on SYM with AMT called NAME | build a trend bot for SYM | set up an rsi bot on SYM
i want a new bot trading SYM | new bot SYM AMT | open a bot with AMT | spin up a bot on SYM
create and start a safe bot on SYM | add a bot for SYM | i would like to create another bot
make a dip buying bot with AMT | put AMT into a SYM bot | start a new bot | start trading SYM with AMT
invest AMT in SYM | generate an aggressive bot | set me up with something that trades SYM
launch a new bot on SYM with AMT | i need a bot that buys dips on SYM | create bot NAME
i want a bot that buys the dip | allocate AMT to a momentum strategy on SYM | get me started with a bot
let us try a mean reversion strategy on SYM""",
    "start_bot": """
start BOT | start it | start the bot | launch BOT | run BOT | go live with BOT | let BOT trade | fire up BOT
kick off BOT | get BOT going | set BOT running | turn BOT on | activate BOT | begin trading with BOT
start my bot | set BOT loose | BOT start | put BOT to work | make BOT trade | enable BOT""",
    "pause_bot": """
pause BOT | pause it | pause the bot | hold BOT | freeze BOT | put BOT on hold | suspend BOT | give BOT a break
BOT pause | let BOT rest | tell BOT to take a break | pause my bot for now | stop BOT for now
stop BOT temporarily | halt BOT for a while | have BOT sit this out | put BOT to sleep | pause trading with BOT
sideline BOT | turn BOT off | switch off BOT""",
    "resume_bot": """
resume BOT | unpause BOT | wake up BOT | continue BOT | bring BOT back | let BOT continue | unfreeze BOT
reactivate BOT | resume it | get BOT trading again | restart BOT | pick up where BOT left off | BOT resume
wake BOT | carry on with BOT | take BOT off hold | put BOT back to work""",
    "stop_bot": """
stop BOT | stop it | stop the bot | delete BOT | kill BOT | terminate BOT | remove BOT | shut down BOT
get rid of BOT | close BOT for good | retire BOT | stop BOT permanently | end BOT | BOT stop | shut BOT down
i am done with BOT | wind down BOT | liquidate BOT | scrap BOT | turn BOT off | switch off BOT
i want my money back from BOT""",
    "list_bots": """
which bots are on duty | what is running right now | what is still on
who is trading for me | what have i got running | anything running right now | any bots active
what is live at the moment
list my bots | show bots | which bots do i have | what bots are running | my bots | all bots
how many bots do i have | bots | show me all my bots | list everything i have running
which of my bots are paused | give me an overview of the bots | see my bots | what is running
what robots do i own | bot list | are any bots active""",
    "bot_status": """
anything wrong with BOT | any news from BOT | update on BOT | what is keeping BOT from trading | BOT report
status of BOT | how is BOT doing | BOT status | what is BOT up to | is BOT making money | why has BOT not traded
is BOT running | show BOT | tell me about BOT | check on BOT | details of BOT | BOT | how is my bot doing
why is my bot not trading | what is wrong with BOT | is BOT profitable | is BOT stuck | how much has BOT made
BOT performance | is it doing anything | what is the bot waiting for | is BOT any good | profit of BOT
how well does BOT do | BOT profit | which strategy does BOT use""",
    "portfolio_summary": """
how full is my balance | what is left of my money | the bottom line | am i winning or losing | how much is left
how are my finances | what is everything worth in total | how wealthy am i | what is my total value | am i doing well
show my portfolio | portfolio | balance | what is my balance | how am i doing | how much money do i have
account summary | my account | net worth | what do i own | am i up or down
am i in profit overall | what is my equity | how much cash do i have left | overview
summary | where do i stand | how rich am i | give me the big picture | funds | what is my account worth
how are things going | free cash | how are we doing | did i lose money overall""",
    "profits": """
was PER a good day | what came in PER | how well did PER go | did PER pay off | was PER profitable | how good was PER
how was my day | how did the week go | how was this month for me | did today go well | was PER a good one
show profits | daily profits | profit this week | how much did i make PER | monthly earnings | pnl | weekly pnl
what did i earn PER | profit PER | gains PER | how much have i lost PER | PER profits | my returns by month
earnings | how much profit did i make | profit and loss | show me my gains | did i make money PER | income PER
how was PER | what was my result PER | losses PER | how much money came in PER | profits per day""",
    "trade_history": """
what has been going through the books recent | what got bought recent | what was traded PER
what has been happening in my trades
what have my bots been buying | what deals were made | what happened in my trades
show what was bought and sold | activity log
show trades | last NUM trades | trade history | recent trades | what did BOT buy | trades of BOT | list my fills
what was sold | transactions | recent activity | what has BOT traded | show me the latest trades | executions
order history | my past trades | what trades happened PER | history of BOT | what did we buy and sell
BOT trades | latest fills | trade log | what have you bought""",
    "market_price": """
what would one SYM set me back | how much do i pay for SYM | what do they want for SYM | how high is SYM
price of SYM | SYM price | what is SYM trading at | how much is SYM | SYM | what is SYM worth | quote SYM
current price of SYM | where is SYM now | show me SYM | what does one SYM cost | market price | prices
SYM rate | check SYM | how is SYM doing | what is the market doing | ticker SYM | is SYM up PER
how expensive is SYM""",
    "equity_chart": """
show how my money developed | chart PER | visualise PER | graph of PER | how did my account develop PER drawn as a line
let me see my progress as a chart
picture of my money over time | ups and downs of my account | draw how my balance developed | trend of my account
show equity chart | equity curve | graph | chart | plot my equity | chart of my portfolio | draw my performance
equity chart PER | show me a graph of my balance | how has my equity developed | performance chart
visualise my portfolio | curve PER | my portfolio over time | picture of my account value | line chart of equity
show how my account has moved over time""",
    "emergency_stop": """
emergency stop | halt everything | kill switch | stop everything now | stop all trading | shut everything down
panic | make it all stop | i want out of everything | pull the plug | stop all bots
everything is crashing stop trading | get me out of the market | sell everything | close all positions
get me out now | liquidate all my positions""",
    "resume_trading": """
call off the halt | we can trade again | release the brake | open the gates again
resume trading | lift the halt | end the emergency stop | allow trading again | trading back on | unhalt
clear the halt | start trading again | undo the emergency stop | cancel the emergency stop | remove the halt
release the kill switch | deactivate the kill switch | turn trading back on | get trading going again
reopen trading""",
    "reset_circuit_breaker": """
reset the circuit breaker | reset the breaker of BOT | clear the circuit breaker | close the breaker again
reset my circuit breaker | untrip BOT | rearm the breaker | the breaker tripped get it going again""",
    "system_health": """
is anything down on the server | does everything work | are there system problems | any outages
is the machine running fine | are all services up | is something broken in the system | does the server still work
system health | health check | is the system ok | server status | system status | is everything working
are the servers up | health | uptime | how is the system doing | status of the system | is the feed alive
check the services | is the platform healthy | database status | is the backend running
how healthy is the server""",
    "help": """
i am lost | how do i get going with this | what commands are there | what should i type | show me around
i have no idea what to do | where do i begin | i am confused | what now | can you assist me
i do not understand how this works
help | what can you do | commands | what can i ask | how does this work | how do i use this
show me the commands | what is drawdown | explain slippage | what does lot mean | i am new here
what are my options | how do i create a bot | what is a kill switch | what does emergency stop do
define notional | i am lost | what features are there | instructions | guide me | what should i do first
meaning of unrealized pnl | tutorial | getting started | who are you | what are you""",
    OUT_OF_SCOPE: """
what is the weather today | tell me a joke | write a poem | order a pizza | who won the election
translate this into french | what time is it | play some music | book a flight to paris
what is the capital of spain | how old are you | do you love me | sing a song | recommend a movie
what is the meaning of life | solve this equation | set an alarm | call my mother
set an alert for SYM at AMT
email me a report | reset my password
go short on SYM | will SYM go up tomorrow | should i invest in SYM
which stock should i buy | give me financial advice | transfer money to my bank | connect my exchange account
who is the president | how do i cook pasta | what is your favourite colour
write some code for me | summarise this article | i feel sad today | are you human
what is the best restaurant nearby | how tall is the eiffel tower | fix my car | recipe for soup | latest news
sports results | book a table | when is my birthday | how do i lose weight | find me a job | where is my phone
set stop loss to PCT | change the password
create an account for my friend""",
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    tool: tuple(phrase.strip() for phrase in text.replace("\n", "|").split("|") if phrase.strip())
    for tool, text in (_TEXT | examples_ledger.TEXT | examples_orders.TEXT | examples_bots.TEXT).items()
}
