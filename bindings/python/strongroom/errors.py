"""One exception for each kind of error. The numbers are the same in C, in Rust and as exit codes."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple, Type


class StrongroomError(Exception):
    """What went wrong. `str()` gives the whole message: what happened, where, and what to do next.

    It never holds secret bytes, a PIN or a password.
    """

    #: The number of the kind.
    code: int = 99

    def __init__(
        self,
        what: str,
        next: str = "",
        *,
        code: Optional[int] = None,
        backend: Optional[str] = None,
        native: Optional[str] = None,
        message: Optional[str] = None,
    ) -> None:
        self.message: str = message or (f"{what}; {next}" if next else what)
        super().__init__(self.message)
        #: What happened.
        self.what = what
        #: What to do next.
        self.next = next
        #: The backend in which it happened, if any.
        self.backend = backend
        #: The code of the layer below: CKR_..., a KMIP reason, an SQLSTATE, SQLITE_...
        self.native = native
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> Tuple[Any, ...]:
        """So that it comes back whole from a worker process."""
        return (_again, (type(self), self.what, dict(self.__dict__)))


def _again(kind: Type[StrongroomError], what: str, state: Dict[str, Any]) -> StrongroomError:
    error = kind(what, message=state.get("message"))
    error.__dict__.update(state)
    return error


class InvalidArgument(StrongroomError, ValueError):
    """An argument is not acceptable; nothing was done. Also a ValueError."""

    code = 2


class NotFound(StrongroomError, KeyError):
    """No such project, secret, version, key or store. Also a KeyError."""

    code = 10


class AlreadyExists(StrongroomError):
    """It exists already and would have been overwritten."""

    code = 11


class Conflict(StrongroomError):
    """The state of the thing does not allow this, or somebody else was faster."""

    code = 12


class TooLarge(StrongroomError):
    """The payload, or another input, is longer than its limit."""

    code = 13


class BufferTooSmall(StrongroomError):
    """The caller's buffer is too small; `needed` is the size that would do, in bytes."""

    code = 14
    #: The size that would do, in bytes.
    needed: int = 0


class Unsupported(StrongroomError):
    """This build, backend or medium cannot do it."""

    code = 15


class Quota(StrongroomError):
    """A limit on number or size of things is reached."""

    code = 16


class Denied(StrongroomError, PermissionError):
    """The principal may not do this, or a file may not be accessed. Also a PermissionError."""

    code = 20


class Unauthenticated(StrongroomError):
    """The principal could not be identified."""

    code = 21


class Sealed(StrongroomError):
    """The root key is not in memory."""

    code = 30


class Expired(StrongroomError):
    """The version's expiry date has passed: ask for it by its number."""

    code = 40


class NotActive(StrongroomError):
    """The version is pre-active, deactivated or compromised: ask for it by its number."""

    code = 41


class Destroyed(StrongroomError):
    """The version's payload was destroyed."""

    code = 42


class Pending(StrongroomError):
    """Accepted, but not finished; it will be finished later."""

    code = 43


class Unavailable(StrongroomError):
    """A part did not answer and the operation certainly had no effect: try again."""

    code = 50


class Timeout(StrongroomError, TimeoutError):
    """Time ran out and the outcome is not known: read back. Also a TimeoutError."""

    code = 51


class StorageFull(StrongroomError):
    """The disk, database or token is full; nothing was changed."""

    code = 52


class Corrupt(StrongroomError):
    """Stored data was altered, damaged or is missing."""

    code = 60


class Forked(StrongroomError):
    """It was opened by the parent of this process: Store.reopen()."""

    code = 70


class Config(StrongroomError):
    """The config, or a file that it names, is not usable."""

    code = 80


class Internal(StrongroomError):
    """A fault in Strongroom itself."""

    code = 99


#: The exception of each number. A number that is not here is a plain StrongroomError.
BY_CODE: Dict[int, Type[StrongroomError]] = {
    kind.code: kind for kind in StrongroomError.__subclasses__()
}
