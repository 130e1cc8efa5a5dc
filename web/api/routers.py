"""All nouns of the API besides health and login, which every application has."""

from fastapi import APIRouter

from web.api import (
    analytics,
    bots,
    circuit_breaker,
    confirmations,
    countdown,
    funding,
    ledger,
    limits,
    orders,
    portfolio,
    profits,
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
    bots.router,
    limits.router,
    circuit_breaker.router,
    system.router,
    confirmations.router,
)
