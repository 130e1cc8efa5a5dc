"""The tool that moves play money: in, out, or into another currency."""

from collections.abc import Mapping
from decimal import Decimal

from core.domain.errors import IntegrityError
from core.domain.events import Converted, Funded, Payload, Withdrawn
from core.domain.money import MAX_DECIMALS, ONE, ZERO, plain, ratio, round_half_even
from core.services.confirmations import Proposal
from core.services.funds import FundsPlan
from core.services.services import Services
from tools.arguments import FundAccount
from tools.context import Caller
from tools.results import FundsMoved

_TOLERANCE = Decimal("0.01")
"""So much of itself a rate may move before the person is asked again (spec/chat.md)."""
_NO_GAIN = "It counts as neither gain nor loss: returns and drawdown are measured per unit of equity."


async def propose(services: Services, caller: Caller, args: FundAccount) -> Proposal:
    """Show what would move, what is free afterwards, and for a conversion its rate and fee."""
    user_id = caller.principal.user_id
    state = await services.writer.account(user_id)
    exact = args.model_copy(update={"currency": args.currency or state.reporting})
    fact = await services.funds.preview(user_id, _plan(exact))
    free = services.writer.known(user_id).free_cash
    title, effect, basis = _shown(fact, free)
    return Proposal(
        tool="fund_account",
        arguments=exact.model_dump(mode="json", exclude_none=True),
        title=title,
        effect=(*effect, "Play money only: paper trading."),
        basis=basis,
        phrase=None,
    )


def _plan(args: FundAccount) -> FundsPlan:
    if args.currency is None:
        raise IntegrityError("A movement of money was stored without its currency.")
    return FundsPlan(args.kind, args.amount, args.currency, args.into)


def _shown(fact: Payload, free: Mapping[str, Decimal]) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Title, effect and basis of a movement that has not happened yet."""
    if isinstance(fact, Converted):
        got = fact.bought - fact.fee
        title = f"Convert {fact.sold:,f} {fact.sold_currency} into {fact.bought_currency}"
        effect = (
            (
                f"You get {got:,f} {fact.bought_currency} at {_rate_words(fact)}; "
                f"the fee of {fact.fee:,f} {fact.bought_currency} is taken off already."
            ),
            (
                f"Free afterwards: {free.get(fact.sold_currency, ZERO) - fact.sold:,f} {fact.sold_currency} and "
                f"{free.get(fact.bought_currency, ZERO) + got:,f} {fact.bought_currency}."
            ),
        )
        return title, effect, {"rate": plain(fact.rate)}
    if isinstance(fact, Funded):
        title, sign = f"Deposit {fact.amount:,f} {fact.currency}", 1
    elif isinstance(fact, Withdrawn):
        title, sign = f"Withdraw {fact.amount:,f} {fact.currency}", -1
    else:
        raise IntegrityError(f"{type(fact).__name__} is no movement of money.")
    after = free.get(fact.currency, ZERO) + sign * fact.amount
    return title, (f"Your free cash becomes {after:,f} {fact.currency}.", _NO_GAIN), {}


def _rate_words(fact: Converted) -> str:
    """The rate as a price above one: "1 BTC = 20201 USDT"."""
    dear, cheap, price = fact.sold_currency, fact.bought_currency, fact.rate
    if fact.rate < 1:
        dear, cheap, price = cheap, dear, round_half_even(ratio(ONE, fact.rate), MAX_DECIMALS)
    return f"1 {dear} = {plain(price)} {cheap}"


def moved(shown: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether the rate has moved by more than one percent since it was shown."""
    if shown.keys() != present.keys():
        return True
    return any(abs(Decimal(present[key]) - Decimal(shown[key])) > Decimal(shown[key]) * _TOLERANCE for key in shown)


async def run(services: Services, caller: Caller, args: FundAccount, key: str) -> FundsMoved:
    """Carry a movement out, once per key."""
    user_id = caller.principal.user_id
    event = await services.funds.move(user_id, _plan(args), actor=caller.principal.email, key=key)
    fact, free = event.payload, services.writer.known(user_id).free_cash

    def left(*currencies: str) -> dict[str, Decimal]:
        return {currency: free.get(currency, ZERO) for currency in currencies}

    if isinstance(fact, Converted):
        return FundsMoved(
            kind=args.kind.value,
            seq=event.seq,
            amount=fact.sold,
            currency=fact.sold_currency,
            free=left(fact.sold_currency, fact.bought_currency),
            into=fact.bought_currency,
            received=fact.bought - fact.fee,
            rate=fact.rate,
            fee=fact.fee,
        )
    if isinstance(fact, Funded | Withdrawn):
        return FundsMoved(args.kind.value, event.seq, fact.amount, fact.currency, left(fact.currency))
    raise IntegrityError(f"Event {event.seq} is no movement of money.")
