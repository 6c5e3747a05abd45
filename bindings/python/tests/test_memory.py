"""Secrets leave no copy in a Python process: another process looks through its memory.

The process that is looked at never gets the secret but from the store, or through a pipe into a buffer that it
wipes. It says where it is, and goes on when it is told to.
"""

import contextlib
import os
import pathlib
import subprocess
import sys
from typing import Any, Iterator, List

import memory
import pytest

import strongroom

_PRELUDE = """
import gc, os, sys
import strongroom
store = strongroom.open(sys.argv[1])

def stop(where):
    gc.collect()
    os.write(1, where.encode() + b"\\n")
    os.read(0, 1)
"""


class Watched:
    """A process whose memory is looked through wherever it stops."""

    def __init__(self, process: "subprocess.Popen[bytes]", secret: bytes) -> None:
        self.process = process
        self.secret = secret

    def at(self, where: str) -> List[str]:
        """Waits until it is there, looks, and lets it go on."""
        assert self.process.stdout and self.process.stdin
        assert self.process.stdout.readline().decode().strip() == where
        found = memory.find(self.process.pid, self.secret)
        self.go_on(b".")
        return found

    def go_on(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()


@contextlib.contextmanager
def watched(config: pathlib.Path, secret: bytes, program: str) -> Iterator[Watched]:
    with subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + program, str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Watched(process, secret)
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0


@pytest.mark.parametrize("length", [64, 300_000])
def test_a_secret_is_found_while_it_is_held_and_not_after(
    config: pathlib.Path, store: strongroom.Store, length: int
) -> None:
    payload = os.urandom(length)
    store.put("web1/borg", payload)
    program = """
stop("before")
with store.get("web1/borg") as secret:
    stop("held")
    assert not secret.equals(b"another")
stop("wiped")
secret = store.get("web1/borg")
stop("held again")
del secret
stop("forgotten")
pipe = os.open("/dev/null", os.O_WRONLY)
with store.get("web1/borg") as secret:
    secret.write_to(pipe)
stop("written")
store.close()
stop("closed")
"""
    with watched(config, payload, program) as process:
        assert process.at("before") == []
        assert len(process.at("held")) == 1
        assert process.at("wiped") == []
        assert len(process.at("held again")) == 1
        for where in ("forgotten", "written", "closed"):
            assert process.at(where) == []


def test_a_bytearray_is_the_only_copy(config: pathlib.Path, store: strongroom.Store) -> None:
    payload = os.urandom(64)
    store.put("web1/borg", payload)
    program = """
buffer = bytearray(64)
assert store.get_into("web1/borg", buffer) == 64
stop("in the buffer")
strongroom.wipe(buffer)
stop("wiped")
with store.get("web1/borg") as secret:
    secret.copy_into(buffer)
stop("copied")
strongroom.wipe(buffer)
stop("wiped again")
try:
    store.get_into("web1/borg", bytearray(1))
except strongroom.BufferTooSmall:
    stop("refused")
"""
    with watched(config, payload, program) as process:
        assert len(process.at("in the buffer")) == 1
        assert process.at("wiped") == []
        assert len(process.at("copied")) == 1
        assert process.at("wiped again") == []
        assert process.at("refused") == []


def test_a_put_leaves_nothing_but_the_caller_s_own_bytes(config: pathlib.Path) -> None:
    payload = os.urandom(64)
    program = """
buffer = bytearray(64)
stop("before")
assert os.readv(0, [buffer]) == 64
stop("read")
store.put("web1/borg", buffer)
store.put("web1/part", memoryview(buffer)[:32].toreadonly())
try:
    store.put("web1/borg", buffer, if_absent=True)
except strongroom.AlreadyExists as error:
    kept = error
strongroom.wipe(buffer)
stop("put and wiped")
"""
    with watched(config, payload, program) as process:
        assert process.at("before") == []
        process.go_on(payload)
        assert len(process.at("read")) == 1
        assert process.at("put and wiped") == []


def test_asyncio_leaves_nothing_either(config: pathlib.Path, store: strongroom.Store) -> None:
    payload = os.urandom(64)
    store.put("web1/borg", payload)
    program = """
import asyncio, strongroom.aio

async def main():
    async with await strongroom.aio.open(sys.argv[1]) as store:
        with await store.get("web1/borg") as secret:
            stop("held")
        buffer = bytearray(64)
        await store.get_into("web1/borg", buffer)
        stop("in the buffer")
        await store.put("web1/borg", buffer)
        strongroom.wipe(buffer)
        stop("put and wiped")
        task = asyncio.ensure_future(store.get("web1/borg"))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    stop("cancelled")

asyncio.run(main())
"""
    with watched(config, payload, program) as process:
        assert len(process.at("held")) == 1
        assert len(process.at("in the buffer")) == 1
        assert process.at("put and wiped") == []
        assert process.at("cancelled") == []


def test_a_copy_that_python_keeps_is_found(config: pathlib.Path, store: strongroom.Store) -> None:
    """The control: what the documentation warns of."""
    payload = os.urandom(64)
    store.put("web1/borg", payload)
    program = """
with store.get("web1/borg") as secret:
    kept = bytes(secret)
stop("kept")
"""
    with watched(config, payload, program) as process:
        assert len(process.at("kept")) == 1


def test_what_an_interrupted_process_had_is_wiped_at_exit(config: Any, store: Any) -> None:
    store.put("web1/borg", b"correct horse")
    program = _PRELUDE + """
secret = store.get("web1/borg")
import atexit
@atexit.register
def last():
    pass
finalizer = secret._handle._free
assert finalizer.alive and finalizer.atexit
"""
    subprocess.run([sys.executable, "-c", program, str(config)], check=True)
