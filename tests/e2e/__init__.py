"""Headless browser against the running app."""
