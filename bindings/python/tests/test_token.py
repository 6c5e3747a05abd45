"""A store whose root key is in a token: only the config differs from one with a keyring."""

import pathlib

import pytest
from tokens import Token

BEGIN = """
import multiprocessing, os, pathlib, sys
import strongroom
from strongroom import KeyState, Severity

folder, key = pathlib.Path(sys.argv[1]), sys.argv[2]
config = folder / "strongroom.toml"

def check(store, path="web1/borg", payload=b"correct horse"):
    with store.get(path) as secret:
        assert secret.equals(payload)

def raises(kind, work):
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")
"""

CREATE = """
layout = strongroom.Layout(config, None, folder / "metadata.db", folder / "payloads.db", key=key)
"""

MADE = BEGIN + CREATE + """
with strongroom.create(layout=layout) as store:
    store.put("web1/borg", b"correct horse")
    check(store)
"""


@pytest.fixture
def token(tmp_path: pathlib.Path) -> Token:
    return Token(tmp_path / "token")


@pytest.fixture
def folder(token: Token, tmp_path: pathlib.Path) -> pathlib.Path:
    """A store on the token."""
    folder = tmp_path / "store"
    token.run(MADE, folder, token.key)
    return folder


def test_put_get_rotate_and_check(token: Token, folder: pathlib.Path) -> None:
    program = BEGIN + """
told = []
with strongroom.open(config) as store:
    (old,) = store.root_keys()
    assert (old.backend, old.state, old.at_hand, old.wraps) == ("hsm", KeyState.ACTIVE, True, 2)
    raises(strongroom.Conflict, lambda: store.retire_key("hsm", old.id))
    report = store.rotate_keys(progress=lambda *words: told.append(words))
    assert (report.key_backend, report.rewrapped, report.resumed) == ("hsm", 2, False) and told
    assert (report.damaged, report.stale_backends) == ((), ()) and report.id != old.id
    checks = list(store.check_keys())
    assert len(checks) == 2 and all(one.error is None and one.findings for one in checks)
    assert all(f.message and f.severity is not Severity.ERROR for one in checks for f in one.findings)
    check(store)
    store.retire_key("hsm", old.id)
    assert {k.id: k.state for k in store.root_keys()} == {old.id: KeyState.DESTROYED, report.id: KeyState.ACTIVE}
    raises(strongroom.NotFound, lambda: store.retire_key("hsm", "no-such-key"))
"""
    token.run(program, folder, token.key)


def test_keys_move_to_the_token_and_back(token: Token, tmp_path: pathlib.Path) -> None:
    program = BEGIN + """
strongroom.create(folder).close()
with config.open("a") as file:
    file.write("[keys.hsm]\\n" + key)
with strongroom.open(config) as store:
    store.put("web1/borg", b"correct horse")
    made = store.init_keys("pkcs11")
    assert (made.backend, made.wraps, made.at_hand) == ("hsm", 0, True)
    raises(strongroom.AlreadyExists, lambda: store.init_keys("hsm"))
    report = store.rotate_keys(to="hsm")
    assert (report.id, report.stale_backends) == (made.id, ("main",))
    check(store)
    report = store.backup(folder / "backup", passphrase=b"a passphrase")
    assert (report.holds_keys, report.keys_left_out) == (True, 1)
    assert store.rotate_keys(key_backend="hsm", to="software").key_backend == "main"
    check(store)
    raises(strongroom.Config, lambda: store.rotate_keys(to="elsewhere"))
"""
    token.run(program, tmp_path / "store", token.key)


def test_a_backup_is_restored_with_the_token(token: Token, folder: pathlib.Path) -> None:
    program = BEGIN + """
with strongroom.open(config) as store:
    raises(strongroom.Unsupported, lambda: store.backup(folder / "backup", passphrase=b"a passphrase"))
    assert not store.backup(folder / "backup").holds_keys
report = strongroom.restore(folder / "backup", folder / "restored", keys_from=config)
with strongroom.open(report.config) as store:
    check(store)
"""
    token.run(program, folder, token.key)


def test_a_wrong_pin(token: Token, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    token.write_pin("4321")
    token.run(BEGIN + "raises(strongroom.Unauthenticated, lambda: strongroom.open(config))", folder, "")
    program = BEGIN + CREATE + """
error = raises(strongroom.Unauthenticated, lambda: strongroom.create(layout=layout))
assert error.native == "CKR_PIN_INCORRECT" and "4321" not in error.message
assert list(folder.iterdir()) == []
"""
    token.run(program, tmp_path / "other", token.key)
    token.write_pin("1234")
    token.run(BEGIN + "check(strongroom.open(config))", folder, "")


def test_a_token_that_is_away(token: Token, folder: pathlib.Path) -> None:
    """Told by the open, or by what needs the key, in bounded time."""
    token.tokens.rename(token.away)
    program = BEGIN + "raises(strongroom.Unavailable, lambda: check(strongroom.open(config)))"
    token.run(program, folder, "", seconds=30)
    token.away.rename(token.tokens)
    token.run(BEGIN + "check(strongroom.open(config))", folder, "")


def test_a_slip_in_the_key(token: Token, tmp_path: pathlib.Path) -> None:
    program = BEGIN + CREATE + """
error = raises(strongroom.Config, lambda: strongroom.create(layout=layout))
assert "`modul`" in error.message and "`module`" in error.message
"""
    token.run(program, tmp_path / "store", "kind = 'pkcs11'\nmodul = 'x'")


def test_a_forked_child(token: Token, folder: pathlib.Path) -> None:
    program = BEGIN + """
store = strongroom.open(config)
check(store)

def child():
    raises(strongroom.Forked, lambda: store.get("web1/borg"))
    raises(strongroom.Forked, store.rotate_keys)
    store.reopen()
    check(store)
    store.create_project("child")
    assert store.rotate_keys().rewrapped == 3
    store.close()

def only_closes():
    store.close()

fork = multiprocessing.get_context("fork")
for work in (only_closes, child):
    process = fork.Process(target=work)
    process.start()
    process.join(50)
    assert process.exitcode == 0, process.exitcode
    check(store)
store.put("parent/borg", b"after")
check(store, "parent/borg", b"after")
store.close()
"""
    token.run(program, folder, "")
