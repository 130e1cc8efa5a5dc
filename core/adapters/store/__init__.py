"""The two DocumentStore backends and the schema they share."""
