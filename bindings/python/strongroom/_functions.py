"""Every function of strongroom.h: its result and its arguments. A test compares each with the header.

Text is a `c_char_p` only where it goes in, or where the library keeps it: ctypes makes a copy and drops the
pointer, so that one which we had to free would be lost. Payloads are never text.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    c_char,
    c_char_p,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
)
from typing import Any, Dict, List, Tuple

from . import _structs as s

_STATUS = c_uint32
_TEXT = c_char_p
_BYTES = POINTER(c_uint8)
_STORE = POINTER(s.strongroom_store)
_SECRET = POINTER(s.strongroom_secret)
_ERROR = POINTER(s.strongroom_error)
_ERROR_OUT = POINTER(_ERROR)

#: Name: result, arguments.
FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "strongroom_abi_version": (c_uint32, []),
    "strongroom_version": (_TEXT, []),
    "strongroom_payload_limit": (c_size_t, []),
    "strongroom_project_name_limit": (c_size_t, []),
    "strongroom_secret_name_limit": (c_size_t, []),
    "strongroom_label_limit": (c_size_t, []),
    "strongroom_labels_limit": (c_size_t, []),
    "strongroom_id_bytes": (c_size_t, []),
    "strongroom_id_text_bytes": (c_size_t, []),
    "strongroom_passphrase_length": (c_size_t, []),
    "strongroom_timestamp_bytes": (c_size_t, []),
    "strongroom_status_name": (_TEXT, [c_uint32]),
    "strongroom_error_status": (_STATUS, [_ERROR]),
    "strongroom_error_message": (_TEXT, [_ERROR]),
    "strongroom_error_what": (_TEXT, [_ERROR]),
    "strongroom_error_next": (_TEXT, [_ERROR]),
    "strongroom_error_backend": (_TEXT, [_ERROR]),
    "strongroom_error_native": (_TEXT, [_ERROR]),
    "strongroom_error_free": (None, [_ERROR]),
    "strongroom_type_name": (_TEXT, [c_uint32]),
    "strongroom_type_parse": (_STATUS, [_TEXT, POINTER(c_uint32), _ERROR_OUT]),
    "strongroom_state_name": (_TEXT, [c_uint32]),
    "strongroom_state_parse": (_STATUS, [_TEXT, POINTER(c_uint32), _ERROR_OUT]),
    "strongroom_project_state_name": (_TEXT, [c_uint32]),
    "strongroom_key_state_name": (_TEXT, [c_uint32]),
    "strongroom_severity_name": (_TEXT, [c_uint32]),
    "strongroom_path_check": (_STATUS, [_TEXT, _ERROR_OUT]),
    "strongroom_id_format": (
        _STATUS,
        [POINTER(c_uint8), POINTER(c_char), c_size_t, POINTER(c_size_t), _ERROR_OUT],
    ),
    "strongroom_state_may_become": (c_uint32, [c_uint32, c_uint32]),
    "strongroom_timestamp_parse": (_STATUS, [_TEXT, POINTER(c_int64), _ERROR_OUT]),
    "strongroom_timestamp_format": (
        _STATUS,
        [c_int64, POINTER(c_char), c_size_t, POINTER(c_size_t), _ERROR_OUT],
    ),
    "strongroom_store_open": (_STATUS, [_TEXT, POINTER(_STORE), _ERROR_OUT]),
    "strongroom_store_open_toml": (_STATUS, [_TEXT, _TEXT, POINTER(_STORE), _ERROR_OUT]),
    "strongroom_store_open_default": (_STATUS, [POINTER(_STORE), _ERROR_OUT]),
    "strongroom_config_find": (_STATUS, [POINTER(c_char), c_size_t, POINTER(c_size_t), _ERROR_OUT]),
    "strongroom_store_create": (_STATUS, [_TEXT, POINTER(_STORE), _ERROR_OUT]),
    "strongroom_store_create_with": (
        _STATUS,
        [POINTER(s.strongroom_layout), POINTER(_STORE), _ERROR_OUT],
    ),
    "strongroom_store_id": (_STATUS, [_STORE, _BYTES, _ERROR_OUT]),
    "strongroom_store_is_read_only": (_STATUS, [_STORE, POINTER(c_uint32), _ERROR_OUT]),
    "strongroom_store_reopen": (_STATUS, [_STORE, _ERROR_OUT]),
    "strongroom_store_free": (None, [_STORE]),
    "strongroom_secret_data": (_BYTES, [_SECRET]),
    "strongroom_secret_len": (c_size_t, [_SECRET]),
    "strongroom_secret_version": (c_uint32, [_SECRET]),
    "strongroom_secret_type": (c_uint32, [_SECRET]),
    "strongroom_secret_content_type": (_TEXT, [_SECRET]),
    "strongroom_secret_equals": (c_uint32, [_SECRET, _BYTES, c_size_t]),
    "strongroom_secret_free": (None, [_SECRET]),
    "strongroom_wipe": (None, [_BYTES, c_size_t]),
    "strongroom_put": (_STATUS, [_STORE, _TEXT, _BYTES, c_size_t, _ERROR_OUT]),
    "strongroom_put_with": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            _BYTES,
            c_size_t,
            POINTER(s.strongroom_put_options),
            POINTER(s.strongroom_put_receipt),
            _ERROR_OUT,
        ],
    ),
    "strongroom_generate": (_STATUS, [_STORE, _TEXT, _ERROR_OUT]),
    "strongroom_generate_with": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            c_uint32,
            c_size_t,
            POINTER(s.strongroom_put_options),
            POINTER(s.strongroom_put_receipt),
            _ERROR_OUT,
        ],
    ),
    "strongroom_adopt": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            _TEXT,
            POINTER(s.strongroom_put_options),
            POINTER(s.strongroom_put_receipt),
            _ERROR_OUT,
        ],
    ),
    "strongroom_get": (_STATUS, [_STORE, _TEXT, POINTER(_SECRET), _ERROR_OUT]),
    "strongroom_get_with": (
        _STATUS,
        [_STORE, _TEXT, POINTER(s.strongroom_get_options), POINTER(_SECRET), _ERROR_OUT],
    ),
    "strongroom_get_into": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            POINTER(s.strongroom_get_options),
            _BYTES,
            c_size_t,
            POINTER(c_size_t),
            _ERROR_OUT,
        ],
    ),
    "strongroom_list": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            POINTER(s.strongroom_list_options),
            POINTER(POINTER(s.strongroom_secret_list)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_secret_list_next": (
        _STATUS,
        [POINTER(s.strongroom_secret_list), POINTER(POINTER(s.strongroom_secret_info)), _ERROR_OUT],
    ),
    "strongroom_secret_list_free": (None, [POINTER(s.strongroom_secret_list)]),
    "strongroom_describe": (
        _STATUS,
        [_STORE, _TEXT, POINTER(POINTER(s.strongroom_secret_info)), _ERROR_OUT],
    ),
    "strongroom_secret_info_free": (None, [POINTER(s.strongroom_secret_info)]),
    "strongroom_versions": (
        _STATUS,
        [_STORE, _TEXT, POINTER(POINTER(s.strongroom_version_list)), _ERROR_OUT],
    ),
    "strongroom_version_list_next": (
        _STATUS,
        [
            POINTER(s.strongroom_version_list),
            POINTER(POINTER(s.strongroom_version_info)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_version_list_free": (None, [POINTER(s.strongroom_version_list)]),
    "strongroom_set_state": (_STATUS, [_STORE, _TEXT, c_uint32, c_uint32, _ERROR_OUT]),
    "strongroom_set_dates": (
        _STATUS,
        [_STORE, _TEXT, c_uint32, POINTER(s.strongroom_dates), _ERROR_OUT],
    ),
    "strongroom_set_labels": (
        _STATUS,
        [_STORE, _TEXT, POINTER(s.strongroom_label_changes), _ERROR_OUT],
    ),
    "strongroom_destroy": (_STATUS, [_STORE, _TEXT, c_uint32, _ERROR_OUT]),
    "strongroom_erase": (_STATUS, [_STORE, _TEXT, _ERROR_OUT]),
    "strongroom_create_project": (
        _STATUS,
        [_STORE, _TEXT, _TEXT, POINTER(POINTER(s.strongroom_project_info)), _ERROR_OUT],
    ),
    "strongroom_describe_project": (
        _STATUS,
        [_STORE, _TEXT, POINTER(POINTER(s.strongroom_project_info)), _ERROR_OUT],
    ),
    "strongroom_project_info_free": (None, [POINTER(s.strongroom_project_info)]),
    "strongroom_projects": (
        _STATUS,
        [
            _STORE,
            POINTER(s.strongroom_list_options),
            POINTER(POINTER(s.strongroom_project_list)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_project_list_next": (
        _STATUS,
        [
            POINTER(s.strongroom_project_list),
            POINTER(POINTER(s.strongroom_project_info)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_project_list_free": (None, [POINTER(s.strongroom_project_list)]),
    "strongroom_erase_project": (_STATUS, [_STORE, _TEXT, _ERROR_OUT]),
    "strongroom_health": (
        _STATUS,
        [_STORE, POINTER(POINTER(s.strongroom_health_list)), _ERROR_OUT],
    ),
    "strongroom_health_list_next": (
        _STATUS,
        [
            POINTER(s.strongroom_health_list),
            POINTER(POINTER(s.strongroom_health_finding)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_health_list_free": (None, [POINTER(s.strongroom_health_list)]),
    "strongroom_memory_status": (_STATUS, [POINTER(c_size_t), POINTER(c_size_t), _ERROR_OUT]),
    "strongroom_root_keys": (
        _STATUS,
        [_STORE, POINTER(POINTER(s.strongroom_root_key_list)), _ERROR_OUT],
    ),
    "strongroom_root_key_list_next": (
        _STATUS,
        [
            POINTER(s.strongroom_root_key_list),
            POINTER(POINTER(s.strongroom_root_key_info)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_root_key_list_free": (None, [POINTER(s.strongroom_root_key_list)]),
    "strongroom_check_keys": (
        _STATUS,
        [_STORE, POINTER(POINTER(s.strongroom_key_check_list)), _ERROR_OUT],
    ),
    "strongroom_key_check_list_next": (
        _STATUS,
        [
            POINTER(s.strongroom_key_check_list),
            POINTER(POINTER(s.strongroom_key_check)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_key_check_list_free": (None, [POINTER(s.strongroom_key_check_list)]),
    "strongroom_rotate_keys": (
        _STATUS,
        [
            _STORE,
            POINTER(s.strongroom_rotate_options),
            POINTER(POINTER(s.strongroom_rotate_report)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_rotate_report_free": (None, [POINTER(s.strongroom_rotate_report)]),
    "strongroom_init_keys": (
        _STATUS,
        [_STORE, _TEXT, POINTER(POINTER(s.strongroom_root_key_info)), _ERROR_OUT],
    ),
    "strongroom_root_key_info_free": (None, [POINTER(s.strongroom_root_key_info)]),
    "strongroom_retire_key": (_STATUS, [_STORE, _TEXT, _TEXT, _ERROR_OUT]),
    "strongroom_doctor": (
        _STATUS,
        [
            _STORE,
            POINTER(s.strongroom_doctor_options),
            POINTER(POINTER(s.strongroom_doctor_report)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_doctor_report_free": (None, [POINTER(s.strongroom_doctor_report)]),
    "strongroom_backup": (
        _STATUS,
        [
            _STORE,
            _TEXT,
            POINTER(s.strongroom_backup_options),
            POINTER(s.strongroom_backup_report),
            _ERROR_OUT,
        ],
    ),
    "strongroom_backup_info": (_STATUS, [_TEXT, POINTER(s.strongroom_backup_file), _ERROR_OUT]),
    "strongroom_restore": (
        _STATUS,
        [
            _TEXT,
            _TEXT,
            POINTER(s.strongroom_restore_options),
            POINTER(POINTER(s.strongroom_restore_report)),
            _ERROR_OUT,
        ],
    ),
    "strongroom_restore_report_free": (None, [POINTER(s.strongroom_restore_report)]),
}
