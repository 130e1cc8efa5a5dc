"""Is it there at all?"""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(prefix="/api/health", tags=["health"])


class Pong(BaseModel):
    """The process answers."""

    status: str = "ok"


@router.get("/ping")
async def ping() -> Pong:
    """Answers without touching anything; open to everybody."""
    return Pong()
