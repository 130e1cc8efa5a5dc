"""Orders on recorded markets fill as the market really traded: limits by the tape, market orders by the book.

Promise (spec/pipeline.md, The paper exchange): no invented liquidity. The oracles count in whole ticks and units and
know nothing of the product's code.
"""

import random  # noqa: TID251 - seeded choice of orders
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.instrument import FeeSchedule
from core.domain.market import MarketState, Sampling
from core.domain.order import ExitReason, Fill, OrderRequest, Side, TimeInForce
from core.domain.paper_exchange import ExchangeOrder, execute
from core.domain.rules import TradingRules
from core.services.resting_book import RestingBook
from tests.builders import USER, Chain, dec, executed, funded
from tests.oracles.book_walk import walk
from tests.oracles.limit_fills import filled_while_resting, queue_before, taken_on_arrival
from tests.oracles.recorded import (
    BOOKED,
    QUOTED,
    STREAMED,
    SYMBOL,
    Moment,
    Pairs,
    Scale,
    book_snapshot,
    quotes_and_trades,
    streamed_books,
)

FEES = FeeSchedule(maker_bps=dec(10), taker_bps=dec(10))
RULES = TradingRules(max_drawdown=dec("0.99"), max_daily_loss=dec("0.99"))
BOT = "manual"


class Placed:
    """One limit order of one user through decide, resting book and fold; keeps what it filled."""

    def __init__(self, scale: Scale, moment: Moment, *, buys: bool, price: int, units: int, sampling: Sampling) -> None:
        self.scale, self.sampling = scale, sampling
        self.chain, self.book = Chain(), RestingBook(scale.unit)
        self.on_arrival, self.resting = 0, 0
        quantity = units * scale.unit
        self.chain.add(funded("100000000"), moment.at)
        self.chain.run(cmd.OpenManualBot(BOT, SYMBOL, "test"), moment.at)
        self.chain.run(cmd.StartBot(BOT, "recorded", "test"), moment.at)
        state = moment.state(scale, sampling)
        if not buys:
            self.chain.add(
                replace(executed(Side.BUY, [("1", str(state.mid), "0")], mark=str(state.mid), bot_id=BOT)), moment.at
            )
        request = OrderRequest(
            client_order_id="limit",
            bot_id=BOT,
            symbol=SYMBOL,
            side=Side.BUY if buys else Side.SELL,
            quantity=quantity,
            reduce_only=not buys,
            reason="test",
            decided_at=moment.at,
            decided_mid=state.mid,
            exit_reason=None if buys else ExitReason.MANUAL,
            take_profit_bps=dec(500) if buys else None,
            limit_price=price * scale.tick,
            time_in_force=TimeInForce.GTC,
        )
        decision = self.chain.run(cmd.SubmitOrder("limit", request, state, scale.instrument), moment.at, RULES)
        fact = decision.payload
        assert isinstance(fact, ev.OrderAccepted | ev.OrderExecuted), decision.denied
        self.on_arrival = self._units(fact.fills)
        self.book.sync(USER, self.chain.state.bots[BOT], SYMBOL)

    def _units(self, fills: tuple[Fill, ...]) -> int:
        return int(sum((fill.quantity for fill in fills), Decimal(0)) / self.scale.unit)

    def meets(self, moment: Moment) -> None:
        """As the engine does: what the state lets fill is filled, and never more than it traded."""
        state = moment.state(self.scale, self.sampling)
        for watched in self.book.reached(state).get(USER, []):
            queue = watched.queue_ahead
            command = cmd.FillResting(BOT, "limit", state, self.scale.instrument, queue, 0)
            fact = self.chain.run(command, moment.at, RULES, {SYMBOL: state.mid}).payload
            if not isinstance(fact, ev.OrderFilled):
                continue
            units, limit = self._units(fact.fills), watched.order.limit_price
            buys = watched.order.side is Side.BUY
            assert limit is not None
            assert all(fill.price == limit for fill in fact.fills)
            met = [t for t in state.trades if (t.price <= limit if buys else t.price >= limit)]
            assert fact.fills[0].quantity <= sum((t.quantity for t in met), Decimal(0))
            self.resting += units
            self.book.sync(USER, self.chain.state.bots[BOT], SYMBOL)


def _prices(moment: Moment, *, buys: bool) -> list[int]:
    """From far behind the market to across the spread."""
    bid, ask = moment.bids[0][0], moment.asks[0][0]
    steps = (-2_000, -500, -120, -30, -3, -1, 0, 1, 20, 300)
    return [bid + step for step in steps] + [ask] if buys else [ask - step for step in steps] + [bid]


def _compare(moments: list[Moment], scale: Scale, *, every: int, units: int, lives: int) -> dict[str, int]:
    """Orders at many prices, each through so many moments, against the oracle; gives how they ended."""
    sampling = Sampling.BOOK
    seen = {"whole": 0, "part": 0, "nothing": 0, "crossed": 0, "at the price alone": 0}
    for start in range(0, len(moments) - 1, every):
        moment, later = moments[start], moments[start + 1 : start + 1 + lives]
        tape = [pair for one in later if one.at > moment.at for pair in one.trades]
        for buys in (True, False):
            for price in _prices(moment, buys=buys):
                order = Placed(scale, moment, buys=buys, price=price, units=units, sampling=sampling)
                for one in later:
                    if "limit" not in order.chain.state.working:
                        break
                    order.meets(one)
                arrived = taken_on_arrival(moment, price, units, buys=buys)
                queue = queue_before(moment, price, buys=buys)
                rests = filled_while_resting(tape, price, units - arrived, queue, buys=buys)
                assert order.on_arrival == arrived
                assert order.resting == rests, (moment.at, price, buys)
                filled = arrived + rests
                seen["crossed"] += arrived > 0
                seen["whole" if filled == units else "part" if filled else "nothing"] += 1
                through = any(p < price if buys else p > price for p, _ in tape)
                seen["at the price alone"] += rests > 0 and not through
    return seen


