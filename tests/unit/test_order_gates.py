"""The pipeline's table, cell by cell: what stops an entry, and that none of it stops an exit (spec/pipeline.md)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.commands import PauseBot, SetCooldown, StopBot, SubmitOrder
from core.domain.decision import Decision
from core.domain.gates.verdict import Denied, Gate
from core.domain.market import CorruptMarketData, MarketState
from core.domain.order import ExitReason, Side, TimeInForce
from core.domain.order_attempt import request_digest
from core.domain.order_status import OrderStatus
from core.domain.rules import TradingRules
from tests.builders import BOT, T0, Chain, asking, at, bot_created, dec, entry, executed, leave, market, running

BOOK = market("49999", "50001")
NOW = at(5)
MIDNIGHT = datetime.fromisoformat("2026-01-06T00:00:00Z")


def _nothing(_: Chain) -> None:
    pass


def _event(payload: ev.Payload) -> Callable[[Chain], None]:
    return lambda chain: chain.add(payload) and None


@dataclass(frozen=True)
class Row:
    """One obstacle: how it comes about, what an entry meets, and what an exit meets (None: it passes, or `waits`)."""

    entry: tuple[Gate, str] | None
    exit: tuple[Gate, str] | None = None
    waits: bool = False
    trips: bool = False
    before: Callable[[Chain], None] = _nothing
    rules: TradingRules = field(default_factory=TradingRules)
    order: Callable[[SubmitOrder], SubmitOrder] = lambda command: command
    figures: tuple[str | None, str | None, datetime | None] = (None, None, None)  # limit, value, clears_at


def _quantity(quantity: str) -> Callable[[SubmitOrder], SubmitOrder]:
    return lambda command: replace(command, request=replace(command.request, quantity=Decimal(quantity)))


def _edge(bps: str | None) -> Callable[[SubmitOrder], SubmitOrder]:
    edge = None if bps is None else Decimal(bps)
    return lambda command: replace(command, request=replace(command.request, take_profit_bps=edge))


def _epoch(epoch: int) -> Callable[[SubmitOrder], SubmitOrder]:
    return lambda command: replace(command, request=replace(command.request, writer_epoch=epoch))


def _tripped(bot_id: str | None) -> Callable[[Chain], None]:
    return _event(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.3"), dec("0.2"), bot_id=bot_id))


def _held_elsewhere(chain: Chain) -> None:
    """Another bot of this person bought the same pair on another market."""
    other = "33333333-3333-4333-8333-333333333333"
    chain.add(bot_created(name="B", bot_id=other))
    chain.add(ev.BotStarted(other, 1, "replay:old", "test"))
    chain.add(executed(Side.BUY, [("0.001", "30000", "0")], mark="30000", bot_id=other))


def _entry_rests(chain: Chain) -> None:
    order = asking(entry(BOOK, "0.001", key="resting"), limit_price=dec(40_000), time_in_force=TimeInForce.GTC)
    chain.run(order)


def _five_losses(chain: Chain) -> None:
    """A metric has reached its limit, and nothing has said so yet."""
    for number in range(5):
        chain.add(executed(Side.BUY, [("0.0001", "50000", "0")], mark="50000", order_id=f"in {number}"))
        chain.add(executed(Side.SELL, [("0.0001", "49999", "0")], mark="50000", order_id=f"out {number}"))


LIMITER, BREAKER, PRICE, LIFE = Gate.TRADE_LIMITER, Gate.CIRCUIT_BREAKER, Gate.PRICE, Gate.LIFE_CYCLE
TABLE: dict[str, Row] = {
    "nothing in the way": Row(None),
    "halted by the user": Row((Gate.MODE, "halted"), before=_event(ev.TradingHalted("test", ""))),
    "halted for everybody": Row(
        (Gate.MODE, "halted"), before=_event(ev.TradingHalted("root", "", ev.HaltScope.SYSTEM))
    ),
    "halted for everybody, not in this journal yet": Row(
        (Gate.MODE, "halted"), order=lambda command: replace(command, system_halted=True)
    ),
    "edge not stated": Row((Gate.FEE_COVERAGE, "edge_not_stated"), order=_edge(None)),
    "edge below cost": Row((Gate.FEE_COVERAGE, "edge_below_cost"), order=_edge("45.3"), figures=("45.4", "45.3", None)),
    "bot's daily limit": Row(
        (LIMITER, "daily_limit"), rules=TradingRules(max_trades_per_bot_daily=2), figures=("2", "2", MIDNIGHT)
    ),
    "user's daily limit": Row(
        (LIMITER, "daily_limit"), rules=TradingRules(max_trades_per_user_daily=2), figures=("2", "2", MIDNIGHT)
    ),
    "burst": Row((LIMITER, "burst_limit"), rules=TradingRules(burst_limit_orders=1), figures=("1", "1", at(10))),
    "cooldown": Row(
        (LIMITER, "cooldown"),
        before=lambda chain: chain.run(SetCooldown(BOT, 5, "test")) and None,
        figures=("5", "0", at(300)),
    ),
    "an entry works already": Row((LIMITER, "entry_working"), before=_entry_rests, figures=("1", "1", None)),
    "a position is open": Row(
        (LIMITER, "position_open"),
        before=lambda chain: chain.add(executed(Side.BUY, [("0.002", "50000", "0")], mark="50000")) and None,
        figures=("1", "0.002", None),
    ),
    "below minimum notional": Row(
        (LIMITER, "below_minimum_notional"), order=_quantity("0.00009"), figures=("5", "4.50009", None)
    ),
    "below one lot": Row(
        (LIMITER, "below_minimum_notional"),
        (LIMITER, "below_lot_size"),
        order=_quantity("0.000009"),
        figures=("5", "0", None),
    ),
    "more than the cash": Row(
        # 0.02 at 50,001 is 1,000.02, and the fee is 10 bps of it.
        (LIMITER, "not_enough_cash"),
        order=_quantity("0.02"),
        figures=("1000", "1001.02002", None),
    ),
    "bot's breaker open": Row((BREAKER, "circuit_tripped"), before=_tripped(BOT), figures=(None, "drawdown", None)),
    "user's breaker open": Row((BREAKER, "circuit_tripped"), before=_tripped(None), figures=(None, "drawdown", None)),
    "bot's breaker is due": Row(
        (BREAKER, "circuit_tripped"),
        before=_five_losses,
        rules=TradingRules(burst_limit_orders=99),
        figures=("5", "5", None),
        trips=True,
    ),
    "no price": Row((PRICE, "no_price"), waits=True, order=lambda command: replace(command, market=None)),
    "stale price": Row((PRICE, "no_price"), waits=True, rules=TradingRules(mark_stale_secs=4)),
    "price of another source": Row(
        (PRICE, "other_source"),
        waits=True,
        order=lambda command: replace(command, market=market("49999", "50001", source="live:binance")),
    ),
    "held from another market by another bot": Row((PRICE, "other_source"), before=_held_elsewhere),
    "paused": Row((LIFE, "bot_not_running"), before=lambda chain: chain.run(PauseBot(BOT, "test", "")) and None),
    "stopped": Row((LIFE, "bot_not_running"), before=lambda chain: chain.run(StopBot(BOT, "test", "")) and None),
    "writer was replaced": Row(
        (Gate.OWNERSHIP, "ownership_lost"),
        (Gate.OWNERSHIP, "ownership_lost"),
        before=lambda chain: chain.add(ev.OwnershipTaken("other"), epoch=8) and None,
        order=_epoch(7),
    ),
    "writer is the owner": Row(
        None, before=lambda chain: chain.add(ev.OwnershipTaken("me"), epoch=8) and None, order=_epoch(8)
    ),
    "quantity zero": Row((LIMITER, "bad_quantity"), (LIMITER, "bad_quantity"), order=_quantity("0")),
    "quantity negative": Row((LIMITER, "bad_quantity"), (LIMITER, "bad_quantity"), order=_quantity("-1")),
    "quantity NaN": Row((LIMITER, "bad_quantity"), (LIMITER, "bad_quantity"), order=_quantity("NaN")),
    "quantity infinite": Row((LIMITER, "bad_quantity"), (LIMITER, "bad_quantity"), order=_quantity("Infinity")),
    "price of another symbol": Row(
        (PRICE, "other_symbol"),
        (PRICE, "other_symbol"),
        order=lambda command: replace(command, market=market("2999", "3001", symbol="ETH/USDT")),
    ),
}
ROWS = pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())


def _two_orders(*, holding: bool) -> Chain:
    """Two orders and one entry today, at no gain or loss; a position of 0.01 is left when `holding`."""
    chain = running()
    chain.add(executed(Side.BUY, [("0.015", "50000", "0")], mark="50000", order_id="b"))
    chain.add(executed(Side.SELL, [("0.005" if holding else "0.015", "50000", "0")], mark="50000", order_id="s"))
    return chain


def _submit(chain: Chain, row: Row, command: SubmitOrder) -> Decision:
    row.before(chain)
    return chain.decide(row.order(command), NOW, row.rules)


@ROWS
def test_an_entry_meets_the_gate_of_its_row(row: Row):
    decision = _submit(_two_orders(holding=False), row, entry(BOOK))
    if row.entry is None:
        assert decision.denied is None
        assert isinstance(decision.payload, ev.OrderExecuted)
        assert decision.payload.gates_passed == ("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker")
        assert decision.payload.cost is not None
        return
    assert isinstance(decision.payload, ev.BreakerTripped) if row.trips else decision.payload is None
    assert isinstance(decision.denied, Denied)
    assert (decision.denied.gate, decision.denied.code) == row.entry
    assert decision.denied.message
    assert (decision.denied.limit, decision.denied.value, decision.denied.clears_at) == row.figures


@ROWS
def test_an_exit_waits_for_a_price_and_is_stopped_by_nothing_else(row: Row):
    chain = _two_orders(holding=True)
    decision = _submit(chain, row, leave(BOOK, "0.005"))
    if row.exit is not None:
        assert decision.payload is None
        assert decision.denied is not None
        assert (decision.denied.gate, decision.denied.code) == row.exit
        return
    assert decision.denied is None
    if row.waits:
        assert isinstance(decision.payload, ev.OrderAccepted)
        waiting = (decision.payload.limit_price, decision.payload.market, decision.payload.fills)
        assert waiting == (None, None, ())
        assert decision.payload.reserved == decision.payload.quantity == dec("0.005")
        chain.add(decision.payload, NOW)
        assert set(chain.state.working) == {decision.payload.order_id}
        return
    assert isinstance(decision.payload, ev.OrderExecuted)
    assert decision.payload.status is OrderStatus.FILLED
    counted, bots = chain.state.orders_today, chain.state.bots[BOT].orders_today
    chain.add(decision.payload, NOW)
    assert (chain.state.orders_today, chain.state.bots[BOT].orders_today) == (counted + 1, bots + 1)


ALL_AT_ONCE = TradingRules(
    max_trades_per_bot_daily=1,
    max_trades_per_user_daily=1,
    burst_limit_orders=1,
    max_consecutive_losses=1,
    min_edge_bps=dec(9_000),
)


@pytest.mark.parametrize("reason", ExitReason)
def test_no_exit_is_blocked_by_all_of_it_together(reason: ExitReason):
    """Daily limits, burst, cooldown, fee coverage, both breakers, both halts: a stop-loss sells all the same."""
    chain = _two_orders(holding=True)
    chain.run(SetCooldown(BOT, 120, "test"))
    for bot_id in (BOT, None):
        chain.add(ev.BreakerTripped(ev.Metric.DRAWDOWN, dec("0.3"), dec("0.2"), bot_id=bot_id))
    for scope in ev.HaltScope:
        chain.add(ev.TradingHalted("test", "", scope))
    blocked = chain.decide(replace(entry(BOOK), system_halted=True), NOW, ALL_AT_ONCE)
    assert blocked.payload is None
    sale = replace(asking(leave(BOOK), exit_reason=reason), system_halted=True)
    decision = chain.run(sale, NOW, ALL_AT_ONCE)
    assert decision.denied is None
    assert isinstance(decision.payload, ev.OrderExecuted)
    assert decision.payload.gates_passed == ("idempotency", "trade_limiter")
    assert chain.state.bots[BOT].flat


UNDECIDABLE: dict[str, TradingRules] = {
    "fee coverage": TradingRules(min_edge_bps=dec("NaN")),
    "limiter": TradingRules(burst_window_secs=10**20),
    "circuit breaker": TradingRules(max_drawdown=dec("NaN")),
}


@pytest.mark.parametrize("gate", UNDECIDABLE)
def test_a_gate_that_cannot_decide_lets_no_entry_through_and_stops_no_exit(gate: str):
    chain = _two_orders(holding=False)
    before = list(chain.documents)
    with pytest.raises((ArithmeticError, ValueError)):
        chain.run(entry(BOOK), NOW, UNDECIDABLE[gate])
    assert chain.documents == before
    assert _two_orders(holding=True).run(leave(BOOK), NOW, UNDECIDABLE[gate]).denied is None


def test_an_entry_whose_owners_worth_is_unknown_is_not_made():
    """A mark is missing, so that the breaker cannot measure."""
    chain = _two_orders(holding=True)
    chain.add(bot_created(name="B", bot_id="other"))
    chain.add(ev.BotStarted("other", 1, "scripted", "test"))
    eth = replace(executed(Side.BUY, [("1", "100", "0")], mark="100", bot_id="other"), symbol="ETH/USDT")
    chain.add(replace(eth, marks={"BTC/USDT": dec(50_000), "ETH/USDT": dec(100)}))
    del chain.state.marks["ETH/USDT"]
    with pytest.raises(LookupError):
        chain.run(entry(BOOK, "0.001", bot_id="other"), NOW)


@pytest.mark.parametrize(("bid", "ask"), [("NaN", "50001"), ("49999", "NaN"), ("50001", "49999"), ("50000", "50000")])
def test_a_price_that_is_not_a_number_or_crossed_never_reaches_a_gate(bid: str, ask: str):
    """A market state refuses it, so that the order has none: an entry is denied and an exit waits."""
    with pytest.raises(CorruptMarketData):
        market(bid, ask)


@pytest.mark.parametrize("asked", [None, "0.01", "5"])
def test_an_exit_sells_what_is_held_and_never_more(asked: str | None):
    chain = _two_orders(holding=True)
    chain.run(leave(BOOK, asked), NOW)
    assert chain.state.bots[BOT].flat
    assert chain.state.bots[BOT].protection is None


def test_an_exit_without_a_position_is_denied():
    denied = _two_orders(holding=False).decide(leave(BOOK), NOW).denied
    assert denied is not None
    assert (denied.gate, denied.code) == (LIFE, "no_position")


def test_an_entry_cannot_sell_and_an_exit_cannot_buy():
    chain = _two_orders(holding=True)
    selling = replace(entry(BOOK), request=replace(entry(BOOK).request, side=Side.SELL))
    buying = replace(leave(BOOK), request=replace(leave(BOOK).request, side=Side.BUY))
    for command in (selling, buying):
        decision = chain.decide(command, NOW)
        assert decision.payload is None
        assert decision.denied is not None
        assert decision.denied.gate is LIFE


def test_dust_below_the_lot_and_the_minimum_is_sold_whole():
    chain = running()
    chain.add(executed(Side.BUY, [("0.000000123", "50000", "0")], mark="50000"))
    fact = chain.run(leave(BOOK), NOW).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert fact.filled_qty == dec("0.000000123")
    assert chain.state.bots[BOT].flat


def test_an_entry_is_rounded_down_to_the_lot():
    fact = running().run(entry(BOOK, "0.010009999")).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert fact.filled_qty == dec("0.01000")


def test_an_entry_places_its_target_and_records_what_it_was_decided_on():
    chain = running()
    command = entry(BOOK)
    command = replace(command, request=replace(command.request, stop_loss_bps=dec(100)))
    fact = chain.run(command, NOW).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert (fact.take_profit, fact.stop_loss) == (51_000, 49_500)
    assert chain.state.bots[BOT].protection is not None
    assert (fact.market.bid, fact.market.ask, fact.market.source) == (49_999, 50_001, "scripted")
    assert fact.marks == {"BTC/USDT": 50_000}


def test_lots_and_ticks_that_are_no_power_of_ten_divide_exactly_too():
    command = entry(BOOK)
    odd = replace(command.instrument, lot_size=dec("0.0003"), tick_size=dec("0.07"))
    fact = running().run(replace(command, instrument=odd)).payload
    assert isinstance(fact, ev.OrderExecuted)
    assert fact.filled_qty == dec("0.0099")
    assert fact.take_profit == dec("50999.97")


def test_a_cost_with_many_decimals_is_denied_in_words_that_round_it_up():
    """The spread of 0.02 at 50,001 has no end; the ledger's exact arithmetic must not trip over the message."""
    denied = running().decide(entry(market("50000.99", "50001.01"), edge="40")).denied
    assert denied is not None
    assert denied.code == "edge_below_cost"
    assert denied.limit == "45.003999920001599968"
    assert "40 bps does not cover the round trip of 45.01 bps" in denied.message


