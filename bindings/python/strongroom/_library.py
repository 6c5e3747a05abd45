"""Finds libstrongroom, checks its ABI version and declares its functions."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from ._functions import FUNCTIONS

#: The ABI that this package was written for: major << 16 | minor.
ABI_VERSION = 1

_NAME = "libstrongroom.so.0"


def _where() -> str:
    """The file that STRONGROOM_LIBRARY names, else the one in the wheel, else the system's."""
    named = os.environ.get("STRONGROOM_LIBRARY")
    if named:
        return named
    in_wheel = Path(__file__).with_name(_NAME)
    return str(in_wheel) if in_wheel.exists() else _NAME


def load(where: str) -> ctypes.CDLL:
    """Loads the library from this place.

    Errors: ImportError says what is wrong with it.
    """
    try:
        library = ctypes.CDLL(where)
    except OSError as error:
        raise ImportError(
            f"cannot load {where}: {error}; install libstrongroom0, or name the library's file in"
            " STRONGROOM_LIBRARY"
        ) from error
    try:
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
            if name == "strongroom_abi_version":
                _check_version(where, function())
    except AttributeError as error:
        raise ImportError(f"{where} is no libstrongroom, or an older one: {error}") from error
    return library


def _check_version(where: str, found: int) -> None:
    """The major numbers must be equal, the library's minor number not smaller."""
    if found >> 16 != ABI_VERSION >> 16 or found < ABI_VERSION:
        raise ImportError(
            f"{where} has ABI {found >> 16}.{found & 0xFFFF}, this package needs"
            f" {ABI_VERSION >> 16}.{ABI_VERSION & 0xFFFF} or a newer minor version: install the two of one"
            " release"
        )


#: The library. Every call into it lets other threads of Python run.
lib = load(_where())
