"""A trade: one exit order with the lots it consumed (spec/accounting.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.lots import Match, realized
from core.domain.money import ZERO, ratio
from core.domain.order import ExitReason, Fill


@dataclass(frozen=True, slots=True)
class Trade:
    """Prices are volume-weighted; PnL, fees and return in quote currency; `fees` is both sides' share."""

    order_id: str
    bot_id: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_at: datetime
    closed_at: datetime
    gross_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    return_pct: Decimal
    exit_reason: ExitReason | None = None

    @property
    def won(self) -> bool:
        """A win is a net result above zero; zero is neither win nor loss."""
        return self.net_pnl > 0


@dataclass(frozen=True, slots=True)
class Exit:
    """Fills of one exit order with the lots each consumed."""

    order_id: str
    bot_id: str
    symbol: str
    reason: ExitReason | None
    closed_at: datetime
    legs: Sequence[tuple[Fill, list[Match]]]


def close(exit_: Exit) -> Trade:
    """Sum up an exit order that filled at least in part."""
    quantity = sum((fill.quantity for fill, _ in exit_.legs), ZERO)
    proceeds = sum((fill.quantity * fill.price for fill, _ in exit_.legs), ZERO)
    matches = [match for _, part in exit_.legs for match in part]
    cost = sum((m.quantity * m.price for m in matches), ZERO)
    gross = sum((realized(part, fill.price) for fill, part in exit_.legs), ZERO)
    fees = sum((m.fee for m in matches), ZERO) + sum((fill.fee_quote_value for fill, _ in exit_.legs), ZERO)
    net = gross - fees
    return Trade(
        order_id=exit_.order_id,
        bot_id=exit_.bot_id,
        symbol=exit_.symbol,
        quantity=quantity,
        entry_price=ratio(cost, quantity),
        exit_price=ratio(proceeds, quantity),
        opened_at=min(m.ts for m in matches),
        closed_at=exit_.closed_at,
        gross_pnl=gross,
        fees=fees,
        net_pnl=net,
        return_pct=ratio(net * 100, cost),
        exit_reason=exit_.reason,
    )
