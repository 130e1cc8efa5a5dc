"""Tests against real servers on loopback and both stores."""
