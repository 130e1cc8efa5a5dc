"""Chainlit's callbacks and nothing else; Chainlit loads this file by path, so it is never imported."""

import chainlit as cl

from web import chat_page


@cl.password_auth_callback
async def _login_is_ours(_username: str, _password: str) -> cl.User | None:
    """Only tells Chainlit that a login is needed; `web/shell.py` answers it."""
    return None


@cl.on_chat_start
async def _start() -> None:
    await chat_page.greet()


@cl.on_message
async def _message(message: cl.Message) -> None:
    await chat_page.answer(message.id, message.content)


@cl.action_callback("decide")
async def _decide(action: cl.Action) -> dict[str, str]:
    payload = {key: str(action.payload.get(key, ""))[:200] for key in ("token", "decision", "phrase")}
    return {"state": await chat_page.decide(**payload)}


@cl.action_callback("say")
async def _say(action: cl.Action) -> None:
    await chat_page.say_for(str(action.payload.get("message", "")))
