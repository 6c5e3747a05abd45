"""The structs of strongroom.h, field by field. A test compares each with what a C compiler makes of it."""

from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)

# The library's own objects, known by their address alone.


class strongroom_error(Structure):
    """What went wrong."""


class strongroom_store(Structure):
    """A store, open."""


class strongroom_secret(Structure):
    """A payload in the library's memory."""


class strongroom_secret_list(Structure):
    """An iterator."""


class strongroom_version_list(Structure):
    """An iterator."""


class strongroom_project_list(Structure):
    """An iterator."""


class strongroom_health_list(Structure):
    """An iterator."""


class strongroom_root_key_list(Structure):
    """An iterator."""


class strongroom_key_check_list(Structure):
    """An iterator."""


strongroom_progress = CFUNCTYPE(None, c_void_p, c_char_p, c_uint64, c_uint64)


class _Sized(Structure):
    """A struct that the caller makes. All zero but for its size, which is what its _INIT macro gives."""

    def __init__(self) -> None:
        super().__init__(sizeof(self))


class strongroom_layout(_Sized):
    """Where the files of a new store go."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("config", c_char_p),
        ("keyring", c_char_p),
        ("metadata", c_char_p),
        ("shelf", c_char_p),
        ("key", c_char_p),
    ]


class strongroom_label(Structure):
    """A label of a secret."""

    _fields_ = [("name", c_char_p), ("value", c_char_p)]


class strongroom_put_options(_Sized):
    """How a payload is put."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("secret_type", c_uint32),
        ("expect", c_uint32),
        ("expected_version", c_uint32),
        ("reserved", c_uint32),
        ("content_type", c_char_p),
        ("labels", POINTER(strongroom_label)),
        ("labels_len", c_size_t),
        ("activates_at", c_int64),
        ("expires_at", c_int64),
    ]


class strongroom_put_receipt(_Sized):
    """What a put has done."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("version", c_uint32),
        ("created_project", c_uint32),
        ("secret_id", c_uint8 * 16),
    ]


class strongroom_get_options(_Sized):
    """Which version a get returns."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("version", c_uint32),
        ("allow_inactive", c_uint32),
    ]


class strongroom_list_options(_Sized):
    """Which names a list has."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("prefix", c_char_p),
        ("after", c_char_p),
        ("page", c_size_t),
    ]


class strongroom_secret_info(Structure):
    """A secret."""

    _fields_ = [
        ("project", c_char_p),
        ("name", c_char_p),
        ("content_type", c_char_p),
        ("labels", POINTER(strongroom_label)),
        ("labels_len", c_size_t),
        ("secret_type", c_uint32),
        ("current", c_uint32),
        ("newest", c_uint32),
        ("reserved", c_uint32),
        ("created_at", c_int64),
        ("updated_at", c_int64),
        ("id", c_uint8 * 16),
    ]


class strongroom_version_info(Structure):
    """A version of a secret."""

    _fields_ = [
        ("number", c_uint32),
        ("state", c_uint32),
        ("expired", c_uint32),
        ("pending_destroy", c_uint32),
        ("size", c_uint32),
        ("generation", c_uint32),
        ("created_at", c_int64),
        ("activates_at", c_int64),
        ("expires_at", c_int64),
        ("deactivated_at", c_int64),
        ("compromised_at", c_int64),
        ("destroyed_at", c_int64),
    ]


class strongroom_dates(_Sized):
    """Changes of a version's dates."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("activates_at", c_int64),
        ("expires_at", c_int64),
        ("clear_activates_at", c_uint32),
        ("clear_expires_at", c_uint32),
    ]


