"""Events that move money without a trade, in words."""

from decimal import Decimal

from core.domain import events as ev
from core.domain.money import ZERO, plain
from core.domain.narrative.base import ENGINE, Movement, Names, Told, money, tell_fact


@tell_fact.register
def _(fact: ev.Funded, _: Names) -> Told:
    words = f"Play money came in: {money(fact.amount, fact.currency)}."
    return Told(words, fact.actor or ENGINE, (Movement(fact.amount, fact.currency),))


@tell_fact.register
def _(fact: ev.Withdrawn, _: Names) -> Told:
    words = f"Play money went out: {money(fact.amount, fact.currency)}."
    return Told(words, fact.actor, (Movement(-fact.amount, fact.currency),))


@tell_fact.register
def _(fact: ev.Converted, _: Names) -> Told:
    got = fact.bought - fact.fee
    words = (
        f"{money(fact.sold, fact.sold_currency)} became {money(got, fact.bought_currency)} "
        f"(rate {plain(fact.rate)}, fee {money(fact.fee, fact.bought_currency)})."
    )
    return Told(words, fact.actor, (Movement(-fact.sold, fact.sold_currency), Movement(got, fact.bought_currency)))


@tell_fact.register
def _(fact: ev.Reversed, _: Names) -> Told:
    changes: dict[str, Decimal] = {}
    for amounts, sign in ((fact.funding, 1), (fact.conversion, 1), (fact.fees, -1)):
        for currency, amount in amounts.items():
            changes[currency] = changes.get(currency, ZERO) + sign * amount
    words = f"Event {fact.reverses} ({fact.kind}) was undone: {fact.reason}"
    return Told(words, fact.actor, tuple(Movement(amount, currency) for currency, amount in changes.items()))


@tell_fact.register
def _(fact: ev.AccountReset, _: Names) -> Told:
    words = f"The paper account started anew with {money(fact.amount, fact.currency)}: {fact.reason}"
    return Told(words, fact.actor, (Movement(fact.amount, fact.currency),))


@tell_fact.register
def _(fact: ev.Allocated, names: Names) -> Told:
    quote = names.quote(fact.bot_id)
    words = f"{names.of(fact.bot_id)} got {money(fact.amount, quote)} of free cash."
    return Told(words, fact.actor, (Movement(fact.amount, quote),))


@tell_fact.register
def _(fact: ev.Released, names: Names) -> Told:
    quote = names.quote(fact.bot_id)
    words = f"{names.of(fact.bot_id)} gave {money(fact.amount, quote)} back to free cash."
    return Told(words, fact.actor, (Movement(-fact.amount, quote),))


@tell_fact.register
def _(fact: ev.Reinvested, names: Names) -> Told:
    got = ", ".join(names.of(leg.bot_id) for leg in fact.legs if leg.allocated) or "nobody"
    words = f"Profit of {money(fact.profit, fact.currency)} was reinvested in {got}."
    moved = sum((leg.allocated for leg in fact.legs), ZERO)
    return Told(words, fact.actor, (Movement(moved, fact.currency),))
