"""The documents that follow from an event: pure, so that verification and rebuilds compare with the same thing.

`documents(appended)` gives all of them for one event. A later document of the same collection and `_id` replaces an
earlier one; those of `IMMUTABLE` collections are written once. Every document carries the `user_id` and the `seq` it
follows from.

* `fills_ledger`: one per fill. `trades`: one per closed trade. `equity_points`: the user's equity at each event that
  recorded prices or moved money.
* `equity_hours`: the last of those points of each hour of engine time. `daily_rollups`: see core/services/rollups.py.
* `bots`: each bot as it is now. `pending_orders`: each order as it is now, `open` while it rests, by `order_id` and
  by `client_order_id`. `circuit_breaker_state`: what was last recorded of each scope (`user`, or a bot's id).
  `circuit_breaker_history`: one per trip and per reset.
"""

from collections.abc import Iterable

from core.domain import events as ev
from core.domain.account import Account
from core.domain.bot_state import Bot
from core.domain.codec import encode, iso
from core.domain.money import exact, plain
from core.domain.order_status import FINAL, Trigger, after
from core.domain.valuation import effective_status
from core.ports import Document, Put
from core.services.appended import Appended
from core.services.rollups import USER_SCOPE, Measured, day_key, measure, moves_equity, rollup, touched_scopes

VERSION = 3
"""Rises when the same event gives other documents: then each user's are written anew from the first event."""

IMMUTABLE = frozenset({"fills_ledger", "trades", "equity_points", "circuit_breaker_history"})

USER_INDEXES = {
    "fills_ledger": "user_time",
    "trades": "user_time",
    "equity_points": "user_seq",
    "equity_hours": "user_seq",
    "daily_rollups": "user_day",
    "bots": "user",
    "pending_orders": "open",
    "circuit_breaker_state": "user",
    "circuit_breaker_history": "user_seq",
}
"""All collections written here, with the index that lists a user's documents."""

_HOUR_CHARS = len("2026-01-05T12")
_ALL_BOTS = (ev.TradingHalted, ev.TradingResumed, ev.BreakerTripped, ev.BreakerReset, ev.AccountReset)


def documents(appended: Appended) -> list[Put]:
    """Everything that follows from one event, given the state right after it."""
    event, state = appended.event, appended.state
    puts = [bot_put(state, bot_id, event.seq) for bot_id in touched_bots(appended)]
    puts += [rollup_put(state, scope, measure(state, scope, event)) for scope in touched_scopes(appended)]
    return puts + event_documents(appended)


def event_documents(appended: Appended) -> list[Put]:
    """What an event itself says; the rest of `documents` says how bots and days are after it."""
    event = appended.event
    stamp: Document = {"user_id": event.user_id, "seq": event.seq}
    puts = [Put("fills_ledger", document | stamp) for document in _fills(appended)]
    puts += [Put("pending_orders", document | stamp) for document in _orders(appended)]
    puts += [Put("circuit_breaker_state", document | stamp) for document in _breakers(appended)]
    puts += [Put("circuit_breaker_history", document | stamp) for document in _breaker_changes(appended)]
    if appended.trade is not None:
        puts.append(Put("trades", encode(appended.trade) | {"_id": appended.trade.order_id} | stamp))
    if moves_equity(event.payload):
        puts += _equity(appended, stamp)
    return puts


def touched_bots(appended: Appended) -> list[str]:
    """Bots whose documents an event may change."""
    fact = appended.event.payload
    bot_id: str | None = getattr(fact, "bot_id", None)
    if bot_id is not None:
        return [bot_id]
    if isinstance(fact, ev.Reinvested):
        return [leg.bot_id for leg in fact.legs]
    return list(appended.state.bots) if isinstance(fact, _ALL_BOTS) else []


def bot_put(state: Account, bot_id: str, seq: int) -> Put:
    """A bot as it is now; the event `seq` was the last that touched it."""
    return Put("bots", _bot(state.bots[bot_id], state.halted) | {"user_id": state.user_id, "seq": seq})


def rollup_put(state: Account, scope: str, measured: Measured) -> Put:
    """A scope's present day, as it was measured after the event that touched it last."""
    return Put("daily_rollups", rollup(state, scope, measured))


