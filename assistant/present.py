"""Typed results as blocks: every figure a person sees is written here, by code."""

from functools import singledispatch

from assistant import formats as f
from assistant.blocks import Block, Card, Chart, Choices, Confirmation, Field, Table, Text, Tone
from core.domain.codec import iso
from core.domain.confirmation import ConfirmationRecord
from core.domain.money import plain
from core.domain.user import Role
from tools import results as r

PAPER = "Paper trading"
_CHIPS = 6
_MARKS = 6


def foot(source: str, *more: str) -> str:
    """Every screen says paper and where its prices are from."""
    return " · ".join((PAPER, f"prices: {source}", *more))


@singledispatch
def present(result: object) -> tuple[Block, ...]:
    """Blocks of a result; there is one function per result type."""
    raise TypeError(f"Nothing presents {type(result).__name__}.")


@present.register
def _(record: ConfirmationRecord) -> tuple[Block, ...]:
    label = "Type the phrase" if record.phrase else "Confirm"
    expires = iso(record.expires_at)
    return (Confirmation(record.confirmation_id, record.title, record.effect, expires, label, record.phrase),)


@present.register
def _(result: r.Summary) -> tuple[Block, ...]:
    p = result.portfolio
    cur = p.currency
    stale = [mark.symbol for mark in p.marks if mark.stale]
    fields = [
        f.money_field("Equity", p.equity, cur),
        f.pnl_field("Net profit", p.net_pnl, cur),
        f.pnl_field("Realized", p.realized_pnl, cur),
        f.pnl_field("Unrealized", p.unrealized_pnl, cur),
        f.money_field("Fees", p.fees_total, cur),
        f.money_field("Cash", p.cash, cur),
        Field("Drawdown", f.percent(p.drawdown_current), exact=plain(p.drawdown_current)),
        Field("Fills", str(p.total_fills)),
    ]
    if p.halted:
        fields.insert(0, Field("Trading", "halted by emergency stop", Tone.WARNING))
    fields += [Field(f"{mark.symbol} mark", f.price(mark.price), exact=plain(mark.price)) for mark in p.marks[:_MARKS]]
    if stale:
        fields.append(Field("Stale prices", ", ".join(stale), Tone.WARNING))
    card = Card(
        "Your portfolio",
        tuple(fields),
        foot(result.source, f.moment(result.now), f"ledger #{p.seq}"),
        f.tone(p.net_pnl),
    )
    active = tuple(bot for bot in p.by_bot if bot.status != "stopped")
    return (card, _bot_table(active, result.source)) if active else (card,)


def _bot_table(bots: tuple[r.BotFigures, ...], source: str) -> Table:
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
    return (_bot_table(result.bots, result.source),)


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
        target, stop = result.protection.take_profit, result.protection.stop_loss
        fields.append(
            Field("Target / stop", f"{f.price(target) if target else '-'} / {f.price(stop) if stop else '-'}")
        )
    if result.why_no_trade is not None:
        fields.append(Field("Why no trade yet", result.why_no_trade))
    elif result.traces:
        fields.append(Field("Last decision", f"{result.traces[0].text} ({f.moment(result.traces[0].ts)})"))
    return (Card(f"Bot {bot.name}", tuple(fields), foot(result.source), f.tone(bot.net_pnl)),)


@present.register
def _(result: r.BotMoved) -> tuple[Block, ...]:
    return (Text(f"**{f.escape(result.name)}** is {result.status.replace('_', ' ')}. {f.escape(result.words)}"),)


@present.register
def _(result: r.Profits) -> tuple[Block, ...]:
    if not result.periods:
        return (Text("No fills yet, so there is no profit to show."),)
    rows = tuple(
        (
            p.start.isoformat(),
            str(p.trades),
            str(p.wins),
            f.grouped(p.volume),
            f.grouped(p.fees),
            f.grouped(p.realized_pnl),
            f"{'+' if p.net_profit > 0 else ''}{f.grouped(p.net_profit)}",
        )
        for p in result.periods
    )
    columns = ("From", "Trades", "Wins", "Volume", "Fees", "Realized", "Net")
    return (Table(f"Profits, {result.grouping} ({result.currency})", columns, rows, PAPER),)


