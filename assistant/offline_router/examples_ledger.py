"""Example phrasings of the tools that show, check, export and move money (see `examples`): data only."""

TEXT = {
    "positions": """
show my positions | open positions | what positions are open | my holdings | what do i hold | what am i holding
which coins do i have | positions of BOT | what does BOT hold | what is BOT holding | list positions
what is still open | show open lots | current positions | what am i invested in | how much SYM do i hold
what is my exposure | is anything open | what have i got in SYM | everything i hold right now
does BOT hold anything | what do i still own | which trades are still open""",
    "performance_ranking": """
rank my bots | performance ranking | leaderboard | which bot is best | best bot | worst bot | top bots
which bot makes the most money | compare my bots | compare the bots | bots by win rate | sort bots by return
who performs best | order bots by profit | which of my bots does best | show me the winners and the losers
who earns the most | my strongest bot | the weakest bot | who is ahead | who is winning | ranking of the bots
which bot has the best profit factor | how do the bots compare""",
    "countdown_status": """
countdown | how far am i from my target | when do i reach my goal | how long until AMT | when will i have AMT
progress to my target | how close am i to my goal | how many days until the target | am i on track
what is my target | how much is missing to the goal | how far to AMT | time to target | goal progress
will i reach my goal | how long will it take to reach AMT | where am i on the way to my target
am i getting closer to my goal""",
    "set_target": """
set my target to AMT | change my goal to AMT | my target is AMT | new target AMT | make AMT my goal | aim for AMT
set a goal of AMT | raise the target to AMT | lower my target to AMT | i want to reach AMT | update target AMT
my goal is now AMT | set the countdown to AMT""",
    "ledger_reconcile": """
reconcile my ledger | run a reconciliation | do my books balance | does the ledger match the trades
any discrepancies | do the records agree | is the bookkeeping consistent | do the numbers add up
compare the ledger with the trades | check for differences between journal and projections
are my books in order | is any money missing""",
    "ledger_verify": """
verify my ledger | verify integrity | check the hash chain | is my ledger intact | has anyone tampered with it
prove that nothing was changed | run the integrity checks | verify the journal | can i trust the records
is the history genuine | are the numbers real | audit my ledger | check the chain | validate the ledger
show me the ledger head""",
    "export_csv": """
export my trades | download my trades as csv | export csv | csv of my fills | export the ledger | export the journal
give me a spreadsheet of my trades | download my history as a file | save my trades to a file | export everything
my trades in excel | export all fills | i want a csv""",
    "fund_account": """
deposit AMT | add AMT to my account | top up my account with AMT | put AMT into my account | withdraw AMT
take AMT out of my account | cash out AMT | convert AMT to SYM | exchange AMT for SYM | swap AMT into SYM
change AMT to usdt | pay in AMT | give me another AMT of play money | withdraw money | deposit money
i need more play money | convert my usdt to SYM | deposit | withdraw | convert""",
}
