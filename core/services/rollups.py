"""Daily rollups: cumulative figures of a scope at the last event of each engine day; periods are their differences.

One document per scope (`user`, or a bot's id) and day: `_id` is `user:scope:day_seq`, where `day_seq` is the event
that opened the day, so that an engine time that jumps back never overwrites another day. An account reset begins a
day of its own, as its totals begin at zero. `scope_key` is `user:scope`.

`currency` is the account's reporting currency, or the bot's quote currency; `equity`, `unit_value` and `units` are
measured in it at the recorded marks. `funded` is net funding by currency (of a bot: its capital). `books` holds per
quote currency `realized` (gross of `fees`), `fees`, `volume`, `fills`, `trades`, `wins`, `losses`, `gross_profit` and
`gross_loss`, all since the start or the last reset.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from core.domain import events as ev
from core.domain.account import Account
from core.domain.book import Book
from core.domain.codec import iso
from core.domain.journal import Event
from core.domain.money import exact, plain
from core.ports import Document
from core.services.appended import Appended

USER_SCOPE = "user"

_OF_ONE_BOT = (
    ev.BotCreated
    | ev.BotStopped
    | ev.Allocated
    | ev.Released
    | ev.OrderExecuted
    | ev.OrderAccepted
    | ev.OrderFilled
    | ev.OrderCanceled
    | ev.OrderExpired
)


class Measured(NamedTuple):
    """A scope's equity and unit value after the event `seq`, at its engine time."""

    seq: int
    ts: datetime
    equity: Decimal
    unit_value: Decimal


def day_key(state: Account) -> int:
    """The event that opened the present day: the first of the engine day, or a reset of the account on it."""
    return max(state.day_seq, state.reset_seq)


def moves_equity(fact: ev.Payload) -> bool:
    """Whether the account's equity was recorded with an event: it has prices, or brought money in."""
    return getattr(fact, "marks", None) is not None or isinstance(fact, ev.Funded | ev.AccountReset)


def scope_key(user_id: str, scope: str = USER_SCOPE) -> str:
    """What the rollups of a scope are listed by."""
    return f"{user_id}:{scope}"


def touched_scopes(appended: Appended) -> list[str]:
    """Scopes whose figures an event may change: the user's where money or marks moved, and those of its bots."""
    fact = appended.event.payload
    scopes = [USER_SCOPE] if moves_equity(fact) or appended.trade is not None else []
    if isinstance(fact, _OF_ONE_BOT):
        scopes.append(fact.bot_id)
    elif isinstance(fact, ev.Reinvested):
        scopes += [leg.bot_id for leg in fact.legs]
    return scopes


def measure(state: Account, scope: str, event: Event) -> Measured:
    """What later events change without touching the scope, as it is after this one."""
    with exact():
        if scope == USER_SCOPE:
            return Measured(event.seq, event.ts, state.equity(state.marks), state.track.last)
        bot = state.bots[scope]
        return Measured(event.seq, event.ts, bot.equity(state.marks), bot.track.last)


def rollup(state: Account, scope: str, measured: Measured) -> Document:
    """A scope's document of the present day, with what was measured after the event that touched it last."""
    user, day_seq = state.user_id, day_key(state)
    if scope == USER_SCOPE:
        currency, track, funded, books = state.reporting, state.track, state.funded, state.books
    else:
        bot = state.bots[scope]
        currency, track, funded, books = bot.quote, bot.track, {bot.quote: bot.capital}, {bot.quote: bot.book}
    return {
        "_id": f"{user}:{scope}:{day_seq}",
        "user_id": user,
        "seq": measured.seq,
        "scope": scope,
        "scope_key": scope_key(user, scope),
        "day": state.day.isoformat() if state.day else "",
        "day_seq": day_seq,
        "ts": iso(measured.ts),
        "currency": currency,
        "equity": plain(measured.equity),
        "unit_value": plain(measured.unit_value),
        "units": plain(track.units),
        "funded": {name: plain(amount) for name, amount in funded.items()},
        "books": {name: _book(book) for name, book in books.items()},
    }


def _book(book: Book) -> Document:
    return {
        "realized": plain(book.realized),
        "fees": plain(book.fees),
        "volume": plain(book.volume),
        "fills": book.fills,
        "trades": book.trades,
        "wins": book.wins,
        "losses": book.losses,
        "gross_profit": plain(book.gross_profit),
        "gross_loss": plain(book.gross_loss),
    }
