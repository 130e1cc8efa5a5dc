"""Bots as blocks."""

from assistant import formats as f
from assistant.blocks import Block, Card, Choices, Field, Table, Text
from assistant.present.base import PAPER, foot, present
from assistant.present.orders import ends
from assistant.present.working import order_table
from core.domain.money import plain
from tools import results as r


def bot_table(bots: tuple[r.BotFigures, ...], source: str) -> Table:
    """Bots with their results, one a row."""
    rows = tuple(
        (
            bot.name,
            bot.status.replace("_", " "),
            bot.symbol,
            f.grouped(bot.equity),
            f"{'+' if bot.net_pnl > 0 else ''}{f.grouped(bot.net_pnl)}",
            f"{bot.wins}/{bot.trades}",
        )
        for bot in bots
    )
    return Table("Bots", ("Bot", "Status", "Pair", "Equity", "Net", "Wins"), rows, foot(source))


@present.register
def _(result: r.BotList) -> tuple[Block, ...]:
    if not result.bots:
        text = "You have no bots yet. Shall we make one?"
        return (Choices(text, (("Create and start a bot", "create and start a momentum bot on BTC with 1000 USDT"),)),)
    return (bot_table(result.bots, result.source),)


@present.register
def _(result: r.BotReport) -> tuple[Block, ...]:
    bot = result.figures
    base, cur = bot.symbol.split("/")
    fields = [
        Field("Status", bot.status.replace("_", " ") + (f" ({result.status_reason})" if result.status_reason else "")),
        f.money_field("Equity", bot.equity, cur),
        f.pnl_field("Net profit", bot.net_pnl, cur),
        f.pnl_field("Realized", bot.realized_pnl, cur),
        f.pnl_field("Unrealized", bot.unrealized_pnl, cur),
        f.money_field("Fees", bot.fees, cur),
        f.money_field("Cash", bot.cash, cur),
        Field("Position", f"{plain(bot.position)} {base}"),
        Field("Trades", f"{bot.trades}, {bot.wins} won"),
        Field("Strategy", f"{result.strategy} on {bot.symbol} {result.timeframe}, {result.risk_mode}"),
    ]
    if result.protection is not None and bot.position:
        fields.append(Field("Target / stop", ends(result.protection.take_profit, result.protection.stop_loss)))
    if result.cooldown_minutes:
        fields.append(Field("Cooldown", f"{result.cooldown_minutes} min between two entries"))
    if result.why_no_trade is not None:
        fields.append(Field("Why no trade yet", result.why_no_trade))
    elif result.traces:
        fields.append(Field("Last decision", f"{result.traces[0].text} ({f.moment(result.traces[0].ts)})"))
    working = (order_table(result.orders, result.source),) if result.orders else ()
    return (Card(f"Bot {bot.name}", tuple(fields), foot(result.source), f.tone(bot.net_pnl)), *working)


@present.register
def _(result: r.BotEdited) -> tuple[Block, ...]:
    head = f"**{f.escape(result.bot)}** has changed and is {result.status.replace('_', ' ')}."
    rows = tuple((change.what, change.before or "default", change.after) for change in result.changes)
    return (Text(head), Table("What changed", ("Setting", "Before", "Now"), rows, PAPER))


@present.register
def _(result: r.CapitalMoved) -> tuple[Block, ...]:
    cur = result.currency
    into = result.amount > 0
    fields = (
        f.money_field("Moved in" if into else "Moved out", abs(result.amount), cur),
        f.money_field("Capital", result.capital, cur),
        f.money_field("Cash of the bot", result.bot_cash, cur),
        f.money_field("Your free cash", result.free_cash, cur),
    )
    return (Card(f"Capital of {result.bot}", fields, PAPER),)


@present.register
def _(result: r.BotsMoved) -> tuple[Block, ...]:
    words = Text(f.escape(result.words))
    if not result.outcomes:
        return (words,)
    columns, rows = ("Bot", "Status"), tuple((one.bot, one.status.replace("_", " ")) for one in result.outcomes)
    if any(one.problem for one in result.outcomes):
        columns = (*columns, "What kept it")
        rows = tuple((*row, one.problem or "") for row, one in zip(rows, result.outcomes, strict=True))
    return (words, Table(f"Bots {result.what}", columns, rows, PAPER))


@present.register
def _(result: r.BotMoved) -> tuple[Block, ...]:
    return (Text(f"**{f.escape(result.name)}** is {result.status.replace('_', ' ')}. {f.escape(result.words)}"),)