def _bot(bot: Bot, halted: bool) -> Document:  # noqa: FBT001 - the one flag of an account
    return {
        "_id": bot.bot_id,
        "name": bot.name,
        "name_key": bot.name.casefold(),
        "status": effective_status(bot, halted=halted),
        "symbol": bot.symbol,
        "strategy": bot.strategy,
        "cash": plain(bot.cash),
        "realized_pnl": plain(bot.book.realized),
        "fees": plain(bot.book.fees),
        "written_off": bot.written_off,
    }


def _fills(appended: Appended) -> Iterable[Document]:
    event, fact = appended.event, appended.event.payload
    if isinstance(fact, ev.OrderExecuted | ev.OrderAccepted):
        symbol, side, prefix = fact.symbol, fact.side, fact.order_id
    elif isinstance(fact, ev.OrderFilled):
        _, order = appended.orders[0]
        # An order that rests fills more than once.
        symbol, side, prefix = order.symbol, order.side, f"{fact.order_id}:{event.seq}"
    else:
        return
    for number, fill in enumerate(fact.fills, start=1):
        yield encode(fill) | {
            "_id": f"{prefix}:{number}",
            "bot_id": fact.bot_id,
            "order_id": fact.order_id,
            "symbol": symbol,
            "side": side.value,
            "ts": iso(event.ts),
        }


def _orders(appended: Appended) -> Iterable[Document]:
    fact, ts = appended.event.payload, iso(appended.event.ts)
    if isinstance(fact, ev.OrderExecuted):
        yield {
            "_id": fact.order_id,
            "order_id": fact.order_id,
            "client_order_id": fact.client_order_id,
            "bot_id": fact.bot_id,
            "symbol": fact.symbol,
            "side": fact.side.value,
            "status": fact.status.value,
            "open": False,
            "quantity": plain(fact.quantity),
            "filled": plain(fact.filled_qty),
            "ts": ts,
        }
    for bot_id, order in appended.orders:
        # A reset of the account ends what rests without another word.
        status = after(order.status, Trigger.CANCEL) if isinstance(fact, ev.AccountReset) else order.status
        is_open = status not in FINAL
        yield {
            "_id": order.order_id,
            "order_id": order.order_id,
            "client_order_id": order.client_order_id,
            "bot_id": bot_id,
            "symbol": order.symbol,
            "side": order.side.value,
            "status": status.value,
            "open": is_open,
            "quantity": plain(order.quantity),
            "filled": plain(order.filled),
            "limit_price": None if order.limit_price is None else plain(order.limit_price),
            "reserved": plain(order.reserved) if is_open else "0",
            "ts": ts,
        }


def _breakers(appended: Appended) -> Iterable[Document]:
    event, fact = appended.event, appended.event.payload
    scopes: list[str] = []
    what: Document = {"open": False}
    if isinstance(fact, ev.BreakerTripped):
        scopes, what = [fact.bot_id or USER_SCOPE], {"open": True} | encode(fact)
    elif isinstance(fact, ev.BreakerReset):
        scopes, what = [fact.bot_id or USER_SCOPE], {"open": False, "actor": fact.actor, "reason": fact.reason}
    elif isinstance(fact, ev.AccountReset):
        scopes = [USER_SCOPE, *appended.state.bots]
    for scope in scopes:
        yield what | {"_id": f"{event.user_id}:{scope}", "scope": scope, "ts": iso(event.ts)}


def _breaker_changes(appended: Appended) -> Iterable[Document]:
    event, fact = appended.event, appended.event.payload
    if isinstance(fact, ev.BreakerTripped | ev.BreakerReset):
        # What everything was worth at a reset is in the journal.
        what = {name: value for name, value in encode(fact).items() if name != "marks"}
        change = "tripped" if isinstance(fact, ev.BreakerTripped) else "reset"
        yield what | {"_id": f"{event.user_id}:{event.seq}", "change": change, "ts": iso(event.ts)}


def _equity(appended: Appended, stamp: Document) -> list[Put]:
    event, state = appended.event, appended.state
    with exact():
        equity = plain(state.equity(state.marks))
    point = {"ts": iso(event.ts), "equity": equity} | stamp
    hour = f"{event.user_id}:{day_key(state)}:{iso(event.ts)[:_HOUR_CHARS]}"
    return [
        Put("equity_points", point | {"_id": f"{event.user_id}:{event.seq}"}),
        Put("equity_hours", point | {"_id": hour}),
    ]
