"""Strongroom: an embeddable secret store for backup tools.

>>> with strongroom.open(config) as store:
...     with store.get("web1/borg") as secret:
...         print(len(secret), "bytes, version", secret.version)
13 bytes, version 1

`Store` has the operations, `aio` the same for asyncio, `errors` an exception for each kind of error.
Importing it loads libstrongroom: the file that STRONGROOM_LIBRARY names, else the wheel's own, else the
system's. ImportError says what is wrong with it.
"""

from ._call import wipe
from ._items import Items
from ._version import __version__
from .about import (
    LABEL_LIMIT,
    LABELS_LIMIT,
    PASSPHRASE_LENGTH,
    PAYLOAD_LIMIT,
    PROJECT_NAME_LIMIT,
    SECRET_NAME_LIMIT,
    check_path,
    library_version,
    memory_status,
    status_name,
)
from .backup import backup_info, restore
from .errors import (
    AlreadyExists,
    BufferTooSmall,
    Config,
    Conflict,
    Corrupt,
    Denied,
    Destroyed,
    Expired,
    Forked,
    Internal,
    InvalidArgument,
    NotActive,
    NotFound,
    Pending,
    Quota,
    Sealed,
    StorageFull,
    StrongroomError,
    Timeout,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from .infos import (
    BackupFile,
    BackupReport,
    DoctorReport,
    HealthFinding,
    KeyCheck,
    MemoryStatus,
    ProjectInfo,
    PutReceipt,
    RestoreReport,
    RootKeyInfo,
    RotateReport,
    SecretInfo,
    VersionInfo,
)
from .opening import Layout, config_find, create, open, open_toml
from .secret import Secret
from .store import Store
from .times import timestamp_format, timestamp_parse
from .words import KeyState, ProjectState, Recipe, SecretType, Severity, State

__all__ = [
    "__version__",
    "AlreadyExists",
    "BackupFile",
    "BackupReport",
    "BufferTooSmall",
    "Config",
    "Conflict",
    "Corrupt",
    "Denied",
    "Destroyed",
    "DoctorReport",
    "Expired",
    "Forked",
    "HealthFinding",
    "Internal",
    "InvalidArgument",
    "Items",
    "KeyCheck",
    "KeyState",
    "LABELS_LIMIT",
    "LABEL_LIMIT",
    "Layout",
    "MemoryStatus",
    "NotActive",
    "NotFound",
    "PASSPHRASE_LENGTH",
    "PAYLOAD_LIMIT",
    "PROJECT_NAME_LIMIT",
    "Pending",
    "ProjectInfo",
    "ProjectState",
    "PutReceipt",
    "Quota",
    "Recipe",
    "RestoreReport",
    "RootKeyInfo",
    "RotateReport",
    "SECRET_NAME_LIMIT",
    "Sealed",
    "Secret",
    "SecretInfo",
    "SecretType",
    "Severity",
    "State",
    "StorageFull",
    "Store",
    "StrongroomError",
    "Timeout",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "VersionInfo",
    "backup_info",
    "check_path",
    "config_find",
    "create",
    "library_version",
    "memory_status",
    "open",
    "open_toml",
    "restore",
    "status_name",
    "timestamp_format",
    "timestamp_parse",
    "wipe",
]
