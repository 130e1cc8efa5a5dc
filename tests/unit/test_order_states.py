"""Order states are one table: what is not in it does not happen, and final is final (spec/pipeline.md)."""

from itertools import product

import pytest

from core.domain.errors import IntegrityError
from core.domain.order_status import FINAL, OrderStatus, Trigger, after

S, T = OrderStatus, Trigger

LEGAL = {
    (S.INITIALIZED, T.DENY): S.DENIED,
    (S.INITIALIZED, T.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, T.REJECT): S.REJECTED,
    (S.SUBMITTED, T.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, T.FILL_PART): S.PARTIALLY_FILLED,
    (S.ACCEPTED, T.FILL): S.FILLED,
    (S.ACCEPTED, T.CANCEL): S.CANCELED,
    (S.ACCEPTED, T.EXPIRE): S.EXPIRED,
    (S.PARTIALLY_FILLED, T.FILL_PART): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, T.FILL): S.FILLED,
    (S.PARTIALLY_FILLED, T.CANCEL): S.CANCELED,
    (S.PARTIALLY_FILLED, T.EXPIRE): S.EXPIRED,
}
CELLS = list(product(OrderStatus, Trigger))


@pytest.mark.parametrize(("status", "trigger"), [cell for cell in CELLS if cell in LEGAL])
def test_a_legal_trigger_leads_where_the_table_says(status: OrderStatus, trigger: Trigger):
    assert after(status, trigger) is LEGAL[status, trigger]


@pytest.mark.parametrize(("status", "trigger"), [cell for cell in CELLS if cell not in LEGAL])
def test_an_illegal_trigger_is_a_bug_that_names_both(status: OrderStatus, trigger: Trigger):
    with pytest.raises(IntegrityError, match=f"{status.value} cannot {trigger.value}"):
        after(status, trigger)


def test_the_final_states_are_exactly_those_without_a_way_out():
    assert {s for s in OrderStatus if not any(at is s for at, _ in LEGAL)} == FINAL
    assert {S.DENIED, S.REJECTED, S.FILLED, S.CANCELED, S.EXPIRED} == FINAL


def test_a_denied_order_never_reaches_the_exchange():
    with pytest.raises(IntegrityError):
        after(S.INITIALIZED, T.DENY, T.SUBMIT)


def test_a_partly_filled_order_that_is_cancelled_is_canceled():
    assert after(S.INITIALIZED, T.SUBMIT, T.ACCEPT, T.FILL_PART, T.FILL_PART, T.CANCEL) is S.CANCELED
