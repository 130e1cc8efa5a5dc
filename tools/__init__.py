"""What the assistant and the API can do: typed arguments, permission, confirmation level."""
