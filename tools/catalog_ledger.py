"""Rows of the catalogue that show, check, export and move money."""

from core.domain.user import Role
from tools import arguments as args
from tools import funds, ledger, performance, portfolio
from tools.definitions import ActTool, ReadTool, Tool
from tools.spec import Level, ToolSpec

_USER = Role.USER
_READ, _NONE, _CONFIRM = Level.READ, Level.NONE, Level.CONFIRM

LEDGER_TOOLS: tuple[Tool, ...] = (
    ReadTool(
        ToolSpec(
            "portfolio_summary",
            "Equity, cash, realized and unrealized PnL, fees and drawdown of the whole account.",
            args.NoArguments,
            _USER,
            _READ,
            ("how am I doing?",),
        ),
        read=portfolio.portfolio_summary,
    ),
    ReadTool(
        ToolSpec(
            "profits", "Profit per day, week or month.", args.Profits, _USER, _READ, ("show my profits this week",)
        ),
        read=portfolio.profits,
    ),
    ReadTool(
        ToolSpec(
            "positions",
            "What is held now: quantity, price paid, mark, unrealized result; of all bots or one.",
            args.Positions,
            _USER,
            _READ,
            ("show my positions",),
        ),
        read=portfolio.positions,
    ),
    ReadTool(
        ToolSpec("trade_history", "Closed trades, newest first.", args.TradeHistory, _USER, _READ, ("last 5 trades",)),
        read=portfolio.trade_history,
    ),
    ReadTool(
        ToolSpec(
            "performance_ranking",
            "Bots from best to worst by return, net profit, win rate or profit factor, and the account's figures.",
            args.PerformanceRanking,
            _USER,
            _READ,
            ("rank my bots", "rank my bots by win rate"),
        ),
        read=performance.performance_ranking,
    ),
    ReadTool(
        ToolSpec(
            "countdown_status",
            "How far equity is from a target and how many days it takes at the pace so far.",
            args.CountdownStatus,
            _USER,
            _READ,
            ("how far am I from my target?",),
        ),
        read=performance.countdown_status,
    ),
    ActTool(
        ToolSpec(
            "set_target",
            "Remember the equity the person wants to reach.",
            args.SetTarget,
            _USER,
            _NONE,
            ("set my target to 50k",),
        ),
        run=performance.set_target,
    ),
    ReadTool(
        ToolSpec(
            "ledger_reconcile",
            "Compare the journal with the lists that follow from it: differences in money and what to do.",
            args.NoArguments,
            _USER,
            _READ,
            ("reconcile my ledger",),
        ),
        read=ledger.ledger_reconcile,
    ),
    ReadTool(
        ToolSpec(
            "ledger_verify",
            "Verify the integrity of the journal from its first event by ten checks.",
            args.NoArguments,
            _USER,
            _READ,
            ("verify my ledger",),
        ),
        read=ledger.ledger_verify,
    ),
    ActTool(
        ToolSpec(
            "export_csv",
            "A CSV file of trades, fills or all events to download.",
            args.ExportCsv,
            _USER,
            _NONE,
            ("export my trades",),
        ),
        run=ledger.export_csv,
    ),
    ActTool(
        ToolSpec(
            "fund_account",
            "Deposit or withdraw play money, or convert free cash into another currency.",
            args.FundAccount,
            _USER,
            _CONFIRM,
            ("deposit 500 USDT", "convert 500 USDT to BTC"),
        ),
        run=funds.run,
        propose=funds.propose,
        moved=funds.moved,
    ),
)
