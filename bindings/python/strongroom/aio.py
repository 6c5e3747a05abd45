"""Strongroom for asyncio: the operations of `Store`, each on a thread of its own pool.

A slow backend never blocks the event loop, and neither does a full pool.

Cancelling stops the waiting, not the work: what was asked for is done all the same, as if nobody had been
there to see it. A secret that comes of it is wiped. So a cancelled `put` has happened, or will have when
`close()` returns, or has failed.

>>> async def passphrase_of(path):
...     async with await strongroom.aio.open(config) as store:
...         with await store.get(path) as secret:
...             return bytes(secret)
>>> asyncio.run(passphrase_of("web1/borg"))
b'correct horse'
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Callable,
    Coroutine,
    Deque,
    Generic,
    Mapping,
    NoReturn,
    Optional,
    TypeVar,
)
from uuid import UUID

from . import backup as _backup
from . import opening as _opening
from ._call import AnyPath, BytesLike, wipe
from ._handle import generation
from ._items import Items
from ._options import ProgressFunction
from .errors import InvalidArgument
from .infos import BackupFile, BackupReport, PutReceipt, RestoreReport
from .store import Store as _Store
from .words import SecretType

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

R = TypeVar("R")
T = TypeVar("T")

#: How many operations of one store run at once. More wait for their turn.
THREADS = 8

#: How many items of a list are fetched by one visit to the pool.
_BATCH = 100


class _Pool:
    """Threads for the operations of one store. A forked child has none of them, and makes its own."""

    def __init__(self) -> None:
        self._threads: Optional[ThreadPoolExecutor] = None
        self._born = generation()
        self._stopped = False

    async def run(self, work: Callable[[], R]) -> R:
        """Waits for the work without blocking the loop. Once asked for, it is done."""
        future = self._submit(work)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(_discard)
            raise

    def _submit(self, work: Callable[[], R]) -> "Future[R]":
        if self._stopped:
            raise InvalidArgument("the store is closed", "open it again")
        if self._threads is None or self._born != generation():
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="strongroom")
            self._born = generation()
        return self._threads.submit(work)

    def leave(self) -> None:
        """Lets the threads end by themselves, when what was asked for is done."""
        self._stopped = True
        if self._threads is not None and self._born == generation():
            self._threads.shutdown(wait=False)

    async def stop(self) -> None:
        """Waits until all that was asked for is done, and ends the threads."""
        self._stopped = True
        if self._threads is not None and self._born == generation():
            await asyncio.shield(asyncio.to_thread(self._threads.shutdown))


def _discard(future: "Future[Any]") -> None:
    """Wipes a secret, closes a list or a store that nobody waits for any more."""
    if future.exception() is None and hasattr(future.result(), "close"):
        future.result().close()


class AsyncItems(Generic[T], AsyncIterator[T]):
    """What a list has, fetched as it is read: `async for`. What is wrong shows when it is read."""

    def __init__(self, pool: _Pool, start: Callable[[], Items[T]]) -> None:
        self._pool = pool
        self._start = start
        self._items: Optional[Items[T]] = None
        self._ready: Deque[T] = deque()

    def __aiter__(self) -> "AsyncItems[T]":
        return self

    async def __anext__(self) -> T:
        if not self._ready:
            await self._pool.run(self._fetch)
        if not self._ready:
            raise StopAsyncIteration
        return self._ready.popleft()

    def _fetch(self) -> None:
        """On a thread. What it fetches is there even if nobody waits for it any more."""
        if self._items is None:
            self._items = self._start()
        self._ready.extend(islice(self._items, _BATCH))


def _on_a_thread(
    method: "Callable[Concatenate[_Store, P], R]",
) -> "Callable[Concatenate[Store, P], Coroutine[Any, Any, R]]":
    """The method of the store, on a thread of the pool."""

    async def run(self: "Store", /, *arguments: "P.args", **options: "P.kwargs") -> R:
        return await self._pool.run(lambda: method(self._store, *arguments, **options))

    functools.update_wrapper(run, method)
    return run


def _as_items(
    method: "Callable[Concatenate[_Store, P], Items[T]]",
) -> "Callable[Concatenate[Store, P], AsyncItems[T]]":
    """The list of the store, fetched on threads of the pool."""

    def items(self: "Store", /, *arguments: "P.args", **options: "P.kwargs") -> AsyncItems[T]:
        return AsyncItems(self._pool, lambda: method(self._store, *arguments, **options))

    functools.update_wrapper(items, method)
    return items


async def _with_bytes(
    pool: _Pool, data: Optional[BytesLike], work: Callable[[Optional[BytesLike]], R]
) -> R:
    """Work that reads bytes of the caller. They are copied first where they can change, and the copy is
    wiped: a caller that was cancelled may wipe them while the work still goes on."""
    if data is None or isinstance(data, bytes):
        return await pool.run(lambda: work(data))
    copy = bytearray(data)

    def wiping() -> R:
        try:
            return work(copy)
        finally:
            wipe(copy)

    return await pool.run(wiping)


class Store:
    """A store, open, for asyncio. Made by `open()`, `open_toml()` and `create()` of this module.

    Each operation takes the arguments of the one in `strongroom.Store`, gives the same and raises the same.
    Any task may use it; `close()`, or the end of the `async with` block, waits for what still runs.
    """

    def __init__(self, store: _Store, pool: _Pool) -> None:
        self._store = store
        self._pool = pool

    async def put(
        self,
        path: str,
        payload: BytesLike,
        *,
        type: Optional[SecretType] = None,
        if_absent: bool = False,
        if_version: Optional[int] = None,
        content_type: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        activates_at: Optional[datetime] = None,
        expires_at: Optional[datetime] = None,
    ) -> PutReceipt:
        """As `strongroom.Store.put()`. The payload may be wiped as soon as this ends, cancelled or not."""
        put = functools.partial(
            self._store.put,
            path,
            type=type,
            if_absent=if_absent,
            if_version=if_version,
            content_type=content_type,
            labels=labels,
            activates_at=activates_at,
            expires_at=expires_at,
        )
        return await _with_bytes(self._pool, payload, lambda data: put(data or b""))

    async def get_into(
        self,
        path: str,
        buffer: Any,
        *,
        version: Optional[int] = None,
        allow_inactive: bool = False,
    ) -> int:
        """As `strongroom.Store.get_into()`. If this is cancelled, nothing comes into the buffer afterwards."""
        with await self.get(path, version=version, allow_inactive=allow_inactive) as secret:
            return secret.copy_into(buffer)

    async def backup(
        self,
        file: AnyPath,
        *,
        passphrase: Optional[BytesLike] = None,
        progress: Optional[ProgressFunction] = None,
    ) -> BackupReport:
        """As `strongroom.Store.backup()`. `progress` is called on a thread."""
        return await _with_bytes(
            self._pool,
            passphrase,
            lambda data: self._store.backup(file, passphrase=data, progress=progress),
        )

    generate = _on_a_thread(_Store.generate)
    adopt = _on_a_thread(_Store.adopt)
    get = _on_a_thread(_Store.get)
    describe = _on_a_thread(_Store.describe)
    set_state = _on_a_thread(_Store.set_state)
    set_dates = _on_a_thread(_Store.set_dates)
    set_labels = _on_a_thread(_Store.set_labels)
    destroy = _on_a_thread(_Store.destroy)
    erase = _on_a_thread(_Store.erase)
    create_project = _on_a_thread(_Store.create_project)
    describe_project = _on_a_thread(_Store.describe_project)
    erase_project = _on_a_thread(_Store.erase_project)
    rotate_keys = _on_a_thread(_Store.rotate_keys)
    init_keys = _on_a_thread(_Store.init_keys)
    retire_key = _on_a_thread(_Store.retire_key)
    doctor = _on_a_thread(_Store.doctor)
    reopen = _on_a_thread(_Store.reopen)

    list = _as_items(_Store.list)
    versions = _as_items(_Store.versions)
    projects = _as_items(_Store.projects)
    health = _as_items(_Store.health)
    root_keys = _as_items(_Store.root_keys)
    check_keys = _as_items(_Store.check_keys)

    @property
    def id(self) -> UUID:
        """As `strongroom.Store.id`."""
        return self._store.id

    @property
    def is_read_only(self) -> bool:
        """As `strongroom.Store.is_read_only`."""
        return self._store.is_read_only

    async def close(self) -> None:
        """Waits for what was asked for, cancelled or not, and closes the store. Twice is once."""
        try:
            await self._pool.stop()
        finally:
            self._store.close()

    async def __aenter__(self) -> "Store":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<strongroom.aio.Store of {self._store!r}>"

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("a Store cannot be pickled or copied: open it where it is needed")


async def _opened(open_store: Callable[[], _Store]) -> Store:
    pool = _Pool()
    try:
        return Store(await pool.run(open_store), pool)
    except BaseException:
        pool.leave()
        raise


async def open(config: Optional[AnyPath] = None) -> Store:
    """As `strongroom.open()`."""
    return await _opened(lambda: _opening.open(config))


async def open_toml(toml: str, base_folder: AnyPath) -> Store:
    """As `strongroom.open_toml()`."""
    return await _opened(lambda: _opening.open_toml(toml, base_folder))


async def create(
    folder: Optional[AnyPath] = None, *, layout: Optional[_opening.Layout] = None
) -> Store:
    """As `strongroom.create()`."""
    return await _opened(lambda: _opening.create(folder, layout=layout))


async def backup_info(file: AnyPath) -> BackupFile:
    """As `strongroom.backup_info()`."""
    return await asyncio.to_thread(_backup.backup_info, file)


async def restore(
    file: AnyPath,
    folder: AnyPath,
    *,
    passphrase: Optional[BytesLike] = None,
    keyring: Optional[AnyPath] = None,
    keys_from: Optional[AnyPath] = None,
    progress: Optional[ProgressFunction] = None,
) -> RestoreReport:
    """As `strongroom.restore()`. `progress` is called on a thread."""
    pool = _Pool()
    try:
        return await _with_bytes(
            pool,
            passphrase,
            lambda data: _backup.restore(
                file,
                folder,
                passphrase=data,
                keyring=keyring,
                keys_from=keys_from,
                progress=progress,
            ),
        )
    finally:
        pool.leave()
