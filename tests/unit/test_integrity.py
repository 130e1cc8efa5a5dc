"""Each of the ten checks can fail, and does so alone where only it can see what is wrong (spec/accounting.md)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.domain import events as ev
from core.domain.account import Account
from core.domain.evolve import evolve
from core.domain.integrity import Anchored, Audit, AuditResult, Check
from core.domain.integrity_findings import FINDINGS_KEPT
from core.domain.journal import GENESIS, Event, Head, Stamp, digest, seal
from core.domain.order import Fill, Side
from tests.builders import BOT, USER, at, bot_created, dec, executed, funded
from tests.ledgers import varied

Documents = list[dict[str, Any]]
BUY = executed(Side.BUY, [("0.01", "50000", "0.5"), ("0.005", "52000", "0.26")], mark="52000", order_id="buy")
SALE = executed(Side.SELL, [("0.012", "53000", "0.636")], mark="53000", order_id="sale")


def sealed(*facts: ev.Payload) -> Documents:
    """A chain of these facts that nobody has folded."""
    head, documents = Head(0, GENESIS), list[dict[str, Any]]()
    for number, fact in enumerate(facts, start=1):
        stamp = Stamp(USER, f"key-{number}", 0, at(number), at(number))
        document = seal(head, stamp, fact)
        head = Head(document["seq"], document["hash"])
        documents.append(document)
    return documents


def resealed(documents: Documents) -> Documents:
    """Links and hashes made to fit whatever the documents say now."""
    previous = GENESIS
    for document in documents:
        document["prev_hash"] = previous
        previous = document["hash"] = digest(document)
    return documents


def whole() -> Documents:
    return sealed(funded(), bot_created(), BUY, SALE, ev.Marked({"BTC/USDT": dec(54_000)}, day_start=False))


def audit(documents: list[Any], anchors: list[Anchored] | None = None) -> AuditResult:
    checked = Audit(USER, anchors)
    checked.feed_all(documents)
    return checked.finish()


def failed(result: AuditResult) -> dict[Check, list[int]]:
    """The checks that fail, each with the seqs it names."""
    return {one.check: [f.seq for f in one.findings] for one in result.checks if one.ok is False}


def _changed(fact: ev.OrderExecuted, **fill: object) -> ev.OrderExecuted:
    return replace(fact, fills=(replace(fact.fills[0], **fill), *fact.fills[1:]))


def _gap() -> Documents:
    documents = whole()
    documents[4] |= {"seq": 6, "_id": f"{USER}:6"}
    return resealed(documents)


def _relinked() -> Documents:
    documents = whole()
    documents[3]["prev_hash"] = "f" * 64
    documents[3]["hash"] = digest(documents[3])
    documents[4]["prev_hash"] = documents[3]["hash"]
    documents[4]["hash"] = digest(documents[4])
    return documents


def _same_order() -> Documents:
    return sealed(funded(), bot_created(), BUY, replace(SALE, order_id="buy"))


def _same_client() -> Documents:
    return sealed(funded(), bot_created(), BUY, replace(SALE, client_order_id="buy"))


def _same_key() -> Documents:
    documents = whole()
    documents[3]["idempotency_key"] = "key-3"
    return resealed(documents)


def _negative_fee() -> Documents:
    return sealed(funded(), bot_created(), _changed(BUY, fee=dec(-1), fee_quote_value=dec(-1)))


def _foreign_fee() -> Documents:
    return sealed(funded(), bot_created(), _changed(BUY, fee=dec(0), fee_quote_value=dec(0), fee_currency="BNB"))


def _going_back() -> Documents:
    documents = whole()
    documents[3]["recorded_at"] = "2026-01-05T12:00:00.000Z"
    return resealed(documents)


def _overdraft() -> Documents:
    return sealed(funded(), bot_created("10001"))


def _bot_overdraft() -> Documents:
    return sealed(funded(), bot_created("100"), BUY)


def _oversold() -> Documents:
    return sealed(funded(), bot_created(), BUY, SALE, replace(SALE, order_id="again", client_order_id="again"))


def _sold_less_than_nothing() -> Documents:
    odd = Fill(dec(53_000), dec("-0.001"), dec(0), "USDT", dec(0), dec(0), dec(1))
    return sealed(funded(), bot_created(), BUY, replace(SALE, fills=(*SALE.fills, odd)))


def _worthless_mark() -> Documents:
    return sealed(funded(), bot_created(), BUY, ev.Marked({"BTC/USDT": dec(-1)}, day_start=False))


def _created_twice() -> Documents:
    return sealed(funded(), bot_created("1000"), bot_created("2000", name="B"))


def _half_reversed() -> Documents:
    half = ev.Reversed(2, "funded", {"USDT": dec(-50)}, {}, {}, dec(-50), {}, "ann", "a mistake")
    return sealed(funded(), ev.Funded(dec(100), "USDT", dec(100)), half)


def _reversed_twice() -> Documents:
    undo = ev.Reversed(2, "funded", {"USDT": dec(-100)}, {}, {}, dec(-100), {}, "ann", "a mistake")
    return sealed(funded(), ev.Funded(dec(100), "USDT", dec(100)), undo, undo)


ALONE: list[tuple[Callable[[], Documents], Check, int]] = [
    (_gap, Check.SEQUENCE, 6),
    (_relinked, Check.CHAIN, 4),
    (_same_order, Check.DUPLICATES, 4),
    (_same_client, Check.DUPLICATES, 4),
    (_same_key, Check.DUPLICATES, 4),
    (_reversed_twice, Check.DUPLICATES, 4),
    (_negative_fee, Check.FEES, 3),
    (_foreign_fee, Check.FEES, 3),
    (_going_back, Check.RECORDED_ORDER, 4),
    (_overdraft, Check.BALANCES, 2),
    (_bot_overdraft, Check.BALANCES, 3),
    (_oversold, Check.BALANCES, 5),
    (_sold_less_than_nothing, Check.EQUITY, 4),
    (_worthless_mark, Check.EQUITY, 4),
    (_created_twice, Check.POSTINGS, 3),
    (_half_reversed, Check.POSTINGS, 3),
]


@pytest.mark.parametrize(("make", "check", "seq"), ALONE, ids=lambda value: getattr(value, "__name__", ""))
def test_what_only_one_check_can_see_is_found_by_that_check(make: Callable[[], Documents], check: Check, seq: int):
    result = audit(make())
    assert set(failed(result)) == {check}
    finding = next(one for one in result.checks if one.check is check).findings[0]
    assert (finding.user_id, finding.seq) == (USER, seq)
    assert finding.expected != finding.found


def test_a_rewritten_end_is_seen_only_by_the_anchors():
    documents = whole()
    anchors = [Anchored(Head(5, documents[4]["hash"]), "an anchor")]
    assert failed(audit(documents, anchors)) == {}
    other = sealed(funded("20000"), bot_created(), BUY, SALE, ev.Marked({"BTC/USDT": dec(54_000)}, day_start=False))
    assert failed(audit(other, anchors)) == {Check.ANCHORS: [5]}
    assert failed(audit(documents[:4], anchors)) == {Check.ANCHORS: [5]}


def test_checks_that_could_not_be_done_say_why_and_hold_nothing_against_the_journal():
    result = audit(whole())
    undone = {one.check: one.reason for one in result.checks if one.ok is None}
    assert set(undone) == {Check.PROJECTIONS, Check.ANCHORS}
    assert all(undone.values())
    assert result.ok


def test_a_fold_that_goes_wrong_is_seen_by_equity_and_by_postings():
    """The balances are kept apart from the fold: a wrong `evolve` cannot agree with them."""

    def generous(state: Account, event: Event) -> None:
        evolve(state, event)
        if event.seq == 3:
            state.bots[BOT].cash += 1
            state.cash_total["USDT"] += 1

    checked = Audit(USER, (), generous)
    checked.feed_all(whole())
    found = failed(checked.finish())
    assert set(found) == {Check.EQUITY, Check.POSTINGS}
    assert {seqs[0] for seqs in found.values()} == {3}


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        7,
        [],
        {},
        {"seq": True},
        {"seq": [], "user_id": {}, "hash": {}, "prev_hash": [], "type": [], "payload": 1, "recorded_at": 1},
        {"seq": 2, "user_id": USER, "payload": {"\ud800": "\ud800"}},
        {"seq": 10**80, "recorded_at": "2026-01-05", "idempotency_key": ""},
        {"seq": 2, "user_id": USER, "recorded_at": "0001-01-01T00:00:00+14:00", "payload": object()},
    ],
)
def test_whatever_stands_in_the_place_of_a_document_is_named_and_the_rest_is_read(damaged: object):
    documents: list[Any] = whole()
    documents[1] = damaged
    documents[4] = documents[4] | {"idempotency_key": "key-3"}
    found = failed(audit(documents))
    assert found
    assert 2 in [seq for seqs in found.values() for seq in seqs] or 10**80 in found[Check.SEQUENCE]
    assert 5 in found[Check.CHAIN]  # what comes later is looked at all the same
    assert 5 in found[Check.DUPLICATES]


def test_amounts_that_no_arithmetic_can_take_end_the_fold_by_name():
    for text in ("NaN", "1e999999", "Infinity", "-Infinity", "sNaN", "many"):
        documents = whole()
        documents[0]["payload"]["amount"] = text
        result = audit(resealed(documents))
        assert not result.ok
        assert all(len(finding.found) < 200 for one in result.checks for finding in one.findings)


def test_findings_are_bounded_and_the_rest_is_counted():
    documents = whole()
    result = audit([documents[0]] * 1_000)
    sequence = result.checks[0]
    assert (len(sequence.findings), sequence.more) == (FINDINGS_KEPT, 999 - FINDINGS_KEPT)


@pytest.mark.parametrize("seed", range(25))
def test_sound_ledgers_of_all_kinds_of_events_verify_and_are_folded_the_same(seed: int):
    chain = varied(seed)
    checked = Audit(USER)
    for document in chain.documents:
        assert checked.feed(document) is not None
    assert checked.state == chain.state
    assert (checked.finish().ok, checked.head) == (True, chain.head)
