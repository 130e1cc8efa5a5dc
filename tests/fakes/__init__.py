"""Fakes that implement ports."""
