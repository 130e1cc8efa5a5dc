"""Small builders so that a test says only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain import events as ev
from core.domain.account import Account
from core.domain.commands import Command, SubmitOrder
from core.domain.decide import decide
from core.domain.decision import Decision, Setting
from core.domain.evolve import evolve
from core.domain.instrument import Exchange, Instrument
from core.domain.journal import Event, Stamp, read, seal
from core.domain.journal import Head as ChainHead
from core.domain.market import Level, MarketState, Timeframe
from core.domain.order import Fill, MarketEvidence, OrderRequest, Side
from core.domain.order_status import OrderStatus
from core.domain.rules import TradingRules
from core.domain.trade import Trade

T0 = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
BTC = Instrument("BTC/USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5))
USER = "11111111-1111-4111-8111-111111111111"
BOT = "22222222-2222-4222-8222-222222222222"


def at(seconds: float) -> datetime:
    """Engine time so many seconds after the start of the test's world."""
    return T0 + timedelta(seconds=seconds)


def dec(text: str | int) -> Decimal:
    """Decimal from text."""
    return Decimal(text)


def market(
    bid: str, ask: str, ts: datetime = T0, *, size: str = "10", symbol: str = "BTC/USDT", source: str = "scripted"
) -> MarketState:
    """A book with one level a side."""
    return MarketState(symbol, ts, (Level(dec(bid), dec(size)),), (Level(dec(ask), dec(size)),), dec(0), source)


class Chain:
    """Appends payloads to a journal in memory and folds them."""

    def __init__(self, user_id: str = USER) -> None:
        self.user_id = user_id
        self.state = Account(user_id)
        self.documents: list[dict[str, object]] = []
        self.head = ChainHead(0, "0" * 64)
        self.trades: list[Trade] = []

    def add(self, payload: ev.Payload, ts: datetime = T0, epoch: int = 0) -> Event:
        """Seal, store and fold one event."""
        stamp = Stamp(self.user_id, f"key-{len(self.documents) + 1}", epoch, ts, ts)
        document = seal(self.head, stamp, payload)
        self.documents.append(document)
        self.head = ChainHead(document["seq"], document["hash"])
        event = read(document)
        trade = evolve(self.state, event)
        if trade is not None:
            self.trades.append(trade)
        return event

    def events(self) -> list[Event]:
        """All events so far."""
        return [read(document) for document in self.documents]

    def decide(
        self,
        command: Command,
        ts: datetime = T0,
        rules: TradingRules | None = None,
        marks: dict[str, Decimal] | None = None,
    ) -> Decision:
        """What the state says to a command; appends nothing."""
        return decide(self.state, command, Setting(marks or {}, rules or TradingRules(), ts))

    def run(
        self,
        command: Command,
        ts: datetime = T0,
        rules: TradingRules | None = None,
        marks: dict[str, Decimal] | None = None,
    ) -> Decision:
        """Decide and append what follows, as the journal writer does."""
        decision = self.decide(command, ts, rules, marks)
        if decision.payload is not None:
            self.add(decision.payload, ts, self.state.epoch if decision.epoch is None else decision.epoch)
        return decision


def running(capital: str = "1000", funds: str = "10000") -> Chain:
    """A funded user whose one bot runs on the scripted market."""
    chain = Chain()
    chain.add(funded(funds))
    chain.add(bot_created(capital))
    chain.add(ev.BotStarted(BOT, 1, "scripted", "test"))
    return chain


def entry(
    book: MarketState | None,
    quantity: str = "0.01",
    *,
    edge: str | None = "200",
    bot_id: str = BOT,
    key: str = "entry",
    epoch: int | None = None,
) -> SubmitOrder:
    """A market buy with its edge in bps, decided at the mid of the book it meets."""
    return _order(book, dec(quantity), Side.BUY, bot_id, key, epoch, None if edge is None else dec(edge))


def leave(
    book: MarketState | None,
    quantity: str | None = None,
    *,
    bot_id: str = BOT,
    key: str = "exit",
    epoch: int | None = None,
) -> SubmitOrder:
    """A reduce-only market sale, of everything unless a quantity is given."""
    return _order(book, None if quantity is None else dec(quantity), Side.SELL, bot_id, key, epoch, None)


def asking(command: SubmitOrder, **changes: Any) -> SubmitOrder:  # noqa: ANN401 - fields of OrderRequest
    """The same order with other terms."""
    return replace(command, request=replace(command.request, **changes))


def _order(
    book: MarketState | None,
    quantity: Decimal | None,
    side: Side,
    bot_id: str,
    key: str,
    epoch: int | None,
    edge: Decimal | None,
) -> SubmitOrder:
    request = OrderRequest(
        client_order_id=key,
        bot_id=bot_id,
        symbol=BTC.symbol,
        side=side,
        quantity=quantity,
        reduce_only=side is Side.SELL,
        reason="test",
        decided_at=book.ts if book else T0,
        decided_mid=book.mid if book else dec(50_000),
        take_profit_bps=edge,
        writer_epoch=epoch,
    )
    return SubmitOrder(f"order-{key}", request, book, BTC)


def funded(amount: str = "10000") -> ev.Funded:
    """Play money in, first funding."""
    return ev.Funded(dec(amount), "USDT", dec(amount))


def bot_created(capital: str = "1000", *, name: str = "A", bot_id: str = BOT) -> ev.BotCreated:
    """A bot on BTC."""
    return ev.BotCreated(
        bot_id=bot_id,
        name=name,
        exchange=Exchange.BINANCE,
        symbol="BTC/USDT",
        strategy="ema_cross",
        parameters={"fast": 9, "slow": 21},
        timeframe=Timeframe.M1,
        risk_mode="balanced",
        capital=dec(capital),
        actor="test",
    )


def executed(
    side: Side,
    fills: list[tuple[str, str, str]],
    *,
    mark: str,
    ts: datetime = T0,
    bot_id: str = BOT,
    order_id: str = "o",
) -> ev.OrderExecuted:
    """An executed market order; fills are (quantity, price, fee in quote)."""
    return ev.OrderExecuted(
        order_id=order_id,
        client_order_id=order_id,
        request_sha256="0" * 64,
        bot_id=bot_id,
        exchange=Exchange.BINANCE,
        symbol="BTC/USDT",
        side=side,
        quantity=sum((dec(q) for q, _, _ in fills), dec(0)),
        reduce_only=side is Side.SELL,
        reason="test",
        decided_at=ts,
        decided_mid=dec(fills[0][1]),
        status=OrderStatus.FILLED,
        fills=tuple(Fill(dec(p), dec(q), dec(f), "USDT", dec(f), dec(0), dec(q)) for q, p, f in fills),
        gates_passed=(),
        market=MarketEvidence(dec(mark) - 1, dec(mark) + 1, ts, "scripted"),
        marks={"BTC/USDT": dec(mark)},
        exchange_version=1,
    )
