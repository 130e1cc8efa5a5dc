"""Accounts: who may log in, and when tokens issued so far must die."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from core.domain.credentials import check_new_password, normalise_email, password_bytes
from core.domain.errors import Conflict, NotAuthenticated, NotFound, Unavailable
from core.domain.user import Role, User
from core.ports import Clock, Document, DocumentStore, DuplicateKey, Ids, Passwords, StoreUnavailable, VersionConflict
from core.services.login_limiter import LoginLimiter

USERS = "users"
USERS_BY_EMAIL = "email"  # unique index of the collection

_RETRIES = 10
_WRONG = "E-mail or password is wrong."


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Outcome of `ensure_first_admin`; `password` is set only when one was made up just now."""

    user: User
    created: bool
    password: str | None


class Accounts:
    """Creates people, checks their passwords, and revokes what they hold."""

    def __init__(
        self, store: DocumentStore, passwords: Passwords, clock: Clock, ids: Ids, limiter: LoginLimiter
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._ids = ids
        self._limiter = limiter
        self._dummy_hash: str | None = None
        self._dummy_lock = asyncio.Lock()

    async def create(self, email: str, password: str, role: Role) -> User:
        """Add an account; funding it is the caller's next step.

        Raises:
            InvalidInput: address or password cannot be accepted.
            Conflict: the address is taken.
        """
        address = normalise_email(email)
        check_new_password(password)
        user = User(
            user_id=self._ids.new(),
            email=address,
            password_hash=await self._passwords.hash(password),
            role=role,
            token_version=0,
            disabled=False,
            version=1,
        )
        document = _to_document(user) | {"created_at": self._clock.now().isoformat()}
        try:
            await self._store.insert(USERS, document)
        except DuplicateKey as taken:
            raise Conflict(f"There is an account for {address} already.") from taken
        return user

    async def ensure_first_admin(self, email: str, password: str | None) -> FirstAdmin:
        """Make sure the configured admin exists; an existing account is left as it is.

        Args:
            email: the admin's address.
            password: its first password; None makes one up, which is returned this once.
        """
        address = normalise_email(email)
        existing = await self._by_email(address)
        if existing is not None:
            return FirstAdmin(existing, created=False, password=None)
        chosen = secrets.token_urlsafe(15) if password is None else password
        try:
            admin = await self.create(address, chosen, Role.ADMIN)
        except Conflict:  # another process starting at the same moment was first
            admin = await self._by_email(address)
            if admin is None:
                raise
            return FirstAdmin(admin, created=False, password=None)
        return FirstAdmin(admin, created=True, password=chosen if password is None else None)

    async def login(self, email: str, password: str, address: str) -> User:
        """Check a password.

        Args:
            email: as typed.
            password: as typed.
            address: network address the attempt comes from; limits are per account and address.

        Raises:
            TooManyAttempts: a limit was reached; right passwords are refused too.
            NotAuthenticated: unknown, wrong or disabled; which of them is not told.
            InvalidInput: not an address, or more than 72 bytes of password.
            StoreUnavailable, Unavailable: no verdict; the attempt does not count.
        """
        account = normalise_email(email)
        password_bytes(password)
        key = (account, address)
        self._limiter.begin(key, self._clock.now())
        try:
            user = await self._by_email(account)
            known_hash = user.password_hash if user else await self._dummy()
            right = await self._passwords.verify(password, known_hash)
        except (StoreUnavailable, Unavailable):
            self._limiter.withdraw(key)
            raise
        if user is None or not right or user.disabled:
            raise NotAuthenticated(_WRONG)
        self._limiter.succeeded(key)
        return user

    async def current(self, user_id: str) -> User | None:
        """The account as stored now; None when there is none."""
        document = await self._store.get(USERS, user_id)
        return None if document is None else _to_user(document)

    async def all_ids(self) -> list[str]:
        """Ids of all accounts."""
        ids: list[str] = []
        cursor: str | None = None
        while True:
            page = await self._store.find(USERS, USERS_BY_EMAIL, (), cursor=cursor)
            ids.extend(document["_id"] for document in page.documents)
            cursor = page.cursor
            if cursor is None:
                return ids

    async def revoke_tokens(self, user_id: str) -> None:
        """Make every token issued so far invalid (NotFound: no such account)."""
        await self._change(user_id, lambda user: replace(user, token_version=user.token_version + 1))

    async def set_disabled(self, user_id: str, *, disabled: bool) -> None:
        """Lock an account out, or let it in again; its tokens die either way (NotFound: no such account)."""
        await self._change(user_id, lambda user: replace(user, disabled=disabled, token_version=user.token_version + 1))

    async def _change(self, user_id: str, change: Callable[[User], User]) -> None:
        for _ in range(_RETRIES):
            document = await self._store.get(USERS, user_id)
            if document is None:
                raise NotFound("There is no such account.")
            user = _to_user(document)
            try:
                await self._store.replace(USERS, document | _to_document(change(user)), user.version)
            except VersionConflict:
                continue  # somebody else changed the account in between: decide again on what is there now
            return
        raise Conflict("The account is being changed by others; try again.")

    async def _by_email(self, address: str) -> User | None:
        page = await self._store.find(USERS, USERS_BY_EMAIL, [address], limit=1)
        return _to_user(page.documents[0]) if page.documents else None

    async def _dummy(self) -> str:
        """A hash no password is known for: an unknown account must take as long as a known one."""
        async with self._dummy_lock:
            if self._dummy_hash is None:
                self._dummy_hash = await self._passwords.hash(self._ids.new())
            return self._dummy_hash


def _to_document(user: User) -> Document:
    return {
        "_id": user.user_id,
        "email": user.email,
        "password_hash": user.password_hash,
        "role": user.role.value,
        "token_version": user.token_version,
        "disabled": user.disabled,
        "version": user.version,
    }


def _to_user(document: Document) -> User:
    return User(
        user_id=document["_id"],
        email=document["email"],
        password_hash=document["password_hash"],
        role=Role(document["role"]),
        token_version=document["token_version"],
        disabled=document["disabled"],
        version=document["version"],
    )
