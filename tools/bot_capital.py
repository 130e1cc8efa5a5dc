"""Tools that move play money between a bot and the person's free cash."""

from decimal import Decimal

from core.domain.bot_state import Bot
from core.domain.errors import Conflict
from core.domain.money import ZERO, floor_to, plain
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import AddCapital, WithdrawCapital
from tools.bots import find_bot
from tools.context import Caller
from tools.results import CapitalMoved

_SMALLEST = Decimal("0.00000001")
"""Amounts that can be asked for have so many decimals; a bot's cash may have more."""
_NO_GAIN = "It counts as neither gain nor loss of the bot: its return is measured per unit of its equity."


async def propose_add(services: Services, caller: Caller, args: AddCapital) -> Proposal:
    """Show where the money comes from and what there is afterwards."""
    bot = await find_bot(services, caller, args.bot)
    await services.bot_changes.preview_capital(caller.principal.user_id, bot.bot_id, args.amount)
    effect = await _effect(services, caller, bot, args.amount)
    title = f"Give {bot.name} {_shown(args.amount)} {bot.quote} more"
    return _proposal("add_capital", bot, args.amount, title, effect)


async def propose_withdraw(services: Services, caller: Caller, args: WithdrawCapital) -> Proposal:
    """Show what the bot keeps; without an amount, all of its cash that no order has claimed."""
    bot = await find_bot(services, caller, args.bot)
    amount = floor_to(bot.free_cash, _SMALLEST) if args.amount is None else args.amount
    if amount <= 0:
        raise Conflict(f"{bot.name} has no free cash to give. “flatten {bot.name}” would sell what it holds.")
    await services.bot_changes.preview_capital(caller.principal.user_id, bot.bot_id, -amount)
    effect = await _effect(services, caller, bot, -amount)
    title = f"Take {_shown(amount)} {bot.quote} out of {bot.name}"
    return _proposal("withdraw_capital", bot, amount, title, effect)


async def _effect(services: Services, caller: Caller, bot: Bot, amount: Decimal) -> tuple[str, ...]:
    """`amount` goes into the bot, or (below zero) comes out of it."""
    state = await services.writer.account(caller.principal.user_id)
    free, quote = state.free_cash.get(bot.quote, ZERO), bot.quote
    keeps = "" if bot.flat or amount > 0 else "What it holds stays, with its target and stop."
    lines = (
        f"Capital of {bot.name}: {_shown(bot.capital)} → {_shown(bot.capital + amount)} {quote}.",
        f"Its cash: {_shown(bot.cash)} → {_shown(bot.cash + amount)} {quote}.",
        f"Your free cash: {_shown(free)} → {_shown(free - amount)} {quote}.",
        keeps,
        _NO_GAIN,
    )
    return tuple(line for line in lines if line)


def _shown(amount: Decimal) -> str:
    """All digits, none of them a trailing zero."""
    return f"{Decimal(plain(amount)):,f}"


def _proposal(tool: str, bot: Bot, amount: Decimal, title: str, effect: tuple[str, ...]) -> Proposal:
    """The amount is what the person agrees to; that cash moved meanwhile does not change it."""
    return Proposal(tool, {"bot": bot.name, "amount": plain(amount)}, title, effect, {"bot": bot.bot_id}, None)


async def add_capital(services: Services, caller: Caller, args: AddCapital, key: str) -> CapitalMoved:
    """Move free cash into the bot."""
    return await _move(services, caller, args.bot, args.amount, key)


async def withdraw_capital(services: Services, caller: Caller, args: WithdrawCapital, key: str) -> CapitalMoved:
    """Move the bot's cash to free cash."""
    if args.amount is None:
        raise Conflict("Say how much to take out.")
    return await _move(services, caller, args.bot, -args.amount, key)


async def _move(services: Services, caller: Caller, name: str, amount: Decimal, key: str) -> CapitalMoved:
    user_id = caller.principal.user_id
    found = await find_bot(services, caller, name)
    bot = await services.bot_changes.move_capital(user_id, found.bot_id, amount, actor=caller.principal.email, key=key)
    free = services.writer.known(user_id).free_cash.get(bot.quote, ZERO)
    return CapitalMoved(bot.name, amount, bot.quote, bot.capital, bot.cash, free)
