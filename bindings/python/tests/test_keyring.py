"""The backend for the `keyring` package, used through that package."""

import os
import pathlib
import subprocess
import sys
from typing import Any, Iterator

import pytest

import strongroom

keyring = pytest.importorskip("keyring")

import keyring.backend  # noqa: E402
import keyring.errors  # noqa: E402

from strongroom.keyring import StrongroomKeyring, path, plain, segment  # noqa: E402

NAMES = ["plain", "https://example.org/a?b=c&d", "a b\tc\n", "Zoë", "..", ".", "-x", "%41", "", "a/../b", "😀"]


@pytest.fixture
def ring(config: pathlib.Path) -> Iterator[Any]:
    before = keyring.get_keyring()
    ring = StrongroomKeyring()
    ring.config = str(config)
    keyring.set_keyring(ring)
    yield keyring
    keyring.set_keyring(before)


def test_a_password_is_set_and_got_and_deleted(ring: Any, store: strongroom.Store) -> None:
    assert ring.get_password("service", "user") is None
    ring.set_password("service", "user", "pässword")
    ring.set_password("service", "other", "another")
    assert ring.get_password("service", "user") == "pässword"
    with store.get("keyring/service/user") as secret:
        assert secret.equals("pässword".encode())
    ring.set_password("service", "user", "newer")
    assert ring.get_password("service", "user") == "newer"
    assert store.describe("keyring/service/user").newest == 2
    ring.delete_password("service", "user")
    assert ring.get_password("service", "user") is None
    with pytest.raises(keyring.errors.PasswordDeleteError):
        ring.delete_password("service", "user")
    assert ring.get_password("service", "other") == "another"


def test_a_credential_without_a_user_is_the_first(ring: Any) -> None:
    assert ring.get_credential("ser vice", None) is None
    ring.set_password("ser vice 2", "a", "of another service")
    ring.set_password("ser vice", "b/b", "second")
    ring.set_password("ser vice", "a/a", "first")
    credential = ring.get_credential("ser vice", None)
    assert (credential.username, credential.password) == ("a/a", "first")
    assert ring.get_credential("ser vice", "b/b").password == "second"


def test_any_names_do_and_none_meets_another(ring: Any, store: strongroom.Store) -> None:
    assert len({segment(name) for name in NAMES}) == len(NAMES)
    for name in NAMES:
        assert plain(segment(name)) == name
        ring.set_password(name, "user", f"of {name}")
        if name:
            ring.set_password("service", name, f"for {name}")
    for name in NAMES:
        assert ring.get_password(name, "user") == f"of {name}"
        assert not name or ring.get_password("service", name) == f"for {name}"
    assert store.describe(path("..", "user")).newest == 1


def test_what_fails_is_an_error_of_keyring(ring: Any, store: strongroom.Store) -> None:
    with pytest.raises(keyring.errors.PasswordSetError):
        ring.set_password("service", "user", "")
    with pytest.raises(keyring.errors.PasswordSetError):
        ring.set_password("s" * 300, "user", "password")
    ring.set_password("service", "user", "password")
    store.put("keyring/service/bytes", b"\xff")
    with pytest.raises(keyring.errors.KeyringError):
        ring.get_password("service", "bytes")
    store.set_state("keyring/service/user", 1, strongroom.State.DEACTIVATED)
    with pytest.raises(keyring.errors.KeyringError) as caught:
        ring.get_password("service", "user")
    assert "password" not in str(caught.value)


def test_it_is_there_when_a_store_is(config: pathlib.Path, monkeypatch: Any, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("STRONGROOM_CONFIG", str(config))
    assert 1 < StrongroomKeyring.priority < 5
    assert StrongroomKeyring in keyring.backend.KeyringBackend.get_viable_backends()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("STRONGROOM_CONFIG")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if not os.path.exists("/etc/strongroom/strongroom.toml"):
        assert StrongroomKeyring not in keyring.backend.KeyringBackend.get_viable_backends()


def test_the_keyring_command(config: pathlib.Path) -> None:
    environment = dict(os.environ, STRONGROOM_CONFIG=str(config))
    command = [sys.executable, "-m", "keyring", "--keyring-backend", "strongroom.keyring.StrongroomKeyring"]

    def run(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *arguments],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=60,
        )

    assert run("set", "service", "user", given="hunter2").returncode == 0
    assert run("get", "service", "user").stdout == "hunter2\n"
    assert run("del", "service", "user").returncode == 0
    assert run("get", "service", "user").returncode == 1
