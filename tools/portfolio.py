"""Tools that show money: summary, profits, trades, equity."""

from core.services.portfolio import EquityPoint, Grouping
from core.services.services import Services
from tools.arguments import EquityChart, NoArguments, TradeHistory
from tools.arguments import Positions as PositionArguments
from tools.arguments import Profits as ProfitArguments
from tools.context import Caller
from tools.results import BotTrade, EquityCurve, Positions, Profits, Summary, Trades


async def portfolio_summary(services: Services, caller: Caller, _: NoArguments) -> Summary:
    """The account at present marks."""
    portfolio = await services.portfolio.summary(caller.principal.user_id)
    return Summary(portfolio, services.hub.feed.source, services.hub.feed.now())


async def profits(services: Services, caller: Caller, args: ProfitArguments) -> Profits:
    """Profit per day, week or month."""
    grouping, user_id = Grouping(args.period.value), caller.principal.user_id
    found = await services.portfolio.profits(user_id, grouping, args.limit)
    return Profits(grouping.value, tuple(found), services.writer.known(user_id).reporting)


async def positions(services: Services, caller: Caller, args: PositionArguments) -> Positions:
    """What is held and what works, of one bot or of all."""
    user_id = caller.principal.user_id
    bot_id = (await services.writer.account(user_id)).named(args.bot).bot_id if args.bot else None
    found = await services.portfolio.positions(user_id)
    wanted = tuple(one for one in found if bot_id in {None, one.bot_id})
    working = [order for order in await services.order_reader.pending(user_id) if bot_id in {None, order.bot_id}]
    return Positions(wanted, services.hub.feed.source, services.hub.feed.now(), tuple(working))


async def trade_history(services: Services, caller: Caller, args: TradeHistory) -> Trades:
    """Closed trades with the names of their bots."""
    user_id = caller.principal.user_id
    state = await services.writer.account(user_id)
    bot_id = state.named(args.bot).bot_id if args.bot else None
    names = {bot.bot_id: bot.name for bot in state.bots.values()}
    found = await services.portfolio.trades(user_id, bot_id, args.limit)
    return Trades(tuple(BotTrade(names[trade.bot_id], trade) for trade in found))


async def equity_chart(services: Services, caller: Caller, args: EquityChart) -> EquityCurve:
    """The recorded equity curve, continued to now."""
    user_id = caller.principal.user_id
    portfolio = await services.portfolio.summary(user_id)
    points = await services.portfolio.equity_curve(user_id, args.hours)
    points.append(EquityPoint(services.hub.feed.now(), portfolio.equity))
    return EquityCurve(tuple(points), portfolio.currency, services.hub.feed.source)
