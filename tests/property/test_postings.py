"""Every event as double entry sums to zero per currency, and its balances are the folded state's (accounting.md)."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.evolve import evolve
from core.domain.journal import START, verified
from core.domain.money import exact
from core.domain.postings import BOT_CASH, BOT_POSITION, FREE_CASH, postings, sums
from tests.builders import USER
from tests.ledgers import varied


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 1_000_000), st.integers(10, 120))
def test_postings_balance_and_add_up_to_what_the_state_holds(seed: int, steps: int):
    chain = varied(seed, steps)
    state, balances = Account(USER), dict[tuple[str, str], Decimal]()
    with exact():
        for event in verified(START, chain.documents):
            entries = postings(state, event)
            assert not any(sums(entries).values())
            evolve(state, event)
            for account, currency, amount in entries:
                balances[account, currency] = balances.get((account, currency), Decimal(0)) + amount
            _assert_held(state, balances)


def _assert_held(state: Account, balances: dict[tuple[str, str], Decimal]) -> None:
    """All that is owned, by account: nothing is missing, and nothing else is there."""
    expected = {(FREE_CASH, currency): amount for currency, amount in state.free_cash.items()}
    for bot in state.bots.values():
        expected[BOT_CASH + bot.bot_id, bot.quote] = bot.cash
        for symbol, queue in bot.positions.items():
            expected[BOT_POSITION + bot.bot_id, symbol.partition("/")[0]] = queue.quantity
    owned = {key: amount for key, amount in balances.items() if key[0].startswith(("cash:", "position:")) and amount}
    assert owned == {key: amount for key, amount in expected.items() if amount}
