"""One exception for each kind."""

import pathlib
import pickle

import pytest

import strongroom
from strongroom import _call, errors


def test_each_kind_has_its_own_exception_with_its_number() -> None:
    for code, kind in errors.BY_CODE.items():
        error = kind("it broke", "mend it")
        assert error.code == kind.code == code
        assert isinstance(error, strongroom.StrongroomError)
        assert str(error) == "it broke; mend it"
        assert strongroom.status_name(code) not in ("", "unknown")


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (strongroom.NotFound, KeyError),
        (strongroom.InvalidArgument, ValueError),
        (strongroom.Timeout, TimeoutError),
        (strongroom.Denied, PermissionError),
    ],
)
def test_some_are_also_what_python_calls_them(kind: type, builtin: type) -> None:
    with pytest.raises(builtin) as caught:
        raise kind("no such thing", "look elsewhere")
    # Not the quoted form that a KeyError has.
    assert str(caught.value) == "no such thing; look elsewhere"


def test_an_error_of_the_library_says_what_and_what_next(store: strongroom.Store) -> None:
    with pytest.raises(strongroom.NotFound) as caught:
        store.get("web1/borg")
    error = caught.value
    assert error.code == 10
    assert error.what and error.next
    assert error.what in str(error) and error.next in str(error)
    assert (error.backend, error.native) == (None, None)


def test_the_backend_and_the_code_below_are_told(config: pathlib.Path, store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse")
    store.close()
    config.with_name("payloads.db").write_bytes(b"no database" * 500)
    with pytest.raises(strongroom.StrongroomError) as caught:
        with strongroom.open(config) as again:
            again.get("web1/borg")
    assert caught.value.native and "26" in caught.value.native, "SQLITE_NOTADB"
    assert caught.value.backend == "main"


def test_a_number_of_a_newer_library_is_the_base() -> None:
    error = _call.exception(123, None)
    assert type(error) is strongroom.StrongroomError
    assert error.code == 123


def test_errors_survive_pickling(store: strongroom.Store) -> None:
    with pytest.raises(strongroom.StrongroomError) as caught:
        store.get_into("no/thing", bytearray(1))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is strongroom.NotFound
    assert again.__dict__ == caught.value.__dict__
    assert str(again) == str(caught.value)
    for kind in errors.BY_CODE.values():
        assert str(pickle.loads(pickle.dumps(kind("a", "b", native="N")))) == "a; b"


def test_what_ctypes_would_cut_off_is_refused(store: strongroom.Store) -> None:
    store.put("web1/borg", b"correct horse")
    for refused in (
        lambda: store.get("web1/borg\0/other"),
        lambda: store.get("web1/borg", version=2**32 + 1),
        lambda: store.get("web1/borg", version=-1),
        lambda: store.get("web1/borg", version=0),
        lambda: store.list("web1", page=-1),
        lambda: store.get("web1/\udc80"),
        lambda: store.put("web1/borg", b"x", if_absent=True, if_version=1),
    ):
        with pytest.raises(strongroom.InvalidArgument):
            refused()
    for wrong in (
        lambda: store.get(b"web1/borg"),  # type: ignore[arg-type]
        lambda: store.get("web1/borg", version="1"),  # type: ignore[arg-type]
        lambda: store.put("web1/borg", "text"),  # type: ignore[arg-type]
        lambda: store.set_labels("web1/borg", remove="place"),
        lambda: strongroom.create("a", layout=strongroom.Layout("a", "b", "c", "d")),
    ):
        with pytest.raises(TypeError):
            wrong()
