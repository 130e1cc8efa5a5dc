"""Tests; a package so that a dependency's top-level `tests` cannot shadow it."""
