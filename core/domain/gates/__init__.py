"""The gates an order passes, pure functions that answer Passed or Denied."""
