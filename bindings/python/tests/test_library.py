"""Where the library is looked for, and what is said when it is not the right one."""

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, Dict

import pytest

LIBRARY = os.environ.get("STRONGROOM_LIBRARY", "")


def imported(package: pathlib.Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Imports the package in a process of its own, and prints which library it has."""
    program = (
        "import strongroom._library as l; print(l.lib._name);"
        " print({line.split()[-1] for line in open('/proc/self/maps') if 'libstrongroom' in line})"
    )
    kept = {name: value for name, value in os.environ.items() if name != "STRONGROOM_LIBRARY"}
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**kept, "PYTHONPATH": str(package), **environment},
        cwd=package,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def package(repository: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the package, as it would be installed."""
    ignored = shutil.ignore_patterns("__pycache__", "*.so*")
    shutil.copytree(repository / "bindings/python/strongroom", tmp_path / "p/strongroom", ignore=ignored)
    return tmp_path / "p"


def fake(folder: pathlib.Path, source: str) -> str:
    """A library that is not ours."""
    (folder / "fake.c").write_text(source)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "fake.so", folder / "fake.c"], check=True)
    return str(folder / "fake.so")


def test_the_one_that_is_named_comes_first(package: pathlib.Path) -> None:
    (package / "strongroom/libstrongroom.so.0").write_bytes(b"not this one")
    done = imported(package, STRONGROOM_LIBRARY=LIBRARY)
    assert done.stdout.splitlines()[0] == LIBRARY, done.stderr


def test_then_the_wheel_s_own(package: pathlib.Path) -> None:
    own = package / "strongroom/libstrongroom.so.0"
    shutil.copy(LIBRARY, own)
    done = imported(package)
    assert done.stdout.splitlines()[0] == str(own), done.stderr
    assert str(own) in done.stdout.splitlines()[1]


def test_then_the_system_s(package: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "lib").mkdir()
    shutil.copy(LIBRARY, tmp_path / "lib/libstrongroom.so.0")
    done = imported(package, LD_LIBRARY_PATH=str(tmp_path / "lib"))
    assert done.stdout.splitlines()[0] == "libstrongroom.so.0", done.stderr
    assert str(tmp_path / "lib/libstrongroom.so.0") in done.stdout


def test_one_that_is_named_and_not_there_is_an_error(package: pathlib.Path) -> None:
    shutil.copy(LIBRARY, package / "strongroom/libstrongroom.so.0")
    done = imported(package, STRONGROOM_LIBRARY="/nowhere/libstrongroom.so")
    assert done.returncode == 1
    assert "ImportError: cannot load /nowhere/libstrongroom.so" in done.stderr
    assert "STRONGROOM_LIBRARY" in done.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("unsigned strongroom_abi_version(void) { return 1 << 16; }", "has ABI 1.0"),
        ("unsigned strongroom_abi_version(void) { return 0; }", "has ABI 0.0"),
        ("unsigned strongroom_abi_version(void) { return 1; }", "older one"),
        ("int other;", "is no libstrongroom"),
    ],
)
def test_the_wrong_library_is_named(
    package: pathlib.Path, tmp_path: pathlib.Path, source: str, said: str
) -> None:
    done = imported(package, STRONGROOM_LIBRARY=fake(tmp_path, source))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError") and said in last and "fake.so" in last


def test_the_package_needs_nothing_but_python(package: pathlib.Path, repository: pathlib.Path) -> None:
    """But for `strongroom.keyring`, which nothing imports but `keyring`."""
    program = "import strongroom.aio, sys; print([m for m in sys.modules if 'site-packages' in str(sys.modules[m])])"
    environment: Dict[str, Any] = dict(os.environ, PYTHONPATH=str(package))
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env=environment,
        cwd=package,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == "[]\n"
    assert "dependencies = []" in (repository / "bindings/python/pyproject.toml").read_text()


def test_importing_changes_nothing_of_the_host() -> None:
    program = """
import locale, os, signal, threading
def state():
    signals = [signal.getsignal(number) for number in signal.valid_signals()]
    umask = os.umask(0o22)
    os.umask(umask)
    with open("/proc/self/status") as status:
        masks = [line for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]
    settings = locale.setlocale(locale.LC_ALL), dict(os.environ), os.getcwd()
    return signals, umask, masks, settings, os.listdir("/proc/self/fd")
before = state()
import strongroom
assert before == state()
assert threading.active_count() == 1 == len(os.listdir("/proc/self/task"))
"""
    subprocess.run([sys.executable, "-c", program], check=True)
