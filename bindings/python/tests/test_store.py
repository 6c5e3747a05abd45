"""Every operation of a store, on a real one."""

import dataclasses
import datetime as dt
import os
import pathlib
import uuid
from typing import Any

import pytest
from processes import change

import strongroom
from strongroom import Recipe, SecretType, State

NOW = dt.datetime.now(dt.timezone.utc)
SOON = dt.datetime(2099, 2, 3, 4, 5, 6, 789012, tzinfo=dt.timezone.utc)


def test_put_and_get(store: strongroom.Store) -> None:
    first = store.put("web1/borg", b"one")
    assert (first.version, first.created_project) == (1, True)
    second = store.put("web1/borg", b"two", if_version=1)
    assert (second.version, second.created_project) == (2, False)
    assert first.secret_id == second.secret_id == store.describe("web1/borg").id
    with store.get("web1/borg") as current, store.get("web1/borg", version=1) as old:
        assert (bytes(current), current.version, bytes(old), old.version) == (b"two", 2, b"one", 1)
    with pytest.raises(strongroom.AlreadyExists):
        store.put("web1/borg", b"three", if_absent=True)
    with pytest.raises(strongroom.Conflict):
        store.put("web1/borg", b"three", if_version=1)
    with pytest.raises(strongroom.Conflict):
        store.put("web1/borg", b"three", type=SecretType.OPAQUE)


def test_what_was_given_is_told(store: strongroom.Store) -> None:
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    store.put(
        "web1/key",
        b"0" * 32,
        type=SecretType.SYMMETRIC_KEY,
        content_type="application/octet-stream",
        labels={"place": "vault", "Ort": "Tübingen"},
        expires_at=SOON.astimezone(zone),
    )
    info = store.describe("web1/key")
    assert info.path == "web1/key" and (info.project, info.name) == ("web1", "key")
    assert info.type is SecretType.SYMMETRIC_KEY and str(info.type) == "symmetric-key"
    assert info.content_type == "application/octet-stream"
    assert info.labels == {"place": "vault", "Ort": "Tübingen"}
    assert (info.current, info.newest) == (1, 1)
    assert info.id.version == 7
    assert abs(info.created_at - NOW) < dt.timedelta(hours=1)
    assert info.created_at.tzinfo is dt.timezone.utc
    (version,) = store.versions("web1/key")
    assert version.expires_at == SOON and version.activates_at is None
    assert version.state is State.ACTIVE and version.size == 32
    assert hash(info) and hash(version)
    with pytest.raises(dataclasses.FrozenInstanceError):
        version.size = 1  # type: ignore[misc]


def test_generate(store: strongroom.Store) -> None:
    store.generate("web1/pass")
    store.generate("web1/key", recipe=Recipe.KEY, length=16, type=SecretType.SYMMETRIC_KEY)
    with store.get("web1/pass") as passphrase, store.get("web1/key") as key:
        assert len(passphrase) == strongroom.PASSPHRASE_LENGTH and bytes(passphrase).isalnum()
        assert len(key) == 16
    with pytest.raises(strongroom.InvalidArgument):
        store.generate("web1/pass", length=5)
    with pytest.raises(strongroom.InvalidArgument):
        store.generate("web1/pass", recipe=Recipe(77))


def test_states_and_dates(store: strongroom.Store) -> None:
    store.put("web1/a", b"one", activates_at=SOON)
    with pytest.raises(strongroom.NotActive):
        store.get("web1/a")
    assert store.describe("web1/a").current is None
    store.set_dates("web1/a", 1, activates_at=NOW)
    store.set_dates("web1/a", 1, expires_at=SOON)
    assert next(store.versions("web1/a")).expires_at == SOON
    store.set_dates("web1/a", 1, clear_expires_at=True)
    assert next(store.versions("web1/a")).expires_at is None
    with pytest.raises(strongroom.Conflict):
        store.destroy("web1/a", 1)
    with pytest.raises(strongroom.Conflict):
        store.set_state("web1/a", 1, State.PRE_ACTIVE)
    store.set_state("web1/a", 1, State.DEACTIVATED)
    with store.get("web1/a", allow_inactive=True) as secret:
        assert bytes(secret) == b"one"
    store.destroy("web1/a", 1)
    with pytest.raises(strongroom.Destroyed):
        store.get("web1/a", version=1)
    (version,) = store.versions("web1/a")
    assert version.state is State.DESTROYED and version.destroyed_at


@pytest.mark.parametrize(
    "date", [dt.datetime(2030, 1, 1), dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)]
)
def test_a_date_that_would_be_taken_for_another_is_refused(store: Any, date: dt.datetime) -> None:
    with pytest.raises(strongroom.InvalidArgument):
        store.put("web1/a", b"one", expires_at=date)
    with pytest.raises(TypeError):
        store.put("web1/a", b"one", expires_at=12)


