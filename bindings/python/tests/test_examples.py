"""The programs in examples/python, with the real borg and the real restic."""

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, Callable, Dict

import pytest

import strongroom

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def need(tool: str) -> None:
    """Without the tool there is nothing to prove."""
    assert shutil.which(tool), f"there is no {tool}: scripts/packages test"


@pytest.fixture
def run(repository: pathlib.Path, tmp_path: pathlib.Path) -> Run:
    """Runs an example with a HOME of its own."""

    def run(example: str, *arguments: Any, **environment: str) -> "subprocess.CompletedProcess[str]":
        tools: Dict[str, str] = {"HOME": str(tmp_path), "BORG_BASE_DIR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, repository / "examples/python" / example, *map(str, arguments)],
            env={**os.environ, **tools, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )

    return run


def test_get(run: Run, config: pathlib.Path, store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse\n")
    done = run("get.py", config, "web1/borg")
    assert (done.returncode, done.stdout, done.stderr) == (0, "correct horse\n", "")
    done = run("get.py", config, "web1/nothing")
    assert (done.returncode, done.stdout) == (10, "") and done.stderr.startswith("get: ")
    assert run("get.py", config).returncode == 2
    full = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "-", *done.args[:-1], "web1/borg"],
        env=os.environ,
        stderr=subprocess.PIPE,
    )
    assert full.returncode == 1 and b"No space left" in full.stderr


def test_rotate(run: Run, config: pathlib.Path, store: strongroom.Store) -> None:
    store.put("web1/other", b"one", type=strongroom.SecretType.OPAQUE)
    for old in (1, 2):
        done = run("rotate.py", config, "web1/borg")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0] == f"web1/borg: version {old + 1} replaces version {old}"
        assert lines[1] == f"  version {old + 1}, active, 43 bytes"
        assert lines[2] == f"  version {old}, deactivated, 43 bytes"
        assert f"  borg, passphrase, current version {old + 1}" in lines
        assert "  other, opaque, current version 1" in lines
        assert lines[-1] == f"version {old} still opens: the same bytes"
    store.set_state("web1/borg", 3, strongroom.State.COMPROMISED)
    assert run("rotate.py", config, "web1/borg").returncode == 41


def test_borg_reads_its_passphrase_from_a_descriptor(
    run: Run, config: pathlib.Path, store: strongroom.Store, tmp_path: pathlib.Path
) -> None:
    need("borg")
    store.generate("web1/borg")
    store.generate("web1/wrong")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/letter").write_text("dear reader")
    archive = f"{tmp_path}/repository::first"

    def borg(path: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        # What is in the environment is not taken instead.
        return run(
            "borg_passphrase_fd.py", config, path, "--", "borg", *arguments, BORG_PASSPHRASE="wrong"
        )

    done = borg("web1/borg", "init", "--encryption=repokey-blake2", f"{tmp_path}/repository")
    assert done.returncode == 0, done.stderr
    assert borg("web1/borg", "create", archive, str(tmp_path / "documents")).returncode == 0
    done = borg("web1/borg", "extract", "--stdout", archive)
    assert (done.returncode, done.stdout) == (0, "dear reader"), done.stderr
    assert borg("web1/wrong", "list", archive).returncode == 2
    assert borg("web1/nothing", "list", archive).returncode == 10
    missing = run("borg_passphrase_fd.py", config, "web1/borg", "--", "no-such-borg", "list")
    assert missing.returncode == 127 and "no-such-borg" in missing.stderr


def test_restic_makes_a_backup_that_opens(
    run: Run, config: pathlib.Path, store: strongroom.Store, tmp_path: pathlib.Path
) -> None:
    need("restic")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/letter").write_text("dear reader")
    repository = tmp_path / "repository"
    for number in (1, 2):
        done = run("restic_backup.py", config, "web1/restic", repository, tmp_path / "documents")
        assert done.returncode == 0, done.stderr
        assert len(list((repository / "snapshots").iterdir())) == number
    assert store.describe("web1/restic").newest == 1
    assert store.describe("web1/restic").labels == {"tool": "restic"}

    with store.get("web1/restic") as password:
        environment = {**os.environ, "RESTIC_PASSWORD": bytes(password).decode(), "HOME": str(tmp_path)}
    command = ["restic", "--repo", repository, "dump", "latest", tmp_path / "documents/letter"]
    dumped = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    assert dumped.stdout == b"dear reader"

    environment["RESTIC_PASSWORD"] = "wrong"
    assert subprocess.run(command, env=environment, stderr=subprocess.PIPE).returncode != 0
    done = run("restic_backup.py", tmp_path / "no.toml", "web1/restic", repository, tmp_path)
    assert done.returncode in (10, 80) and done.stderr.startswith("restic_backup: ")
