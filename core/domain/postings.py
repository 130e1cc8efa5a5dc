"""Every event as double entry: what it moves from where to where, apart from how the state is folded.

A posting adds to an account in one currency; a base asset is a currency like any other. What an event posts sums to
zero per currency. `cash:` and `position:` accounts hold what somebody owns; the others say where it came from or
went. In `trading:<symbol>`, base and quote are exchanged for each other: one goes in as the other comes out.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot import BotStatus
from core.domain.bot_state import Bot
from core.domain.instrument import split_symbol
from core.domain.journal import Event
from core.domain.money import ZERO
from core.domain.order import Fill, Side

FREE_CASH = "cash:free"
BOT_CASH = "cash:bot:"
BOT_POSITION = "position:bot:"
FUNDING = "funding"
CONVERSION = "conversion"
FEES = "fees"
RESET = "reset"
TRADING = "trading:"


class Posting(NamedTuple):
    """`amount` of `currency` is added to `account` (taken from it, below zero)."""

    account: str
    currency: str
    amount: Decimal


def postings(before: Account, event: Event) -> list[Posting]:
    """What an event moves, given the state before it; nothing for events that move nothing.

    Must be called in the exact context.

    Raises:
        NotFound, LookupError: the event names a bot or a resting order that the state does not know.
    """
    post = _POSTERS.get(type(event.payload))
    return post(before, event.payload) if post else []


def sums(entries: Iterable[Posting]) -> dict[str, Decimal]:
    """Total per currency: all zero, or the entries do not balance."""
    totals: dict[str, Decimal] = {}
    for _, currency, amount in entries:
        totals[currency] = totals.get(currency, ZERO) + amount
    return totals


def _moved(source: str, target: str, currency: str, amount: Decimal) -> list[Posting]:
    if not amount:
        return []
    return [Posting(source, currency, -amount), Posting(target, currency, amount)]


def _funded(_: Account, fact: ev.Funded) -> list[Posting]:
    return _moved(FUNDING, FREE_CASH, fact.currency, fact.amount)


def _withdrawn(_: Account, fact: ev.Withdrawn) -> list[Posting]:
    return _moved(FREE_CASH, FUNDING, fact.currency, fact.amount)


def _converted(_: Account, fact: ev.Converted) -> list[Posting]:
    return [
        *_moved(FREE_CASH, CONVERSION, fact.sold_currency, fact.sold),
        *_moved(CONVERSION, FREE_CASH, fact.bought_currency, fact.bought),
        *_moved(FREE_CASH, FEES, fact.bought_currency, fact.fee),
    ]


def _reversed(_: Account, fact: ev.Reversed) -> list[Posting]:
    entries: list[Posting] = []
    for currency, amount in fact.funding.items():
        entries += _moved(FUNDING, FREE_CASH, currency, amount)
    for currency, amount in fact.conversion.items():
        entries += _moved(CONVERSION, FREE_CASH, currency, amount)
    for currency, amount in fact.fees.items():
        entries += _moved(FREE_CASH, FEES, currency, amount)
    return entries


def _account_reset(before: Account, fact: ev.AccountReset) -> list[Posting]:
    """All that is owned is written off, then the new balance is funded."""
    entries: list[Posting] = []
    for currency, amount in before.free_cash.items():
        entries += _moved(FREE_CASH, RESET, currency, amount)
    for bot in before.bots.values():
        entries += _moved(BOT_CASH + bot.bot_id, RESET, bot.quote, bot.cash)
        for symbol, queue in bot.positions.items():
            entries += _moved(BOT_POSITION + bot.bot_id, RESET, split_symbol(symbol)[0], queue.quantity)
    return entries + _moved(FUNDING, FREE_CASH, fact.currency, fact.amount)


def _bot_created(_: Account, fact: ev.BotCreated) -> list[Posting]:
    return _moved(FREE_CASH, BOT_CASH + fact.bot_id, split_symbol(fact.symbol)[1], fact.capital)


def _allocated(before: Account, fact: ev.Allocated) -> list[Posting]:
    return _moved(FREE_CASH, BOT_CASH + fact.bot_id, before.bot(fact.bot_id).quote, fact.amount)


def _released(before: Account, fact: ev.Released) -> list[Posting]:
    return _moved(BOT_CASH + fact.bot_id, FREE_CASH, before.bot(fact.bot_id).quote, fact.amount)


def _reinvested(before: Account, fact: ev.Reinvested) -> list[Posting]:
    entries: list[Posting] = []
    for leg in fact.legs:
        account, quote = BOT_CASH + leg.bot_id, before.bot(leg.bot_id).quote
        entries += _moved(account, FREE_CASH, quote, leg.released) + _moved(FREE_CASH, account, quote, leg.allocated)
    return entries


def _bot_stopped(before: Account, fact: ev.BotStopped) -> list[Posting]:
    bot = before.bot(fact.bot_id)
    if not bot.flat:  # its resting entries end with the same event
        return []
    return _moved(BOT_CASH + bot.bot_id, FREE_CASH, bot.quote, bot.cash)


def _executed(before: Account, fact: ev.OrderExecuted) -> list[Posting]:
    bot = before.bot(fact.bot_id)
    entries = _placed(before, fact)
    return _ended(bot, entries, ()) if bot.status is BotStatus.STOPPED else entries


def _placed(before: Account, fact: ev.OrderExecuted | ev.OrderAccepted) -> list[Posting]:
    """Free cash that a manual order draws, then what it filled."""
    entries = _exchanged(fact.bot_id, fact.symbol, fact.side, fact.fills)
    if fact.drawn is None:
        return entries
    return _moved(FREE_CASH, BOT_CASH + fact.bot_id, before.bot(fact.bot_id).quote, fact.drawn) + entries


def _filled(before: Account, fact: ev.OrderFilled) -> list[Posting]:
    bot = before.bot(fact.bot_id)
    order = bot.orders[fact.order_id]
    entries = _exchanged(bot.bot_id, order.symbol, order.side, fact.fills)
    done = order.filled + sum((fill.quantity for fill in fact.fills), ZERO) == order.quantity
    return _ended(bot, entries, (fact.order_id,)) if done else entries


def _canceled(before: Account, fact: ev.OrderCanceled | ev.OrderExpired) -> list[Posting]:
    return _ended(before.bot(fact.bot_id), [], (fact.order_id,))


def _exchanged(bot_id: str, symbol: str, side: Side, fills: Sequence[Fill]) -> list[Posting]:
    """An order's fills in sum: base against quote, and each fee out of what it is paid in."""
    base, quote = split_symbol(symbol)
    units = worth = ZERO
    fees: dict[str, Decimal] = {}
    for fill in fills:
        units += fill.quantity
        worth += fill.quantity * fill.price
        fees[fill.fee_currency] = fees.get(fill.fee_currency, ZERO) + fill.fee
    if not fills:
        return []
    if side is Side.SELL:
        units, worth = -units, -worth
    cash, trading = BOT_CASH + bot_id, TRADING + symbol
    entries = [
        Posting(cash, quote, -worth - fees.get(quote, ZERO)),
        Posting(trading, quote, worth),
        Posting(BOT_POSITION + bot_id, base, units - fees.get(base, ZERO)),
        Posting(trading, base, -units),
    ]
    for currency, fee in fees.items():
        entries.append(Posting(FEES, currency, fee))
        if currency not in {base, quote}:
            entries.append(Posting(cash, currency, -fee))
    return entries


