"""The option structs of calls, filled in."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Tuple

from . import _structs as s
from ._call import BytesLike, Payload, invalid, number, optional_text, text, texts
from .times import date
from .words import Expect, SecretType

#: Told what is being done, as in "reading versions", how much of it is done, and of how much, which is 0
#: when that is not known.
ProgressFunction = Callable[[str, int, int], object]


def put_options(
    type: Optional[SecretType],
    if_absent: bool,
    if_version: Optional[int],
    content_type: Optional[str],
    labels: Optional[Mapping[str, str]],
    activates_at: Optional[datetime],
    expires_at: Optional[datetime],
) -> Any:
    """How a payload is put."""
    if if_absent and if_version is not None:
        raise invalid("both if_absent and if_version are given", "give one of them")
    options = s.strongroom_put_options()
    if type is not None:
        options.secret_type = nonzero("type", type)
    if if_absent:
        options.expect = Expect.ABSENT
    if if_version is not None:
        options.expect = Expect.VERSION
        options.expected_version = number("if_version", if_version)
    options.content_type = optional_text("content_type", content_type)
    if labels:
        options.labels, options.labels_len = _labels(labels)
    options.activates_at = date("activates_at", activates_at)
    options.expires_at = date("expires_at", expires_at)
    return options


def get_options(version: Optional[int], allow_inactive: bool) -> Any:
    """Which version a get returns; None for the current one."""
    if version is None and not allow_inactive:
        return None
    options = s.strongroom_get_options()
    if version is not None:
        options.version = nonzero("version", version)
    options.allow_inactive = bool(allow_inactive)
    return options


def list_options(prefix: Optional[str], after: Optional[str], page: int) -> Any:
    """Which names a list has."""
    options = s.strongroom_list_options()
    options.prefix = optional_text("prefix", prefix)
    options.after = optional_text("after", after)
    options.page = number("page", page)
    return options


def label_changes(labels: Mapping[str, str], remove: Iterable[str]) -> Any:
    """Changes of a secret's labels."""
    if isinstance(remove, str):
        raise TypeError("remove must be several names: put the one into a list")
    changes = s.strongroom_label_changes()
    changes.set, changes.set_len = _labels(labels)
    changes.remove, changes.remove_len = texts("remove", remove)
    return changes


def nonzero(name: str, value: int) -> int:
    """A number of which 0 would mean something else to the library."""
    if number(name, value) == 0:
        raise invalid(f"{name} is 0", "numbers begin at 1; leave it out for the default")
    return int(value)


@contextmanager
def passphrase_into(options: Any, passphrase: Optional[BytesLike]) -> Iterator[None]:
    """For the time of a `with` block, options know this passphrase."""
    if passphrase is None:
        yield
        return
    with Payload("passphrase", passphrase) as (data, length):
        options.passphrase, options.passphrase_len = data, length
        yield


def _labels(labels: Mapping[str, str]) -> Tuple[Any, int]:
    array = (s.strongroom_label * len(labels))()
    for label, (name, value) in zip(array, labels.items()):
        label.name = text("a label's name", name)
        label.value = text("a label's value", value)
    return array, len(labels)


class Progress:
    """Takes the library's reports on how far it is to a function of Python.

    An exception cannot pass through the library: it is kept, and raised when the operation is done.
    """

    def __init__(self, function: Optional[ProgressFunction]) -> None:
        self._function = function
        self._raised: List[BaseException] = []
        #: For the struct; must live as long as the call.
        self.callback = (
            s.strongroom_progress(self._report) if function else s.strongroom_progress()
        )

    def _report(self, _: Any, what: bytes, done: int, total: int) -> None:
        try:
            if self._function and not self._raised:
                self._function(what.decode(), done, total)
        except BaseException as error:
            self._raised.append(error)

    def raise_if_failed(self) -> None:
        """Raises what the function raised."""
        if self._raised:
            raise self._raised.pop()
