"""From a chat message to blocks a person sees: safety words, routers, confirmations."""