def test_a_request_is_the_same_whenever_and_by_whomever_it_is_sent_again():
    first = entry(BOOK).request
    again = replace(first, decided_at=at(9), decided_mid=dec(1), writer_epoch=3)
    assert request_digest(again) == request_digest(first)
    for other in (
        replace(first, quantity=dec("0.02")),
        replace(first, bot_id="other"),
        replace(first, take_profit_bps=None),
        replace(first, side=Side.SELL),
        replace(first, reduce_only=True),
    ):
        assert request_digest(other) != request_digest(first)


def test_a_price_is_stale_only_beyond_the_limit():
    rules = TradingRules(mark_stale_secs=5)
    assert running().decide(entry(BOOK), at(5), rules).denied is None
    assert running().decide(entry(BOOK), at(5.001), rules).denied is not None


def test_what_the_fills_cost_is_weighed_not_the_best_price():
    """The second level costs more than the first; the cash must cover the walk."""
    thin = market("49999", "50001", size="0.019")
    thin = replace(thin, asks=(*thin.asks, replace(thin.asks[0], price=dec(51_000))))
    denied = running("996").decide(entry(thin, "0.0199"), T0).denied
    assert denied is not None
    assert denied.code == "not_enough_cash"
    walk = dec("0.019") * 50_001 + dec("0.0009") * 51_000
    assert denied.value is not None
    assert dec(denied.value) == walk * dec("1.001")


@pytest.mark.parametrize("book", [None, market("49999", "50001")], ids=["waiting for a price", "at a price"])
def test_an_exit_records_no_target_of_its_own_whatever_it_states(book: MarketState | None):
    """Targets and stops guard a position; a sale closes it. Not a number among them made the journal unfoldable."""
    chain = running()
    chain.run(entry(market("49999", "50001"), "0.01"))
    sale = leave(book)
    request = replace(sale.request, take_profit_bps=dec("NaN"), take_profit=dec(60_000), stop_loss_bps=dec(100))
    fact = chain.decide(replace(sale, request=request)).payload
    assert isinstance(fact, ev.OrderAccepted | ev.OrderExecuted)
    assert (fact.take_profit, fact.stop_loss) == (None, None)
