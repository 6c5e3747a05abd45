"""Opening and creating stores."""

from __future__ import annotations

from ctypes import byref, c_char, c_size_t
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import _structs as s
from ._call import AnyPath, call, file_path, optional_text, text
from ._library import lib
from .store import Store


@dataclass(frozen=True)
class Layout:
    """Where the files of a new store go, and its root key."""

    #: The config, which names the others.
    config: AnyPath
    #: The keyring. Without it, no secret of the store can ever be read.
    #: None with `key`.
    keyring: Optional[AnyPath]
    #: The metadata database.
    metadata: AnyPath
    #: The shelf, which holds the encrypted payloads.
    shelf: AnyPath
    #: Where the root key is made instead of in a keyring, in a token: TOML text as below [keys.NAME] in a
    #: config, with paths relative to the config's folder. The config calls it `hsm`.
    key: Optional[str] = None


def open(config: Optional[AnyPath] = None) -> Store:
    """Opens the store that a config file describes. Never creates one.

    Without `config`, the one that the command `strongroom` would open: STRONGROOM_CONFIG, else the user's,
    else the machine's. Nothing else reads the environment.

    Errors: NotFound or Config when a file is missing, unsafe or not the store's own; Corrupt; Denied.

    >>> with strongroom.open(config) as store:
    ...     with store.get("web1/borg") as secret:
    ...         passphrase = bytes(secret)
    """
    if config is None:
        return Store()._filled_by(lib.strongroom_store_open_default)
    return Store()._filled_by(lib.strongroom_store_open, file_path("config", config))


def open_toml(toml: str, base_folder: AnyPath) -> Store:
    """Opens the store that a config's text describes, with paths relative to `base_folder`.

    Errors: as `open()`.
    """
    return Store()._filled_by(
        lib.strongroom_store_open_toml, text("toml", toml), file_path("base_folder", base_folder)
    )


def create(folder: Optional[AnyPath] = None, *, layout: Optional[Layout] = None) -> Store:
    """Makes a new store, and opens it. Nothing is ever replaced.

    - `folder`: everything goes in here; the config is strongroom.toml.
    - `layout`: each file where it says.
    - Neither: the user's place, where `open()` finds it.

    Keep a copy of the keyring elsewhere: without it, the store's backups are worth nothing.

    Errors: AlreadyExists names the first file that is in the way; Denied; StorageFull. With a token, Config,
    NotFound when it is not there, Unauthenticated when the PIN is wrong, Unavailable.
    """
    if folder is not None and layout is not None:
        raise TypeError("give a folder or a layout, not both")
    if folder is not None:
        return Store()._filled_by(lib.strongroom_store_create, file_path("folder", folder))
    if layout is None:
        return Store()._filled_by(lib.strongroom_store_create_with, None)
    places = s.strongroom_layout()
    for name in ("config", "keyring", "metadata", "shelf"):
        path = getattr(layout, name)
        setattr(places, name, None if path is None else file_path(name, path))
    places.key = optional_text("key", layout.key)
    return Store()._filled_by(lib.strongroom_store_create_with, byref(places))


def config_find() -> Path:
    """Finds the config that `open()` without an argument would open.

    Errors: NotFound, which names each place that was looked at.
    """
    length = c_size_t()
    call(lib.strongroom_config_find, None, 0, byref(length))
    path = (c_char * length.value)()
    call(lib.strongroom_config_find, path, len(path), byref(length))
    return Path(path.value.decode())
