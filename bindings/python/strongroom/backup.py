"""Backup files, without a store: what one says of itself, and restoring it."""

from __future__ import annotations

from ctypes import POINTER, byref
from typing import Optional

from . import _structs as s
from ._call import AnyPath, BytesLike, call, file_path
from ._handle import Handle
from ._library import lib
from ._options import Progress, ProgressFunction, passphrase_into
from .infos import BackupFile, RestoreReport


def backup_info(file: AnyPath) -> BackupFile:
    """Reads what a backup file says of itself: to know whether a passphrase will be needed.

    Nothing of it is authenticated before `restore()`.

    Errors: NotFound; Corrupt when it is no backup; Unsupported when it is a newer one.
    """
    info = s.strongroom_backup_file()
    call(lib.strongroom_backup_info, file_path("file", file), byref(info))
    return BackupFile._of(info)


def restore(
    file: AnyPath,
    folder: AnyPath,
    *,
    passphrase: Optional[BytesLike] = None,
    keyring: Optional[AnyPath] = None,
    keys_from: Optional[AnyPath] = None,
    progress: Optional[ProgressFunction] = None,
) -> RestoreReport:
    """Restores a backup into a new folder, and opens every payload as a proof.

    The store there is opened with the config that the report names.

    - `folder`: not there, or empty.
    - `passphrase`, `keyring` or `keys_from`: the keys, from the backup itself, from a copy of the keyring, or
      from the key backends that a config names: copies of the keyrings, and the tokens.
    - `progress`: as `Store.doctor()`.

    Errors: AlreadyExists when the folder is not empty; Denied when the passphrase is not the backup's; Corrupt
    when the file was altered, or the keys are not its store's; StorageFull. What was damaged before the backup
    was made is in the report.
    """
    options = s.strongroom_restore_options()
    if keyring is not None:
        options.keyring = file_path("keyring", keyring)
    if keys_from is not None:
        options.keys_from = file_path("keys_from", keys_from)
    reports = Progress(progress)
    options.progress = reports.callback
    report = Handle(
        "report", POINTER(s.strongroom_restore_report), lib.strongroom_restore_report_free
    )
    with report as raw, passphrase_into(options, passphrase):
        call(
            lib.strongroom_restore,
            file_path("file", file),
            file_path("folder", folder),
            byref(options),
            report.out(),
        )
        found = RestoreReport._of(raw.contents)
    report.close()
    reports.raise_if_failed()
    return found
