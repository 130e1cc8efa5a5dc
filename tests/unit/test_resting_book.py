"""Resting orders as the engine watches them: who is met by a state, in what order, after what queue (pipeline.md)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain import commands as cmd
from core.domain.account import Account
from core.domain.evolve import fold
from core.domain.market import Level, MarketState
from core.domain.order import TimeInForce
from core.services.resting_book import RestingBook
from tests.builders import BTC, USER, Chain, asking, at, dec, entry, funded, leave, market

MANUAL = "manual"
OTHER = "another user"
SYMBOL = BTC.symbol


def _chain() -> Chain:
    chain = Chain()
    chain.add(funded("100000"))
    chain.run(cmd.OpenManualBot(MANUAL, SYMBOL, "ann"))
    chain.run(cmd.StartBot(MANUAL, "scripted", "ann"))
    return chain


def _rest(chain: Chain, key: str, limit: str, secs: float = 0, **terms: Any) -> None:  # noqa: ANN401 - fields of OrderRequest
    book = replace(market("49999", "50001", at(secs)), bids=(Level(dec(49_999), dec(3)), Level(dec(48_000), dec(2))))
    order = asking(entry(book, bot_id=MANUAL, key=key), limit_price=dec(limit), time_in_force=TimeInForce.GTC, **terms)
    assert chain.run(order, at(secs)).denied is None


def _watching(*chains: Chain) -> RestingBook:
    book = RestingBook(BTC.lot_size)
    for number, chain in enumerate(chains):
        _sync(book, chain, (USER, OTHER)[number])
    return book


def _sync(book: RestingBook, chain: Chain, user_id: str = USER) -> None:
    book.sync(user_id, chain.state.bots[MANUAL], SYMBOL)


def _trades(secs: float, *trades: tuple[str, str]) -> MarketState:
    return replace(
        market("47000", "47002", at(secs)), trades=tuple(Level(dec(price), dec(quantity)) for price, quantity in trades)
    )


def _reached(book: RestingBook, state: MarketState) -> list[str]:
    return [watched.order.order_id for orders in book.reached(state).values() for watched in orders]


def _queue(book: RestingBook, state: MarketState) -> Decimal | None:
    ((watched,),) = book.reached(state).values()
    return watched.queue_ahead


def test_an_order_is_not_met_by_the_state_that_accepted_it():
    chain = _chain()
    _rest(chain, "a", "48500", 5)
    book = _watching(chain)
    assert _reached(book, _trades(5, ("48000", "9"))) == []
    assert _reached(book, _trades(5.001, ("48000", "9"))) == ["order-a"]


def test_only_orders_that_the_trades_reach_are_met():
    chain = _chain()
    _rest(chain, "high", "49500")
    _rest(chain, "low", "48500")
    book = _watching(chain)
    assert _reached(book, _trades(1)) == []
    assert _reached(book, _trades(1, ("49600", "9"))) == []
    assert _reached(book, _trades(1, ("49400", "9"))) == ["order-high"]
    assert _reached(book, _trades(1, ("48400", "9"))) == ["order-high", "order-low"]


def test_the_best_price_comes_first_and_then_the_oldest():
    chain = _chain()
    for number, limit in enumerate(("48500", "49500", "48500", "49500")):
        _rest(chain, str(number), limit, number)
    assert _reached(_watching(chain), _trades(9, ("40000", "9"))) == ["order-1", "order-3", "order-0", "order-2"]


def test_the_orders_of_each_user_are_told_apart():
    mine, theirs = _chain(), _chain()
    _rest(mine, "mine", "48500")
    _rest(theirs, "theirs", "49500")
    theirs.state.bots[MANUAL].bot_id = "their manual"
    book = RestingBook(BTC.lot_size)
    book.sync(USER, mine.state.bots[MANUAL], SYMBOL)
    book.sync(OTHER, theirs.state.bots[MANUAL], SYMBOL)
    met = book.reached(_trades(9, ("40000", "9")))
    assert {user: [w.order.order_id for w in orders] for user, orders in met.items()} == {
        USER: ["order-mine"],
        OTHER: ["order-theirs"],
    }


def test_the_queue_that_has_traded_is_remembered_until_the_order_fills():
    """Two units stand before it at 48,000."""
    chain = _chain()
    _rest(chain, "a", "48000")
    book = _watching(chain)
    assert _reached(book, _trades(1, ("48000", "1.5"))) == []
    _sync(book, chain)
    assert _reached(book, _trades(2, ("48000", "0.4"))) == []
    assert _queue(book, _trades(3, ("48000", "0.2"))) == dec("0.1")


def test_after_a_restart_the_recorded_queue_counts_which_is_never_shorter():
    chain = _chain()
    _rest(chain, "a", "48000")
    book = _watching(chain)
    assert _reached(book, _trades(1, ("48000", "1.9"))) == []
    restarted = RestingBook(BTC.lot_size)
    refolded = fold(Account(USER), chain.events())
    restarted.sync(USER, refolded.bots[MANUAL], SYMBOL)
    assert _reached(restarted, _trades(2, ("48000", "1.9"))) == []
    assert _reached(book, _trades(2, ("48000", "1.9"))) == ["order-a"]


def test_what_has_filled_in_part_goes_on_with_the_queue_of_its_fill():
    chain = _chain()
    _rest(chain, "a", "48000")
    book = _watching(chain)
    state = _trades(1, ("48000", "2.004"))
    ((watched,),) = book.reached(state).values()
    chain.run(cmd.FillResting(MANUAL, "order-a", state, BTC, watched.queue_ahead, 0), at(1))
    _sync(book, chain)
    assert _queue(book, _trades(2, ("48000", "0.001"))) == 0


def test_an_order_that_ended_is_watched_no_more():
    chain = _chain()
    _rest(chain, "a", "48500")
    _rest(chain, "b", "48500")
    book = _watching(chain)
    chain.run(cmd.CancelOrder("order-a", "ann", ""))
    _sync(book, chain)
    assert _reached(book, _trades(1, ("40000", "9"))) == ["order-b"]
    chain.run(cmd.HaltTrading("ann", "stop"))
    _sync(book, chain)
    assert _reached(book, _trades(2, ("40000", "9"))) == []


def test_orders_in_another_symbol_are_not_its_business():
    chain = _chain()
    _rest(chain, "a", "48500")
    book = RestingBook(BTC.lot_size)
    book.sync(USER, chain.state.bots[MANUAL], "ETH/USDT")
    assert _reached(book, _trades(1, ("40000", "9"))) == []


def test_an_order_expires_at_its_time_whether_or_not_anything_trades():
    chain = _chain()
    _rest(chain, "a", "48500", good_for_secs=60)
    _rest(chain, "b", "48500")
    book = _watching(chain)
    assert book.expired(_trades(59.999)) == []
    assert [watched.order.order_id for watched in book.expired(_trades(60))] == ["order-a"]


def test_an_exit_that_waits_for_a_price_is_met_by_the_first_state():
    chain = _chain()
    chain.run(entry(market("49999", "50001"), bot_id=MANUAL))
    chain.run(leave(None, bot_id=MANUAL))
    book = _watching(chain)
    assert _reached(book, _trades(0)) == []
    assert _reached(book, _trades(1)) == ["order-exit"]
