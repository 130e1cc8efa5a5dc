"""Market data sources behind the MarketFeed port."""
