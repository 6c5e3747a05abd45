"""Types, states and other words, with the numbers of the header."""

from __future__ import annotations

from ctypes import byref, c_uint32
from enum import IntEnum
from typing import Any, Type, TypeVar

from ._call import call, maybe, text
from ._library import lib

W = TypeVar("W", bound="_Word")


class _Word(IntEnum):
    """A number with a name. A newer library may have more of them than this package knows."""

    @classmethod
    def _missing_(cls: Type[W], value: object) -> Any:
        if not isinstance(value, int) or value < 0:
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = value
        return unknown

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


class SecretType(_Word):
    """What a secret is. `str()` gives the word that the command uses.

    >>> str(SecretType.SYMMETRIC_KEY)
    'symmetric-key'
    """

    PASSPHRASE = 1
    SYMMETRIC_KEY = 2
    PRIVATE_KEY = 3
    PUBLIC_KEY = 4
    CERTIFICATE = 5
    OPAQUE = 6

    def __str__(self) -> str:
        return maybe(lib.strongroom_type_name(self)) or super().__str__()

    @classmethod
    def parse(cls, word: str) -> "SecretType":
        """Reads the word.

        >>> SecretType.parse("private-key") is SecretType.PRIVATE_KEY
        True

        Errors: InvalidArgument, which lists the words.
        """
        return cls(_parsed(lib.strongroom_type_parse, word))


class State(_Word):
    """The state of a version (KMIP 1.4, section 3.22). `str()` gives the word that the command uses."""

    PRE_ACTIVE = 1
    ACTIVE = 2
    DEACTIVATED = 3
    COMPROMISED = 4
    DESTROYED = 5
    DESTROYED_COMPROMISED = 6

    def __str__(self) -> str:
        return maybe(lib.strongroom_state_name(self)) or super().__str__()

    @classmethod
    def parse(cls, word: str) -> "State":
        """Reads the word. Errors: InvalidArgument, which lists the words."""
        return cls(_parsed(lib.strongroom_state_parse, word))

    def may_become(self, other: "State") -> bool:
        """Whether KMIP allows this step.

        >>> State.ACTIVE.may_become(State.DEACTIVATED)
        True
        >>> State.DESTROYED.may_become(State.ACTIVE)
        False
        """
        return bool(lib.strongroom_state_may_become(self, other))


class ProjectState(_Word):
    """The state of a project."""

    LIVE = 1
    ERASING = 2
    ERASED = 3

    def __str__(self) -> str:
        return maybe(lib.strongroom_project_state_name(self)) or super().__str__()


class KeyState(_Word):
    """The state of a root key."""

    ACTIVE = 1
    DEACTIVATED = 2
    DESTROYED = 3

    def __str__(self) -> str:
        return maybe(lib.strongroom_key_state_name(self)) or super().__str__()


class Recipe(_Word):
    """What `Store.generate()` makes."""

    #: Letters and digits; the length counts characters, from 43 to 1024.
    PASSPHRASE = 0
    #: Random bytes; the length counts bytes, from 16 to 1024.
    KEY = 1


class Severity(_Word):
    """How bad a finding is."""

    OK = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return maybe(lib.strongroom_severity_name(self)) or super().__str__()


class Expect(_Word):
    """What a put expects to find."""

    ANYTHING = 0
    ABSENT = 1
    VERSION = 2


def _parsed(function: Any, word: str) -> int:
    found = c_uint32()
    call(function, text("word", word), byref(found))
    return found.value
