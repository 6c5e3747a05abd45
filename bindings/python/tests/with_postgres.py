"""A store in PostgreSQL: only its places differ from one in files.

Not collected by itself: the program with-postgres runs this file beside a server, which it names in the
environment."""

import concurrent.futures
import os
import pathlib
import uuid
from typing import Iterator

import pytest
from test_fork import in_child

import strongroom

# Read for its doctests too, without a server.
SERVER = os.environ.get("STRONGROOM_TEST_SERVER", "")


@pytest.fixture
def config(tmp_path: pathlib.Path) -> pathlib.Path:
    """The config of a new store, with schemas of its own."""
    file, mark = tmp_path / "strongroom.toml", uuid.uuid4().hex
    metadata, shelf = (f"{SERVER}?schema=python_{what}_{mark}" for what in ("metadata", "shelf"))
    layout = strongroom.Layout(file, tmp_path / "keyring.json", metadata, shelf)
    strongroom.create(layout=layout).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keyring.json", "strongroom.toml"]
    return file


@pytest.fixture
def store(config: pathlib.Path) -> Iterator[strongroom.Store]:
    with strongroom.open(config) as opened:
        yield opened


def text(store: strongroom.Store, path: str) -> bytes:
    with store.get(path) as secret:
        return bytes(secret)


def test_a_secret_is_put_got_listed_and_erased(store: strongroom.Store) -> None:
    assert store.put("web1/borg", b"first").version == 1
    assert store.put("web1/borg", b"second").version == 2
    store.put("web1/other", b"other")
    assert text(store, "web1/borg") == b"second"
    assert [info.name for info in store.list("web1")] == ["borg", "other"]
    store.erase("web1/other")
    with pytest.raises(strongroom.NotFound):
        store.get("web1/other")


def test_threads_share_a_store(store: strongroom.Store) -> None:
    def work(n: int) -> bytes:
        store.put(f"web1/{n}", str(n).encode())
        return text(store, f"web1/{n}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == [str(n).encode() for n in range(40)]


def test_a_child_opens_the_store_again(store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse")

    def child() -> None:
        with pytest.raises(strongroom.Forked):
            store.get("web1/borg")
        store.reopen()
        assert store.put("web1/borg", b"from the child").version == 2
        store.close()

    in_child(child)
    assert text(store, "web1/borg") == b"from the child"
    assert store.put("web1/borg", b"from the parent").version == 3


def test_a_closed_store_leaves_no_thread_and_no_connection(config: pathlib.Path) -> None:
    def counted() -> "tuple[int, int]":
        return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

    def has_a_thread() -> bool:
        # One that has ended may be listed for a moment longer.
        for task in pathlib.Path("/proc/self/task").iterdir():
            try:
                if (task / "comm").read_text().startswith("strongroom"):
                    return True
            except OSError:
                pass
        return False

    # The first may leave something open for good.
    strongroom.open(config).close()
    for _ in range(1_000_000):
        if not has_a_thread():
            break
    before = counted()
    for _ in range(20):
        with strongroom.open(config) as opened:
            opened.put("web1/borg", b"correct horse")
            # The control: while it is open, both are counted.
            assert has_a_thread() and all(now > then for now, then in zip(counted(), before))
        for _ in range(1_000_000):
            if counted() == before:
                break
        assert counted() == before