def _ended(bot: Bot, entries: list[Posting], ended: Sequence[str]) -> list[Posting]:
    """With a stopped bot's last order its cash goes back to its owner."""
    if bot.status is not BotStatus.STOPPED or any(order not in ended for order in bot.orders):
        return entries
    # Positions of one bot are in one quote currency and never negative, so that their sum is zero when each is.
    cash, held = bot.cash, sum((queue.quantity for queue in bot.positions.values()), ZERO)
    for account, currency, amount in entries:
        if account.startswith(BOT_POSITION):
            held += amount
        elif account.startswith(BOT_CASH) and currency == bot.quote:
            cash += amount
    if held:
        return entries
    return entries + _moved(BOT_CASH + bot.bot_id, FREE_CASH, bot.quote, cash)


_POSTERS: dict[type[ev.Payload], Callable[[Account, Any], list[Posting]]] = {
    ev.Funded: _funded,
    ev.Withdrawn: _withdrawn,
    ev.Converted: _converted,
    ev.Reversed: _reversed,
    ev.AccountReset: _account_reset,
    ev.BotCreated: _bot_created,
    ev.BotStopped: _bot_stopped,
    ev.Allocated: _allocated,
    ev.Released: _released,
    ev.Reinvested: _reinvested,
    ev.OrderExecuted: _executed,
    ev.OrderAccepted: _placed,
    ev.OrderFilled: _filled,
    ev.OrderCanceled: _canceled,
    ev.OrderExpired: _canceled,
}
