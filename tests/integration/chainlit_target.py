"""The smallest chat there can be: it says back what it hears, as long as the session lives."""

import chainlit as cl


@cl.password_auth_callback
async def never_called(_username: str, _password: str) -> cl.User | None:
    """Only tells Chainlit that a login is needed; ours answers before it."""
    return None


@cl.on_message
async def echo(message: cl.Message) -> None:
    await cl.Message(f"echo {message.content}").send()
