"""FastAPI and Chainlit: the doors to the product."""
