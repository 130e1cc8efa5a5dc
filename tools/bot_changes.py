"""Tools that change a bot there is, or make another one like it."""

from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.errors import InvalidInput, NotFound
from core.domain.money import ZERO
from core.services.bot_changes import BotEdit
from core.services.bots import BotPlan
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import CloneBot, EditBot, RenameBot
from tools.bot_words import Ways, change_words, changes_between, plan_words, ways_after, ways_of
from tools.bots import created, find_bot
from tools.context import Caller
from tools.results import BotEdited, BotMoved


async def propose_rename(services: Services, caller: Caller, args: RenameBot) -> Proposal:
    """Show the name it would have; what it trades does not change."""
    bot = await find_bot(services, caller, args.bot)
    edit = BotEdit(name=args.name)
    await services.bot_changes.preview_edit(caller.principal.user_id, bot.bot_id, edit)
    before, after = ways_of(bot), ways_after(bot, edit)
    return Proposal(
        tool="rename_bot",
        arguments={"bot": bot.name, "name": after.name},
        title=f"Rename {bot.name}",
        effect=(*_changes(before, after), "Nothing else changes; its past trades show the new name, too."),
        basis={"bot": bot.bot_id},
        phrase=None,
    )


async def rename_bot(services: Services, caller: Caller, args: RenameBot, key: str) -> BotEdited:
    """Give it the name that was shown; repeated after a crash, it may have that name already."""
    try:
        bot = await find_bot(services, caller, args.bot)
    except NotFound:
        bot = await find_bot(services, caller, args.name)
    return await _edit(services, caller, bot, BotEdit(name=args.name), key)


def _edit_of(args: EditBot) -> BotEdit:
    return BotEdit(
        strategy=args.strategy.value if args.strategy else None,
        parameters=args.parameters or None,
        timeframe=args.timeframe,
        risk_mode=args.risk_mode.value if args.risk_mode else None,
    )


async def propose_edit(services: Services, caller: Caller, args: EditBot) -> Proposal:
    """Show each value that changes, before and after."""
    bot = await find_bot(services, caller, args.bot)
    edit = _edit_of(args)
    await services.bot_changes.preview_edit(caller.principal.user_id, bot.bot_id, edit)
    before, after = ways_of(bot), ways_after(bot, edit)
    held = "What it holds keeps its present target and stop." if not bot.flat else ""
    resume = "start" if bot.status is BotStatus.CREATED else "resume"
    last = f"It stays {bot.status.value}; say “{resume} {bot.name}” to let it trade so."
    return Proposal(
        tool="edit_bot",
        arguments=args.model_copy(update={"bot": bot.name}).model_dump(mode="json", exclude_none=True),
        title=f"Change {bot.name}",
        effect=tuple(line for line in (*_changes(before, after), held, last) if line),
        basis={"bot": bot.bot_id, "status": bot.status.value, **before.basis},
        phrase=None,
    )


def _changes(before: Ways, after: Ways) -> tuple[str, ...]:
    changes = changes_between(before, after)
    if not changes:
        raise InvalidInput(f"{before.name} is like that already, so nothing would change.")
    return tuple(change_words(change) for change in changes)


async def edit_bot(services: Services, caller: Caller, args: EditBot, key: str) -> BotEdited:
    """Let it trade as was shown from its next start or resume on."""
    return await _edit(services, caller, await find_bot(services, caller, args.bot), _edit_of(args), key)


async def _edit(services: Services, caller: Caller, bot: Bot, edit: BotEdit, key: str) -> BotEdited:
    before, user_id = ways_of(bot), caller.principal.user_id
    after = await services.bot_changes.edit(user_id, bot.bot_id, edit, actor=caller.principal.email, key=key)
    return BotEdited(after.name, after.status.value, changes_between(before, ways_of(after)))


async def _copy(services: Services, caller: Caller, args: CloneBot) -> tuple[Bot, BotPlan]:
    bot, user_id = await find_bot(services, caller, args.bot), caller.principal.user_id
    if bot.manual:
        raise InvalidInput(f"{bot.name} is the bot of your own orders; there is nothing to copy.")
    return bot, await services.bot_changes.clone_plan(user_id, bot.bot_id, name=args.name or "", capital=args.capital)


async def propose_clone(services: Services, caller: Caller, args: CloneBot) -> Proposal:
    """Show the copy as it would be."""
    user_id = caller.principal.user_id
    if args.start:
        await services.bots.refuse_to_run(user_id)
    bot, plan = await _copy(services, caller, args)
    await services.bots.refuse_to_create(user_id, plan, actor=caller.principal.email)
    free = (await services.writer.account(user_id)).free_cash.get(bot.quote, ZERO)
    exact = args.model_copy(update={"bot": bot.name, "name": plan.name, "capital": plan.capital})
    what = "Clone and start" if args.start else "Clone"
    return Proposal(
        tool="clone_bot",
        arguments=exact.model_dump(mode="json"),
        title=f"{what} {bot.name} as {plan.name}",
        effect=(
            *plan_words(plan, free, services.hub.feed.source, start=args.start),
            f"{bot.name} goes on as it is; its trades and results are not copied.",
        ),
        basis={"bot": bot.bot_id, **ways_of(bot).basis},
        phrase=None,
    )


async def clone_bot(services: Services, caller: Caller, args: CloneBot, key: str) -> BotMoved:
    """Create the copy that was shown, and start it if that was shown."""
    _, plan = await _copy(services, caller, args)
    actor = caller.principal.email
    bot = await services.bots.create(caller.principal.user_id, plan, actor=actor, key=key, start=args.start)
    return created(bot, start=args.start)
