"""Roles in the chat (spec/chat.md, Tools; spec/operations.md, Security).

Promise: what is an admin's is refused to everybody else without a word about it, and a session that has ended
elsewhere ends in every open chat at its next message.
"""

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import expect

from core.adapters.clock import SystemClock
from core.adapters.ids import RandomIds
from core.adapters.passwords import BcryptPasswords
from core.services.accounts import Accounts
from core.services.login_limiter import LoginLimiter
from tests.e2e.chat import SLOW_MS, Chat
from tests.e2e.conftest import NewTab
from tests.e2e.ledger import Ledger
from tests.e2e.server import ADMIN, PASSWORD, Server
from tests.integration.test_web_security import Socket, message

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PARTS = ("store", "engine", "market data", "language model", "SQLite", "PROBLEM")


@pytest.fixture(scope="module")
def people() -> Iterator[str]:
    return (f"person{number}@example.com" for number in range(100))


@pytest.fixture
def person(server: Server, people: Iterator[str]) -> str:
    """Somebody who is not an admin, made by the operator while the program runs."""
    email = next(people)
    server.add_user(email)
    return email


async def disable(server: Server, email: str) -> None:
    """As an operator could, in the store behind the running program."""
    ledger = Ledger(server.store)
    user_id = await ledger.user_id(email)
    async with ledger.opened() as store:
        passwords = BcryptPasswords(cost=4)
        accounts = Accounts(store, passwords, SystemClock(), RandomIds(), LoginLimiter())
        await accounts.set_disabled(user_id, disabled=True)
        await passwords.close()


async def test_system_health_is_an_admins_only(server: Server, person: str, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(person, PASSWORD)
    for number, wish in enumerate(("system health", "/health", "/system_health", "is the store up?"), start=2):
        await chat.say(wish)
        await expect(chat.page.locator(".ai-message").nth(number - 1)).to_be_visible(timeout=SLOW_MS)
    words = (await chat.words()).casefold()
    assert not [part for part in PARTS if part.casefold() in words]
    await expect(chat.cards("System health")).to_have_count(0)
    await chat.say("help")
    await chat.until("Here is what you can ask for")
    assert "system health" not in (await chat.words()).casefold()
    admin = await new_tab(server.url)
    await admin.log_in(ADMIN, PASSWORD)
    table = await admin.asks_for("system health", "System health")
    for part in PARTS[:4]:
        await expect(table).to_contain_text(part)
    await admin.picture("6-health")


async def test_a_disabled_person_is_refused_in_an_open_chat(server: Server, person: str, new_tab: NewTab) -> None:
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(person, PASSWORD)
    await chat.say("create a bot called Alpha with 100 USDT")
    await expect(chat.cards("Create bot Alpha")).to_be_visible(timeout=SLOW_MS)
    await disable(server, person)
    await chat.say("how am I doing?")
    await chat.until("Your session has ended")
    await expect(chat.cards("Your portfolio")).to_have_count(0)
    await chat.confirm("Create bot Alpha")
    await expect(chat.page.locator("#email")).to_be_visible(timeout=SLOW_MS)
    assert "BotCreated" not in await ledger.kinds(person)
    await chat.page.fill("#email", person)
    await chat.page.fill("#password", PASSWORD)
    await chat.page.keyboard.press("Enter")
    await expect(chat.page.get_by_text("E-mail or password is wrong.", exact=True)).to_be_visible(timeout=SLOW_MS)


async def test_a_logout_in_another_tab_ends_this_chat_too(server: Server, person: str, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(person, PASSWORD)
    other = Chat(await chat.page.context.new_page(), server.url)
    await other.open()
    await other.log_out()
    await chat.page.locator("#chat-input").fill("how am I doing?")
    await chat.page.keyboard.press("Enter")
    # The page may notice by itself that nobody is logged in any more, and show the login before the answer.
    ended = chat.answers("Your session has ended").or_(chat.page.locator("#email"))
    await expect(ended.first).to_be_visible(timeout=SLOW_MS)
    await expect(chat.cards("Your portfolio")).to_have_count(0)


async def test_a_message_that_is_sent_twice_is_handled_once(server: Server, person: str) -> None:
    """Promise: a handler is idempotent by message id, since the browser's socket lets anybody repeat one."""
    ledger = Ledger(server.store)
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as web:
        await web.post("/login", data={"username": person, "password": PASSWORD})
        socket = Socket(web)
        await socket.connect()
        await socket.emit("connection_successful")
        key = RandomIds().new()
        await socket.emit("client_message", message("create a bot called Alpha", key))
        await socket.emit("client_message", message("create a bot called Alpha", key))
        await socket.emit("client_message", message("help", RandomIds().new()))
        await socket.receive_until("Here is what you can ask for")
    async with ledger.opened() as store:
        page = await store.find("chat_messages", "user_time", (await ledger.user_id(person),))
    said = [document["text"] for document in page.documents if document["author"] == "user"]
    assert said == ["create a bot called Alpha", "help"]


async def test_a_name_made_of_markup_stays_text(server: Server, person: str, new_tab: NewTab) -> None:
    """All text of people is data: nothing of a bot's name runs or is drawn as markup."""
    chat = await new_tab(server.url)
    await chat.log_in(person, PASSWORD)
    name = "<img src=x onerror=alert(1)>**[x](y)"
    loud: list[str] = []
    chat.page.on("dialog", lambda dialog: loud.append(dialog.message))
    await chat.say(f'create a bot called "{name}" with 100 USDT')
    await chat.confirmed(f"Create bot {name}")
    await chat.until(f"{name} is created")
    await expect(await chat.asks_for("list my bots", "Bots")).to_contain_text(name)
    assert not loud
    await expect(chat.page.locator(".ai-message img[src=x], .ai-message a[href=y]")).to_have_count(0)
