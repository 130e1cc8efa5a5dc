"""The same fills through beancount and accfifo, in the same run: what they realize must be what the ledger realizes.

beancount books double entries with its FIFO method: lots, cash and fees, no chain and no figures. accfifo matches
lots in memory and knows neither fees nor cash.
"""

import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from typing import TypeVar

from accfifo import FIFO, Entry

from bench.made_journal import CAPITAL, USER, JournalMaker
from bench.table import Table, micros, rate
from core.domain import events as ev
from core.domain.account import Account
from core.domain.evolve import fold
from core.domain.journal import START, Event, verified
from core.domain.order import Side
from tests.oracles.beancount_fifo import BeancountJournal

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it gives, and its CPU seconds."""
    gc.collect()
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def against_peers(fills: int) -> list[Table]:
    """Few lots in ten books, then many in one; beancount's cost grows with the lots of a book."""
    few, many = JournalMaker(10), JournalMaker(1, patience=fills // 2)
    usual = chain([few.opening()], few.orders(fills))
    deep = chain([many.opening()], many.gathering(fills // 2), many.orders(fills // 2))
    return [_compare("ten books with some 40 open lots each", usual), _compare("one book that gathers lots", deep)]


def _compare(title: str, pieces: Iterable[list[bytes]]) -> Table:
    documents = [json.loads(text) for text in chain.from_iterable(pieces)]
    events = list(verified(START, documents))
    state, whole = timed(lambda: fold(Account(USER), verified(START, documents)))
    _, folding = timed(lambda: fold(Account(USER), events))
    journal, entries = _for_beancount(events), _for_accfifo(events)
    _, matching = timed(journal.match)
    queues, queueing = timed(lambda: {bot_id: FIFO(own) for bot_id, own in entries.items()})
    booked = journal.book()
    for bot_id, bot in state.bots.items():
        lots = sum((lot.quantity for queue in bot.positions.values() for lot in queue.lots), Decimal(0))
        ours = bot.book.realized, lots
        theirs = booked[bot_id].realized, sum((q for own in booked[bot_id].lots.values() for q, _ in own), Decimal(0))
        if not ours == theirs == (-queues[bot_id].profit_and_loss, queues[bot_id].stock):
            raise ValueError(f"The peers disagree about {bot_id}: {ours}, {theirs}, {queues[bot_id].profit_and_loss}.")
    fills = state.book("USDT").fills
    lots = sum(len(queue.lots) for bot in state.bots.values() for queue in bot.positions.values())
    table = Table(f"{fills:,} fills against peers: {title}", ("", "fills", "per fill", "of ours"))
    for name, seconds in {
        "verified fold from documents": whole,
        "  of that the fold: lots, fees, cash, figures": folding,
        "beancount: FIFO booking": matching,
        "accfifo: FIFO matching only": queueing,
    }.items():
        table.add(name, rate(fills, seconds), micros(seconds / fills), f"{whole / seconds:.3f}")
    table.note(f"{lots:,} lots are open at the end; all three realized the same, to the last digit")
    return table


def _orders(events: Iterable[Event]) -> Iterable[tuple[Event, ev.OrderExecuted]]:
    return ((event, event.payload) for event in events if isinstance(event.payload, ev.OrderExecuted))


def _for_beancount(events: list[Event]) -> BeancountJournal:
    journal = BeancountJournal()
    for event in events:
        if isinstance(event.payload, ev.BotCreated):
            journal.fund(event.payload.bot_id, CAPITAL, "USDT", event.ts)
    for event, order in _orders(events):
        journal.follow(order, event.ts)
    return journal


def _for_accfifo(events: list[Event]) -> dict[str, list[Entry]]:
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for _, order in _orders(events):
        sign = 1 if order.side is Side.BUY else -1
        entries[order.bot_id] += [Entry(sign * fill.quantity, fill.price) for fill in order.fills]
    return entries
