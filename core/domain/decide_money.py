"""Decisions that move money without a trade: funding, withdrawal, conversion, reversal, allocation (accounting.md)."""

from decimal import Decimal

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.currency import rate, rate_symbol
from core.domain.decision import Decision, Setting
from core.domain.errors import Conflict, InvalidInput
from core.domain.money import BPS, MAX_DECIMALS, ZERO, parse_positive, ratio, round_fee_up, round_half_even

MAX_CURRENCY_LENGTH = 12


def present_marks(state: Account, setting: Setting) -> dict[str, Decimal]:
    """Present prices of what the account's equity needs; the last recorded one where there is none."""
    known = state.marks | setting.marks
    return {symbol: known[symbol] for symbol in state.priced_symbols()}


def fund(state: Account, command: cmd.Fund, setting: Setting) -> Decision:
    """Money in, at the present unit value."""
    parse_positive(command.amount, "The amount")
    _check_currency(command.currency)
    marks, worth = _priced(state, setting, command.amount, command.currency)
    units = state.track.units_for(worth, state.equity(marks))
    return Decision(ev.Funded(command.amount, command.currency, units, marks or None, command.actor))


def withdraw(state: Account, command: cmd.Withdraw, setting: Setting) -> Decision:
    """Money out of free cash, at the present unit value."""
    parse_positive(command.amount, "The amount")
    _check_free(state, command.amount, command.currency)
    marks, worth = _priced(state, setting, command.amount, command.currency)
    units = state.track.units_for(worth, state.equity(marks))
    return Decision(ev.Withdrawn(command.amount, command.currency, units, marks, command.actor))


def convert(state: Account, command: cmd.Convert, setting: Setting) -> Decision:
    """Free cash into another currency at the mark; what is bought is rounded to 8 decimals, the fee up."""
    parse_positive(command.sold, "The amount")
    _check_currency(command.bought_currency)
    if command.bought_currency == command.sold_currency:
        raise InvalidInput(f"That is {command.sold_currency} already.")
    if not 0 <= command.fee_bps < BPS:
        raise InvalidInput("The fee is 0 to 9,999 basis points.")
    _check_free(state, command.sold, command.sold_currency)
    known = state.marks | setting.marks
    symbol = rate_symbol(command.sold_currency, command.bought_currency, known)
    if symbol is None:
        raise InvalidInput(f"There is no price between {command.sold_currency} and {command.bought_currency}.")
    exchange_rate = rate(command.sold_currency, command.bought_currency, known)
    bought = round_half_even(command.sold * exchange_rate, MAX_DECIMALS)
    fee = round_fee_up(bought * command.fee_bps / BPS, MAX_DECIMALS)
    if bought - fee <= 0:
        raise InvalidInput(f"{command.sold:f} {command.sold_currency} is too little to convert.")
    marks, _ = _priced(state, setting, bought, command.bought_currency)
    return Decision(
        ev.Converted(
            sold=command.sold,
            sold_currency=command.sold_currency,
            bought=bought,
            bought_currency=command.bought_currency,
            fee=fee,
            rate=exchange_rate,
            marks=marks | {symbol: known[symbol]},
            actor=command.actor,
        )
    )


def reverse(state: Account, command: cmd.Reverse, setting: Setting) -> Decision:
    """Undo a funding, withdrawal or conversion by its opposite, at the present unit value."""
    event = command.event
    if event.user_id != state.user_id or event.seq > state.seq:
        raise InvalidInput("That event is not in this journal.")
    if event.seq in state.reversed_seqs:
        raise Conflict(f"Event {event.seq} is reversed already.")
    funding, conversion, fees = _opposite(event.payload)
    changes = dict(funding)
    for currency, amount in conversion.items():
        changes[currency] = changes.get(currency, ZERO) + amount
    for currency, amount in fees.items():
        changes[currency] = changes.get(currency, ZERO) - amount
    for currency, amount in changes.items():
        if amount < 0:
            _check_free(state, -amount, currency)
    marks = present_marks(state, setting)
    worth = sum((amount * rate(c, state.reporting, marks) for c, amount in funding.items()), ZERO)
    units = state.track.units_for(abs(worth), state.equity(marks)).copy_sign(worth) if worth else ZERO
    kind = ev.NAMES[type(event.payload)]
    return Decision(
        ev.Reversed(event.seq, kind, funding, conversion, fees, units, marks, command.actor, command.reason)
    )