class strongroom_label_changes(_Sized):
    """Changes of a secret's labels."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("set", POINTER(strongroom_label)),
        ("set_len", c_size_t),
        ("remove", POINTER(c_char_p)),
        ("remove_len", c_size_t),
    ]


class strongroom_project_info(Structure):
    """A project."""

    _fields_ = [
        ("name", c_char_p),
        ("backend", c_char_p),
        ("secrets", c_uint64),
        ("created_at", c_int64),
        ("state", c_uint32),
        ("generation", c_uint32),
        ("id", c_uint8 * 16),
    ]


class strongroom_health_finding(Structure):
    """One finding about one part."""

    _fields_ = [
        ("part", c_char_p),
        ("message", c_char_p),
        ("severity", c_uint32),
        ("reserved", c_uint32),
    ]


class strongroom_root_key_info(Structure):
    """A root key that the store knows."""

    _fields_ = [
        ("backend", c_char_p),
        ("id", c_char_p),
        ("wraps", c_uint64),
        ("created_at", c_int64),
        ("state", c_uint32),
        ("at_hand", c_uint32),
    ]


class strongroom_key_check(Structure):
    """The outcome of testing a root key."""

    _fields_ = [
        ("backend", c_char_p),
        ("id", c_char_p),
        ("message", c_char_p),
        ("status", c_uint32),
        ("reserved", c_uint32),
        ("findings", POINTER(POINTER(strongroom_health_finding))),
        ("findings_len", c_size_t),
    ]


class strongroom_rotate_options(_Sized):
    """Which root key is replaced, and where its successor is."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("key_backend", c_char_p),
        ("to", c_char_p),
        ("progress", strongroom_progress),
        ("context", c_void_p),
    ]


class strongroom_rotate_report(Structure):
    """What a rotation has done."""

    _fields_ = [
        ("key_backend", c_char_p),
        ("id", c_char_p),
        ("rewrapped", c_uint64),
        ("damaged", POINTER(c_char_p)),
        ("damaged_len", c_size_t),
        ("stale_backends", POINTER(c_char_p)),
        ("stale_backends_len", c_size_t),
        ("resumed", c_uint32),
        ("reserved", c_uint32),
    ]


class strongroom_doctor_options(_Sized):
    """What doctor does beyond looking."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("repair", c_uint32),
        ("adopt", c_uint32),
        ("progress", strongroom_progress),
        ("context", c_void_p),
    ]


class strongroom_doctor_report(Structure):
    """What doctor found and did."""

    _fields_ = [
        ("copy", c_uint32),
        ("adopted", c_uint32),
        ("secrets", c_uint64),
        ("versions", c_uint64),
        ("damaged", POINTER(c_char_p)),
        ("damaged_len", c_size_t),
        ("strays", c_uint64),
        ("strays_removed", c_uint64),
        ("strays_left", c_uint64),
        ("pending_erasures", c_uint64),
        ("erasures_finished", c_uint64),
        ("refused", c_char_p),
    ]


class strongroom_backup_options(_Sized):
    """How a backup is made."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("passphrase", POINTER(c_uint8)),
        ("passphrase_len", c_size_t),
        ("progress", strongroom_progress),
        ("context", c_void_p),
    ]


class strongroom_backup_report(_Sized):
    """What a backup has done."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("bytes", c_uint64),
        ("versions", c_uint64),
        ("holds_keys", c_uint32),
        ("keys_left_out", c_uint32),
    ]


class strongroom_backup_file(_Sized):
    """What a backup file says of itself."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("made_at", c_int64),
        ("holds_keys", c_uint32),
        ("reserved", c_uint32),
        ("store_id", c_uint8 * 16),
    ]


class strongroom_restore_options(_Sized):
    """Where a restored store's root keys come from."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("passphrase", POINTER(c_uint8)),
        ("passphrase_len", c_size_t),
        ("keyring", c_char_p),
        ("progress", strongroom_progress),
        ("context", c_void_p),
        ("keys_from", c_char_p),
    ]


class strongroom_restore_report(Structure):
    """What a restore has done."""

    _fields_ = [
        ("config", c_char_p),
        ("secrets", c_uint64),
        ("versions", c_uint64),
        ("damaged", POINTER(c_char_p)),
        ("damaged_len", c_size_t),
    ]
