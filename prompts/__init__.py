"""Prompt texts as files, loaded with their hash."""
