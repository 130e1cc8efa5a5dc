"""Pure trading domain: standard library only, no I/O, no clock, no environment."""
