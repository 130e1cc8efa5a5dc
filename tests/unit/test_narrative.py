"""The journal in words: every kind of event is told, with who did it and what it moved (spec/api.md, audit trail)."""

from decimal import Decimal

from core.domain import events as ev
from core.domain.journal import Event
from core.domain.money import exact
from core.domain.narrative import Movement, Names, Told, tell
from core.domain.narrative.base import tell_fact
from core.domain.order import Side
from tests.builders import BOT, T0, executed

NAMES = Names({BOT: "Alpha"}, {BOT: "USDT"})


def told(payload: ev.Payload) -> Told:
    with exact():
        return tell(Event("u", 1, payload, "k", 0, T0, T0, ""), NAMES)


def test_every_type_of_event_is_told():
    assert set(ev.NAMES) <= set(tell_fact.registry)


def test_a_conversion_names_both_amounts_its_rate_and_fee():
    fact = ev.Converted(
        sold=Decimal(500),
        sold_currency="USDT",
        bought=Decimal("0.025"),
        bought_currency="BTC",
        fee=Decimal("0.000025"),
        rate=Decimal("0.00005"),
        marks={},
        actor="ann@example.com",
    )
    line = told(fact)
    assert line.words == "500 USDT became 0.024975 BTC (rate 0.00005, fee 0.000025 BTC)."
    assert line.amounts == (Movement(Decimal(-500), "USDT"), Movement(Decimal("0.024975"), "BTC"))
    assert line.actor == "ann@example.com"


def test_an_execution_names_the_bot_its_average_price_and_its_fee():
    line = told(executed(Side.BUY, [("1", "100", "0.1"), ("2", "101", "0.2")], mark="100"))
    assert line.words == "Alpha bought 3 BTC at 100.66666667 (fee 0.3 USDT)."
    assert line.actor == "Alpha"
    assert line.amounts == (
        Movement(Decimal(3), "BTC"),
        Movement(Decimal(-302), "USDT"),
        Movement(Decimal("-0.3"), "USDT"),
    )


def test_money_in_without_a_person_came_from_the_engine():
    line = told(ev.Funded(Decimal(10000), "USDT", Decimal(10000)))
    assert (line.words, line.actor) == ("Play money came in: 10,000 USDT.", "engine")


def test_a_correction_names_the_event_it_undoes():
    fact = ev.Reversed(3, "funded", {"USDT": Decimal(-5)}, {}, {}, Decimal(-5), {}, "ann", "typed twice")
    line = told(fact)
    assert line.words == "Event 3 (funded) was undone: typed twice"
    assert line.amounts == (Movement(Decimal(-5), "USDT"),)
