"""The deterministic router that needs no model."""