@present.register
def _(result: r.Trades) -> tuple[Block, ...]:
    if not result.trades:
        return (Text("No closed trades yet. A trade is listed once its position has been sold."),)
    rows = tuple(
        (
            f.moment(row.trade.closed_at),
            row.bot,
            row.trade.symbol,
            plain(row.trade.quantity),
            f.price(row.trade.entry_price),
            f.price(row.trade.exit_price),
            f"{'+' if row.trade.net_pnl > 0 else ''}{f.grouped(row.trade.net_pnl)}",
            row.trade.exit_reason.value.replace("_", " ") if row.trade.exit_reason else "",
        )
        for row in result.trades
    )
    columns = ("Closed", "Bot", "Pair", "Quantity", "Entry", "Exit", "Net", "Why")
    return (Table("Trades, newest first", columns, rows, PAPER),)


@present.register
def _(result: r.Price) -> tuple[Block, ...]:
    fields = (
        Field("Price", f.price(result.mid), exact=plain(result.mid)),
        Field("Bid", f.price(result.bid), exact=plain(result.bid)),
        Field("Ask", f.price(result.ask), exact=plain(result.ask)),
    )
    return (Card(result.symbol, fields, foot(result.source, f.moment(result.ts))),)


@present.register
def _(result: r.EquityCurve) -> tuple[Block, ...]:
    times = tuple(iso(point.ts) for point in result.points)
    values = tuple(plain(point.equity) for point in result.points)
    return (Chart("Equity", times, values, result.currency, foot=foot(result.source)),)


@present.register
def _(result: r.Stopped) -> tuple[Block, ...]:
    report = result.report
    again = " It was halted already." if report.already_halted else ""
    sold = [order for order in report.sold if order.success]
    failed = [order for order in report.sold if not order.success]
    fields = [
        Field("Bots halted", str(report.halted_bots)),
        Field("Positions sold", str(len(sold))),
        Field(
            "Still held",
            "; ".join(f"{x.bot}: {plain(x.quantity)} {x.currency}" for x in report.open_positions) or "nothing",
        ),
    ]
    if failed:
        fields.append(Field("Not sold", failed[0].rejection_reason or "no price", Tone.WARNING))
    words = f"Trading is halted.{again} No order to buy passes until you say “resume trading”."
    return (Card("Emergency stop done", tuple(fields), PAPER, Tone.WARNING), Text(words))


@present.register
def _(result: r.Resumed) -> tuple[Block, ...]:
    words = f"The halt is lifted. Paused bots: {result.paused_bots}; resume the ones you want."
    return (Text(words),)


@present.register
def _(result: r.BreakerClosed) -> tuple[Block, ...]:
    return (Text(f"The circuit breaker of {f.escape(result.scope)} is closed again. Its bots stay paused."),)


@present.register
def _(result: r.SystemHealth) -> tuple[Block, ...]:
    rows = tuple((c.name, "ok" if c.ok else "PROBLEM", c.detail) for c in result.components)
    return (Table("System health", ("Part", "State", "Detail"), rows, PAPER),)


@present.register
def _(result: r.HelpText) -> tuple[Block, ...]:
    if result.topic is not None:
        return (Text(result.text),)
    lines = [f"- {spec.description}" + (f" *“{spec.examples[0]}”*" if spec.examples else "") for spec in result.tools]
    easy = (spec for spec in result.tools if spec.examples and (not spec.acts or spec.name == "create_bot"))
    chips = [spec for spec in easy if spec.permission is Role.USER][:_CHIPS]
    options = tuple((spec.examples[0], spec.examples[0]) for spec in chips)
    return (Text("Here is what you can ask for:\n" + "\n".join(lines)), Choices("Try one:", options))
