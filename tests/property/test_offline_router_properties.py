"""Whatever is typed, the offline router neither breaks nor acts on a guess (spec/chat.md, Offline router)."""

import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.offline_router import Outcome, readers
from assistant.offline_router.amounts import parse_amount
from assistant.offline_router.patterns import ACTING_VERBS
from assistant.safety import emergency_request
from tests.fakes.offline_turns import ACTING, BOTS, MODELS, acts, said

COMMANDS = [
    "pause alpha",
    "stop beta",
    "start alpha",
    "resume beta",
    "delete momentum two",
    "create a bot on btc with 500 usdt",
    "resume trading",
    "lift the halt",
    "pause all bots",
    "go live with alpha",
    "deposit 500",
    "withdraw 100 usdt",
    "convert 500 usdt to btc",
    "set my target to 50k",
    "my goal is 20000 usdt",
    "export my trades",
    "buy 0.01 btc",
    "buy 0.1 btc if it drops to 58,000",
    "sell 0.5 eth at 3200",
    "sell all my btc",
    "place a limit order for 0.5 sol at 150",
    "cancel my order",
    "flatten alpha",
    "sell everything beta holds",
    "set the cooldown of alpha to 30 minutes",
    "remove the cooldown of beta",
    "global emergency stop",
    "resume trading for everybody",
]
NEGATIONS = [
    "don't {}",
    "do not {}",
    "never {}",
    "please do not {}",
    "you must not {}",
    "i don't want to {}",
    "{}? no, don't",
]
HYPOTHETICALS = [
    "if btc falls {}",
    "what happens if i {}",
    "should i {}",
    "maybe {}",
    "{} tomorrow",
    "when eth rises {}",
    "i would {}",
    "did i {}",
    "can i {}?",
]
QUOTATIONS = ['"{}"', 'he wrote "{}"', "the page says '{}'", "translate `{}`", "my friend said {}", "news: “{}”"]
commands = st.sampled_from(COMMANDS)


@given(st.decimals(min_value="0.01", max_value="999999999", places=2))
def test_an_amount_written_out_is_read_back_exactly(amount: Decimal):
    for text in (f"{amount}", f"{amount:,}", f"${amount}", f"{amount} USDT", f"{amount:,} dollars"):
        assert parse_amount(text) == amount


@given(st.integers(1, 999_999), st.sampled_from([("k", 1_000), (" grand", 1_000), (" million", 1_000_000)]))
def test_a_multiplier_multiplies_exactly(number: int, unit: tuple[str, int]):
    assert parse_amount(f"{number}{unit[0]}") == number * unit[1]


@given(commands, st.sampled_from(NEGATIONS + HYPOTHETICALS + QUOTATIONS), st.sampled_from([*BOTS, None]))
def test_a_negated_hypothetical_or_quoted_command_never_acts(command: str, frame: str, last_bot: str | None):
    assert not acts(frame.format(command), last_bot=last_bot)


@given(commands, st.text(alphabet="\u200b\u200c\u200d\u2060\u202e\u00ad", max_size=3), st.integers(0, 40))
def test_invisible_characters_change_nothing(command: str, noise: str, place: int):
    assert said(command[:place] + noise + command[place:]) == said(command)


@settings(max_examples=300)
@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=40), max_size=5))
def test_arbitrary_text_never_raises_and_every_call_is_valid(text: str, bots: list[str]):
    found = said(text, bots, bots[0] if bots else None)
    assert (found.outcome is Outcome.CALLS) == bool(found.calls)
    for call in found.calls:
        MODELS[call.tool].model_validate(dict(call.arguments))


WORDS = """
    alpha beta bot my the it all btc eth 500 usdt show price portfolio trades why is how much profit today money weather
    please and now with on called hello not if what chart running trading everything halted paused
""".split()  # noqa: SIM905 - a list of words reads better as text


@settings(max_examples=400)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_nothing_acts_without_an_acting_verb(words: list[str]):
    text = " ".join(words)
    assert not ACTING_VERBS & set(words)
    assert not acts(text), text


@settings(max_examples=400)
@given(st.lists(st.sampled_from([*WORDS, "pause", "stop", "start", "resume"]), min_size=1, max_size=8))
def test_a_bot_command_starts_with_its_verb_or_its_bot(words: list[str]):
    """Every acting call comes from a verb in commanding position, never from the middle of a sentence."""
    text = " ".join(words)
    if emergency_request(text) is None and acts(text):
        polite = {"please", "and", "now", "hello"}
        first = next(word for word in words if word not in polite)
        heads = {"pause", "stop", "start", "resume", "alpha", "beta", "the", "my", "bot", "show", "price", "portfolio"}
        assert first in heads or re.search(r"\b(?:and|now|please)\b", text), text


ORDER_WORDS = """
    buy sell place limit order cancel flatten cooldown 0.01 0.5 60k 58,000 3% btc eth doge usdt $200 at for of all my if
    it drops to rises target stop loss take profit good until alpha beta not above below market post only gtc ioc worth
    and , 2 hours minutes every bps 250 half one @ reset breaker because
""".split()  # noqa: SIM905 - a list of words reads better as text


@settings(max_examples=600)
@given(st.lists(st.sampled_from(ORDER_WORDS), min_size=1, max_size=14))
def test_words_of_orders_in_any_order_are_read_or_asked_about(words: list[str]):
    """An order is placed only with one size, one pair that is served, and arguments its model accepts."""
    for text in (" ".join(words), f"buy 0.01 btc {' '.join(words)}", f"/sell {' '.join(words)}"):
        found = said(text)
        assert (found.outcome is Outcome.CALLS) == bool(found.calls)
        for call in found.calls:
            MODELS[call.tool].model_validate(dict(call.arguments))


@given(st.text(max_size=200))
def test_the_emergency_rule_never_raises(text: str):
    emergency_request(text)


def test_the_acting_tools_are_those_the_router_guards():
    assert {
        "create_bot",
        "rename_bot",
        "clone_bot",
        "edit_bot",
        "add_capital",
        "withdraw_capital",
        "pause_all_bots",
        "resume_all_bots",
        "reset_circuit_breaker",
        "start_bot",
        "pause_bot",
        "resume_bot",
        "stop_bot",
        "emergency_stop",
        "resume_trading",
        "set_target",
        "export_csv",
        "fund_account",
        "submit_order",
        "cancel_order",
        "flatten_bot",
        "set_cooldown",
        "global_emergency_stop",
        "global_resume",
    } == ACTING
    assert readers.ACTING == ACTING
