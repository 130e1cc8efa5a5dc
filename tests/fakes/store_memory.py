"""The in-memory store of the product, under the name that tests know it by."""

from core.adapters.store.memory import MemoryStore

__all__ = ["MemoryStore"]
