"""Each of Chainlit's unsafe defaults is closed, and the API keeps its rules (spec/operations.md, Security)."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
import websockets

from core.adapters.ids import RandomIds
from tests.integration.secured_app import PASSWORD, SECRET

COOKIE = "amarktai_session"
FRIEND = "https://friend.example"
FOE = "https://foe.example"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server, as host:port."""
    command = [sys.executable, "-m", "tests.integration.secured_app", str(tmp_path_factory.mktemp("web")), FRIEND]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port.isdecimal(), "the server did not start"
        yield f"127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
async def web(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a login."""
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as client:
        yield client


class Person:
    """Somebody with an account of their own, so that tests do not disturb each other."""

    def __init__(self, user_id: str, email: str) -> None:
        self.user_id = user_id
        self.email = email


@pytest.fixture
async def ann(web: httpx.AsyncClient) -> Person:
    email = f"ann-{RandomIds().new()}@example.com"
    return Person((await web.post(f"/api/control/person/{email}")).json(), email)


async def chat_login(web: httpx.AsyncClient, person: Person, **headers: str) -> httpx.Response:
    answer = await web.post("/login", data={"username": person.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200
    return answer


async def api_login(web: httpx.AsyncClient, person: Person) -> dict[str, str]:
    answer = await web.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def knows_me(web: httpx.AsyncClient) -> bool:
    """Whether Chainlit takes the browser for somebody who is logged in."""
    return (await web.get("/user")).status_code == 200


class Socket:
    """A hand-made Socket.IO client over long polling, able to send what a browser would not."""

    def __init__(self, web: httpx.AsyncClient) -> None:
        self._web = web
        self._parameters = {"EIO": "4", "transport": "polling"}

    async def connect(self) -> str:
        """Log in to the socket; gives the answer: 40 is welcome, 44 is refused."""
        opened = await self._web.get("/ws/socket.io/", params=self._parameters)
        self._parameters["sid"] = json.loads(opened.text[1:])["sid"]
        auth = {
            "sessionId": RandomIds().new(),
            "clientType": "webapp",
            "userEnv": "{}",
            "chatProfile": "",
            "threadId": "",
        }
        await self._send("40" + json.dumps(auth))
        return await self._receive()

    async def emit(self, event: str, *arguments: object) -> None:
        await self._send("42" + json.dumps([event, *arguments]))

    async def receive_until(self, text: str) -> str:
        """Everything the server sends until `text` appears."""
        heard = ""
        while text not in heard:
            heard += await self._receive()
        return heard

    async def _send(self, packet: str) -> None:
        answer = await self._web.post("/ws/socket.io/", params=self._parameters, content=packet)
        assert answer.text == "OK"

    async def _receive(self) -> str:
        return (await self._web.get("/ws/socket.io/", params=self._parameters)).text


def message(text: str, key: str) -> dict[str, object]:
    step = {"id": key, "name": "user", "type": "user_message", "output": text, "createdAt": "2026-01-05T12:00:00Z"}
    return {"message": step, "fileReferences": []}


# --- Chainlit's routes ---


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/jwt"),
        ("POST", "/auth/header"),
        ("GET", "/auth/oauth/google"),
        ("PUT", "/feedback"),
        ("DELETE", "/feedback"),
        ("POST", "/project/file"),
        ("PUT", "/project/element"),
        ("DELETE", "/project/element"),
        ("PUT", "/project/thread/share"),
        ("GET", "/project/share/some-thread"),
        ("POST", "/mcp"),
        ("DELETE", "/mcp"),
        ("GET", "/copilot/index.js"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/health"),
        ("GET", "/anything/else"),
        ("POST", "//auth/jwt"),
        ("POST", "/auth%2Fjwt"),
        ("POST", "/auth/jwt/"),
    ],
)
async def test_a_route_the_product_does_not_use_does_not_exist(
    web: httpx.AsyncClient, ann: Person, method: str, path: str
):
    token = (await chat_login(web, ann)).cookies[COOKIE]
    answer = await web.request(method, path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


async def test_an_upload_is_refused_although_the_session_is_real(web: httpx.AsyncClient, ann: Person):
    await chat_login(web, ann)
    answer = await web.post("/project/file?session_id=x", files={"file": ("a.txt", b"text")})
    assert answer.status_code == 404


async def test_the_page_and_its_files_are_served_and_point_nowhere_else(web: httpx.AsyncClient):
    for path in ("/", "/login", "/thread/0b0e", "/public/theme.json", "/logo?theme=dark", "/favicon", "/auth/config"):
        assert (await web.get(path)).status_code == 200, path
    page = (await web.get("/")).text
    assert "<title>Amarktai</title>" in page
    assert "https://" not in page


async def test_the_login_page_explains_a_failed_login_in_our_words(web: httpx.AsyncClient):
    texts = (await web.get("/project/translations?language=en-US")).json()["translation"]["auth"]["login"]
    refusal = await web.post("/login", data={"username": "ann@example.com", "password": "wrong wrong"})
    assert texts["errors"][refusal.reason_phrase] == "E-mail or password is wrong."
    assert "Too Many Requests" in texts["errors"]


# --- Sessions of the chat ---


async def test_a_logout_kills_the_cookie_everywhere_and_the_api_tokens(web: httpx.AsyncClient, ann: Person):
    cookie = (await chat_login(web, ann)).cookies[COOKIE]
    bearer = await api_login(web, ann)
    assert await knows_me(web)
    answer = await web.post("/logout")
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    web.cookies.set(COOKIE, cookie)  # a copy somebody kept
    assert not await knows_me(web)
    assert (await web.get("/api/auth/me", headers=bearer)).status_code == 401


async def test_a_logout_without_a_session_revokes_nothing(web: httpx.AsyncClient, ann: Person):
    bearer = await api_login(web, ann)
    assert (await web.post("/logout")).status_code == 200
    assert (await web.get("/api/auth/me", headers=bearer)).status_code == 200


@pytest.mark.parametrize("what", ["disable", "remove"])
async def test_a_person_who_was_shut_out_is_not_known_any_more(web: httpx.AsyncClient, ann: Person, what: str):
    await chat_login(web, ann)
    bearer = await api_login(web, ann)
    await web.post(f"/api/control/{what}/{ann.user_id}")
    assert not await knows_me(web)
    assert (await Socket(web).connect()).startswith("44")
    assert (await web.get("/api/auth/me", headers=bearer)).status_code == 401


async def test_a_session_token_is_not_taken_from_the_authorization_header(web: httpx.AsyncClient, ann: Person):
    token = (await chat_login(web, ann)).cookies[COOKIE]
    web.cookies.clear()
    assert (await web.get("/user", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_tokens_of_chat_and_api_are_not_interchangeable(web: httpx.AsyncClient, ann: Person):
    token = (await chat_login(web, ann)).cookies[COOKIE]
    assert (await web.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    bearer = await api_login(web, ann)
    web.cookies.clear()
    web.cookies.set(COOKIE, bearer["Authorization"].removeprefix("Bearer "))
    assert not await knows_me(web)


async def test_a_forged_session_in_one_piece_or_several_makes_nobody(web: httpx.AsyncClient):
    answer = await web.get("/user", headers={"Cookie": f"theme=dark; {COOKIE}=forged; {COOKIE}_0=forged"})
    assert answer.status_code == 401


async def test_a_store_that_is_away_is_told_apart_from_a_logout(web: httpx.AsyncClient, ann: Person):
    await chat_login(web, ann)
    await web.post("/api/control/store/down")
    try:
        assert (await web.get("/user")).status_code == 503
        assert (await web.post("/login", data={"username": ann.email, "password": PASSWORD})).status_code == 503
    finally:
        await web.post("/api/control/store/up")
    assert await knows_me(web)


async def test_cookies_are_http_only_and_lax_and_secure_behind_tls(web: httpx.AsyncClient, ann: Person):
    plain = (await chat_login(web, ann)).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    assert "Max-Age=3600" in plain
    tls = (await chat_login(web, ann, **{"X-Forwarded-Proto": "https"})).headers["set-cookie"]
    assert tls.endswith("; Secure")
    sticky = await web.post("/set-session-cookie", json={"session_id": "x"}, headers={"X-Forwarded-Proto": "https"})
    assert sticky.headers["set-cookie"].count("SameSite=Lax") == 1


# --- The socket ---


async def test_the_socket_needs_a_session(web: httpx.AsyncClient, ann: Person):
    assert (await Socket(web).connect()).startswith("44")
    await chat_login(web, ann)
    assert (await Socket(web).connect()).startswith("40")


async def test_a_malformed_message_is_dropped_without_a_word_of_its_exception(web: httpx.AsyncClient, ann: Person):
    await chat_login(web, ann)
    socket = Socket(web)
    await socket.connect()
    await socket.emit("connection_successful")
    untimed = message("a", RandomIds().new())
    del untimed["message"]["createdAt"]  # type: ignore[attr-defined]
    v1 = message("b", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    filed = message("b", RandomIds().new()) | {"fileReferences": [5]}
    for payload in ({}, [1], message("b", "no-uuid"), v1, filed, untimed):
        await socket.emit("client_message", payload)
    await socket.emit("client_message")
    await socket.emit("client_message", message("done", RandomIds().new()))
    heard = await socket.receive_until("echo done")
    assert not any(
        word in heard for word in ("'createdAt'", "'message'", "hexadecimal", "AssertionError", "echo a", "echo b")
    )


async def test_an_edited_message_does_not_run_again(web: httpx.AsyncClient, ann: Person):
    await chat_login(web, ann)
    socket = Socket(web)
    await socket.connect()
    await socket.emit("connection_successful")
    key = RandomIds().new()
    await socket.emit("client_message", message("buy", key))
    await socket.receive_until("echo buy")
    await socket.emit("edit_message", message("buy again", key))
    await socket.emit("client_message", message("done", RandomIds().new()))
    assert "buy again" not in await socket.receive_until("echo done")


# --- Other sites' pages ---


@pytest.mark.parametrize("origin", [FOE, "null", "http://127.0.0.1:1", "https://friend.example.evil"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/project/action", "/api/auth/login"])
async def test_another_sites_page_may_not_change_anything(web: httpx.AsyncClient, path: str, origin: str):
    assert (await web.post(path, headers={"Origin": origin})).status_code == 403


async def test_our_own_page_and_a_configured_one_may(web: httpx.AsyncClient, address: str, ann: Person):
    for origin in (f"http://{address}", FRIEND):
        await chat_login(web, ann, Origin=origin)


async def test_another_sites_page_gets_no_leave_to_read(web: httpx.AsyncClient):
    for path in ("/user", "/api/health/ping", "/project/settings"):
        answer = await web.get(path, headers={"Origin": FOE})
        assert "access-control-allow-origin" not in answer.headers, path
    friend = await web.get("/api/health/ping", headers={"Origin": FRIEND})
    assert friend.headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in friend.headers


async def test_another_sites_page_may_not_open_the_socket(web: httpx.AsyncClient, address: str, ann: Person):
    await chat_login(web, ann)
    polling = await web.get("/ws/socket.io/?EIO=4&transport=polling", headers={"Origin": FOE})
    assert polling.status_code == 403
    socket = f"ws://{address}/ws/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(socket, origin=websockets.Origin(FOE))
    assert refusal.value.response.status_code == 403
    async with websockets.connect(socket, origin=websockets.Origin(f"http://{address}")) as opened:
        assert str(await opened.recv()).startswith("0{")


async def test_no_other_websocket_exists(address: str):
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"ws://{address}/anything")


# --- Bodies and headers ---


async def test_a_large_body_is_refused_announced_or_not(web: httpx.AsyncClient):
    large = b"x" * 70_000
    assert (await web.post("/api/auth/login", content=large)).status_code == 413
    assert (await web.post("/login", content=large)).status_code == 413

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield large[:1_000]

    assert (await web.post("/api/auth/login", content=in_pieces())).status_code == 413


@pytest.mark.parametrize("path", ["/", "/user", "/api/health/ping", "/api/nothing", "/nothing", "/public/theme.json"])
async def test_every_answer_carries_the_security_headers(web: httpx.AsyncClient, path: str):
    headers = (await web.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    tls = await web.get(path, headers={"X-Forwarded-Proto": "https"})
    assert "max-age" in tls.headers["strict-transport-security"]


# --- The API ---


async def test_the_api_login_gives_a_token_that_tells_who_i_am(web: httpx.AsyncClient, ann: Person):
    answer = await web.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["user"] == {"email": ann.email, "role": "user"}
    assert answer.headers["cache-control"] == "no-store"
    me = await web.get("/api/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json() == {"email": ann.email, "role": "user"}


async def test_errors_are_problem_documents(web: httpx.AsyncClient, ann: Person):
    async def check(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert {"type", "title", "status", "detail", "code"} <= body.keys()
        assert (body["status"], body["code"]) == (status, code)
        return body

    wrong = {"email": ann.email, "password": "wrong wrong wrong"}
    await check(await web.get("/api/auth/me"), 401, "not_authenticated")
    await check(await web.post("/api/auth/login", json=wrong), 401, "not_authenticated")
    await check(await web.post("/api/auth/login", json=wrong | {"password": "x" * 73}), 422, "invalid_input")
    await check(await web.get("/api/bitcoin"), 404, "not_found")
    refused = await web.post("/api/auth/login", json=wrong | {"role": "admin"})
    body = await check(refused, 422, "invalid_input")
    assert "body.role" in str(body["errors"])
    assert "wrong wrong" not in refused.text


async def test_a_crash_tells_the_client_nothing_about_itself(web: httpx.AsyncClient):
    answer = await web.post("/api/control/crash")
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_sixth_failed_login_is_refused_in_chat_and_api_alike(web: httpx.AsyncClient, ann: Person):
    for _ in range(3):
        await web.post("/login", data={"username": ann.email, "password": "wrong wrong"})
        await web.post("/api/auth/login", json={"email": ann.email, "password": "wrong wrong"})
    chat = await web.post("/login", data={"username": ann.email, "password": PASSWORD})
    api = await web.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert (chat.status_code, api.status_code) == (429, 429)
    assert "try again in" in chat.json()["detail"]


async def test_a_token_with_anything_changed_is_refused(web: httpx.AsyncClient, ann: Person):
    now = datetime.now(UTC)  # noqa: TID251  # the server under test uses the real clock
    good = {
        "sub": ann.user_id,
        "iat": now,
        "exp": now + timedelta(minutes=15),
        "jti": "x",
        "aud": "amarktai",
        "tv": 0,
    }

    async def status(token: str) -> int:
        return (await web.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})).status_code

    assert await status(jwt.encode(good, SECRET)) == 200
    for change in (
        {"exp": now - timedelta(seconds=1)},
        {"iat": now + timedelta(hours=1)},
        {"aud": "another"},
        {"tv": 1},
        {"tv": True},
        {"tv": "zero"},
        {"sub": "nobody"},
    ):
        assert await status(jwt.encode(good | change, SECRET)) == 401, change
    for missing in good:
        assert await status(jwt.encode({k: v for k, v in good.items() if k != missing}, SECRET)) == 401, missing
    assert await status(jwt.encode(good, "another secret of thirty-two bytes!")) == 401
    assert await status(jwt.encode(good, SECRET, algorithm="HS512")) == 401
    assert await status(jwt.encode(good, None, algorithm="none")) == 401
    assert await status("not.a.token") == 401


async def test_half_a_request_is_not_acted_upon(address: str, web: httpx.AsyncClient, ann: Person):
    bearer = await api_login(web, ann)
    host, port = address.split(":")
    cookie = (await chat_login(web, ann)).cookies[COOKIE]
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /logout HTTP/1.1\r\nHost: {address}\r\nCookie: {COOKIE}={cookie}\r\nContent-Length: 10\r\n\r\nhalf"
    writer.write(head.encode())
    await writer.drain()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    assert (await web.get("/api/auth/me", headers=bearer)).status_code == 200
