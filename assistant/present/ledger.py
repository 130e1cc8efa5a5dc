"""Rankings, targets, exports and movements of money as blocks."""

from decimal import Decimal

from assistant import formats as f
from assistant.blocks import Block, Card, Field, File, Table, Text, Tone
from assistant.present.base import PAPER, foot, present
from core.domain.countdown import Countdown
from core.domain.money import plain
from core.domain.performance import Performance
from tools import results as r

_TITLES = {"return": "return", "net_pnl": "net profit", "win_rate": "win rate", "profit_factor": "profit factor"}


@present.register
def _(result: r.Ranking) -> tuple[Block, ...]:
    if not result.bots:
        return (Text("You have no bots yet, so there is nothing to rank."),)
    rows = tuple(
        (
            str(place),
            bot.name,
            bot.status.replace("_", " "),
            f.points(bot.return_pct, sign=True),
            f.signed(bot.net_pnl, bot.currency),
            _win_rate(bot.performance),
            _profit_factor(bot.performance),
            f.percent(bot.performance.max_drawdown),
        )
        for place, bot in enumerate(result.bots, start=1)
    )
    columns = ("#", "Bot", "Status", "Return", "Net", "Win rate", "Profit factor", "Max drawdown")
    table = Table(f"Your bots by {_TITLES[result.by]}", columns, rows, foot(result.source, f.moment(result.now)))
    return (table, _account_card(result))


def _account_card(result: r.Ranking) -> Card:
    p, cur = result.account, result.currency
    fields = [
        Field("Return", f.points(p.return_pct, sign=True), f.tone(p.return_pct), exact=plain(p.return_pct)),
        Field("Trades", f"{p.trades}: {p.wins} won, {p.losses} lost"),
        Field("Win rate", _win_rate(p)),
        Field("Profit factor", _profit_factor(p)),
        Field("Average result", "no trades yet" if p.expectancy is None else f.signed(p.expectancy, cur)),
        Field("Max drawdown", _drawdown(p, cur)),
        Field("Sharpe / Sortino", f"{_ratio(p.sharpe)} / {_ratio(p.sortino)}" if p.days else "no full day yet"),
    ]
    for label, extreme in (("Best trade", p.best_trade), ("Worst trade", p.worst_trade)):
        if extreme is not None:
            quote = extreme.symbol.partition("/")[2]
            fields.append(
                Field(label, f"{f.signed(extreme.net_pnl, quote)} on {extreme.symbol}", f.tone(extreme.net_pnl))
            )
    if p.avg_holding_secs is not None:
        fields.append(Field("Average holding time", f.duration(p.avg_holding_secs)))
    if p.exposure is not None:
        fields.append(Field("Time in the market", f.percent(p.exposure)))
    return Card("All bots together", tuple(fields), foot(result.source), f.tone(p.return_pct))


def _win_rate(p: Performance) -> str:
    return "no trades yet" if p.win_rate is None else f.percent(p.win_rate)


def _profit_factor(p: Performance) -> str:
    if p.profit_factor is not None:
        return f.grouped(p.profit_factor)
    return "no losses yet" if p.trades else "no trades yet"


def _ratio(figure: Decimal | None) -> str:
    return "-" if figure is None else f.grouped(figure)


def _drawdown(p: Performance, currency: str) -> str:
    words = f"{f.percent(p.max_drawdown)} ({f.money(p.max_drawdown_amount, currency)})"
    if p.max_drawdown_from is None or p.max_drawdown_to is None:
        return words if p.max_drawdown else "none yet"
    return f"{words}, {f.moment(p.max_drawdown_from)} to {f.moment(p.max_drawdown_to)}"


@present.register
def _(result: r.CountdownReport) -> tuple[Block, ...]:
    title = "Your target" if result.own_target else f"To {f.money(result.countdown.target, result.countdown.currency)}"
    return (_countdown_card(title, result.countdown),)


@present.register
def _(result: r.TargetSet) -> tuple[Block, ...]:
    target = f.money(result.countdown.target, result.countdown.currency)
    return (Text(f"Your target is {target} from now on."), _countdown_card("Your target", result.countdown))


def _countdown_card(title: str, c: Countdown) -> Card:
    average = c.avg_daily_profit_30d
    fields = [
        f.money_field("Target", c.target, c.currency),
        f.money_field("Equity", c.equity, c.currency),
        f.money_field("Still to go", c.remaining, c.currency),
        Field("Progress", f.points(c.progress_pct), exact=plain(c.progress_pct)),
    ]
    if average is not None:
        fields.append(
            f.pnl_field(f"A day, over {c.days_measured} day{'s' * (c.days_measured != 1)}", average, c.currency)
        )
    if c.reached:
        return Card(title, (*fields, Field("Reached", "yes", Tone.GAIN)), PAPER, Tone.GAIN)
    for label, days in (
        ("Days at that profit a day", c.days_to_target_linear),
        ("Days at that growth a day", c.days_to_target_compound),
    ):
        if days is not None:
            fields.append(Field(label, f"{days:,}"))
    if c.reason is not None:
        fields.append(Field("Why there is no date", c.reason, Tone.WARNING))
    return Card(title, tuple(fields), f"{PAPER} · the past promises nothing")


@present.register
def _(result: r.Exported) -> tuple[Block, ...]:
    what = result.what.removesuffix("s") if result.rows == 1 else result.what
    words = f"{result.rows:,} {what} in {result.name}." if result.rows else f"There are no {what} yet."
    return (Text(words), File(result.name, result.content, result.media_type))


@present.register
def _(result: r.FundsMoved) -> tuple[Block, ...]:
    amount = f"{result.amount:,f} {result.currency}"
    title = {"deposit": "Play money came in", "withdraw": "Play money went out"}.get(result.kind, "Converted")
    fields = [Field("Amount", amount)]
    if result.into is not None and result.received is not None:
        fields.append(Field("Received", f"{result.received:,f} {result.into}"))
    if result.rate is not None:
        fields.append(Field("Rate", plain(result.rate)))
    if result.fee is not None:
        fields.append(Field("Fee", f"{result.fee:,f} {result.into}"))
    fields += [Field(f"Free {currency}", f"{free:,f} {currency}") for currency, free in result.free.items()]
    return (Card(title, tuple(fields), f"{PAPER} · ledger #{result.seq}"),)
