"""Use cases, one per file: fetch, decide in the domain, write once."""