_Amounts = dict[str, Decimal]


def _opposite(fact: ev.Payload) -> tuple[_Amounts, _Amounts, _Amounts]:
    """Signed changes of funding, conversion and fees that undo a money movement."""
    match fact:
        case ev.Funded():
            return {fact.currency: -fact.amount}, {}, {}
        case ev.Withdrawn():
            return {fact.currency: fact.amount}, {}, {}
        case ev.Converted():
            moved = {fact.sold_currency: fact.sold, fact.bought_currency: -fact.bought}
            return {}, moved, {fact.bought_currency: -fact.fee}
        case _:
            raise InvalidInput(
                "Only a funding, a withdrawal or a conversion can be reversed. "
                "A trade is undone by its opposite trade, an allocation by a release."
            )


def allocate(state: Account, command: cmd.Allocate, setting: Setting) -> Decision:
    """Free cash into a living bot, at the bot's present unit value."""
    bot = _living(state, command.bot_id)
    parse_positive(command.amount, "The amount")
    _check_free(state, command.amount, bot.quote)
    marks = present_marks(state, setting)
    equity = bot.equity(marks)
    units = bot.track.units_for(command.amount, equity)
    return Decision(ev.Allocated(bot.bot_id, command.amount, units, marks, command.actor))


def release(state: Account, command: cmd.Release, setting: Setting) -> Decision:
    """A living bot's cash, as far as no order reserves it, back to free cash."""
    bot = _living(state, command.bot_id)
    parse_positive(command.amount, "The amount")
    if command.amount > bot.free_cash:
        raise Conflict(f"{bot.name} has {bot.free_cash:,f} {bot.quote} of cash to give, not {command.amount:,f}.")
    marks = present_marks(state, setting)
    units = bot.track.units_for(command.amount, bot.equity(marks))
    return Decision(ev.Released(bot.bot_id, command.amount, units, marks, command.actor))


def reset(state: Account, command: cmd.ResetAccount, _: Setting) -> Decision:
    """A new start for an account that has been funded before."""
    parse_positive(command.amount, "The balance")
    _check_currency(command.currency)
    if not state.funded:
        raise Conflict("This account has not been funded yet, so there is nothing to reset.")
    return Decision(ev.AccountReset(command.amount, command.currency, command.actor, command.reason))


def _living(state: Account, bot_id: str) -> Bot:
    bot = state.bot(bot_id)
    if bot.status is BotStatus.STOPPED:
        raise Conflict(f"{bot.name} is stopped for good; its capital cannot change.")
    return bot


def _check_currency(currency: str) -> None:
    if not (currency.isascii() and currency.isalnum() and currency.isupper() and len(currency) <= MAX_CURRENCY_LENGTH):
        raise InvalidInput(f"A currency looks like USDT, not {currency[:40]!r}.")


def _check_free(state: Account, amount: Decimal, currency: str) -> None:
    free = state.free_cash.get(currency, ZERO)
    if amount > free:
        raise Conflict(f"{amount:,f} {currency} is more than your free cash of {free:,f} {currency}.")


def _priced(state: Account, setting: Setting, amount: Decimal, currency: str) -> tuple[dict[str, Decimal], Decimal]:
    """Present marks, with the one that rates this currency, and what the amount is worth in the reporting currency."""
    marks = present_marks(state, setting)
    reporting = state.reporting if state.funded else currency
    if currency == reporting:
        return marks, amount
    known = state.marks | setting.marks
    symbol = rate_symbol(currency, reporting, known)
    if symbol is None:
        raise InvalidInput(f"There is no price between {currency} and {reporting}, so {currency} cannot be valued.")
    return marks | {symbol: known[symbol]}, ratio(amount * rate(currency, reporting, known), Decimal(1))
