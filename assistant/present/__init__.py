"""Typed results as blocks: every figure a person sees is written here, by code."""

from assistant.present import account, bots, checks, decisions, guard, ledger, orders, system
from assistant.present.base import PAPER, foot, present

__all__ = ["PAPER", "account", "bots", "checks", "decisions", "foot", "guard", "ledger", "orders", "present", "system"]
