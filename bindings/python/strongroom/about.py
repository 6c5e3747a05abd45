"""The library that runs: its version, its limits, its memory."""

from __future__ import annotations

from ctypes import byref, c_size_t

from ._call import call, text, told
from ._library import lib
from .infos import MemoryStatus

#: The longest payload, in bytes.
PAYLOAD_LIMIT: int = lib.strongroom_payload_limit()
#: The longest name of a project, in bytes.
PROJECT_NAME_LIMIT: int = lib.strongroom_project_name_limit()
#: The longest name of a secret in its project, in bytes.
SECRET_NAME_LIMIT: int = lib.strongroom_secret_name_limit()
#: The longest name or value of a label, in bytes.
LABEL_LIMIT: int = lib.strongroom_label_limit()
#: The most labels of a secret.
LABELS_LIMIT: int = lib.strongroom_labels_limit()
#: The shortest passphrase that is generated, and the default, in characters.
PASSPHRASE_LENGTH: int = lib.strongroom_passphrase_length()


def library_version() -> str:
    """The version of the library that runs.

    >>> library_version()
    '0.1.0'
    """
    return told(lib.strongroom_version())


def status_name(code: int) -> str:
    """The name of an error's number, in English; "unknown" for one that the library does not have.

    >>> status_name(10)
    'not found'
    """
    return told(lib.strongroom_status_name(code))


def check_path(path: str) -> None:
    """Checks the path of a secret, as every call that takes one does: PROJECT/NAME, or a NAME alone, which is in
    the project "default".

    >>> check_path("web1/borg")
    >>> check_path("web1//borg")
    Traceback (most recent call last):
    ...
    strongroom.errors.InvalidArgument: ...

    Errors: InvalidArgument says what is wrong with it.
    """
    call(lib.strongroom_path_check, text("path", path))


def memory_status() -> MemoryStatus:
    """Tells how much secret memory of this process cannot be swapped out, and how much could."""
    locked, unlocked = c_size_t(), c_size_t()
    call(lib.strongroom_memory_status, byref(locked), byref(unlocked))
    return MemoryStatus(locked.value, unlocked.value)
