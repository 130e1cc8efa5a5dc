"""Limits an account trades under; values come from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class TradingRules:
    """Defaults are the product's (spec/product.md, Configuration).

    Counts are orders; `max_drawdown` and `max_daily_loss` are fractions of the unit value's peak and
    day opening; `*_bps` are basis points of the notional; `mark_stale_secs` is engine time.
    """

    max_trades_per_bot_daily: int = 50
    max_trades_per_user_daily: int = 500
    burst_limit_orders: int = 10
    burst_window_secs: int = 10
    max_drawdown: Decimal = Decimal("0.20")
    max_daily_loss: Decimal = Decimal("0.10")
    max_consecutive_losses: int = 5
    max_errors_per_hour: int = 10
    min_edge_bps: Decimal = Decimal(10)
    safety_margin_bps: Decimal = Decimal(5)
    slippage_buffer_bps: Decimal = Decimal(10)
    mark_stale_secs: int = 60
    max_bots: int = 1_000

    def with_limits(self, limits: Mapping[str, Decimal]) -> Self:
        """The same rules with an account's own limits, by name; counts are whole numbers."""
        wanted = {name: int(v) if isinstance(getattr(self, name), int) else v for name, v in limits.items()}
        return replace(self, **wanted)