def test_limit_orders_on_recorded_quotes_fill_as_the_tape_says():
    moments = quotes_and_trades()
    seen = [_compare(moments, QUOTED, every=20, units=120_000, lives=lives) for lives in (3, 12, 450)]
    assert all(sum(one[ending] for one in seen) > 0 for ending in seen[0]), seen


def test_limit_orders_on_recorded_books_fill_as_the_tape_says():
    moments = streamed_books(secs=60)
    seen = [_compare(moments, STREAMED, every=60, units=40_000, lives=lives) for lives in (3, 30, 300)]
    assert all(sum(one[ending] for one in seen) > 0 for ending in seen[0]), seen


def test_where_only_quotes_are_known_an_order_fills_by_trades_through_its_price_alone():
    moments = quotes_and_trades()
    moment, later = moments[100], moments[101:]
    tape = [pair for one in later if one.at > moment.at for pair in one.trades]
    for buys in (True, False):
        for price in _prices(moment, buys=buys)[:7]:
            order = Placed(QUOTED, moment, buys=buys, price=price, units=120_000, sampling=Sampling.QUOTE)
            for one in later:
                order.meets(one)
            assert order.resting == filled_while_resting(tape, price, 120_000, None, buys=buys)


def _snapshot() -> MarketState:
    """The recorded bids under a single ask, which the file has not."""
    bids = book_snapshot()
    moment = Moment(_at(), bids, ((bids[0][0] + 1, 1_000),), ())
    return moment.state(BOOKED)


def _at() -> datetime:
    return datetime(2022, 11, 1, 23, 49, 39, 146_000, UTC)


def _sold(quantity: str, book: MarketState) -> list[tuple[str, str, str]]:
    order = ExchangeOrder(Side.SELL, dec(quantity), book.mid)
    done = execute(order, book, BOOKED.instrument, FEES, {})
    return [(str(f.price), str(f.quantity.normalize()), str(f.fee.normalize())) for f in done.fills]


def test_a_market_sale_matches_a_walk_of_the_recorded_book_done_by_hand():
    """Three bitcoins meet 1.77, 0.001, 0.009, 1.216 and 0.004 of 0.011; ten basis points of each notional are paid.

    By hand: 36,067.29 + 20.3769 + 183.3912 + 24,778.0672 + 81.5064 = 61,130.6317.
    """
    book = _snapshot()
    assert _sold("3", book) == [
        ("20377.0", "1.77", "36.06729"),
        ("20376.9", "0.001", "0.0203769"),
        ("20376.8", "0.009", "0.1833912"),
        ("20376.7", "1.216", "24.7780672"),
        ("20376.6", "0.004", "0.0815064"),
    ]
    done = execute(ExchangeOrder(Side.SELL, dec(3), book.mid), book, BOOKED.instrument, FEES, {})
    assert (done.notional, done.fees) == (dec("61130.6317"), dec("61.1306317"))


def _walked(book: MarketState, scale: Scale, side: Side, units: int) -> list[tuple[int, int]]:
    order = ExchangeOrder(side, units * scale.unit, book.mid)
    fills = execute(order, book, scale.instrument, FEES, {}).fills
    return [(int(fill.price / scale.tick), int(fill.quantity / scale.unit)) for fill in fills]


def test_market_sales_of_any_size_match_the_recorded_book():
    book, levels = _snapshot(), book_snapshot()
    chance, all_of_it = random.Random(2022), sum(quantity for _, quantity in levels)  # noqa: S311 - not cryptography
    for units in [1, all_of_it, all_of_it + 1, *(chance.randrange(1, all_of_it * 11 // 10) for _ in range(300))]:
        assert _walked(book, BOOKED, Side.SELL, units) == walk(levels, units)


def test_orders_one_after_the_other_walk_an_unchanged_book_once():
    """Depth that was taken is not offered again: eight sales of 1.5 fill what one of 12 does."""
    levels = book_snapshot()
    book = _snapshot()
    consumed: dict[Decimal, tuple[Decimal, Decimal]] = {}
    filled: dict[int, int] = {}
    for _ in range(8):
        order = ExchangeOrder(Side.SELL, dec("1.5"), book.mid)
        for fill in execute(order, book, BOOKED.instrument, FEES, consumed).fills:
            offered, used = consumed.get(fill.price, (fill.level_quantity, Decimal(0)))
            consumed[fill.price] = (offered, used + fill.quantity)
            price, units = int(fill.price / BOOKED.tick), int(fill.quantity / BOOKED.unit)
            filled[price] = filled.get(price, 0) + units
    assert sorted(filled.items(), reverse=True) == walk(levels, 12_000)


@pytest.mark.parametrize("side", Side)
def test_market_orders_match_the_recorded_books_of_a_minute(side: Side):
    chance, met = random.Random(2024), 0  # noqa: S311 - not cryptography
    for moment in streamed_books(secs=60)[::10]:
        levels: Pairs = moment.asks if side is Side.BUY else moment.bids
        units = chance.randrange(1, 1_000_000)
        assert _walked(moment.state(STREAMED), STREAMED, side, units) == walk(levels, units)
        met += 1
    assert met > 50
