"""Any change of any stored event is noticed, wherever it is (spec/accounting.md, Reconcile and verify)."""

import json
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain import events as ev
from core.domain.codec import decode, encode
from core.domain.errors import IntegrityError
from core.domain.journal import START, verified
from tests.unit.test_worked_example import worked_example

JOURNAL = worked_example().documents
places = st.integers(0, len(JOURNAL) - 1)


def _refused(documents: list[dict[str, object]]) -> None:
    with pytest.raises(IntegrityError):
        list(verified(START, documents))


@settings(max_examples=1_500, derandomize=True)
@given(places, st.integers(0, 2_000), st.integers(0, 7))
def test_a_flipped_bit_is_noticed(place: int, byte: int, bit: int):
    document = {key: item for key, item in JOURNAL[place].items() if key != "_id"}  # the store's own key
    raw = bytearray(json.dumps(document, sort_keys=True).encode())
    raw[byte % len(raw)] ^= 1 << bit
    try:
        damaged = json.loads(raw.decode())
    except ValueError:
        return  # no JSON any more: the store itself refuses it
    assume(damaged != document)  # white space, or the digit of an escape that means the same
    _refused([*JOURNAL[:place], damaged, *JOURNAL[place + 1 :]])


@settings(max_examples=300, derandomize=True)
@given(st.permutations(range(len(JOURNAL))), st.sets(places))
def test_only_a_beginning_of_the_journal_is_accepted(order: list[int], kept: set[int]):
    chosen = [place for place in order if place in kept]
    documents = [JOURNAL[place] for place in chosen]
    if chosen == list(range(len(chosen))):
        assert len(list(verified(START, documents))) == len(chosen)
    else:
        _refused(documents)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)


@settings(max_examples=500, derandomize=True)
@given(amounts, amounts, texts, st.dictionaries(texts, texts, max_size=3), st.none() | texts)
def test_any_figures_and_words_survive_the_encoding(
    value: Decimal, threshold: Decimal, word: str, evidence: dict[str, str], bot_id: str | None
):
    for fact in (
        ev.BreakerTripped(ev.Metric.DRAWDOWN, value, threshold, evidence, bot_id),
        ev.Marked({word: value}, day_start=True),
    ):
        written = json.loads(json.dumps(encode(fact)))
        assert decode(type(fact), written) == fact
        assert encode(decode(type(fact), written)) == written
