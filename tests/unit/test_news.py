"""Live messages without asking (spec/chat.md, What a person sees): fills batched, trips, pauses by the engine."""

from dataclasses import replace
from decimal import Decimal

from assistant.blocks import Text
from assistant.news import headline_of, news_of
from core.domain import events as ev
from core.domain.order import ExitReason, Side
from core.domain.trade import Trade
from core.services.appended import Appended
from tests.builders import BOT, Chain, bot_created, executed, funded


class Journal:
    """A journal whose events can be told as news."""

    def __init__(self, name: str = "Alpha") -> None:
        self._chain = Chain()
        self.begin = [self.add(funded()), self.add(bot_created(name=name))]

    def add(self, payload: ev.Payload) -> Appended:
        known = len(self._chain.trades)
        event = self._chain.add(payload)
        trade = self._chain.trades[known] if len(self._chain.trades) > known else None
        assert trade is None or isinstance(trade, Trade)
        return Appended(event, self._chain.state, trade)


def told(*appended: Appended) -> str:
    return "\n".join(block.text for block in news_of(appended) if isinstance(block, Text))


def buy(order_id: str = "in") -> ev.OrderExecuted:
    return executed(Side.BUY, [("0.01", "20000", "0.2"), ("0.01", "20001", "0.2")], mark="20000", order_id=order_id)


def test_a_fill_is_told_with_price_fee_and_source():
    assert told(Journal().add(buy())) == (r"**Alpha** bought 0.02 BTC at 20,000.50 (fee 0.40 USDT, prices: scripted).")


def test_an_exit_is_told_with_its_result_and_reason():
    journal = Journal()
    journal.add(buy())
    sold = executed(Side.SELL, [("0.02", "21000", "0.42")], mark="21000", order_id="out")
    line = told(journal.add(replace(sold, exit_reason=ExitReason.TAKE_PROFIT)))
    assert line.startswith("**Alpha** sold 0.02 BTC at 21,000.00")
    assert line.endswith("Result: +19.17 USDT (take profit).")


def test_many_fills_are_one_message_with_a_bounded_list():
    journal = Journal()
    blocks = news_of([journal.add(buy(f"order {number}")) for number in range(12)])
    assert len(blocks) == 1
    assert isinstance(blocks[0], Text)
    lines = blocks[0].text.splitlines()
    assert len(lines) == 9
    assert lines[-1] == "- …and 4 more."


def test_a_trip_says_what_was_reached_and_what_to_do():
    journal = Journal()
    of_bot = ev.BreakerTripped(ev.Metric.DRAWDOWN, Decimal("0.21"), Decimal("0.20"), {}, BOT)
    of_user = ev.BreakerTripped(ev.Metric.DAILY_LOSS, Decimal("0.1"), Decimal("0.1"))
    first, second = told(journal.add(of_bot)), told(journal.add(of_user))
    assert "circuit breaker of **Alpha** opened: drawdown 0.21 reached 0.2." in first
    assert "circuit breaker of your account opened: daily loss 0.1 reached 0.1." in second
    assert first.endswith("No new entries until you reset it.")


def test_a_pause_by_the_engine_is_told_and_one_by_hand_is_not():
    journal = Journal()
    journal.add(ev.BotStarted(BOT, 1, "scripted", "ann@example.com"))
    by_hand = journal.add(ev.BotPaused(BOT, "ann@example.com", "paused by its owner"))
    journal.add(ev.BotResumed(BOT, 2, "scripted", "ann@example.com"))
    by_engine = journal.add(ev.BotPaused(BOT, "engine", "the market data source changed"))
    assert news_of([by_hand]) == []
    assert told(by_engine) == "**Alpha** was paused: the market data source changed."


def test_what_people_do_themselves_is_no_news():
    assert news_of(Journal().begin) == []


def test_an_order_that_filled_nothing_is_no_news():
    assert news_of([Journal().add(replace(buy(), fills=()))]) == []


def test_markup_in_a_name_stays_text():
    line = told(Journal("[x](javascript:y) <b>").add(buy()))
    assert r"\[x\]" in line
    assert r"\<b\>" in line


def test_the_headline_is_a_few_plain_words():
    journal = Journal("*Al* [pha]")
    one, two = journal.add(buy()), journal.add(buy("again"))
    assert headline_of([one]) == "*Al* [pha] bought 0.02 BTC at 20,000.50"
    assert headline_of([one, two]) == "News from your bots: 2"
