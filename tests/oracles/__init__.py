"""Independent calculations of what the ledger must come to, and the histories they are compared on."""
