"""Who owns what the library hands out, and when it is freed."""

from __future__ import annotations

import os
import threading
import weakref
from ctypes import byref
from typing import Any, Optional

from .errors import InvalidArgument

# Guards the counts below. Held for a few instructions only, never during a call. A child may inherit it
# locked by a thread that it does not have, so it gets a new one. Reentrant, for signal handlers.
_lock = threading.RLock()

_generation = 0


def generation() -> int:
    """Counts forks: another number than before means that this is a child."""
    return _generation


def _after_fork_in_child() -> None:
    global _lock, _generation
    _lock = threading.RLock()
    _generation += 1


os.register_at_fork(after_in_child=_after_fork_in_child)


class _Use:
    """How many calls use a pointer now, and whether it is to be freed after them."""

    __slots__ = ("calls", "closed")

    def __init__(self) -> None:
        self.calls = 0
        self.closed = False


class Handle:
    """Owns one pointer, and frees it once: when closed, when forgotten, or at exit.

    A call uses the pointer inside a `with` block. Closing waits for nobody: the last call that still uses the
    pointer frees it. So no thread can free what another one uses.

    The pointer is owned before the library fills it in, so that an interrupt in between loses nothing.
    """

    __slots__ = ("pointer", "_what", "_use", "_release", "__weakref__")

    def __init__(self, what: str, pointer_type: Any, free: Any) -> None:
        #: NULL until the library fills it in.
        self.pointer = pointer_type()
        self._what = what
        self._use = _Use()
        self._release = weakref.finalize(
            self, _release, weakref.ref(self), self._use, self.pointer, free
        )

    def out(self) -> Any:
        """Where the library is to write the pointer."""
        return byref(self.pointer)

    def __enter__(self) -> Any:
        with _lock:
            if self._use.closed:
                raise InvalidArgument(f"the {self._what} is closed", "open or get it again")
            self._use.calls += 1
        return self.pointer

    def __exit__(self, *_: object) -> None:
        with _lock:
            self._use.calls -= 1
            last = self._use.closed and not self._use.calls
        if last:
            self._release()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._use.closed

    def close(self) -> None:
        """Frees the pointer, or has the last call that uses it do so. Twice is once."""
        with _lock:
            self._use.closed = True
            idle = not self._use.calls
        if idle:
            self._release()


def _release(owner: "weakref.ref[Handle]", use: _Use, pointer: Any, free: Any) -> None:
    """Frees the pointer, and lets no call begin any more. At exit, one that a daemon thread uses just now is
    left alone; a handle that nobody knows any more is not in use, whatever an interrupted call has counted."""
    handle: Optional[Handle] = owner()
    with _lock:
        if handle is not None and use.calls:
            return
        use.closed = True
    free(pointer)
