"""What money movements without a trade do to a user's state: funding, conversions, allocations (spec/accounting.md)."""

from dataclasses import fields
from decimal import Decimal

from core.domain import events as ev
from core.domain.account import Account
from core.domain.book import Book, Exposure
from core.domain.bot import BotStatus
from core.domain.errors import IntegrityError
from core.domain.evolve_order import give, take_marks
from core.domain.journal import Event
from core.domain.money import ZERO
from core.domain.track import UnitTrack

_SURVIVES_A_RESET = frozenset(
    {"user_id", "seq", "epoch", "bots", "day", "day_seq", "user_halted", "system_halted", "limits", "reversed_seqs"}
)


def fund(state: Account, event: Event, fact: ev.Funded) -> None:
    """Money in: units are bought at the value before it."""
    if not state.funded:
        state.reporting, state.track.drawdown.peak_at = fact.currency, event.ts
    _observe(state, event, fact.marks or {})
    _move_cash(state, fact.currency, fact.amount)
    _add(state.funded, fact.currency, fact.amount)
    state.track.units += fact.units


def withdraw(state: Account, event: Event, fact: ev.Withdrawn) -> None:
    """Money out: units are redeemed at the value before it."""
    _observe(state, event, fact.marks)
    _move_cash(state, fact.currency, -fact.amount)
    _add(state.funded, fact.currency, -fact.amount)
    state.track.units -= fact.units


def convert(state: Account, event: Event, fact: ev.Converted) -> None:
    """Cash changes its currency; the fee is a cost, the rest neither gain nor loss."""
    _move_cash(state, fact.sold_currency, -fact.sold)
    _add(state.converted, fact.sold_currency, -fact.sold)
    _move_cash(state, fact.bought_currency, fact.bought - fact.fee)
    _add(state.converted, fact.bought_currency, fact.bought)
    state.book(fact.bought_currency).fees += fact.fee
    _observe(state, event, fact.marks)


def reverse(state: Account, event: Event, fact: ev.Reversed) -> None:
    """Undo a money movement by its opposite; each at most once."""
    if fact.reverses in state.reversed_seqs or fact.reverses >= event.seq:
        raise IntegrityError(f"Event {event.seq} reverses {fact.reverses}, which cannot be reversed (again).")
    _observe(state, event, fact.marks)
    for currency, amount in fact.funding.items():
        _move_cash(state, currency, amount)
        _add(state.funded, currency, amount)
    for currency, amount in fact.conversion.items():
        _move_cash(state, currency, amount)
        _add(state.converted, currency, amount)
    for currency, amount in fact.fees.items():
        _move_cash(state, currency, -amount)
        state.book(currency).fees += amount
    state.track.units += fact.units
    state.reversed_seqs.append(fact.reverses)


def allocate(state: Account, event: Event, fact: ev.Allocated) -> None:
    """Free cash goes into a bot's book."""
    _observe(state, event, fact.marks)
    give(state, state.bot(fact.bot_id), fact.amount, fact.units)


def release(state: Account, event: Event, fact: ev.Released) -> None:
    """A bot's cash goes back to free cash."""
    _observe(state, event, fact.marks)
    give(state, state.bot(fact.bot_id), -fact.amount, -fact.units)


def reinvest(state: Account, event: Event, fact: ev.Reinvested) -> None:
    """All legs at once: what the bots gave, then what they got."""
    _observe(state, event, fact.marks)
    for leg in fact.legs:
        give(state, state.bot(leg.bot_id), leg.allocated - leg.released, leg.units)
    state.reinvested_until = fact.watermark


def reset_account(state: Account, event: Event, fact: ev.AccountReset) -> None:
    """Everything of before is written off; the halt, the limits and the ownership stay.

    The bots stay known, stopped and empty, so that whoever still works with one finds it ended.
    """
    for bot in state.bots.values():
        bot.status, bot.status_reason, bot.written_off = BotStatus.STOPPED, "the account was reset", True
        bot.cash, bot.capital, bot.tripped = ZERO, ZERO, None
        bot.protections.clear()
        bot.track, bot.book, bot.exposure = UnitTrack(), Book(), Exposure()
        bot.positions.clear()
        bot.orders.clear()
    fresh = Account(state.user_id)
    for field in fields(Account):
        if field.name not in _SURVIVES_A_RESET:
            setattr(state, field.name, getattr(fresh, field.name))
    state.reporting, state.started_at, state.reset_seq = fact.currency, event.ts, event.seq
    state.free_cash = {fact.currency: fact.amount}
    state.cash_total = {fact.currency: fact.amount}
    state.funded = {fact.currency: fact.amount}
    state.track.units = fact.amount
    state.track.drawdown.peak_at = event.ts


def _observe(state: Account, event: Event, marks: dict[str, Decimal]) -> None:
    """Record the unit value at these marks before money moves."""
    if marks:
        take_marks(state, event, marks)
    state.track.record(state.equity(state.marks), event.ts)


def _move_cash(state: Account, currency: str, amount: Decimal) -> None:
    _add(state.free_cash, currency, amount)
    _add(state.cash_total, currency, amount)


def _add(account: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    account[currency] = account.get(currency, ZERO) + amount
