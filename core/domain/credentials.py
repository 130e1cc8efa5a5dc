"""What counts as an e-mail address and as a password (spec/operations.md, Security)."""

import re

from core.domain.errors import InvalidInput

MIN_PASSWORD_CHARACTERS = 10
MAX_PASSWORD_BYTES = 72  # bcrypt reads no further; a longer password is refused rather than cut off
MAX_EMAIL_CHARACTERS = 254

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")

#: Passwords of ten and more characters that head the public lists of leaked ones.
_COMMON = frozenset(
    {
        "0123456789",
        "0987654321",
        "1234567890",
        "12345678910",
        "123456789a",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "abcdefghij",
        "abcd123456",
        "administrator",
        "admin12345",
        "admin123456",
        "amarktai123",
        "basketball",
        "changeme123",
        "iloveyou123",
        "letmein123",
        "password00",
        "password01",
        "password12",
        "password123",
        "password1234",
        "password12345",
        "passw0rd123",
        "q1w2e3r4t5",
        "qwerty12345",
        "qwerty123456",
        "qwertyuiop",
        "qwertyuiop123",
        "superman123",
        "welcome123",
        "welcome1234",
        "zxcvbnm123",
    }
)


def normalise_email(email: str) -> str:
    """The one form an address is stored and looked up in.

    Raises:
        InvalidInput: it does not look like an address.
    """
    address = email.strip().lower()
    if len(address) > MAX_EMAIL_CHARACTERS or not _EMAIL.fullmatch(address):
        raise InvalidInput("That is not an e-mail address; one looks like name@example.com.")
    return address


def password_bytes(password: str) -> bytes:
    """The bytes that are hashed.

    Raises:
        InvalidInput: more than 72 bytes, or text that has no UTF-8 form.
    """
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        raise InvalidInput("The password holds a character that cannot be stored.") from None
    if len(raw) > MAX_PASSWORD_BYTES:
        raise InvalidInput(f"The password is longer than {MAX_PASSWORD_BYTES} bytes; choose a shorter one.")
    return raw


def check_new_password(password: str) -> None:
    """Accept a password for an account.

    Raises:
        InvalidInput: too short, too long, one repeated character, or a well-known one.
    """
    password_bytes(password)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise InvalidInput(f"The password needs at least {MIN_PASSWORD_CHARACTERS} characters.")
    if password.lower() in _COMMON or len(set(password)) == 1:
        raise InvalidInput("That password is on every attacker's list; choose another one.")
