"""Daily rollups: cumulative figures of a scope at the last event of each engine day; periods are their differences.

One document per scope (`user`, or a bot's id) and day: `_id` is `user:scope:day_seq`, where `day_seq` is the event
that opened the day, so that an engine time that jumps back never overwrites another day. An account reset begins a
day of its own, as its totals begin at zero. `scope_key` is `user:scope`.

`currency` is the account's reporting currency, or the bot's quote currency; `equity`, `unit_value` and `units` are
measured in it at the recorded marks. `funded` is net funding by currency (of a bot: its capital). `books` holds per
quote currency `realized` (gross of `fees`), `fees`, `volume`, `fills`, `trades`, `wins`, `losses`, `gross_profit` and
`gross_loss`, all since the start or the last reset.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from core.domain import events as ev
from core.domain.account import Account
from core.domain.book import Book
from core.domain.bot_state import Bot
from core.domain.codec import iso
from core.domain.money import exact, plain
from core.domain.track import UnitTrack
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


def day_key(state: Account) -> int:
    """The event that opened the present day: the first of the engine day, or a reset of the account on it."""
    return max(state.day_seq, state.reset_seq)


def moves_equity(fact: ev.Payload) -> bool:
    """Whether the account's equity was recorded with an event: it has prices, or brought money in."""
    return getattr(fact, "marks", None) is not None or isinstance(fact, ev.Funded | ev.AccountReset)


def scope_key(user_id: str, scope: str = USER_SCOPE) -> str:
    """What the rollups of a scope are listed by."""
    return f"{user_id}:{scope}"


def rollups(appended: Appended) -> Iterable[Document]:
    """The scopes an event touched, as they are now: the user's where money or marks moved, and those of its bots."""
    state, fact = appended.state, appended.event.payload
    with exact():
        if moves_equity(fact) or appended.trade is not None:
            equity = state.equity(state.marks)
            yield _rollup(appended, USER_SCOPE, state.reporting, equity, state.track, state.funded, state.books)
        for bot in _bots(state, fact):
            capital, books = {bot.quote: bot.capital}, {bot.quote: bot.book}
            yield _rollup(appended, bot.bot_id, bot.quote, bot.equity(state.marks), bot.track, capital, books)


def _bots(state: Account, fact: ev.Payload) -> list[Bot]:
    if isinstance(fact, ev.Reinvested):
        return [state.bots[leg.bot_id] for leg in fact.legs]
    return [state.bots[fact.bot_id]] if isinstance(fact, _OF_ONE_BOT) else []


def _rollup(
    appended: Appended,
    scope: str,
    currency: str,
    equity: Decimal,
    track: UnitTrack,
    funded: Mapping[str, Decimal],
    books: Mapping[str, Book],
) -> Document:
    event, state = appended.event, appended.state
    user, day_seq = event.user_id, day_key(state)
    return {
        "_id": f"{user}:{scope}:{day_seq}",
        "scope": scope,
        "scope_key": scope_key(user, scope),
        "day": state.day.isoformat() if state.day else "",
        "day_seq": day_seq,
        "ts": iso(event.ts),
        "currency": currency,
        "equity": plain(equity),
        "unit_value": plain(track.last),
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
