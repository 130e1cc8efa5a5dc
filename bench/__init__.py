"""Benchmarks; each prints a table with what it measured."""
