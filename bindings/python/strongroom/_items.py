"""Lists of the library as iterators of Python."""

from __future__ import annotations

import threading
from ctypes import POINTER, byref
from typing import Any, Callable, Generic, Iterator, Type, TypeVar

from ._call import DONE, call
from ._handle import Handle
from ._library import lib
from .errors import InvalidArgument

T = TypeVar("T")


class Items(Generic[T], Iterator[T]):
    """What a list has, fetched as it is read. Each item is a value of its own.

    A page that could not be read is asked for again by the next `next()`. The list is closed at its end, when
    it is forgotten, or by `close()`. Several threads may share it, but not at once: InvalidArgument.
    """

    def __init__(self, noun: str, copy: Callable[[Any], T], view: Type[Any], list_type: Any) -> None:
        self._next = getattr(lib, f"strongroom_{noun}_list_next")
        self._handle = Handle(
            "list", POINTER(list_type), getattr(lib, f"strongroom_{noun}_list_free")
        )
        self._copy = copy
        self._view = POINTER(view)
        self._turn = threading.Lock()

    def _filled_by(self, function: Any, *arguments: Any) -> "Items[T]":
        call(function, *arguments, self._handle.out())
        return self

    def __iter__(self) -> "Items[T]":
        return self

    def __next__(self) -> T:
        # Not waited for: a forked child may inherit it locked for ever.
        if not self._turn.acquire(blocking=False):
            raise InvalidArgument("another thread reads this list just now", "give each its own")
        try:
            if self._handle.closed:
                raise StopIteration
            with self._handle as pointer:
                item = self._view()
                if call(self._next, pointer, byref(item)) != DONE:
                    return self._copy(item.contents)
            self.close()
            raise StopIteration
        finally:
            self._turn.release()

    def close(self) -> None:
        """Frees the list. Afterwards there is nothing more in it."""
        self._handle.close()

    def __enter__(self) -> "Items[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
