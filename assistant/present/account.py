"""Money as blocks: portfolio, profits, trades, prices."""

from assistant import formats as f
from assistant.blocks import Block, Card, Chart, Field, Table, Text, Tone
from assistant.present.base import PAPER, foot, present
from assistant.present.bots import bot_table
from assistant.present.working import order_table
from core.domain.codec import iso
from core.domain.money import plain
from core.domain.valuation import Portfolio
from tools import results as r

_MARKS = 6


@present.register
def _(result: r.Summary) -> tuple[Block, ...]:
    p = result.portfolio
    cur = p.currency
    stale = [f"{mark.symbol} ({f.age(mark.age_secs)})" for mark in p.marks if mark.stale]
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
    tables = [_currency_table(p, result.source)] if len(p.by_currency) > 1 else []
    return (card, *tables, *([bot_table(active, result.source)] if active else []))


def _currency_table(p: Portfolio, source: str) -> Table:
    rows = tuple(
        (
            part.currency,
            f"{part.equity:,f}",
            f"{part.free_cash:,f}",
            f.price(part.rate),
            f.grouped(part.equity * part.rate),
        )
        for part in p.by_currency
    )
    columns = ("Currency", "Equity", "Free cash", f"Rate in {p.currency}", f"Worth in {p.currency}")
    return Table("By currency", columns, rows, foot(source))


@present.register
def _(result: r.Positions) -> tuple[Block, ...]:
    working = (order_table(result.orders, result.source),) if result.orders else ()
    if not result.positions:
        return (Text(_nothing_held(len(result.orders))), *working)
    rows = tuple(
        (
            one.bot_name,
            one.symbol,
            plain(one.quantity),
            f.price(one.avg_price),
            f.price(one.mark.price) + (f" (stale, {f.age(one.mark.age_secs)})" if one.mark.stale else ""),
            f.money(one.value, one.currency),
            f.signed(one.unrealized_pnl, one.currency),
            f.points(one.unrealized_pct, sign=True),
            f.moment(one.opened_at),
        )
        for one in result.positions
    )
    columns = ("Bot", "Pair", "Quantity", "Bought at", "Mark", "Worth", "Unrealized", "In %", "Since")
    return (Table("Open positions", columns, rows, foot(result.source, f.moment(result.now))), *working)


def _nothing_held(working: int) -> str:
    if not working:
        return "Nothing is held: there are no open positions."
    orders = "1 order works" if working == 1 else f"{working} orders work"
    return f"{orders}; nothing is held yet."


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
