"""A backend for the `keyring` package: https://pypi.org/project/keyring/

The password of USER for SERVICE is the secret keyring/SERVICE/USER of the store that `strongroom.open()`
opens; `config` names another one. What a name may not have is percent-encoded, byte by byte.
"""

from __future__ import annotations

import contextlib
import string
from typing import Iterator, Optional
from urllib.parse import unquote

import keyring.backend
import keyring.credentials
import keyring.errors

import strongroom

PROJECT = "keyring"

_PLAIN = frozenset((string.ascii_letters + string.digits + "._@+=-").encode())


class _Priority:
    """Below the desktop's own keyrings, which have 5, and above plain files, which have less than 1. Without a
    store the backend is not viable, which `keyring` wants to hear as a RuntimeError."""

    def __get__(self, _: object, backend: "type[StrongroomKeyring]") -> float:
        if backend.config is None:
            try:
                strongroom.config_find()
            except strongroom.StrongroomError as error:
                raise RuntimeError(str(error)) from error
        return 2


class StrongroomKeyring(keyring.backend.KeyringBackend):
    """Passwords in a Strongroom. Of a password that was set again, the older versions stay in the store."""

    #: The config of the store; None for the one that `strongroom.open()` finds.
    config: Optional[str] = None

    priority = _Priority()

    def get_password(self, service: str, username: str) -> Optional[str]:
        """The password, or None."""
        with self._opened(keyring.errors.KeyringError) as store:
            try:
                with store.get(path(service, username)) as secret:
                    return bytes(secret).decode()
            except strongroom.NotFound:
                return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Puts the password as the newest version."""
        with self._opened(keyring.errors.PasswordSetError) as store:
            store.put(path(service, username), password.encode())

    def delete_password(self, service: str, username: str) -> None:
        """Erases the password with all its versions."""
        with self._opened(keyring.errors.PasswordDeleteError) as store:
            store.erase(path(service, username))

    def get_credential(
        self, service: str, username: Optional[str]
    ) -> Optional[keyring.credentials.Credential]:
        """The user and the password; without a user, the first one that has a password."""
        if username is None:
            username = self._first_user(service)
        return super().get_credential(service, username)

    def _first_user(self, service: str) -> Optional[str]:
        prefix = segment(service) + "/"
        with self._opened(keyring.errors.KeyringError) as store:
            try:
                with store.list(PROJECT, prefix=prefix, page=1) as secrets:
                    first = next(secrets, None)
            except strongroom.NotFound:
                return None
        return None if first is None else plain(first.name[len(prefix) :])

    @contextlib.contextmanager
    def _opened(self, failure: type[keyring.errors.KeyringError]) -> Iterator[strongroom.Store]:
        """The store, for one operation: no process holds it open, and a forked child is like any other."""
        try:
            with strongroom.open(self.config) as store:
                yield store
        except (strongroom.StrongroomError, UnicodeError) as error:
            raise failure(str(error)) from error


def path(service: str, username: str) -> str:
    """Where the password is.

    >>> path("https://example.org", "Zoë")
    'keyring/https%3A%2F%2Fexample.org/Zo%C3%AB'
    """
    return f"{PROJECT}/{segment(service)}/{segment(username)}"


def segment(text: str) -> str:
    """Text as one segment of a name. Nothing is a lone percent sign.

    >>> segment("a b"), segment(".."), segment("-x"), segment("50%"), segment("")
    ('a%20b', '%2E.', '%2Dx', '50%25', '%')
    """
    encoded = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.encode())
    if encoded in (".", "..") or encoded.startswith("-"):
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    return encoded or "%"


def plain(encoded: str) -> str:
    """What a segment stands for.

    >>> [plain(segment(text)) for text in ("a b", "..", "50%", "Zoë", "")]
    ['a b', '..', '50%', 'Zoë', '']
    """
    return "" if encoded == "%" else unquote(encoded, errors="strict")
