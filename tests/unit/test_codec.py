"""Every event type is written and read back unchanged, in one canonical encoding (spec/accounting.md, The journal)."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.codec import decode, encode, from_iso, iso
from core.domain.errors import IntegrityError
from core.domain.instrument import Exchange
from core.domain.journal import START, Stamp, canonical, digest, read, seal, verified
from core.domain.market import Timeframe
from core.domain.order import CostBreakdown, ExitReason, Fill, MarketEvidence, Side, TimeInForce
from core.domain.order_status import OrderStatus
from tests.builders import BOT, T0, USER, at

D = Decimal
STAMP = Stamp(USER, "key-1", 3, T0, at(0.25))

EXECUTED = ev.OrderExecuted(
    order_id="order-1",
    client_order_id="run:1",
    request_sha256="ab" * 32,
    bot_id=BOT,
    exchange=Exchange.KRAKEN,
    symbol="BTC/USDT",
    side=Side.BUY,
    quantity=D("0.015"),
    reduce_only=False,
    reason="EMA(9) crossed — „above“ EMA(21)",
    decided_at=at(-1),
    decided_mid=D("50000.005"),
    status=OrderStatus.CANCELED,
    fills=(
        Fill(D("50000.01"), D("0.01"), D("2.0000004"), "USDT", D("2.0000004"), D("0.001"), D("0.01")),
        Fill(D(50001), D("0.00001"), D("0.00000004"), "BTC", D("0.00200004"), D("-0.5"), D(3)),
    ),
    gates_passed=("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker"),
    market=MarketEvidence(D(50000), D("50000.01"), at(-0.5), "replay:january"),
    marks={"BTC/USDT": D("50000.005"), "ETH/USDT": D(3000)},
    exchange_version=1,
    cost=CostBreakdown(D(40), D(40), D("0.002"), D(10), D(5), D(10)),
    exit_reason=None,
    take_profit=D(51000),
    stop_loss=D(49500),
)

ACCEPTED = ev.OrderAccepted(
    order_id="order-2",
    client_order_id="run:2",
    request_sha256="cd" * 32,
    bot_id=BOT,
    exchange=Exchange.BINANCE,
    symbol="BTC/USDT",
    side=Side.SELL,
    quantity=D("0.01"),
    limit_price=D(52000),
    reserved=D("0.009"),
    reduce_only=True,
    reason="take profit",
    decided_at=T0,
    decided_mid=D(51000),
    fills=EXECUTED.fills[:1],
    gates_passed=("idempotency",),
    market=EXECUTED.market,
    marks=EXECUTED.marks,
    exchange_version=1,
    exit_reason=ExitReason.TAKE_PROFIT,
)

MARKS = {"BTC/USDT": D("50000.005")}

EXAMPLES: dict[str, ev.Payload] = {
    "funded": ev.Funded(D(10_000), "USDT", D("10000.000000000000000001")),
    "withdrawn": ev.Withdrawn(D("0.00000001"), "USDT", D("0.000000009"), MARKS, "test"),
    "converted": ev.Converted(D(500), "USDT", D("0.01"), "BTC", D("0.00001"), D("0.00002"), MARKS, "test"),
    "allocated": ev.Allocated(BOT, D(100), D("99.5"), MARKS, "test"),
    "released": ev.Released(BOT, D(100), D("99.5"), {}, "test"),
    "reinvested": ev.Reinvested(
        D(600), "USDT", (ev.ReinvestLeg(BOT, D(0), D(480), D("470.1")),), (BOT,), D(600), MARKS, "scheduler"
    ),
    "reversed": ev.Reversed(2, "funded", {"USDT": D(-5)}, {}, {"BTC": D("-0.1")}, D("-4.9"), MARKS, "test", "typo"),
    "account_reset": ev.AccountReset(D(10_000), "USDT", "test", "a fresh start"),
    "bot_edited": ev.BotEdited(BOT, "test", name="Beta", parameters={"fast": 5}, timeframe=Timeframe.M5),
    "order_accepted": ACCEPTED,
    "order_filled": ev.OrderFilled(
        "order-2", BOT, OrderStatus.PARTIALLY_FILLED, EXECUTED.fills, D("0.001"), EXECUTED.market, MARKS, 2
    ),
    "order_canceled": ev.OrderCanceled("order-2", BOT, "test", "no longer wanted"),
    "order_expired": ev.OrderExpired("order-2", BOT, "its day is over"),
    "limits_changed": ev.LimitsChanged({"max_drawdown": D("0.1"), "burst_limit_orders": D(3)}, "admin"),
    "bot_created": ev.BotCreated(
        BOT,
        "Ünal 100 %",
        Exchange.LUNO,
        "BTC/USDT",
        "ema_cross",
        {"fast": 9, "slow": 21},
        Timeframe.H4,
        "safe",
        D(1000),
        "test",
    ),
    "bot_started": ev.BotStarted(BOT, 1, "live:binance", "test"),
    "bot_paused": ev.BotPaused(BOT, "test", "lunch"),
    "bot_resumed": ev.BotResumed(BOT, 2, "simulated", "test"),
    "bot_stopped": ev.BotStopped(BOT, "test", ""),
    "bot_erred": ev.BotErred(BOT, "The strategy failed: ValueError."),
    "order_executed": EXECUTED,
    "marked": ev.Marked({"BTC/USDT": D("50000.005")}, day_start=True),
    "trading_halted": ev.TradingHalted("test", "emergency"),
    "trading_resumed": ev.TradingResumed("test"),
    "breaker_tripped": ev.BreakerTripped(ev.Metric.DAILY_LOSS, D("0.1"), D("0.1"), {"unit_value": "0.9"}, BOT),
    "breaker_reset": ev.BreakerReset("test", "looked at it", {"BTC/USDT": D(50000)}),
    "ownership_taken": ev.OwnershipTaken("host:1"),
}


def test_each_event_type_has_an_example_here():
    assert {name: type(example) for name, example in EXAMPLES.items()} == ev.TYPES


@pytest.mark.parametrize("name", ev.TYPES)
def test_an_event_is_read_as_it_was_sealed(name: str):
    document = json.loads(json.dumps(seal(START, STAMP, EXAMPLES[name])))
    event = read(document)
    assert event.payload == EXAMPLES[name]
    assert document["type"] == name
    assert (event.user_id, event.seq, event.epoch, event.ts, event.recorded_at) == (USER, 1, 3, T0, at(0.25))
    assert event.hash == digest(document)


@pytest.mark.parametrize("name", ev.TYPES)
def test_nothing_that_is_stored_is_null_or_a_float(name: str):
    def walk(item: object) -> None:
        assert item is not None
        assert not isinstance(item, float)
        for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
            walk(inner)

    walk(seal(START, STAMP, EXAMPLES[name]))


def test_an_absent_field_is_left_out_and_is_not_the_same_as_null():
    whole = encode(EXAMPLES["breaker_tripped"])
    user_scope = encode(replace(EXAMPLES["breaker_tripped"], bot_id=None))
    assert set(whole) - set(user_scope) == {"bot_id"}
    assert digest({"payload": user_scope}) != digest({"payload": user_scope | {"bot_id": None}})
    assert decode(ev.BreakerTripped, user_scope).bot_id is None


def test_every_optional_field_of_an_order_may_be_absent():
    for field in fields(ev.OrderExecuted):
        if field.default is None:
            bare = replace(EXECUTED, **{field.name: None})
            assert field.name not in encode(bare)
            assert decode(ev.OrderExecuted, encode(bare)) == bare


def test_a_decimal_has_one_text_form_whatever_its_exponent():
    one = encode(ev.Funded(D("1E+3"), "USDT", D("0.50")))
    other = encode(ev.Funded(D("1000.00"), "USDT", D("5E-1")))
    assert one == other == {"amount": "1000", "currency": "USDT", "units": "0.5"}


def test_a_time_has_one_text_form_whatever_its_zone():
    local = datetime(2026, 1, 5, 14, 0, 0, 123_000, timezone(timedelta(hours=2)))
    assert iso(local) == "2026-01-05T12:00:00.123Z"
    assert from_iso(iso(local)) == local
    assert from_iso(iso(local)).utcoffset() == timedelta(0)


def test_canonical_bytes_do_not_depend_on_the_order_of_keys():
    assert canonical({"b": {"d": 1, "c": "é"}, "a": []}) == '{"a":[],"b":{"c":"é","d":1}}'.encode()
    assert canonical({"a": [], "b": {"c": "é", "d": 1}}) == canonical({"b": {"d": 1, "c": "é"}, "a": []})


def test_the_encoding_of_a_fixed_event_has_not_changed():
    """A change of these hashes makes every journal written so far unverifiable: it needs a migration."""
    assert datetime(2026, 1, 5, 12, tzinfo=UTC) == T0
    assert (
        seal(START, STAMP, EXAMPLES["funded"])["hash"]
        == "f483af036047a09d025c0c65e32e5c653a6ea36b86e57da9e0be85a3ebea8b5f"
    )
    assert seal(START, STAMP, EXECUTED)["hash"] == "f4268eacd5c38e883cc875d21db0cd521f01ee8d385a1421e9976cb6429317f9"


def test_an_order_recorded_before_there_were_limit_orders_still_verifies_and_reads_as_a_market_order():
    """The hash is that of the encoding of that time, pinned then."""
    payload = encode(EXECUTED)
    for added_later in ("time_in_force", "post_only"):
        del payload[added_later]
    document = seal(START, STAMP, EXECUTED) | {"payload": payload}
    document["hash"] = "99bbea5f2736d3675b14d4faf1a1ac0def2e770b826f53381c531c89d4e450a8"
    assert digest(document) == document["hash"]
    (event,) = verified(START, [json.loads(json.dumps(document))])
    assert event.payload == EXECUTED
    assert (EXECUTED.time_in_force, EXECUTED.post_only, EXECUTED.limit_price) == (TimeInForce.IOC, False, None)


def test_a_resting_order_recorded_with_all_its_terms_reads_back():
    whole = replace(
        ACCEPTED, time_in_force=TimeInForce.GTC, post_only=True, expires_at=at(60), queue_ahead=D("1.5"), drawn=D(7)
    )
    payload = encode(whole)
    terms = {name: payload[name] for name in ("time_in_force", "post_only", "expires_at", "queue_ahead", "drawn")}
    assert terms == {
        "time_in_force": "gtc",
        "post_only": True,
        "expires_at": "2026-01-05T12:01:00.000Z",
        "queue_ahead": "1.5",
        "drawn": "7",
    }
    assert decode(ev.OrderAccepted, payload) == whole


def test_the_store_id_is_outside_the_hash_and_names_user_and_seq():
    document = seal(START, STAMP, EXAMPLES["funded"])
    assert document["_id"] == f"{USER}:1"
    assert digest(document | {"_id": "other"}) == document["hash"]


def test_an_unknown_event_type_is_refused():
    document = seal(START, STAMP, EXAMPLES["funded"]) | {"type": "gifted"}
    with pytest.raises(IntegrityError, match="gifted"):
        read(document)
