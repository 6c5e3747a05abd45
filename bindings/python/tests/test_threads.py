"""Any number of threads use one store; none can free what another one uses; others run during a call."""

import gc
import pathlib
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, List

import pytest
from processes import writer_s_lock

import strongroom
from strongroom import _handle
from strongroom._library import lib


def in_threads(number: int, work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(number) as pool:
        for future in [pool.submit(work, i) for i in range(number)]:
            future.result()


def test_16_threads_on_one_store(store: strongroom.Store) -> None:
    store.put("web1/shared", b"shared")

    def work(number: int) -> None:
        for turn in range(5):
            store.put(f"web1/{number}", b"%d" % turn)
            with store.get(f"web1/{number}") as own, store.get("web1/shared") as shared:
                assert own.equals(b"%d" % turn) and shared.equals(b"shared")
            assert len(list(store.list("web1", page=3))) >= 2

    in_threads(16, work)
    assert len(list(store.list("web1"))) == 17


def test_one_secret_read_and_wiped_by_many_threads(store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse" * 1000)
    for _ in range(30):
        secret = store.get("web1/borg")
        start = threading.Barrier(4)

        def work(number: int) -> None:
            start.wait()
            if number == 0:
                secret.close()
                return
            try:
                while True:
                    assert bytes(secret) == b"correct horse" * 1000
            except strongroom.InvalidArgument:
                pass

        in_threads(4, work)


def test_a_handle_is_freed_once_and_by_the_last_call_that_uses_it() -> None:
    freed: List[Any] = []
    handle = _handle.Handle("thing", lib.strongroom_get.argtypes[0], freed.append)
    with handle as pointer:
        with handle:
            handle.close()
        assert freed == []
        with pytest.raises(strongroom.InvalidArgument):
            handle.__enter__()
    assert len(freed) == 1 and freed[0] is pointer
    handle.close()
    del handle
    gc.collect()
    assert len(freed) == 1


def test_what_is_forgotten_is_freed() -> None:
    freed: List[Any] = []
    _handle.Handle("thing", lib.strongroom_get.argtypes[0], freed.append)
    gc.collect()
    assert len(freed) == 1


def test_closing_during_calls_is_safe(config: pathlib.Path, store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse")
    for _ in range(10):
        shared = strongroom.open(config)
        start = threading.Barrier(5)

        def work(number: int) -> None:
            start.wait()
            try:
                for turn in range(200):
                    if number == 0 and turn == 20:
                        shared.close()
                    shared.get("web1/borg").close()
            except strongroom.InvalidArgument:
                assert "closed" in repr(shared)

        in_threads(5, work)


def test_other_threads_run_during_a_call(store: strongroom.Store, folder: pathlib.Path) -> None:
    """The call waits for a lock, which is given back when another thread of Python has run for a while."""
    store.put("web1/borg", b"one")
    ticks = []
    with writer_s_lock(folder / "metadata.db") as give_back:

        def tick() -> None:
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                ticks.append(time.monotonic())
                time.sleep(0.001)
            give_back()

        ticker = threading.Thread(target=tick)
        ticker.start()
        assert store.put("web1/borg", b"two").version == 2
        returned = time.monotonic()
        ticker.join()
    assert returned >= ticks[-1] and len(ticks) > 50


def test_a_list_is_read_by_one_thread_at_a_time(store: strongroom.Store) -> None:
    store.put("web1/a", b"one")
    secrets = store.list("web1")
    with secrets._turn:
        with pytest.raises(strongroom.InvalidArgument, match="another thread"):
            next(secrets)
    assert next(secrets).name == "a"


@pytest.mark.parametrize("ending", ["", "raise SystemExit(0)", "import os; os.kill(os.getpid(), 15)"])
def test_an_exit_while_a_daemon_thread_calls_is_safe(config: pathlib.Path, ending: str) -> None:
    program = f"""
import strongroom, sys, threading
store = strongroom.open({str(config)!r})
store.put("web1/a", b"one")
secret, secrets = store.get("web1/a"), store.list("web1")
started = threading.Barrier(5)
def work():
    started.wait()
    try:
        while True:
            store.get("web1/a")
    except strongroom.InvalidArgument as error:
        assert "closed" in str(error)
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
started.wait()
{ending}
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, timeout=60)
        assert (done.returncode, done.stderr) == (-15 if "kill" in ending else 0, b"")


def test_ctrl_c_during_a_get_leaves_nothing_behind(config: pathlib.Path, store: strongroom.Store) -> None:
    """The interrupt is raised between the library's return and the next line of Python."""
    store.put("web1/borg", b"correct horse" * 4096)
    store.close()
    program = f"""
import gc, signal, strongroom
store = strongroom.open({str(config)!r})
store.get("web1/borg").close()
def secret_bytes():
    memory = strongroom.memory_status()
    return memory.locked + memory.unlocked
before, interrupted = secret_bytes(), 0
signal.signal(signal.SIGALRM, signal.default_int_handler)
for turn in range(400):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.00002 + turn % 50 * 0.00001)
        kept = store.get("web1/borg")
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
    kept = None
gc.collect()
assert interrupted > 50, interrupted
assert secret_bytes() == before, (secret_bytes(), before)
"""
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
