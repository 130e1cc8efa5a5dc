"""The ledger's benchmark measures what is real: a sound journal, every goal, peers that agree (never how fast)."""

import json

import pytest

from bench.ledger import Sizes, run
from bench.made_journal import USER, JournalMaker
from core.domain.account import Account
from core.domain.evolve import fold
from core.domain.integrity import Audit
from core.domain.journal import START, verified

SMALL = Sizes(fills=600, deep_lots=200, peer_fills=200, summaries=3)


def _documents(maker: JournalMaker, fills: int) -> list[dict[str, object]]:
    pieces = [maker.opening(), *maker.orders(fills)]
    return [json.loads(text) for piece in pieces for text in piece]


async def test_a_small_run_fills_every_table_with_its_goals():
    tables = await run(SMALL)  # raises when a peer disagrees or the made journal is not sound
    assert all(table.rows for table in tables)
    text = "\n".join(map(str, tables))
    for part in ("fills an event", "beancount", "accfifo", "at least half", "150,000/s", "5 ms", "25 ms", "200 bots"):
        assert part in text


def test_a_made_journal_passes_every_check_that_needs_no_store():
    maker = JournalMaker(5)
    audit = Audit(USER)
    audit.feed_all(_documents(maker, 400))
    result = audit.finish()
    assert result.ok
    assert result.state is not None
    assert result.state.books["USDT"].fills == maker.fills >= 400
    assert result.state.books["USDT"].trades > 0


def test_a_made_journal_is_the_same_for_the_same_seed_only():
    once, again, other = (_documents(JournalMaker(3, seed=seed), 50) for seed in (7, 7, 8))
    assert once == again != other


@pytest.mark.parametrize("lots", [10, 150])
def test_a_gathering_bot_has_as_many_open_lots_as_asked_for(lots: int):
    maker = JournalMaker(1, patience=lots)
    texts = [*maker.opening(), *(text for piece in maker.gathering(lots) for text in piece)]
    state = fold(Account(USER), verified(START, map(json.loads, texts)))
    queue = state.bots["bot-0000"].positions["BTC/USDT"]
    assert lots <= len(queue.lots) < lots + 7
