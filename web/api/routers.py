"""All nouns of the API besides health and login, which every application has."""

from fastapi import APIRouter

from web.api import analytics, confirmations, countdown, funding, ledger, portfolio, profits, trades

ROUTERS: tuple[APIRouter, ...] = (
    portfolio.router,
    profits.router,
    countdown.router,
    ledger.router,
    funding.router,
    trades.router,
    analytics.router,
    confirmations.router,
)
