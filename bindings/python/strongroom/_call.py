"""Calls into the library: what failed becomes an exception, what goes in is checked before."""

from __future__ import annotations

import os
from ctypes import POINTER, byref, c_char_p, c_uint8, cast
from typing import Any, Iterable, List, Optional, Tuple, Union

from . import errors
from ._library import lib
from ._structs import strongroom_error

#: Bytes that go in. A str is none: no one could wipe it.
BytesLike = Union[bytes, bytearray, memoryview]
#: The path of a file or folder.
AnyPath = Union[str, "os.PathLike[str]"]

OK = 0
DONE = 256

ErrorPointer = POINTER(strongroom_error)
_Bytes = POINTER(c_uint8)


def call(function: Any, *arguments: Any) -> int:
    """Calls a function that takes an error last. Gives OK or DONE; raises what else it returns."""
    error = ErrorPointer()
    status: int = function(*arguments, byref(error))
    if not status or status == DONE:
        return status
    raise exception(status, error)


def exception(status: int, error: Any) -> errors.StrongroomError:
    """The error as an exception; frees it."""
    try:
        kind = errors.BY_CODE.get(status, errors.StrongroomError)
        return kind(
            told(lib.strongroom_error_what(error)),
            told(lib.strongroom_error_next(error)),
            code=lib.strongroom_error_status(error) or status,
            backend=maybe(lib.strongroom_error_backend(error)),
            native=maybe(lib.strongroom_error_native(error)),
            message=told(lib.strongroom_error_message(error)),
        )
    finally:
        lib.strongroom_error_free(error)


def invalid(what: str, next: str) -> errors.InvalidArgument:
    """An argument that does not even reach the library."""
    return errors.InvalidArgument(what, next)


def told(value: Optional[bytes]) -> str:
    """Text from the library."""
    return (value or b"").decode()


def maybe(value: Optional[bytes]) -> Optional[str]:
    """Text from the library that may be missing."""
    return None if value is None else value.decode()


def text(name: str, value: str) -> bytes:
    """Text for the library. C would take a zero byte for its end."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if "\0" in value:
        raise invalid(f"{name} has a zero byte", "leave it out")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise invalid(f"{name} is not UTF-8", "give UTF-8 text") from None


def optional_text(name: str, value: Optional[str]) -> Optional[bytes]:
    """Text for the library that may be missing."""
    return None if value is None else text(name, value)


def file_path(name: str, value: AnyPath) -> bytes:
    """The path of a file or folder for the library: UTF-8."""
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a str or a Path of one")
    return text(name, path)


def texts(name: str, values: Iterable[str]) -> Tuple[Any, int]:
    """An array of texts, and their number."""
    encoded = [text(name, value) for value in values]
    return (c_char_p * len(encoded))(*encoded), len(encoded)


def lines(first: Any, number: int) -> List[str]:
    """An array of texts from the library."""
    return [told(first[i]) for i in range(number)]


def number(name: str, value: int, bits: int = 32) -> int:
    """A number for the library. ctypes would cut off what does not fit."""
    if not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not 0 <= value < 1 << bits:
        raise invalid(f"{name} is {value}", "give a number that is neither negative nor that large")
    return int(value)


class Room:
    """A writable buffer: for the time of a `with` block, its address and its length in bytes.

    Meanwhile it cannot be resized. After the block it can, even while an exception still knows its frames.
    """

    __slots__ = ("_buffer", "_first")

    def __init__(self, buffer: Any) -> None:
        self._buffer: Any = buffer
        self._first: Any = None

    def __enter__(self) -> Tuple[Any, int]:
        length = len(self._buffer) if type(self._buffer) is bytearray else _writable(self._buffer)
        # An empty buffer has no address, and NULL would mean something else.
        self._first = _Bytes(c_uint8.from_buffer(self._buffer) if length else c_uint8())
        return self._first, length

    def __exit__(self, *_: object) -> None:
        # Lets go of the buffer.
        self._first.contents = _NOWHERE


# What a pointer points to afterwards. As one into a buffer, it takes the place of all that was kept for it.
_NOWHERE = c_uint8.from_buffer(bytearray(1))


def _writable(buffer: Any) -> int:
    """The length in bytes of a buffer that can be written to."""
    with memoryview(buffer) as view:
        if view.readonly or not view.c_contiguous:
            raise TypeError("the buffer must be writable and without gaps, as a bytearray is")
        return view.nbytes


class Payload(Room):
    """Bytes on their way in.

    Those of a `bytes`, a `bytearray` and a writable `memoryview` are used where they are. What cannot be had
    so is copied, and the copy is wiped.
    """

    __slots__ = ("_copy",)

    def __init__(self, name: str, data: BytesLike) -> None:
        if isinstance(data, str):
            raise TypeError(f"{name} must be bytes, not str: encode it")
        super().__init__(data)
        self._copy: Optional[bytearray] = None

    def __enter__(self) -> Tuple[Any, int]:
        if type(self._buffer) is bytes:
            # ctypes takes the address of a bytes, whatever its stubs say.
            self._first = cast(self._buffer, _Bytes)  # type: ignore[arg-type]
            return self._first, len(self._buffer)
        with memoryview(self._buffer) as view:
            if view.readonly or not view.c_contiguous:
                self._buffer = self._copy = bytearray(view)
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self._copy is not None:
            wipe(self._copy)


def wipe(buffer: Union[bytearray, memoryview]) -> None:
    """Overwrites bytes with zeros, in place.

    >>> passphrase = bytearray(b"correct horse")
    >>> wipe(passphrase)
    >>> any(passphrase)
    False

    Errors: TypeError for what cannot be written to. A `bytes` or a `str` can never be wiped.
    """
    with Room(buffer) as (first, length):
        lib.strongroom_wipe(first, length)
