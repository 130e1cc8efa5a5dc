"""Gate 2: an entry's edge must pay for the round trip and leave something (spec/pipeline.md)."""

from decimal import ROUND_UP, Context, Decimal

from core.domain.gates.verdict import Denied, Gate
from core.domain.instrument import FeeSchedule
from core.domain.market import MarketState
from core.domain.money import ZERO, bps_of, plain
from core.domain.order import CostBreakdown
from core.domain.rules import TradingRules

#: For the message only; the ledger's own context refuses to round.
_SHOWN = Context(prec=34, rounding=ROUND_UP)


def round_trip_cost(
    fees: FeeSchedule, market: MarketState, rules: TradingRules, *, at_market: bool = True, maker: bool = False
) -> CostBreakdown:
    """Cost of an entry and a market exit, in bps; the spread is the book's, against the mid.

    Only an order `at_market` slips, and only one that is sure to rest pays the `maker`'s fee.
    """
    return CostBreakdown(
        entry_fee_bps=fees.maker_bps if maker else fees.taker_bps,
        exit_fee_bps=fees.taker_bps,
        spread_bps=bps_of(market.ask - market.bid, market.mid),
        slippage_buffer_bps=rules.slippage_buffer_bps if at_market else ZERO,
        safety_margin_bps=rules.safety_margin_bps,
        min_edge_bps=rules.min_edge_bps,
    )


def check(edge_bps: Decimal | None, cost: CostBreakdown) -> Denied | None:
    """Deny an entry without a stated edge, or with one that does not cover the cost."""
    if edge_bps is None or not edge_bps.is_finite() or edge_bps <= 0:
        return Denied(
            Gate.FEE_COVERAGE,
            "edge_not_stated",
            "The order states no take-profit, so there is no edge to weigh against its costs. Give it a target.",
        )
    required = cost.required_bps
    if edge_bps < required:
        needed = plain(required.quantize(Decimal("0.01"), context=_SHOWN))
        return Denied(
            Gate.FEE_COVERAGE,
            "edge_below_cost",
            f"The edge of {plain(edge_bps)} bps does not cover the round trip of {needed} bps. Use a farther target.",
            limit=plain(required),
            value=plain(edge_bps),
        )
    return None
