"""Typed results as blocks: every figure a person sees is written here, by code."""

from assistant.present import account, backtests, bots, checks, decisions, guard, ledger, market, orders, system
from assistant.present.base import PAPER, foot, present

__all__ = [
    "PAPER",
    "account",
    "backtests",
    "bots",
    "checks",
    "decisions",
    "foot",
    "guard",
    "ledger",
    "market",
    "orders",
    "present",
    "system",
]
