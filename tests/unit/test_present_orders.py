"""Orders and guard rails as a person sees them: a denial says gate, limit, value now and when it clears (pipeline)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assistant.blocks import Block, Card, Field, Table, Text, Tone
from assistant.present import present
from core.domain.order import Side
from core.domain.order_status import OrderStatus
from core.services.system_modes import TradingMode
from tests.builders import at
from tests.fakes.order_results import SOURCE, guard_examples, order_answers, order_examples, order_view
from tests.fakes.results import examples
from tools import results as r


def card(blocks: tuple[Block, ...]) -> Card:
    return next(block for block in blocks if isinstance(block, Card))


def fields(blocks: tuple[Block, ...]) -> dict[str, Field]:
    return {field.label: field for field in card(blocks).fields}


def of(kind: type[r.Result]) -> list[tuple[Block, ...]]:
    return [
        present(example)
        for example in (*order_examples("Alpha"), *guard_examples("Alpha"))
        if isinstance(example, kind)
    ]


def test_a_filled_order_shows_price_fee_slippage_and_where_it_ends():
    blocks = of(r.OrderAnswer)[0]
    shown = fields(blocks)
    assert card(blocks).title == "Bought 0.01 BTC"
    assert shown["Average price"] == Field("Average price", "20,001.50", exact="20001.5")
    assert shown["Fee"].exact == "0.200015"
    assert shown["Slippage"].value == "0.75 bps"
    assert shown["Target / stop"].value == "20,400.00 / 19,700.00"


def test_an_order_that_waits_and_came_before_says_so():
    blocks = of(r.OrderAnswer)[1]
    assert card(blocks).title == "Order accepted"
    assert fields(blocks)["Order"].value == "Alpha: buy 0.01 BTC at 19,000.00 or better"
    assert fields(blocks)["Repeated"].value == "this order came before; nothing was done again"


def test_an_order_that_filled_in_part_says_what_became_of_the_rest():
    whole = order_answers()[0]
    part = replace(whole, order=replace(whole.order, quantity=Decimal(1), status=OrderStatus.CANCELED))
    blocks = present(part)
    assert card(blocks).title == "Bought 0.01 BTC"
    assert fields(blocks)["Status"].value == "filled in part; the rest found nobody and was canceled"


def test_a_denial_says_gate_limit_value_and_when_it_clears():
    blocks = of(r.OrderAnswer)[2]
    shown = fields(blocks)
    assert (card(blocks).title, card(blocks).tone) == ("Order denied: nothing was done", Tone.WARNING)
    assert shown["Gate"].value == "3 trade limiter"
    assert (shown["Limit"].value, shown["Now"].value) == ("50", "50")
    assert shown["Clears"].value == "2026-01-06 00:00Z, in 11 h 59 min"
    assert shown["Costs to cover"].value.startswith("46 bps (entry fee 10 + exit fee 10 + spread 1 ")
    assert shown["Passed"].value == "1 idempotency, 2 fee coverage"


def test_a_long_figure_of_a_gate_is_shown_short_with_the_exact_one_behind():
    denied = order_answers()[2]
    odd = replace(denied, order=replace(denied.order, limit="46.20005817231140357", value="consecutive_losses"))
    shown = fields(present(odd))
    assert shown["Limit"] == Field("Limit", "46.2", exact="46.20005817231140357")
    assert shown["Now"].value == "consecutive losses"


def test_an_order_that_found_nobody_is_not_called_done():
    assert card(of(r.OrderAnswer)[3]).title == "The order ended without a fill (canceled)"
    only_looked_at = replace(order_answers()[3], submitted=False)
    assert card(present(only_looked_at)).title == "Not placed"


def test_flattening_says_what_was_sold_and_what_still_waits():
    done, refused = of(r.Flattened)
    assert card(done).title == "Alpha is flattened"
    assert fields(done)["Sold BTC"].value == "0.01 BTC at 20,001.50, fee 0.20 USDT"
    assert fields(done)["Still to sell BTC"].value == "0.01, as soon as somebody buys it"
    assert (card(refused).title, fields(refused)["Not sold BTC"].value) == ("Alpha was not sold", "There is no price.")


def working(*orders: r.OrderView) -> tuple[str, Table]:
    """The words and the table of orders that work while nothing is held."""
    words, table = present(r.Positions((), SOURCE, at(61), orders))
    assert isinstance(words, Text)
    assert isinstance(table, Table)
    return words.text, table


def test_working_orders_stand_beside_the_positions():
    words, table = working(order_view())
    assert words == "1 order works; nothing is held yet."
    assert table.rows == (("BTC/USDT", "19,000.00", "buy", "0.01 of 0.03", "13:01Z", "380.38 USDT", "Alpha", "o1"),)


def test_a_working_order_shows_only_what_it_has_and_a_short_id():
    view = replace(order_view(), filled_qty=Decimal(0), order_id="3f2a9c1e-5b7d-4c1a-9e2f-0a1b2c3d4e5f")
    sale = replace(view, side=Side.SELL, reserved=Decimal("0.030"), limit_price=None, expires_at=None)
    words, table = working(sale, replace(view, expires_at=at(86_460)))
    assert words == "2 orders work; nothing is held yet."
    assert table.rows[0] == ("BTC/USDT", "market", "sell", "0.03", "canceled", "0.03 BTC", "Alpha", "3f2a9c1e")
    assert table.rows[1][4] == "01-06 12:01Z"


def test_an_order_taken_back_says_what_is_free_again_to_the_cent():
    (words,) = present(r.OrderTakenBack(replace(order_view(), reserved=Decimal("196.3962"))))
    assert isinstance(words, Text)
    assert words.text.endswith("Free again: 196.40 USDT.")


def test_a_decision_is_explained_with_its_gates_costs_and_slippage():
    blocks = of(r.Explained)[0]
    shown = fields(blocks)
    assert shown["Last signal"].value == "fast above slow (2026-01-05 12:01Z)"
    assert shown["Last denial"].value == "3 trade limiter: Alpha holds 0.01 BTC already. (2026-01-05 12:01Z)"
    assert shown["Last error"].tone is Tone.WARNING
    assert shown["Last order"].value == "buy 0.01 BTC at the market: filled (2026-01-05 12:01Z)"
    assert shown["Gates passed"].value == "1 idempotency, 2 fee coverage, 3 trade limiter, 4 circuit breaker"
    assert shown["Slippage"].value == "0.75 bps against the price it decided on"
    assert shown["Target / stop"].value == "20,400.00 / -"


def test_the_newest_decisions_give_their_reason_beside_the_time():
    """A phone shows only the first columns without scrolling."""
    table = of(r.Explained)[0][1]
    assert isinstance(table, Table)
    assert table.columns == ("When", "Why", "What")
    assert table.rows == (
        ("01-05 12:01Z", "Alpha holds 0.01 BTC already.", "denial: 3 trade limiter"),
        ("01-05 12:01Z", "fast above slow", "signal"),
        ("01-05 12:00Z", "the strategy failed", "error"),
    )


def test_an_emergency_stop_lists_everything_it_did():
    """The reply lists what was done (spec/chat.md, Emergency stop)."""
    _, blocks = [present(example) for example in examples() if isinstance(example, r.Stopped)]
    assert {label: field.value for label, field in fields(blocks).items()} == {
        "Bots halted": "3",
        "Orders taken back": "2 to buy, 1 to sell",
        "Sold": "0.01 BTC at 20,001.50",
        "Sales still working": "1: sold as soon as there is a price and somebody who buys",
        "Still held": "Alpha: 0.01 BTC (0.005 being sold)",
        "Not sold": "There is no price.",
        "Without an answer": "1: their sale met an error; flatten these bots to try again",
    }
    assert isinstance(blocks[1], Text)
    assert "It was halted already." in blocks[1].text


def test_limits_are_named_for_people_with_their_units():
    ((table,),) = of(r.LimitsShown)
    assert isinstance(table, Table)
    assert table.rows == (
        ("Orders a day, of a bot", "50", "installation"),
        ("Drawdown that opens the breaker", "15.00 %", "account"),
        ("Least gain over all costs", "10 bps", "installation"),
    )


def test_usage_says_what_is_left_and_when_it_clears():
    (blocks,) = of(r.UsageShown)
    shown = fields(blocks)
    assert shown["Your orders today"] == Field("Your orders today", "10 of 10", Tone.WARNING)
    assert shown["Counts begin anew"].value == "2026-01-06 00:00Z, in 11 h 59 min"
    assert shown["Entries on binance"].value == "10 of 10 in 10 s; clears 2026-01-05 12:01Z, in 5 s"
    assert shown["Entries of Alpha in BTC/USDT"].value == "1 of 1 working"
    assert isinstance(blocks[1], Table)
    assert blocks[1].rows == (("Alpha", "2 of 50", "1"),)


def test_an_open_breaker_says_whose_what_opened_it_and_what_to_do():
    blocks, closed = of(r.BreakersShown)
    assert (card(blocks).title, card(blocks).tone) == ("Circuit breakers open: Alpha", Tone.WARNING)
    assert fields(blocks)["In quarantine"].value == "Alpha (drawdown since 2026-01-05 12:01Z)"
    assert "because" in fields(blocks)["What to do"].value
    history = blocks[-1]
    assert isinstance(history, Table)
    assert history.rows[0][1:] == ("Alpha", "tripped", "drawdown 21.00 % reached 20.00 %")
    assert history.rows[1][1:] == ("your account", "reset", "by ann@example.com: looked at it")
    assert card(closed).title == "All circuit breakers are closed"


def test_a_halt_of_everybody_is_told_apart_from_ones_own():
    free, halted = of(r.ModesShown)
    assert (fields(free)["Your trading"].value, fields(free)["Trading of everybody"].value) == ("open", "open")
    assert fields(halted)["Your trading"].value == "halted by your emergency stop"
    assert "by root@example.com" in fields(halted)["Trading of everybody"].value
    others = present(r.ModesShown(TradingMode(halted=True), False, SOURCE))
    assert fields(others)["Your trading"].value == "halted"


@pytest.mark.parametrize("result", examples(), ids=lambda result: type(result).__name__)
def test_only_an_order_that_came_to_nothing_counts_as_refused(result: r.Result):
    expected = isinstance(result, r.OrderAnswer) and not result.order.success
    expected |= isinstance(result, r.Flattened) and result.bot == "Alpha" and result.canceled == 0
    assert r.was_refused(result) is expected
