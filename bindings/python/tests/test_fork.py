"""A forked child: handles say so until they are opened again, secrets are gone, the parent goes on."""

import asyncio
import multiprocessing
import os
import pathlib
import subprocess
import sys
import threading
from typing import Any, Callable, Iterator

import pytest

import strongroom
import strongroom.aio
from strongroom._library import lib

fork = multiprocessing.get_context("fork")


def in_child(work: Callable[[], None]) -> None:
    """Runs work in a forked child, as multiprocessing does it."""
    child = fork.Process(target=work)
    child.start()
    child.join(20)
    if child.exitcode is None:
        child.kill()
        child.join()
        pytest.fail("the child waits for ever")
    assert child.exitcode == 0, child.exitcode


@pytest.fixture
def store(store: strongroom.Store) -> Iterator[strongroom.Store]:
    store.put("web1/borg", b"correct horse")
    yield store


def test_a_failure_in_the_child_is_noticed() -> None:
    with pytest.raises(AssertionError):
        in_child(lambda: os._exit(3))


def test_a_child_opens_the_store_again(store: strongroom.Store) -> None:
    def child() -> None:
        with pytest.raises(strongroom.Forked):
            store.get("web1/borg")
        with pytest.raises(strongroom.Forked):
            store.put("web1/borg", b"from the child")
        store.reopen()
        assert store.put("web1/borg", b"from the child").version == 2
        with store.get("web1/borg") as secret:
            assert secret.equals(b"from the child")
        store.close()

    in_child(child)
    with store.get("web1/borg") as secret:
        assert secret.equals(b"from the child")


def test_a_child_that_only_closes_or_forgets_harms_nobody(store: strongroom.Store) -> None:
    secret, secrets = store.get("web1/borg"), store.list("web1")

    def child() -> None:
        nonlocal secret
        del secret
        secrets.close()
        store.close()

    in_child(child)
    assert bytes(secret) == b"correct horse"
    assert next(secrets).name == "borg"
    assert store.put("web1/borg", b"two").version == 2


def test_a_secret_of_the_parent_is_not_there(store: strongroom.Store) -> None:
    secret = store.get("web1/borg")

    def child() -> None:
        for use in (bytes, len, lambda s: s.equals(b"\0" * 13), lambda s: s.copy_into(bytearray(13))):
            with pytest.raises(strongroom.Forked):
                use(secret)
        # What the kernel left of it.
        with secret._handle as pointer:
            data = lib.strongroom_secret_data(pointer)
            assert [data[i] for i in range(13)] == [0] * 13
        secret.close()

    in_child(child)
    assert bytes(secret) == b"correct horse"


def test_a_list_of_the_parent_says_so_when_it_needs_the_store(store: strongroom.Store) -> None:
    store.put("web1/restic", b"one")
    secrets = store.list("web1", page=1)
    next(secrets)

    def child() -> None:
        with pytest.raises(strongroom.Forked):
            next(secrets)

    in_child(child)
    assert next(secrets).name == "restic"


def test_children_of_a_busy_parent_never_wait_for_ever(store: strongroom.Store) -> None:
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            store.get("web1/borg").close()
            list(store.list("web1"))

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()

    def child() -> None:
        store.reopen()
        with store.get("web1/borg") as secret:
            assert secret.equals(b"correct horse")
        store.close()

    try:
        for _ in range(20):
            in_child(child)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_daemon_outlives_the_parent_that_opened_the_store(
    config: pathlib.Path, store: strongroom.Store
) -> None:
    """Others open and close the store meanwhile, as the first and the last who have it open."""
    store.close()
    program = f"""
import os, strongroom, sys
store = strongroom.open({str(config)!r})
store.put("web1/daemon", b"of the parent")
if os.fork():
    os._exit(0)
store.reopen()
for turn in range(20):
    print(turn, flush=True)
    sys.stdin.readline()
    with store.get("web1/other") as secret:
        assert secret.equals(b"other %d" % turn)
    store.put("web1/daemon", b"daemon %d" % turn)
store.close()
print("done", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stdin and daemon.stdout
        for turn in range(20):
            assert daemon.stdout.readline() == f"{turn}\n"
            with strongroom.open(config) as other:
                other.put("web1/other", b"other %d" % turn)
                if turn:
                    with other.get("web1/daemon") as secret:
                        assert secret.equals(b"daemon %d" % (turn - 1))
            daemon.stdin.write("\n")
            daemon.stdin.flush()
        assert daemon.stdout.readline() == "done\n"
    with strongroom.open(config) as other:
        assert other.describe("web1/daemon").newest == 21
        report = other.doctor()
        assert (report.versions, report.damaged) == (42, ())


_shared: Any = None


def _reopen() -> None:
    _shared.reopen()


def _length(path: str) -> int:
    with _shared.get(path) as secret:
        return len(secret)


def _missing(path: str) -> None:
    _shared.get(path)


def test_a_pool_of_forked_workers(store: strongroom.Store) -> None:
    global _shared
    _shared = store
    with fork.Pool(4, initializer=_reopen) as pool:
        assert pool.map(_length, ["web1/borg"] * 40) == [13] * 40
        with pytest.raises(strongroom.NotFound) as caught:
            pool.apply(_missing, ["web1/nothing"])
    assert caught.value.next
    assert _length("web1/borg") == 13


def test_a_spawned_worker_opens_its_own(config: pathlib.Path, store: strongroom.Store) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert str(pool.apply(_own_id, [config])) == str(store.id)


def _own_id(config: pathlib.Path) -> str:
    with strongroom.open(config) as store:
        return str(store.id)


def test_asyncio_in_a_child(config: pathlib.Path, store: strongroom.Store) -> None:
    async def length(shared: strongroom.aio.Store) -> int:
        with await shared.get("web1/borg") as secret:
            return len(secret)

    async def opened() -> strongroom.aio.Store:
        shared = await strongroom.aio.open(config)
        assert await length(shared) == 13
        return shared

    shared = asyncio.run(opened())

    async def again() -> None:
        with pytest.raises(strongroom.Forked):
            await length(shared)
        await shared.reopen()
        assert await length(shared) == 13
        await shared.close()

    in_child(lambda: asyncio.run(again()))
    assert asyncio.run(length(shared)) == 13
    asyncio.run(shared.close())
