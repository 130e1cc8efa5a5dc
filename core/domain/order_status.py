"""Order states as one table (status, trigger) -> status; a gate denies, an exchange rejects."""

from enum import StrEnum

from core.domain.errors import IntegrityError


class OrderStatus(StrEnum):
    """Where an order stands."""

    INITIALIZED = "INITIALIZED"
    DENIED = "DENIED"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class Trigger(StrEnum):
    """What moves an order on."""

    DENY = "deny"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REJECT = "reject"
    FILL_PART = "fill_part"
    FILL = "fill"
    CANCEL = "cancel"
    EXPIRE = "expire"


_S, _T = OrderStatus, Trigger

TRANSITIONS: dict[tuple[OrderStatus, Trigger], OrderStatus] = {
    (_S.INITIALIZED, _T.DENY): _S.DENIED,
    (_S.INITIALIZED, _T.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _T.REJECT): _S.REJECTED,
    (_S.SUBMITTED, _T.ACCEPT): _S.ACCEPTED,
    (_S.ACCEPTED, _T.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.ACCEPTED, _T.FILL): _S.FILLED,
    (_S.ACCEPTED, _T.CANCEL): _S.CANCELED,
    (_S.ACCEPTED, _T.EXPIRE): _S.EXPIRED,
    (_S.PARTIALLY_FILLED, _T.FILL_PART): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _T.FILL): _S.FILLED,
    (_S.PARTIALLY_FILLED, _T.CANCEL): _S.CANCELED,
    (_S.PARTIALLY_FILLED, _T.EXPIRE): _S.EXPIRED,
}

FINAL = frozenset({_S.DENIED, _S.REJECTED, _S.FILLED, _S.CANCELED, _S.EXPIRED})


def after(status: OrderStatus, *triggers: Trigger) -> OrderStatus:
    """The status that the triggers lead to, one after the other.

    Raises:
        IntegrityError: one of them is illegal: a bug, never a person's fault.
    """
    for trigger in triggers:
        target = TRANSITIONS.get((status, trigger))
        if target is None:
            raise IntegrityError(f"An order that is {status} cannot {trigger}.")
        status = target
    return status
