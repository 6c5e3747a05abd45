"""A payload shows itself only to who asks for it, and not after its block."""

import copy
import logging
import os
import pickle
import threading
from typing import Any

import pytest

import strongroom

PAYLOAD = b"correct\0horse \xff"


@pytest.fixture
def secret(store: strongroom.Store) -> strongroom.Secret:
    store.put("web1/borg", PAYLOAD, content_type="text/plain", type=strongroom.SecretType.OPAQUE)
    return store.get("web1/borg")


def test_a_secret_gives_its_bytes_and_what_it_is(secret: strongroom.Secret) -> None:
    assert bytes(secret) == PAYLOAD
    assert len(secret) == len(PAYLOAD)
    assert secret.version == 1
    assert secret.type is strongroom.SecretType.OPAQUE
    assert secret.content_type == "text/plain"
    assert secret.equals(PAYLOAD) and secret.equals(bytearray(PAYLOAD))
    assert not secret.equals(PAYLOAD[:-1]) and not secret.equals(b"")


def test_after_its_block_there_is_nothing_left(secret: strongroom.Secret) -> None:
    with secret as same:
        assert same is secret
    for use in (
        bytes,
        len,
        lambda s: s.version,
        lambda s: s.type,
        lambda s: s.content_type,
        lambda s: s.equals(PAYLOAD),
        lambda s: s.copy_into(bytearray(99)),
        lambda s: s.write_to(1),
    ):
        with pytest.raises(strongroom.InvalidArgument, match="closed"):
            use(secret)
    secret.close()


def test_it_outlives_its_store(store: strongroom.Store, secret: strongroom.Secret) -> None:
    store.close()
    assert bytes(secret) == PAYLOAD


def test_it_has_no_text(secret: strongroom.Secret, caplog: Any) -> None:
    for show in (repr, lambda s: repr([s]), lambda s: repr({"a": s})):
        assert "correct" not in show(secret) and "horse" not in show(secret)
    for show in (str, "{}".format, lambda s: f"{s}", lambda s: "%s" % s):
        with pytest.raises(TypeError):
            show(secret)
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("got %r", secret)
    assert "Secret" in caplog.text and "horse" not in caplog.text
    assert not hasattr(secret, "__dict__")


def test_it_cannot_be_pickled_or_copied(secret: strongroom.Secret, store: strongroom.Store) -> None:
    for thing in (secret, store):
        for work in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                work(thing)  # type: ignore[operator]


def test_it_goes_into_a_buffer(secret: strongroom.Secret) -> None:
    buffer = bytearray(20)
    assert secret.copy_into(buffer) == len(PAYLOAD)
    assert buffer[: len(PAYLOAD)] == PAYLOAD and not any(buffer[len(PAYLOAD) :])
    short = bytearray(3)
    with pytest.raises(strongroom.BufferTooSmall) as caught:
        secret.copy_into(short)
    assert caught.value.needed == len(PAYLOAD) and short == bytes(3)
    with pytest.raises(TypeError):
        secret.copy_into(bytes(20))


def test_it_goes_into_a_pipe_that_is_too_small_for_it(store: strongroom.Store) -> None:
    payload = os.urandom(strongroom.PAYLOAD_LIMIT)
    store.put("web1/large", payload)
    reading, writing = os.pipe()
    received = bytearray()

    def read() -> None:
        with os.fdopen(reading, "rb") as pipe:
            received.extend(pipe.read())

    reader = threading.Thread(target=read)
    reader.start()
    with store.get("web1/large") as secret:
        secret.write_to(writing)
    os.close(writing)
    reader.join()
    assert received == payload
    with store.get("web1/large") as secret, pytest.raises(OSError):
        secret.write_to(writing)


def test_get_into_a_buffer(store: strongroom.Store, secret: strongroom.Secret) -> None:
    buffer = bytearray(b"#" * 20)
    assert store.get_into("web1/borg", buffer) == len(PAYLOAD)
    assert buffer == PAYLOAD + b"#" * (20 - len(PAYLOAD))
    with memoryview(bytearray(20)) as view:
        assert store.get_into("web1/borg", view[3:]) == len(PAYLOAD)
        assert view[3 : 3 + len(PAYLOAD)] == PAYLOAD
    for wrong in (bytes(20), memoryview(bytearray(40))[::2], "text"):
        with pytest.raises(TypeError):
            store.get_into("web1/borg", wrong)


@pytest.mark.parametrize("room", [0, 1, len(PAYLOAD) - 1])
def test_a_short_buffer_can_be_made_longer_at_once(
    store: strongroom.Store, secret: strongroom.Secret, room: int
) -> None:
    buffer = bytearray(room)
    try:
        store.get_into("web1/borg", buffer)
        pytest.fail("it cannot fit")
    except strongroom.BufferTooSmall as error:
        assert buffer == bytes(room)
        # The exception knows the frames of the call, and yet the buffer is free.
        buffer.extend(bytes(error.needed - room))
    assert store.get_into("web1/borg", buffer) == len(buffer)
    assert buffer == PAYLOAD


def test_a_payload_can_be_any_bytes(store: strongroom.Store) -> None:
    whole = bytes(range(256))
    for payload in (
        whole,
        bytearray(whole),
        memoryview(whole),
        memoryview(bytearray(whole)),
        memoryview(whole)[::-1],
        memoryview(whole).cast("H"),
    ):
        store.put("web1/any", payload)
        with store.get("web1/any") as secret:
            assert secret.equals(bytes(payload))
    for empty in (b"", bytearray(), memoryview(b"")):
        with pytest.raises(strongroom.InvalidArgument):
            store.put("web1/any", empty)
    longest = bytes(strongroom.PAYLOAD_LIMIT)
    store.put("web1/any", longest)
    with pytest.raises(strongroom.TooLarge):
        store.put("web1/any", longest + b"\0")


def test_wipe_overwrites_in_place() -> None:
    buffer = bytearray(b"correct horse")
    strongroom.wipe(memoryview(buffer)[8:])
    assert buffer == b"correct \0\0\0\0\0"
    strongroom.wipe(buffer)
    assert buffer == bytes(13)
    strongroom.wipe(bytearray())
    with pytest.raises(TypeError):
        strongroom.wipe(b"correct horse")  # type: ignore[arg-type]
