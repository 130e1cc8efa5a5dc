"""Pure tests, milliseconds each."""
