"""Stores on a KMIP server: only the config differs from one with files.

Not collected by itself: the program with_kmip runs this file beside a server, and says in the environment how
it is reached and what another client made there."""

import os
import pathlib
import subprocess

import pytest
import strongroom

# Read for its doctests too, without a server.
SERVER = os.environ.get("STRONGROOM_TEST_KMIP", "")
OBJECT = os.environ.get("STRONGROOM_TEST_OBJECT", "")


def create(folder: pathlib.Path, name: str, how: str = "") -> strongroom.Store:
    """A store whose root key is in the server."""
    config = folder / "strongroom.toml"
    key = f"kind = 'kmip'\nnamespace = 'python-{name}'\n{how}{SERVER}"
    layout = strongroom.Layout(config, None, folder / "metadata.db", folder / "payloads.db", key=key)
    return strongroom.create(layout=layout)


def text(store: strongroom.Store, path: str) -> bytes:
    with store.get(path) as secret:
        return bytes(secret)


@pytest.mark.parametrize(("name", "how"), [("in-server", ""), ("fetched", "root_key = 'fetched'\n")])
def test_the_root_key_is_in_the_server(tmp_path: pathlib.Path, name: str, how: str) -> None:
    with create(tmp_path, name, how) as store:
        store.put("web1/borg", b"correct horse")
        report = store.rotate_keys()
        assert (report.key_backend, report.rewrapped) == ("kmip", 2)
        assert all(check.error is None for check in store.check_keys())
        with pytest.raises(strongroom.Unsupported):
            store.adopt("web1/adopted", OBJECT)
    with strongroom.open(tmp_path / "strongroom.toml") as store:
        assert text(store, "web1/borg") == b"correct horse"


def test_payloads_are_objects_and_others_are_adopted(tmp_path: pathlib.Path) -> None:
    # The command makes the store: a layout has no word for payloads that are objects.
    words = [os.environ["STRONGROOM_TEST_COMMAND"], "init", tmp_path / "store", "--namespace", "python-plain"]
    words += ["--payloads", "server", *os.environ["STRONGROOM_TEST_OPTIONS"].split()]
    subprocess.run(words, check=True, capture_output=True)
    config = tmp_path / "store/strongroom.toml"
    objects = 'kind = "kmip-objects"\n'
    config.write_text(config.read_text().replace(objects, objects + "plaintext_objects = true\n"))
    with strongroom.open(config) as store:
        store.put("plain/own", b"our own")
        assert text(store, "plain/own") == b"our own"
        receipt = store.adopt("plain/adopted", OBJECT, labels={"owner": "ops"})
        assert receipt.version == 1 and text(store, "plain/adopted") == b"correct horse"
        with pytest.raises(strongroom.AlreadyExists):
            store.adopt("plain/adopted", OBJECT, if_absent=True)
        with pytest.raises(strongroom.NotFound, match="no-such-object"):
            store.adopt("plain/no", "no-such-object")
        store.erase("plain/adopted")
        store.adopt("plain/again", OBJECT)
        assert text(store, "plain/again") == b"correct horse"
