"""All nouns of the API besides health and login, which every application has."""

from fastapi import APIRouter

from web.api import (
    analytics,
    backtests,
    bot_moves,
    bots,
    circuit_breaker,
    confirmations,
    countdown,
    funding,
    ledger,
    limits,
    market,
    orders,
    portfolio,
    prices,
    profits,
    sweeps,
    system,
    trades,
)

ROUTERS: tuple[APIRouter, ...] = (
    portfolio.router,
    profits.router,
    countdown.router,
    ledger.router,
    funding.router,
    trades.router,
    analytics.router,
    orders.router,
    bot_moves.router,
    bots.router,
    market.router,
    prices.router,
    backtests.router,
    sweeps.router,
    limits.router,
    circuit_breaker.router,
    system.router,
    confirmations.router,
)
