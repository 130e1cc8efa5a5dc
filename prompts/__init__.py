"""Texts for language models as files, each known by the hash of its exact bytes."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the SHA-256 (hex) of its file, to be recorded beside what it led to."""

    text: str
    sha256: str


@cache
def load(name: str) -> Prompt:
    """The prompt `prompts/<name>.md`.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    content = files(__name__).joinpath(f"{name}.md").read_bytes()
    return Prompt(content.decode("utf-8"), sha256(content).hexdigest())