def test_labels(store: strongroom.Store) -> None:
    store.put("web1/a", b"one", labels={"x": "1", "y": "2"})
    store.set_labels("web1/a", {"z": "3", "x": "4"}, remove=["y", "not there"])
    assert store.describe("web1/a").labels == {"x": "4", "z": "3"}
    store.set_labels("web1/a", remove=("x",))
    assert store.describe("web1/a").labels == {"z": "3"}
    with pytest.raises(strongroom.Quota):
        store.set_labels("web1/a", {f"label {i}": "" for i in range(strongroom.LABELS_LIMIT + 1)})


def test_erase(store: strongroom.Store) -> None:
    first = store.put("web1/a", b"one")
    store.erase("web1/a")
    with pytest.raises(KeyError):
        store.get("web1/a")
    again = store.put("web1/a", b"two")
    assert again.version == 1 and again.secret_id != first.secret_id


def test_projects(store: strongroom.Store) -> None:
    made = store.create_project("web2", backend="main")
    assert (made.name, made.backend, made.secrets) == ("web2", "main", 0)
    assert made.state is strongroom.ProjectState.LIVE
    store.put("web2/a", b"one")
    store.put("web1/a", b"one")
    assert store.describe_project("web2").secrets == 1
    assert [p.name for p in store.projects()] == ["web1", "web2"]
    assert [p.name for p in store.projects(after="web1")] == ["web2"]
    with pytest.raises(strongroom.AlreadyExists):
        store.create_project("web2")
    with pytest.raises(strongroom.Config):
        store.create_project("web3", backend="nowhere")
    store.erase_project("web2")
    with pytest.raises(strongroom.NotFound):
        store.describe_project("web2")


def test_lists_are_fetched_as_they_are_read(store: strongroom.Store) -> None:
    for name in ("a", "b", "b/c", "d"):
        store.put(f"web1/{name}", b"one")
    assert [s.name for s in store.list("web1", page=1)] == ["a", "b", "b/c", "d"]
    assert [s.name for s in store.list("web1", prefix="b")] == ["b", "b/c"]
    assert [s.name for s in store.list("web1", after="b")] == ["b/c", "d"]
    assert list(store.list("web1", prefix="nothing")) == []

    # Values of their own, which stay when the list goes on; a mistake shows at once.
    secrets = store.list("web1", page=1)
    first = next(secrets)
    store.put("web1/aa", b"put while the list is read")
    assert [s.name for s in secrets] == ["aa", "b", "b/c", "d"]
    assert first.name == "a" and first.labels == {}
    assert list(secrets) == []
    with store.list("web1") as closed:
        next(closed)
    assert list(closed) == []
    with pytest.raises(strongroom.NotFound):
        store.list("nowhere")
    with pytest.raises(strongroom.InvalidArgument):
        store.list("web1", page=10_001)


def test_a_list_outlives_its_store(store: strongroom.Store) -> None:
    store.put("web1/a", b"one")
    store.put("web1/b", b"one")
    secrets = store.list("web1", page=1)
    store.close()
    assert [s.name for s in secrets] == ["a", "b"]


def test_health_and_keys(store: strongroom.Store) -> None:
    findings = {finding.part: finding for finding in store.health()}
    assert findings["metadata"].severity is strongroom.Severity.OK
    assert findings["backup"].severity is strongroom.Severity.WARNING and findings["backup"].message
    (key,) = store.root_keys()
    assert key.state is strongroom.KeyState.ACTIVE and key.at_hand and key.wraps >= 1
    (check,) = store.check_keys()
    assert (check.id, check.code, check.message, check.error) == (key.id, 0, None, None)
    memory = strongroom.memory_status()
    assert memory.locked + memory.unlocked > 0


def test_a_missing_root_key_is_named(store: strongroom.Store, folder: pathlib.Path) -> None:
    os.rename(folder / "keyring.json", folder / "elsewhere.json")
    (check,) = store.check_keys()
    assert check.error is not None and issubclass(check.error, strongroom.StrongroomError)
    assert check.message


def test_doctor_tells_how_far_it_is(store: strongroom.Store) -> None:
    store.put("web1/a", b"one")
    told = []
    report = store.doctor(repair=True, progress=lambda *progress: told.append(progress))
    assert (report.secrets, report.versions, report.damaged, report.refused) == (1, 1, (), None)
    assert ("opening payloads", 1, 1) in told


