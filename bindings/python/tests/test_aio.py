"""asyncio: a slow backend never blocks the loop, and what is cancelled is done all the same.

What is slow is a put that waits for the lock of another process.
"""

import asyncio
import inspect
import os
import pathlib
import time
from typing import Any, Awaitable, Callable, List

import pytest
from processes import writer_s_lock

import strongroom
import strongroom.aio


def run(config: pathlib.Path, work: Callable[[strongroom.aio.Store], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with await strongroom.aio.open(config) as store:
            return await work(store)

    return asyncio.run(main())


async def tick(ticks: List[float], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ticks.append(time.monotonic())
        await asyncio.sleep(0.001)


def test_every_operation_is_there() -> None:
    names = {name for name in dir(strongroom.Store) if not name.startswith("_")}
    assert names - set(dir(strongroom.aio.Store)) == set()
    for name in names - {"close", "reopen", "id", "is_read_only"}:
        ours, theirs = getattr(strongroom.aio.Store, name), getattr(strongroom.Store, name)
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
        assert ours.__doc__
    for name in ("open", "open_toml", "create", "backup_info", "restore"):
        ours, theirs = getattr(strongroom.aio, name), getattr(strongroom, name)
        parameters = inspect.signature(ours).parameters
        assert list(parameters) == list(inspect.signature(theirs).parameters)


def test_operations(config: pathlib.Path, tmp_path: pathlib.Path) -> None:
    async def work(store: strongroom.aio.Store) -> None:
        assert (await store.put("web1/a", b"one", labels={"x": "1"})).version == 1
        assert (await store.put("web1/a", memoryview(b"two"), if_version=1)).version == 2
        with await store.get("web1/a", version=1) as secret:
            assert bytes(secret) == b"one"
        buffer = bytearray(3)
        assert await store.get_into("web1/a", buffer) == 3 and buffer == b"two"
        with pytest.raises(strongroom.BufferTooSmall):
            await store.get_into("web1/a", bytearray(2))
        with pytest.raises(KeyError):
            await store.get("web1/nothing")
        assert (await store.describe("web1/a")).labels == {"x": "1"}
        assert [v.number async for v in store.versions("web1/a")] == [2, 1]
        for number in range(3):
            await store.generate(f"web2/{number}")
        assert [s.name async for s in store.list("web2", page=1, after="0")] == ["1", "2"]
        assert [p.name async for p in store.projects()] == ["web1", "web2"]
        assert [f async for f in store.health()]
        with pytest.raises(strongroom.NotFound):
            async for _ in store.list("nowhere"):
                pass
        passphrase = bytearray(b"correct horse battery staple")
        assert (await store.backup(tmp_path / "backup", passphrase=passphrase)).versions == 5
        assert passphrase == b"correct horse battery staple"
        assert (await store.doctor()).versions == 5
        assert store.id and not store.is_read_only

    run(config, work)

    async def restored() -> None:
        info = await strongroom.aio.backup_info(tmp_path / "backup")
        assert info.holds_keys
        report = await strongroom.aio.restore(
            tmp_path / "backup", tmp_path / "r", passphrase=bytearray(b"correct horse battery staple")
        )
        assert report.versions == 5
        async with await strongroom.aio.create(tmp_path / "new") as store:
            assert store.id != info.store_id
        with pytest.raises(strongroom.InvalidArgument, match="closed"):
            await store.get("a/b")
        with pytest.raises(strongroom.AlreadyExists):
            await strongroom.aio.create(tmp_path / "new")

    asyncio.run(restored())


def test_a_slow_backend_does_not_block_the_loop(config: pathlib.Path, folder: pathlib.Path) -> None:
    async def work(store: strongroom.aio.Store) -> None:
        await store.put("web1/a", b"one")
        ticks: List[float] = []
        with writer_s_lock(folder / "metadata.db") as give_back:
            puts = [asyncio.ensure_future(store.put(f"web1/{i}", b"slow")) for i in range(30)]
            await tick(ticks, 0.7)
            assert not any(put.done() for put in puts)
            give_back()
            assert [r.version for r in await asyncio.gather(*puts)] == [1] * 30
        pauses = [after - before for before, after in zip(ticks, ticks[1:])]
        assert len(ticks) > 100 and max(pauses) < 0.3, max(pauses)

    run(config, work)


def test_a_lock_that_is_never_given_back_is_an_error(config: pathlib.Path, folder: pathlib.Path) -> None:
    async def work(store: strongroom.aio.Store) -> None:
        await store.put("web1/a", b"one")
        with writer_s_lock(folder / "metadata.db"):
            with pytest.raises((strongroom.Unavailable, strongroom.Timeout)):
                await asyncio.wait_for(store.put("web1/a", b"two"), 30)

    run(config, work)


def test_a_cancelled_put_is_done_all_the_same(config: pathlib.Path, folder: pathlib.Path) -> None:
    async def work(store: strongroom.aio.Store) -> None:
        await store.put("web1/a", b"one")
        payload = bytearray(b"cancelled")
        with writer_s_lock(folder / "metadata.db") as give_back:
            # More than there are threads: some have not even begun.
            puts = [asyncio.ensure_future(store.put(f"web1/{i}", payload)) for i in range(12)]
            await tick([], 0.2)
            for put in puts:
                put.cancel()
            done = await asyncio.gather(*puts, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in done)
            # The caller may do so now; what is put is what was given.
            strongroom.wipe(payload)
            give_back()

    run(config, work)
    with strongroom.open(config) as store:
        assert len(list(store.list("web1"))) == 13
        for number in range(12):
            with store.get(f"web1/{number}") as secret:
                assert secret.equals(b"cancelled")


def test_a_cancelled_get_s_secret_is_wiped(config: pathlib.Path, store: strongroom.Store) -> None:
    store.put("web1/a", os.urandom(500_000))
    got: List[strongroom.Secret] = []
    original = strongroom.Store.get

    async def work(store: strongroom.aio.Store) -> None:
        def remembering(*arguments: Any) -> strongroom.Secret:
            got.append(original(store._store, "web1/a"))
            return got[-1]

        for pause in (0, 0, 0.001, 0.01):
            task = asyncio.ensure_future(store._pool.run(lambda: remembering()))
            await asyncio.sleep(pause)
            task.cancel()
            cancelled = await asyncio.gather(task, return_exceptions=True)
            if not isinstance(cancelled[0], asyncio.CancelledError):
                cancelled[0].close()

    run(config, work)
    assert len(got) == 4
    for secret in got:
        with pytest.raises(strongroom.InvalidArgument, match="closed"):
            bytes(secret)


def test_a_cancelled_get_into_writes_nothing_afterwards(
    config: pathlib.Path, store: strongroom.Store
) -> None:
    store.put("web1/a", os.urandom(500_000))
    buffer = bytearray(500_000)

    async def work(store: strongroom.aio.Store) -> None:
        task = asyncio.ensure_future(store.get_into("web1/a", buffer))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(config, work)
    assert not any(buffer)


def test_closing_waits_for_what_runs(config: pathlib.Path, folder: pathlib.Path) -> None:
    async def main() -> None:
        store = await strongroom.aio.open(config)
        await store.put("web1/a", b"one")
        with writer_s_lock(folder / "metadata.db") as give_back:
            put = asyncio.ensure_future(store.put("web1/a", b"two"))
            await asyncio.sleep(0.1)
            closing = asyncio.ensure_future(store.close())
            await asyncio.sleep(0.1)
            assert not closing.done()
            give_back()
            await closing
            assert (await put).version == 2
        await store.close()

    asyncio.run(main())


def test_the_loop_can_end_while_something_runs(config: pathlib.Path, folder: pathlib.Path) -> None:
    async def main() -> None:
        store = await strongroom.aio.open(config)
        with writer_s_lock(folder / "metadata.db") as give_back:
            put = asyncio.ensure_future(store.put("web1/late", b"one"))
            await asyncio.sleep(0.1)
            put.cancel()
            give_back()

    asyncio.run(main())
    with strongroom.open(config) as store:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                assert store.describe("web1/late").newest == 1
                return
            except strongroom.NotFound:
                time.sleep(0.01)
    pytest.fail("it was never put")
