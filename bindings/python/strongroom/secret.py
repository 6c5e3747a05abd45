"""A payload in the library's own memory."""

from __future__ import annotations

import os
from ctypes import POINTER, c_uint8, c_void_p, cast, memmove, string_at
from typing import Any, NoReturn, Optional

from ._call import BytesLike, Payload, Room, maybe
from ._handle import Handle, generation
from ._library import lib
from ._structs import strongroom_secret
from .errors import BufferTooSmall, Forked
from .words import SecretType

_Pointer = POINTER(strongroom_secret)


class Secret:
    """A payload, in memory that is locked where the limit allows, left out of core dumps, zero in a forked
    child, and wiped when the `with` block ends, on `close()`, when it is forgotten, and at exit.

    It outlives the store that it came from, has no text form and cannot be pickled or copied. There is no
    `memoryview` of it: one that is kept too long would show memory that is no longer there.

    >>> with store.get("web1/borg") as secret:
    ...     print(len(secret), secret.version, secret.type)
    13 1 passphrase
    >>> bytes(secret)
    Traceback (most recent call last):
    ...
    strongroom.errors.InvalidArgument: the secret is closed; open or get it again

    Any thread may use it. In a forked child it is gone: Forked.
    """

    __slots__ = ("_handle", "_born")

    def __init__(self) -> None:
        self._handle = Handle("secret", _Pointer, lib.strongroom_secret_free)
        self._born = generation()

    def _use(self) -> Handle:
        if self._born != generation():
            raise Forked("the secret was got by the parent of this process", "get it again here")
        return self._handle

    def __bytes__(self) -> bytes:
        """A copy. Python keeps it, and its memory afterwards, as long as it likes: nobody can wipe it."""
        with self._use() as pointer:
            return string_at(lib.strongroom_secret_data(pointer), lib.strongroom_secret_len(pointer))

    def __len__(self) -> int:
        with self._use() as pointer:
            return int(lib.strongroom_secret_len(pointer))

    def copy_into(self, buffer: Any) -> int:
        """Copies the payload into a `bytearray`, or another writable buffer, and gives its length in bytes.

        Errors: BufferTooSmall, with `needed`.
        """
        with self._use() as pointer, Room(buffer) as (place, room):
            length = int(lib.strongroom_secret_len(pointer))
            if room < length:
                raise _too_small(room, length)
            memmove(place, lib.strongroom_secret_data(pointer), length)
            return length

    def write_to(self, descriptor: int) -> None:
        """Writes the payload to a file descriptor, such as a pipe's, without a copy in Python.

        Waits until the other side has read what the pipe cannot hold: more than 4096 bytes, to be sure.

        Errors: OSError.
        """
        with self._use() as pointer:
            length = lib.strongroom_secret_len(pointer)
            start = cast(lib.strongroom_secret_data(pointer), c_void_p).value or 0
            written = 0
            while written < length:
                rest = (c_uint8 * (length - written)).from_address(start + written)
                written += os.write(descriptor, rest)

    def equals(self, data: BytesLike) -> bool:
        """Whether the payload is equal to these bytes, in a time that depends on the lengths alone."""
        with self._use() as pointer, Payload("data", data) as (first, length):
            return bool(lib.strongroom_secret_equals(pointer, first, length))

    @property
    def version(self) -> int:
        """The number of the version that the payload is."""
        with self._use() as pointer:
            return int(lib.strongroom_secret_version(pointer))

    @property
    def type(self) -> SecretType:
        """What the secret is."""
        with self._use() as pointer:
            return SecretType(lib.strongroom_secret_type(pointer))

    @property
    def content_type(self) -> Optional[str]:
        """The media type that the secret was given."""
        with self._use() as pointer:
            return maybe(lib.strongroom_secret_content_type(pointer))

    def close(self) -> None:
        """Wipes the payload. If another thread reads it just now, that is done when it has."""
        self._handle.close()

    def __enter__(self) -> "Secret":
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def __repr__(self) -> str:
        return f"<strongroom.Secret{', wiped' if self._handle.closed else ''}>"

    def __str__(self) -> NoReturn:
        raise TypeError("a Secret has no text: bytes(secret) copies it out")

    def __format__(self, _: str) -> NoReturn:
        raise TypeError("a Secret has no text: bytes(secret) copies it out")

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")


def _too_small(room: int, needed: int) -> BufferTooSmall:
    """The exception for a buffer that a payload does not fit into."""
    error = BufferTooSmall(
        f"the buffer of {room} bytes is too small for {needed}",
        "call again with a buffer of the size that `needed` says",
    )
    error.needed = needed
    return error
