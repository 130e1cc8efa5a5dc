"""What a person is told without asking: fills in one message, trips and halts each in a sentence."""

import re
from collections.abc import Sequence
from decimal import Decimal

from assistant import formats as f
from assistant.blocks import Block, Text
from core.domain.account import Account
from core.domain.events import BotPaused, BreakerTripped, OrderExecuted
from core.domain.money import ZERO, plain, ratio
from core.domain.order import Side
from core.domain.trade import Trade
from core.services.appended import Appended

_LINES = 8
_PLAIN = re.compile(r"\*\*|\\(?=\W)")


def news_of(events: Sequence[Appended]) -> list[Block]:
    """Words for those of a person's events that they did not bring about by hand."""
    lines = [line for appended in events if (line := _line(appended)) is not None]
    if not lines:
        return []
    more = [f"…and {len(lines) - _LINES} more."] if len(lines) > _LINES else []
    return [Text("\n".join(f"- {line}" for line in [*lines[:_LINES], *more]) if len(lines) > 1 else lines[0])]


def headline_of(events: Sequence[Appended]) -> str:
    """The same news in a few plain words, for a note that covers part of a small screen."""
    lines = [line for appended in events if (line := _line(appended)) is not None]
    if len(lines) != 1:
        return f"News from your bots: {len(lines)}"
    return _PLAIN.sub("", lines[0].partition(" (fee")[0]).rstrip(".")


def _line(appended: Appended) -> str | None:
    match appended.event.payload:
        case OrderExecuted() as fact if fact.fills:
            return _fill(fact, appended.state, appended.trade)
        case BreakerTripped() as fact:
            who = _name(appended.state, fact.bot_id) if fact.bot_id else "your account"
            return (
                f"⚠️ The circuit breaker of {who} opened: {fact.metric.value.replace('_', ' ')} "
                f"{plain(fact.value)} reached {plain(fact.threshold)}. No new entries until you reset it."
            )
        case BotPaused(actor="engine") as fact:
            return f"{_name(appended.state, fact.bot_id)} was paused: {f.escape(fact.reason)}."
        case _:
            return None


def _name(state: Account, bot_id: str) -> str:
    return f"**{f.escape(state.bots[bot_id].name)}**"


def _fill(fact: OrderExecuted, state: Account, trade: Trade | None) -> str:
    base, quote = fact.symbol.split("/")
    quantity = fact.filled_qty
    price = ratio(sum((x.price * x.quantity for x in fact.fills), ZERO), quantity)
    fee = sum((x.fee_quote_value for x in fact.fills), Decimal(0))
    verb = "bought" if fact.side is Side.BUY else "sold"
    line = (
        f"{_name(state, fact.bot_id)} {verb} {plain(quantity)} {base} at {f.price(price)} "
        f"(fee {f.money(fee, quote)}, prices: {f.escape(fact.market.source)})."
    )
    if trade is None:
        return line
    why = f" ({fact.exit_reason.value.replace('_', ' ')})" if fact.exit_reason else ""
    return f"{line} Result: {f.signed(trade.net_pnl, quote)}{why}."
