"""Tools that create, steer and show bots."""

from core.domain.bot import Move
from core.domain.bot_state import Bot, Protection
from core.domain.money import ZERO, plain
from core.domain.strategies import catalog as strategies
from core.services.bots import BotPlan
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import BotRef, CreateBot, NoArguments, StopBot
from tools.bot_words import plan_words
from tools.context import Caller
from tools.definitions import Propose
from tools.explain import why_no_trade
from tools.results import BotList, BotMoved, BotReport
from tools.symbols import resolve_symbol

STOP_PHRASE = "STOP {name}"
_TRACES_SHOWN = 5


async def find_bot(services: Services, caller: Caller, name: str) -> Bot:
    """The person's bot of this name.

    Raises:
        NotFound: there is none; the message lists those there are.
    """
    return (await services.writer.account(caller.principal.user_id)).named(name)


async def list_bots(services: Services, caller: Caller, _: NoArguments) -> BotList:
    """All bots with their figures; stopped ones last."""
    portfolio = await services.portfolio.summary(caller.principal.user_id)
    bots = sorted(portfolio.by_bot, key=lambda bot: bot.status == "stopped")
    return BotList(tuple(bots), services.hub.feed.source)


async def bot_status(services: Services, caller: Caller, args: BotRef) -> BotReport:
    """One bot in detail, with why it has not traded yet."""
    return await report_on(services, caller.principal.user_id, await find_bot(services, caller, args.bot))


async def report_on(services: Services, user_id: str, bot: Bot) -> BotReport:
    """A bot of this user in detail."""
    traces = tuple(await services.traces.newest(bot.bot_id, _TRACES_SHOWN))
    portfolio = await services.portfolio.summary(user_id)
    figures = next(f for f in portfolio.by_bot if f.bot_id == bot.bot_id)
    warmth = services.engine.warmth(bot.symbol, bot.bot_id)
    kind = strategies.STRATEGIES.get(bot.strategy)
    halted = services.writer.known(user_id).halted
    pending = await services.order_reader.pending(user_id)
    return BotReport(
        figures=figures,
        strategy=kind.title if kind else "Your own orders",
        strategy_words=kind.description if kind else "It brings the orders that you place yourself.",
        timeframe=bot.timeframe.value,
        risk_mode=bot.risk_mode,
        source=bot.source or services.hub.feed.source,
        status_reason=bot.status_reason,
        protection=bot.protection,
        bars_seen=warmth[0] if warmth else None,
        bars_needed=warmth[1] if warmth else None,
        why_no_trade=None if bot.book.fills else why_no_trade(services, bot, halted, traces),
        traces=traces,
        orders=tuple(order for order in pending if order.bot_id == bot.bot_id),
        cooldown_minutes=bot.cooldown_minutes,
    )


def _plan(args: CreateBot, symbol: str) -> BotPlan:
    return BotPlan(
        name=args.name or "",
        exchange=args.exchange,
        symbol=symbol,
        strategy=args.strategy.value,
        timeframe=args.timeframe,
        risk_mode=args.risk_mode.value,
        capital=args.capital,
        parameters=args.parameters,
    )


async def propose_create(services: Services, caller: Caller, args: CreateBot) -> Proposal:
    """Show the bot as it would be, with every default that was chosen."""
    user_id = caller.principal.user_id
    if args.start:
        await services.bots.refuse_to_run(user_id)
    symbol = resolve_symbol(args.symbol, services.hub.feed.symbols)
    plan = await services.bots.plan(user_id, _plan(args, symbol))
    await services.bots.refuse_to_create(user_id, plan, actor=caller.principal.email)
    free = (await services.writer.account(user_id)).free_cash.get(symbol.partition("/")[2], ZERO)
    what = "Create and start" if args.start else "Create"
    exact = args.model_copy(update={"name": plan.name, "symbol": symbol, "parameters": plan.parameters})
    return Proposal(
        tool="create_bot",
        arguments=exact.model_dump(mode="json"),
        title=f"{what} bot {plan.name}",
        effect=plan_words(plan, free, services.hub.feed.source, start=args.start),
        basis={},
        phrase=None,
    )


async def create_bot(services: Services, caller: Caller, args: CreateBot, key: str) -> BotMoved:
    """Create the bot that was shown, and start it if that was shown."""
    user_id = caller.principal.user_id
    plan = await services.bots.plan(user_id, _plan(args, args.symbol))
    bot = await services.bots.create(user_id, plan, actor=caller.principal.email, key=key, start=args.start)
    return created(bot, start=args.start)


