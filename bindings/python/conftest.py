"""A store of its own for each test, on the real library that STRONGROOM_LIBRARY names."""

import asyncio
import os
import pathlib
from typing import Any, Dict, Iterator

import pytest

import strongroom
import strongroom.aio


REPOSITORY = pathlib.Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "store"


@pytest.fixture
def config(store: strongroom.Store, folder: pathlib.Path) -> pathlib.Path:
    return folder / "strongroom.toml"


@pytest.fixture
def store(folder: pathlib.Path) -> Iterator[strongroom.Store]:
    with strongroom.create(folder) as store:
        yield store


@pytest.fixture
def repository() -> pathlib.Path:
    return REPOSITORY


@pytest.fixture(autouse=True)
def _examples_in_documentation(
    request: Any, doctest_namespace: Dict[str, Any], tmp_path: pathlib.Path, monkeypatch: Any
) -> Iterator[None]:
    """What the examples take for granted: a store with one secret."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    monkeypatch.chdir(tmp_path)
    with strongroom.create("store") as store:
        store.put("web1/borg", b"correct horse")
        names = dict(store=store, config="store/strongroom.toml", strongroom=strongroom, asyncio=asyncio, os=os)
        doctest_namespace.update(names)
        yield


@pytest.fixture(autouse=True)
def _nothing_printed(request: Any, capfd: Any) -> Iterator[None]:
    """The library prints nothing. What a test prints itself, it must take."""
    yield
    if not isinstance(request.node, pytest.DoctestItem):
        out, err = capfd.readouterr()
        assert (out, err) == ("", "")
