"""Histories to compare ledgers on: five bots, four symbols, three quote currencies, orders of up to four fills.

Fees are in quote, or in base where something is bought; sales are of a part, of many lots or of everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.account import Account
from core.domain.journal import Event
from core.domain.money import exact
from core.domain.order import Fill, Side
from tests.builders import Chain, at, bot_created, dec, executed

CAPITAL = Decimal("1e9")
FUNDS = Decimal("4e9")
QUOTES = ("USDT", "BTC", "EUR")
#: Each bot with the symbols it trades; the first is its own.
BOTS: dict[str, tuple[str, ...]] = {
    "dollar-1": ("BTC/USDT", "ETH/USDT"),
    "dollar-2": ("BTC/USDT",),
    "dollar-3": ("ETH/USDT", "BTC/USDT"),
    "cross": ("ETH/BTC",),
    "euro": ("BTC/EUR",),
}
TICKS = {"BTC/USDT": dec("0.01"), "ETH/USDT": dec("0.01"), "ETH/BTC": dec("0.000001"), "BTC/EUR": dec("0.01")}
#: What the other currencies are rated at; no bot trades it.
EURO = {"EUR/USDT": dec("1.08")}
LOT, UNIT = dec("0.00001"), dec("0.00000001")
_SECS_APART = 7_000


@dataclass(frozen=True)
class RawFill:
    """Quantity in lots, price in ticks, fee in 1e-8 of its currency: of the base's, always less than a lot."""

    lots: int
    ticks: int
    fee: int
    in_base: bool


@dataclass(frozen=True)
class Step:
    """One order, or recorded marks when it has no fills.

    A sale of `whole` sells all that is held; where nothing is held, what would be sold is bought.
    """

    bot_id: str
    choice: int
    buy: bool
    whole: bool
    fills: Sequence[RawFill]
    mark_ticks: int


prices = st.integers(1, 20_000_000)
raw_fills = st.builds(RawFill, st.integers(1, 1_000_000), prices, st.integers(0, 900), st.booleans())
steps = st.builds(
    Step,
    bot_id=st.sampled_from(list(BOTS)),
    choice=st.integers(0, 1),
    buy=st.sampled_from((True, True, False)),
    whole=st.sampled_from((False, False, False, True)),
    fills=st.sampled_from((1, 1, 2, 3, 4, 0)).flatmap(lambda n: st.lists(raw_fills, min_size=n, max_size=n)),
    mark_ticks=prices,
)
histories = st.sampled_from((30, 15, 5, 1)).flatmap(lambda n: st.lists(steps, min_size=n, max_size=30))

#: Told of the state after each event.
Observer = Callable[[Account, Event], None]


def quote_of(symbol: str) -> str:
    """What a symbol is priced in."""
    return symbol.split("/")[1]


def marks_at(ticks: int) -> dict[str, Decimal]:
    """A mark for every symbol."""
    return {symbol: ticks * tick for symbol, tick in TICKS.items()} | EURO


def opened(observe: Observer | None = None) -> Chain:
    """A user with money in every currency and all bots."""
    chain = Chain()
    facts: list[ev.Payload] = [ev.Funded(FUNDS, QUOTES[0], FUNDS), ev.Marked(marks_at(1_000), day_start=True)]
    facts += [ev.Funded(FUNDS, currency, FUNDS) for currency in QUOTES[1:]]
    facts += [
        replace(bot_created(str(CAPITAL), name=bot_id, bot_id=bot_id), symbol=symbols[0])
        for bot_id, symbols in BOTS.items()
    ]
    for fact in facts:
        event = chain.add(fact)
        if observe:
            observe(chain.state, event)
    return chain


def play(history: Sequence[Step], observe: Observer | None = None) -> Chain:
    """The journal of a history; `observe` is called after each event."""
    chain = opened(observe)
    for number, step in enumerate(history):
        symbols = BOTS[step.bot_id]
        symbol = symbols[step.choice % len(symbols)]
        held = chain.state.bots[step.bot_id].held(symbol)
        fact = _order(step, symbol, held, number) or ev.Marked(marks_at(step.mark_ticks), day_start=step.whole)
        event = chain.add(fact, at(number * _SECS_APART))
        if observe:
            observe(chain.state, event)
    return chain


def _order(step: Step, symbol: str, held: Decimal, number: int) -> ev.OrderExecuted | None:
    """The step as an order the position allows; None when nothing is left of it."""
    made: list[Fill] = []
    buy = step.buy or not held
    for raw in step.fills:
        quantity = raw.lots * LOT
        if not buy:
            last = step.whole and raw is step.fills[-1]
            quantity = held if last else min(quantity, held)
            held -= quantity
        if quantity:
            made.append(_fill(raw, symbol, quantity, in_base=raw.in_base and buy))
    if not made:
        return None
    blank = executed(Side.BUY if buy else Side.SELL, [("1", "1", "0")], mark="2", order_id=f"order-{number}")
    return replace(
        blank,
        bot_id=step.bot_id,
        symbol=symbol,
        fills=tuple(made),
        quantity=sum((fill.quantity for fill in made), Decimal(0)),
        marks=marks_at(step.mark_ticks),
    )


def _fill(raw: RawFill, symbol: str, quantity: Decimal, *, in_base: bool) -> Fill:
    base, quote = symbol.split("/")
    price, fee = raw.ticks * TICKS[symbol], raw.fee * UNIT
    with exact():
        worth = fee * price if in_base else fee
    return Fill(price, quantity, fee, base if in_base else quote, worth, dec(0), quantity)


def split(order: ev.OrderExecuted, weights: Sequence[int]) -> ev.OrderExecuted:
    """The same order with each fill in several parts of the same price, as many as there are weights."""
    return replace(order, fills=tuple(part for fill in order.fills for part in _parts(fill, weights)))


def _parts(fill: Fill, weights: Sequence[int]) -> list[Fill]:
    """Parts whose quantities and fees add up to the fill exactly; a weight is a part's share in thousandths."""
    parts: list[Fill] = []
    with exact():
        quantity, fee, worth = fill.quantity, fill.fee, fill.fee_quote_value
        for weight in weights[:-1]:
            share = Decimal(weight) / 1000
            part = replace(
                fill,
                quantity=fill.quantity * share,
                fee=fill.fee * share,
                fee_quote_value=fill.fee_quote_value * share,
            )
            parts.append(part)
            quantity, fee, worth = quantity - part.quantity, fee - part.fee, worth - part.fee_quote_value
    return [*parts, replace(fill, quantity=quantity, fee=fee, fee_quote_value=worth)]