def created(bot: Bot, *, start: bool) -> BotMoved:
    """What to say of a bot that was just made."""
    words = "It looks at every closed bar from now on." if start else f"Say “start {bot.name}” to let it trade."
    return BotMoved(bot.name, bot.status.value, words, bot.bot_id)


def _mover(tool: str, move: Move, title: str, effect: str) -> Propose:
    async def propose(services: Services, caller: Caller, args: BotRef) -> Proposal:
        bot = await find_bot(services, caller, args.bot)
        await services.bots.refuse_to_move(caller.principal.user_id, bot.bot_id, move)
        basis = {"bot": bot.bot_id, "status": bot.status.value}
        return Proposal(tool, {"bot": bot.name}, f"{title} {bot.name}", (effect,), basis, None)

    return propose


propose_start = _mover("start_bot", Move.START, "Start", "It trades on its own from the next closed bar.")
propose_resume = _mover("resume_bot", Move.RESUME, "Resume", "It makes entries again from the next closed bar.")


async def start_bot(services: Services, caller: Caller, args: BotRef, key: str) -> BotMoved:
    """Let a bot trade."""
    bot = await find_bot(services, caller, args.bot)
    bot = await services.bots.start(caller.principal.user_id, bot.bot_id, actor=caller.principal.email, key=key)
    return BotMoved(bot.name, bot.status.value, "It looks at every closed bar from now on; fills appear here.")


async def resume_bot(services: Services, caller: Caller, args: BotRef, key: str) -> BotMoved:
    """Let a paused bot trade again."""
    bot = await find_bot(services, caller, args.bot)
    bot = await services.bots.resume(caller.principal.user_id, bot.bot_id, actor=caller.principal.email, key=key)
    return BotMoved(bot.name, bot.status.value, "It trades again; fills appear here.")


async def pause_bot(services: Services, caller: Caller, args: BotRef, key: str) -> BotMoved:
    """No new entries; says what was taken back, what stays open and what protects it."""
    found = await find_bot(services, caller, args.bot)
    resting = set(found.orders)
    bot = await services.bots.pause(caller.principal.user_id, found.bot_id, actor=caller.principal.email, key=key)
    return BotMoved(bot.name, bot.status.value, _pause_words(bot, len(resting - set(bot.orders))))


def _pause_words(bot: Bot, taken_back: int) -> str:
    words = ["It makes no new entries."]
    if taken_back:
        words.append(f"Taken back: {taken_back} of its orders that had not filled.")
    for symbol in bot.symbols:
        if held := bot.held(symbol):
            kept = _protection_words(bot.protections.get(symbol), symbol)
            words.append(f"It still holds {plain(held)} {symbol.partition('/')[0]}, {kept}.")
    if not bot.flat:
        words.append(f"“flatten {bot.name}” sells it now.")
    return " ".join(words)


def _protection_words(protection: Protection | None, symbol: str) -> str:
    quote = symbol.partition("/")[2]
    target = protection.take_profit if protection else None
    stop = protection.stop_loss if protection else None
    named = [(target, "its target"), (stop, "its stop")]
    prices = " or ".join(f"{what} of {plain(price)} {quote}" for price, what in named if price is not None)
    return f"which is sold at {prices}" if prices else "with neither target nor stop"


async def propose_stop(services: Services, caller: Caller, args: StopBot) -> Proposal:
    """A stop is for good, so the phrase names the bot; what the bot did meanwhile never makes it ask again."""
    bot = await find_bot(services, caller, args.bot)
    await services.bots.refuse_to_move(caller.principal.user_id, bot.bot_id, Move.STOP)
    held, (base, quote) = bot.held(bot.symbol), bot.symbol.split("/")
    sells = f"Sells {plain(held)} {base} at market. " if held else "It holds nothing. "
    return Proposal(
        tool="stop_bot",
        arguments={"bot": bot.name},
        title=f"Stop {bot.name} for good",
        effect=(f"{sells}Its cash ({bot.cash:,.2f} {quote} now) returns to you.", "It can never be started again."),
        basis={"bot": bot.bot_id},
        phrase=STOP_PHRASE.format(name=bot.name),
    )


async def stop_bot(services: Services, caller: Caller, args: StopBot, key: str) -> BotMoved:
    """Stop a bot for good."""
    bot = await find_bot(services, caller, args.bot)
    bot = await services.bots.stop(caller.principal.user_id, bot.bot_id, actor=caller.principal.email, key=key)
    if bot.flat:
        return BotMoved(bot.name, "stopped", "Its cash is free again.")
    return BotMoved(bot.name, "stopping", "Its position is being sold; then its cash is free again.")
