"""Implementations of the ports; imported by bootstrap only."""