def test_what_progress_raises_is_raised_when_the_work_is_done(store: strongroom.Store) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    store.put("web1/a", b"one")
    with pytest.raises(KeyboardInterrupt):
        store.doctor(progress=interrupted)
    assert store.doctor().damaged == ()


def test_doctor_names_what_is_damaged(store: strongroom.Store, folder: pathlib.Path) -> None:
    store.put("web1/a", b"one")
    change(folder / "payloads.db", "UPDATE payloads SET envelope = zeroblob(length(envelope))")
    (damage,) = store.doctor().damaged
    assert "web1/a" in damage
    with pytest.raises(strongroom.Corrupt):
        store.get("web1/a")


def test_backup_and_restore(store: strongroom.Store, tmp_path: pathlib.Path) -> None:
    store.put("web1/a", b"one")
    file = tmp_path / "backup"
    passphrase = bytearray(b"correct horse battery staple")
    report = store.backup(file, passphrase=passphrase)
    assert report.bytes == file.stat().st_size and report.versions == 1 and report.holds_keys
    info = strongroom.backup_info(file)
    assert info.store_id == store.id and info.holds_keys and info.made_at > NOW
    with pytest.raises(strongroom.AlreadyExists):
        store.backup(file)
    with pytest.raises(strongroom.StrongroomError):
        strongroom.restore(file, tmp_path / "wrong", passphrase=b"another passphrase, quite wrong")
    restored = strongroom.restore(file, tmp_path / "restored", passphrase=passphrase)
    assert (restored.secrets, restored.versions, restored.damaged) == (1, 1, ())
    with strongroom.open(restored.config) as again, again.get("web1/a") as secret:
        assert bytes(secret) == b"one"


def test_restore_with_a_keyring(
    store: strongroom.Store, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    store.put("web1/a", b"one")
    assert not store.backup(tmp_path / "backup").holds_keys
    told = []
    restored = strongroom.restore(
        tmp_path / "backup",
        tmp_path / "restored",
        keyring=folder / "keyring.json",
        progress=lambda *progress: told.append(progress),
    )
    assert restored.secrets == 1 and told
    with pytest.raises(strongroom.InvalidArgument):
        strongroom.restore(tmp_path / "backup", tmp_path / "again")


def test_a_store_knows_itself(store: strongroom.Store, config: pathlib.Path) -> None:
    assert isinstance(store.id, uuid.UUID)
    assert store.is_read_only is False
    assert "open" in repr(store)
    with strongroom.open(str(config)) as again:
        assert again.id == store.id
        again.reopen()
    with strongroom.open_toml(config.read_text(), config.parent) as third:
        assert third.id == store.id
    store.close()
    store.close()
    assert "closed" in repr(store)
    with pytest.raises(strongroom.InvalidArgument, match="closed"):
        store.id


def test_open_without_a_config(tmp_path: pathlib.Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("STRONGROOM_CONFIG", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    if not pathlib.Path("/etc/strongroom/strongroom.toml").exists():
        with pytest.raises(strongroom.NotFound):
            strongroom.config_find()
    layout = strongroom.Layout(*(tmp_path / name for name in ("a.toml", "b.json", "c.db", "d.db")))
    with strongroom.create(layout=layout) as store:
        assert (tmp_path / "b.json").exists()
    monkeypatch.setenv("STRONGROOM_CONFIG", str(layout.config))
    assert strongroom.config_find() == layout.config
    with strongroom.open() as again:
        assert repr(again) != repr(store)
    with pytest.raises(strongroom.AlreadyExists):
        strongroom.create(layout=layout)


def test_the_versions_agree(repository: pathlib.Path) -> None:
    cargo = (repository / "Cargo.toml").read_text()
    assert f'\nversion = "{strongroom.__version__}"\n' in cargo
    assert strongroom.library_version() == strongroom.__version__


def test_words(store: strongroom.Store) -> None:
    for enum in (SecretType, State):
        for member in enum:
            assert enum.parse(str(member)) is member
        with pytest.raises(strongroom.InvalidArgument):
            enum.parse("nonsense")
    # A newer library's word is a number until the package knows it.
    assert State(99).value == 99 and State(99).name == "UNKNOWN_99" and str(State(99)) == "unknown-99"


def test_times_keep_their_microseconds() -> None:
    for text in ("2026-11-22T10:30:00.000001Z", "1999-12-31T23:59:59.999999Z"):
        assert strongroom.timestamp_format(strongroom.timestamp_parse(text)) == text
    with pytest.raises(strongroom.InvalidArgument):
        strongroom.timestamp_parse("yesterday")
    with pytest.raises(strongroom.InvalidArgument):
        strongroom.timestamp_format(dt.datetime(2026, 1, 1))
