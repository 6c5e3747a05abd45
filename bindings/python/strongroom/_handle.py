"""Who owns what the library hands out, and when it is freed."""

from __future__ import annotations

import atexit
import os
import weakref
from ctypes import byref
from typing import Any, List

from .errors import InvalidArgument

_generation = 0


def generation() -> int:
    """Counts forks: another number than before means that this is a child."""
    return _generation


def _after_fork_in_child() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_after_fork_in_child)


class _Use:
    """The calls that use a pointer now, and whether it is to be freed after them.

    There is no lock, which a child could inherit locked. Whoever begins a call adds it before looking at
    `closed`; whoever closes sets `closed` before looking at the calls. So one of the two sees the other.
    """

    __slots__ = ("calls", "closed")

    def __init__(self) -> None:
        self.calls: List[None] = []
        self.closed = False


class Handle:
    """Owns one pointer, and frees it once: when closed, when forgotten, or at exit.

    A call uses the pointer inside a `with` block. Closing waits for nobody: the last call that still uses the
    pointer frees it. So no thread can free what another one uses.

    The pointer is owned before the library fills it in, so that an interrupt in between loses nothing.
    """

    __slots__ = ("pointer", "_what", "_use", "_free", "__weakref__")

    def __init__(self, what: str, pointer_type: Any, free: Any) -> None:
        #: NULL until the library fills it in.
        self.pointer = pointer_type()
        self._what = what
        self._use = _Use()
        self._free = weakref.finalize(self, _free, self._use, self.pointer, free)

    def out(self) -> Any:
        """Where the library is to write the pointer."""
        return byref(self.pointer)

    def __enter__(self) -> Any:
        use = self._use
        use.calls.append(None)
        if use.closed:
            self.__exit__()
            raise InvalidArgument(f"the {self._what} is closed", "open or get it again")
        return self.pointer

    def __exit__(self, *_: object) -> None:
        use = self._use
        use.calls.pop()
        if use.closed and not use.calls:
            self._free()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._use.closed

    def close(self) -> None:
        """Frees the pointer, or has the last call that uses it do so. Twice is once."""
        self._use.closed = True
        if not self._use.calls:
            self._free()


def _free(use: _Use, pointer: Any, free: Any) -> None:
    """Frees the pointer. At exit, one that a daemon thread uses just now is left alone; a handle that nobody
    knows any more is not in use, whatever an interrupted call has left behind."""
    use.closed = True
    if not _exiting or not use.calls:
        free(pointer)


_exiting = False


def _exit() -> None:
    global _exiting
    _exiting = True


# What is registered last is called first: the first finalizer registers the one that frees what is left.
weakref.finalize(_free, int)()
atexit.register(_exit)
