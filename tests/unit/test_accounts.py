"""Accounts keep the promises of spec/operations.md, Security: passwords, limits, revocation."""

import asyncio
from datetime import timedelta

import pytest

from core.adapters.passwords import BcryptPasswords
from core.domain.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, TooManyAttempts, Unavailable
from core.domain.user import Role
from core.ports import Collection, Index, StoreUnavailable
from core.services.accounts import USERS, USERS_BY_EMAIL, Accounts
from core.services.login_limiter import LoginLimiter
from tests.fakes.clock import FakeClock, FakeIds
from tests.fakes.store_memory import MemoryStore

PASSWORD = "correct horse battery"
HOME = "192.0.2.1"


class World:
    """Accounts over fakes, with real (cheap) bcrypt."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore([Collection(USERS, (Index(USERS_BY_EMAIL, ("email",), unique=True),))])
        self.passwords = BcryptPasswords(cost=4)
        self.accounts = Accounts(self.store, self.passwords, self.clock, FakeIds(), LoginLimiter())

    async def fail(self, times: int, address: str = HOME) -> None:
        for _ in range(times):
            with pytest.raises(NotAuthenticated):
                await self.accounts.login("ann@example.com", "a wrong password", address)


@pytest.fixture
async def world():
    made = World()
    yield made
    await made.passwords.close()


async def test_a_created_user_logs_in_with_any_spelling_of_the_address(world: World):
    created = await world.accounts.create("Ann@Example.com ", PASSWORD, Role.USER)
    assert created.email == "ann@example.com"
    assert await world.accounts.login("ANN@example.COM", PASSWORD, HOME) == created
    assert await world.accounts.current(created.user_id) == created


async def test_the_password_itself_is_never_stored(world: World):
    user = await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    document = await world.store.get(USERS, user.user_id)
    assert PASSWORD not in str(document)


async def test_an_address_is_taken_once_also_when_asked_in_parallel(world: World):
    made = await asyncio.gather(
        *(world.accounts.create("ann@example.com", PASSWORD, Role.USER) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in made) == ["Conflict"] * 4 + ["User"]
    with pytest.raises(Conflict, match="There is an account"):
        await world.accounts.create("ANN@example.com", PASSWORD, Role.USER)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 10"),
        ("ä" * 37, "72 bytes"),
        ("Password123", "attacker"),
        ("aaaaaaaaaaaa", "attacker"),
        ("long enough \ud800", "cannot be stored"),
    ],
)
async def test_a_weak_or_unstorable_password_is_refused_with_its_reason(world: World, password: str, why: str):
    with pytest.raises(InvalidInput, match=why):
        await world.accounts.create("ann@example.com", password, Role.USER)


@pytest.mark.parametrize("email", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example", "a\n@b.c"])
async def test_what_is_not_an_address_is_refused(world: World, email: str):
    with pytest.raises(InvalidInput, match="e-mail"):
        await world.accounts.create(email, PASSWORD, Role.USER)


async def test_72_bytes_are_a_password_and_the_last_of_them_counts(world: World):
    password = "0123456789ab" * 6
    await world.accounts.create("ann@example.com", password, Role.USER)
    await world.accounts.login("ann@example.com", password, HOME)
    with pytest.raises(NotAuthenticated):
        await world.accounts.login("ann@example.com", password[:-1] + "X", HOME)
    with pytest.raises(InvalidInput, match="72 bytes"):
        await world.accounts.login("ann@example.com", password + "X", HOME)


async def test_unknown_wrong_and_disabled_are_told_apart_by_nobody(world: World):
    user = await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    await world.accounts.set_disabled(user.user_id, disabled=True)
    texts = set[str]()
    for email, password in [
        ("bob@example.com", PASSWORD),
        ("ann@example.com", "not it at all"),
        ("ann@example.com", PASSWORD),
    ]:
        with pytest.raises(NotAuthenticated) as refusal:
            await world.accounts.login(email, password, HOME)
        texts.add(refusal.value.message)
    assert len(texts) == 1


async def test_the_sixth_login_in_a_minute_is_refused_even_with_the_right_password(world: World):
    await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    await world.fail(5)
    with pytest.raises(TooManyAttempts, match="60 seconds"):
        await world.accounts.login("ann@example.com", PASSWORD, HOME)
    await world.accounts.login("ann@example.com", PASSWORD, "198.51.100.7")  # another address is not locked out
    world.clock.advance(timedelta(seconds=60))
    await world.accounts.login("ann@example.com", PASSWORD, HOME)


async def test_the_twenty_first_failure_in_an_hour_is_refused(world: World):
    await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    for _ in range(4):
        await world.fail(5)
        world.clock.advance(timedelta(minutes=2))
    with pytest.raises(TooManyAttempts, match="52 minutes"):
        await world.accounts.login("ann@example.com", PASSWORD, HOME)
    world.clock.advance(timedelta(minutes=52))
    await world.accounts.login("ann@example.com", PASSWORD, HOME)


async def test_a_success_forgives_the_failures_before_it(world: World):
    await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    for _ in range(3):
        await world.fail(4)
        await world.accounts.login("ann@example.com", PASSWORD, HOME)


async def test_parallel_guesses_do_not_slip_past_the_limit(world: World):
    await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    guesses = await asyncio.gather(
        *(world.accounts.login("ann@example.com", f"guess number {n}", HOME) for n in range(30)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, NotAuthenticated) for one in guesses) == 5
    assert sum(isinstance(one, TooManyAttempts) for one in guesses) == 25


async def test_attempts_that_the_store_could_not_judge_do_not_count(world: World):
    await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    world.store.available = False
    for _ in range(10):
        with pytest.raises(StoreUnavailable):
            await world.accounts.login("ann@example.com", PASSWORD, HOME)
    world.store.available = True
    await world.accounts.login("ann@example.com", PASSWORD, HOME)


async def test_a_flood_of_logins_is_turned_away_instead_of_queued():
    passwords = BcryptPasswords(cost=4, threads=1, waiting=3)
    hashes = await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in hashes) == 6
    await passwords.hash(PASSWORD)
    await passwords.close()


async def test_revoking_raises_the_token_version_once_per_call_also_in_parallel(world: World):
    user = await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    await asyncio.gather(*(world.accounts.revoke_tokens(user.user_id) for _ in range(5)))
    now = await world.accounts.current(user.user_id)
    assert now is not None
    assert now.token_version == 5
    with pytest.raises(NotFound):
        await world.accounts.revoke_tokens("nobody")


async def test_a_change_keeps_what_it_does_not_touch(world: World):
    user = await world.accounts.create("ann@example.com", PASSWORD, Role.USER)
    before = await world.store.get(USERS, user.user_id)
    await world.accounts.set_disabled(user.user_id, disabled=True)
    after = await world.store.get(USERS, user.user_id)
    assert before is not None
    assert after is not None
    assert after["created_at"] == before["created_at"]
    assert after["disabled"] is True


async def test_the_first_admin_is_made_once_and_its_password_told_once(world: World):
    first = await world.accounts.ensure_first_admin("admin@example.com", None)
    assert first.created
    assert first.password is not None
    admin = await world.accounts.login("admin@example.com", first.password, HOME)
    assert admin.role is Role.ADMIN
    again = await world.accounts.ensure_first_admin("admin@example.com", "another password")
    assert (again.created, again.password) == (False, None)
    with pytest.raises(NotAuthenticated):
        await world.accounts.login("admin@example.com", "another password", HOME)


async def test_a_configured_admin_password_is_used_and_not_told(world: World):
    first = await world.accounts.ensure_first_admin("admin@example.com", PASSWORD)
    assert (first.created, first.password) == (True, None)
    await world.accounts.login("admin@example.com", PASSWORD, HOME)


async def test_the_limiter_forgets_the_pair_unused_longest_when_full():
    clock, limiter = FakeClock(), LoginLimiter(per_minute=1, per_hour=1, max_keys=2)
    for key in ("a", "b", "c"):
        limiter.begin(key, clock.now())
    limiter.begin("a", clock.now())
    with pytest.raises(TooManyAttempts):
        limiter.begin("c", clock.now())
