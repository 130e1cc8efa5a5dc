"""The states of a bar are made in core/domain/bar_states.py; this name is kept for who imports it from here."""

from core.domain.bar_states import DEPTH_FRACTION, HALF_SPREAD_BPS, STEPS, state_of

__all__ = ["DEPTH_FRACTION", "HALF_SPREAD_BPS", "STEPS", "state_of"]
