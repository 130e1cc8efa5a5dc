"""Tools that compare: bots with each other, equity with a target."""

from decimal import Decimal

from core.services.performance import BotPerformance
from core.services.services import Services
from tools.arguments import CountdownStatus, PerformanceRanking, SetTarget
from tools.arguments_ledger import RankBy
from tools.context import Caller
from tools.results import CountdownReport, Ranking, TargetSet


def _figure(bot: BotPerformance, by: RankBy) -> Decimal | None:
    match by:
        case RankBy.RETURN:
            return bot.return_pct
        case RankBy.NET_PNL:
            return bot.net_pnl
        case RankBy.WIN_RATE:
            return bot.performance.win_rate
        case RankBy.PROFIT_FACTOR:
            return bot.performance.profit_factor


def ranked(bots: list[BotPerformance], by: RankBy) -> tuple[BotPerformance, ...]:
    """Best first; those without the figure last, equal ones by name."""

    def place(bot: BotPerformance) -> tuple[bool, Decimal, str]:
        figure = _figure(bot, by)
        return figure is None, -(figure or Decimal(0)), bot.name.casefold()

    return tuple(sorted(bots, key=place))


async def performance_ranking(services: Services, caller: Caller, args: PerformanceRanking) -> Ranking:
    """All bots by a figure, and the account as a whole."""
    user_id = caller.principal.user_id
    bots = await services.performance.ranking(user_id)
    account = await services.performance.user(user_id)
    currency = services.writer.known(user_id).reporting
    return Ranking(
        args.by.value, ranked(bots, args.by), account, currency, services.hub.feed.source, services.hub.feed.now()
    )


async def countdown_status(services: Services, caller: Caller, args: CountdownStatus) -> CountdownReport:
    """How far it is to a target."""
    found = await services.countdown.status(caller.principal.user_id, args.target)
    return CountdownReport(found, own_target=args.target is None)


async def set_target(services: Services, caller: Caller, args: SetTarget, key: str) -> TargetSet:
    """Remember a target; setting the same one again changes nothing."""
    del key
    user_id = caller.principal.user_id
    await services.countdown.set_target(user_id, args.target)
    return TargetSet(await services.countdown.status(user_id, None))
