"""Trading strategies, one per file, and the table that names them."""
