"""A store, open: `strongroom.open()`."""

from __future__ import annotations

from ctypes import POINTER, byref, c_size_t, c_uint8, c_uint32
from datetime import datetime
from typing import Any, Iterable, Mapping, NoReturn, Optional
from uuid import UUID

from . import _structs as s
from ._call import (
    AnyPath,
    BytesLike,
    ErrorPointer,
    Payload,
    Room,
    call,
    exception,
    file_path,
    number,
    optional_text,
    text,
)
from ._handle import Handle
from ._items import Items
from ._library import lib
from ._options import (
    Progress,
    ProgressFunction,
    get_options,
    label_changes,
    list_options,
    passphrase_into,
    put_options,
)
from .errors import BufferTooSmall
from .infos import (
    BackupReport,
    DoctorReport,
    HealthFinding,
    KeyCheck,
    ProjectInfo,
    PutReceipt,
    RootKeyInfo,
    RotateReport,
    SecretInfo,
    VersionInfo,
)
from .secret import Secret
from .times import date
from .words import Recipe, SecretType, State

_Pointer = POINTER(s.strongroom_store)
_get = lib.strongroom_get


class Store:
    """A store, open, as the local owner sees it. Made by `open()`, `open_toml()` and `create()`.

    Any number of threads may use it at once; during a call, other threads run. `close()`, or the end of the
    `with` block, closes it when the last call is done. It cannot be pickled: open it in each process.

    In a forked child every call raises Forked until `reopen()`.

    Every call may raise InvalidArgument, Corrupt, Unavailable, Forked and Internal.
    """

    __slots__ = ("_handle",)

    def __init__(self) -> None:
        self._handle = Handle("store", _Pointer, lib.strongroom_store_free)

    def _filled_by(self, function: Any, *arguments: Any) -> "Store":
        call(function, *arguments, self._handle.out())
        return self

    # The store itself.

    @property
    def id(self) -> UUID:
        """The store's id, which no other store has."""
        found = (c_uint8 * lib.strongroom_id_bytes())()
        with self._handle as store:
            call(lib.strongroom_store_id, store, found)
        return UUID(bytes=bytes(found))

    @property
    def is_read_only(self) -> bool:
        """Whether it can only be read here, because its files or their medium do not allow more."""
        found = c_uint32()
        with self._handle as store:
            call(lib.strongroom_store_is_read_only, store, byref(found))
        return bool(found.value)

    def reopen(self) -> None:
        """Opens it again in a forked child; in the process that opened it, does nothing.

        Errors: as `open()`; then it still raises Forked.
        """
        with self._handle as store:
            call(lib.strongroom_store_reopen, store)

    def close(self) -> None:
        """Closes it. What still runs in other threads is finished first, by them. Twice is once.

        Secrets and lists that came from it live on.
        """
        self._handle.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<strongroom.Store, {'closed' if self._handle.closed else 'open'}>"

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("a Store cannot be pickled or copied: open it where it is needed")

    # Payloads.

    def put(
        self,
        path: str,
        payload: BytesLike,
        *,
        type: Optional[SecretType] = None,
        if_absent: bool = False,
        if_version: Optional[int] = None,
        content_type: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        activates_at: Optional[datetime] = None,
        expires_at: Optional[datetime] = None,
    ) -> PutReceipt:
        """Puts a payload as the newest version of a secret, and returns when it would survive a power cut.

        The secret is made when it is not there, and so is its project where the config allows it.

        - `path`: PROJECT/NAME.
        - `payload`: 1 to 1,048,576 bytes, used where they are. Give a `bytearray` to be able to wipe it.
        - `type`: a new secret's; a passphrase if left out. It never changes.
        - `if_absent`: only if there is no secret of this name.
        - `if_version`: only if the newest version is this one.
        - `content_type`: a media type of up to 255 bytes. Left out, it stays as it was.
        - `labels`: set beside those that are there.
        - `activates_at`, `expires_at`: aware datetimes.

        Errors: AlreadyExists for `if_absent`; Conflict for `if_version`, or when the type is another one;
        TooLarge; StorageFull; Unsupported on a read-only medium; Timeout: read back.

        >>> receipt = store.put("web1/offsite", b"correct horse", labels={"place": "vault"})
        >>> receipt.version
        1
        """
        options = put_options(
            type, if_absent, if_version, content_type, labels, activates_at, expires_at
        )
        receipt = s.strongroom_put_receipt()
        with self._handle as store, Payload("payload", payload) as (data, length):
            call(
                lib.strongroom_put_with,
                store,
                text("path", path),
                data,
                length,
                byref(options),
                byref(receipt),
            )
        return PutReceipt._of(receipt)

    def generate(
        self,
        path: str,
        *,
        recipe: Recipe = Recipe.PASSPHRASE,
        length: int = 0,
        type: Optional[SecretType] = None,
        if_absent: bool = False,
        if_version: Optional[int] = None,
        content_type: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        activates_at: Optional[datetime] = None,
        expires_at: Optional[datetime] = None,
    ) -> PutReceipt:
        """Puts a new payload that nobody has seen: 43 letters and digits, unless `recipe` says otherwise.

        - `length`: as the recipe counts it; 0 for its default, 43 characters or 32 bytes.
        - The others: as `put()`.

        Errors: as `put()`.

        >>> store.generate("web1/database", if_absent=True).version
        1
        """
        options = put_options(
            type, if_absent, if_version, content_type, labels, activates_at, expires_at
        )
        receipt = s.strongroom_put_receipt()
        with self._handle as store:
            call(
                lib.strongroom_generate_with,
                store,
                text("path", path),
                number("recipe", recipe),
                number("length", length),
                byref(options),
                byref(receipt),
            )
        return PutReceipt._of(receipt)

    def adopt(
        self,
        path: str,
        identifier: str,
        *,
        type: Optional[SecretType] = None,
        if_absent: bool = False,
        if_version: Optional[int] = None,
        content_type: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        activates_at: Optional[datetime] = None,
        expires_at: Optional[datetime] = None,
    ) -> PutReceipt:
        """Makes an object that others made on a KMIP server the newest version of a secret.

        It is read, never written, and stays on the server whatever becomes of the version: whoever made it
        destroys it. The project's backend must have `plaintext_objects`.

        - `identifier`: the object's Unique Identifier on the server.
        - `type`: a new secret's; the object's if left out.
        - The others: as `put()`.

        Errors: as `put()`; NotFound; Denied; NotActive when the object is neither Pre-Active nor Active;
        Conflict when a store made it, or when it is a key or certificate and the secret is something else;
        Unsupported with any other backend.
        """
        options = put_options(
            type, if_absent, if_version, content_type, labels, activates_at, expires_at
        )
        receipt = s.strongroom_put_receipt()
        with self._handle as store:
            call(
                lib.strongroom_adopt,
                store,
                text("path", path),
                text("identifier", identifier),
                byref(options),
                byref(receipt),
            )
        return PutReceipt._of(receipt)

    def get(
        self, path: str, *, version: Optional[int] = None, allow_inactive: bool = False
    ) -> Secret:
        """Gets the payload of a secret's current version, the newest active one.

        - `version`: of this version, even if it is deactivated, expired or compromised.
        - `allow_inactive`: of the newest version that has a payload, whatever its state.

        Errors: NotFound; Expired, NotActive or Destroyed when there is no current version, by the newest one.

        >>> with store.get("web1/borg") as secret:
        ...     secret.equals(b"correct horse")
        True
        """
        name = text("path", path)
        secret = Secret()
        with self._handle as store:
            # What is asked for most often takes the shortest way.
            if version is None and not allow_inactive:
                error = ErrorPointer()
                status = _get(store, name, byref(secret._handle.pointer), byref(error))
                if status:
                    raise exception(status, error)
            else:
                options = byref(get_options(version, allow_inactive))
                call(lib.strongroom_get_with, store, name, options, byref(secret._handle.pointer))
        return secret

    def get_into(
        self,
        path: str,
        buffer: Any,
        *,
        version: Optional[int] = None,
        allow_inactive: bool = False,
    ) -> int:
        """Gets a payload into a `bytearray`, or another writable buffer, and gives its length in bytes.

        No other copy is made in Python. `strongroom.wipe(buffer)` wipes this one.

        Errors: BufferTooSmall, with `needed`; as `get()`.

        >>> buffer = bytearray(64)
        >>> buffer[:store.get_into("web1/borg", buffer)]
        bytearray(b'correct horse')
        """
        options = get_options(version, allow_inactive)
        length = c_size_t()
        with self._handle as store, Room(buffer) as (place, room):
            try:
                call(
                    lib.strongroom_get_into,
                    store,
                    text("path", path),
                    byref(options) if options else None,
                    place,
                    room,
                    byref(length),
                )
            except BufferTooSmall as error:
                error.needed = length.value
                raise
        return length.value

    # What is known of secrets and versions.

    def list(
        self,
        project: str,
        *,
        prefix: Optional[str] = None,
        after: Optional[str] = None,
        page: int = 0,
    ) -> Items[SecretInfo]:
        """Lists the secrets of a project, in the order of the bytes of their names.

        What is put or erased while the list is read may or may not be in it.

        - `prefix`: only names that begin with this.
        - `after`: only names after this one.
        - `page`: how many are fetched at once, from 1 to 10,000; 0 for 1,000. All are listed anyway.

        Errors: NotFound when there is no such project.

        >>> [secret.name for secret in store.list("web1")]
        ['borg']
        """
        options = list_options(prefix, after, page)
        items = Items(
            "secret", SecretInfo._of, s.strongroom_secret_info, s.strongroom_secret_list
        )
        with self._handle as store:
            return items._filled_by(
                lib.strongroom_list, store, text("project", project), byref(options)
            )

    def describe(self, path: str) -> SecretInfo:
        """Tells what is known of a secret, but for its payloads. Errors: NotFound."""
        info = Handle(
            "info", POINTER(s.strongroom_secret_info), lib.strongroom_secret_info_free
        )
        with self._handle as store, info as raw:
            call(lib.strongroom_describe, store, text("path", path), info.out())
            found = SecretInfo._of(raw.contents)
        info.close()
        return found

    def versions(self, path: str) -> Items[VersionInfo]:
        """Lists every version of a secret, the newest first. Errors: NotFound.

        >>> [(version.number, str(version.state)) for version in store.versions("web1/borg")]
        [(1, 'active')]
        """
        items = Items(
            "version", VersionInfo._of, s.strongroom_version_info, s.strongroom_version_list
        )
        with self._handle as store:
            return items._filled_by(lib.strongroom_versions, store, text("path", path))

    def set_state(self, path: str, version: int, to: State) -> None:
        """Takes a version to another state, if KMIP allows the step. To State.DESTROYED it is `destroy()`.

        Errors: NotFound; Conflict when the step is not legal; Pending as `destroy()`, or when the version
        has the state and the KMIP server that keeps its payload was not told: the same call tells it again.
        """
        with self._handle as store:
            call(
                lib.strongroom_set_state,
                store,
                text("path", path),
                number("version", version),
                number("to", to),
            )

    def set_dates(
        self,
        path: str,
        version: int,
        *,
        activates_at: Optional[datetime] = None,
        expires_at: Optional[datetime] = None,
        clear_activates_at: bool = False,
        clear_expires_at: bool = False,
    ) -> None:
        """Changes when a version becomes active, or expires. What is not given stays as it is.

        - `activates_at`, `expires_at`: aware datetimes.
        - `clear_activates_at`, `clear_expires_at`: take the date away.

        Errors: NotFound; Conflict when that has happened already.
        """
        dates = s.strongroom_dates()
        dates.activates_at = date("activates_at", activates_at)
        dates.expires_at = date("expires_at", expires_at)
        dates.clear_activates_at = bool(clear_activates_at)
        dates.clear_expires_at = bool(clear_expires_at)
        with self._handle as store:
            call(
                lib.strongroom_set_dates,
                store,
                text("path", path),
                number("version", version),
                byref(dates),
            )

    def set_labels(
        self, path: str, labels: Mapping[str, str] = {}, *, remove: Iterable[str] = ()
    ) -> None:
        """Sets these labels of a secret, and removes those. One that is not there is no error.

        Errors: NotFound; InvalidArgument for labels that are longer than 1,024 bytes; Quota for more than 64.
        """
        changes = label_changes(labels, remove)
        with self._handle as store:
            call(lib.strongroom_set_labels, store, text("path", path), byref(changes))

    def destroy(self, path: str, version: int) -> None:
        """Destroys the payload of a version; what is known of it stays, and says so.

        Errors: NotFound; Conflict while the version is active: deactivate it first; Pending when it can no
        longer be read but its bytes are not gone yet.
        """
        with self._handle as store:
            call(lib.strongroom_destroy, store, text("path", path), number("version", version))

    def erase(self, path: str) -> None:
        """Erases a secret with all its versions, in any state; its name is free at once.

        Errors: NotFound; Pending when it is invisible already and bytes remain: opening the store, or
        `doctor()`, finishes it.
        """
        with self._handle as store:
            call(lib.strongroom_erase, store, text("path", path))

    # Projects.

    def create_project(self, name: str, *, backend: Optional[str] = None) -> ProjectInfo:
        """Makes a project with a key of its own, in this backend or the one that the config gives it.

        Errors: AlreadyExists; Config when there is no such backend.
        """
        return self._project(
            lib.strongroom_create_project, text("name", name), optional_text("backend", backend)
        )

    def describe_project(self, name: str) -> ProjectInfo:
        """Tells what is known of a project. Errors: NotFound."""
        return self._project(lib.strongroom_describe_project, text("name", name))

    def _project(self, function: Any, *arguments: Any) -> ProjectInfo:
        info = Handle(
            "info", POINTER(s.strongroom_project_info), lib.strongroom_project_info_free
        )
        with self._handle as store, info as raw:
            call(function, store, *arguments, info.out())
            found = ProjectInfo._of(raw.contents)
        info.close()
        return found

    def projects(
        self, *, prefix: Optional[str] = None, after: Optional[str] = None, page: int = 0
    ) -> Items[ProjectInfo]:
        """Lists live projects, in the order of the bytes of their names. Options: as `list()`."""
        options = list_options(prefix, after, page)
        items = Items(
            "project", ProjectInfo._of, s.strongroom_project_info, s.strongroom_project_list
        )
        with self._handle as store:
            return items._filled_by(lib.strongroom_projects, store, byref(options))

    def erase_project(self, name: str) -> None:
        """Erases a project with all its secrets and its keys; its name is free at once.

        Errors: NotFound; Pending as `erase()`.
        """
        with self._handle as store:
            call(lib.strongroom_erase_project, store, text("name", name))

    # The state of the store.

    def health(self) -> Items[HealthFinding]:
        """Tests every part for real: metadata, root keys, key backends, backends, clock.

        Warns until a backup exists, and 30 days before a version expires. What does not work is a finding,
        not an error.
        """
        items = Items(
            "health", HealthFinding._of, s.strongroom_health_finding, s.strongroom_health_list
        )
        with self._handle as store:
            return items._filled_by(lib.strongroom_health, store)

    def root_keys(self) -> Items[RootKeyInfo]:
        """Lists every root key that the store knows."""
        items = Items(
            "root_key", RootKeyInfo._of, s.strongroom_root_key_info, s.strongroom_root_key_list
        )
        with self._handle as store:
            return items._filled_by(lib.strongroom_root_keys, store)

    def check_keys(self) -> Items[KeyCheck]:
        """Tests for real that each root key is at hand and the one that the store knows, and how it is kept.

        A retired key is not looked for, and a finding says so.
        """
        items = Items(
            "key_check", KeyCheck._of, s.strongroom_key_check, s.strongroom_key_check_list
        )
        with self._handle as store:
            return items._filled_by(lib.strongroom_check_keys, store)

    def rotate_keys(
        self,
        *,
        key_backend: Optional[str] = None,
        to: Optional[str] = None,
        progress: Optional[ProgressFunction] = None,
    ) -> RotateReport:
        """Makes a new root key, and wraps every key of the old one under it. Payloads are not touched.

        Others may use the store meanwhile. The old root key stays where it is: backups from before need it. A
        rotation that was interrupted is finished first; when it was of the kind that is asked for, that is all.

        - `key_backend`: the one whose root key is replaced, where several are in use.
        - `to`: the key backend that gets the new one, by its name, or its kind where only one is of that.
          Left out, the new one is made beside the old one.
        - `progress`: as `doctor()`.

        Errors: NotFound when there is no such key, or its token is gone; Unsupported when keys that cannot
        leave their device would have to move; Conflict; Unauthenticated; Unavailable and Timeout, after which
        the next one finishes it. Damage is in the report.
        """
        options = s.strongroom_rotate_options()
        options.key_backend = optional_text("key_backend", key_backend)
        options.to = optional_text("to", to)
        reports = Progress(progress)
        options.progress = reports.callback
        report = Handle(
            "report", POINTER(s.strongroom_rotate_report), lib.strongroom_rotate_report_free
        )
        with self._handle as store, report as raw:
            call(lib.strongroom_rotate_keys, store, byref(options), report.out())
            found = RotateReport._of(raw.contents)
        report.close()
        reports.raise_if_failed()
        return found

    def init_keys(self, key_backend: str) -> RootKeyInfo:
        """Makes the first root key of this store in a key backend that the config names.

        That prepares `rotate_keys(to=...)`. A keyring is made where there is none; nothing is ever replaced.

        Errors: AlreadyExists when the store has an active root key there; Conflict; Config when there is no
        such key backend; NotFound when its token is not there; Unauthenticated; Timeout.
        """
        info = Handle(
            "info", POINTER(s.strongroom_root_key_info), lib.strongroom_root_key_info_free
        )
        with self._handle as store, info as raw:
            call(lib.strongroom_init_keys, store, text("key_backend", key_backend), info.out())
            found = RootKeyInfo._of(raw.contents)
        info.close()
        return found

    def retire_key(self, key_backend: str, id: str) -> None:
        """Retires a root key for good: it is never used again, nor is its id. The key itself is left.

        Errors: Conflict while it is active or wraps any key; NotFound when the store knows no such key.
        """
        with self._handle as store:
            call(
                lib.strongroom_retire_key, store, text("key_backend", key_backend), text("id", id)
            )

    def doctor(
        self,
        *,
        repair: bool = False,
        adopt: bool = False,
        progress: Optional[ProgressFunction] = None,
    ) -> DoctorReport:
        """Reads every row and every payload, and reports what is damaged, stray or pending.

        Safe while others use the store; takes about 20 microseconds for each version.

        - `repair`: finishes pending erasures and removes strays. Damaged things are never removed.
        - `adopt`: makes this copy of the store the one that may remove payloads, before all else.
        - `progress`: called now and then with what is being done, how much is done, and of how much. What it
          raises is raised when the operation is done.

        Errors: Unsupported for a repair on a read-only medium. Damage is in the report.
        """
        options = s.strongroom_doctor_options()
        options.repair = bool(repair)
        options.adopt = bool(adopt)
        reports = Progress(progress)
        options.progress = reports.callback
        report = Handle(
            "report", POINTER(s.strongroom_doctor_report), lib.strongroom_doctor_report_free
        )
        with self._handle as store, report as raw:
            call(lib.strongroom_doctor, store, byref(options), report.out())
            found = DoctorReport._of(raw.contents)
        report.close()
        reports.raise_if_failed()
        return found

    def backup(
        self,
        file: AnyPath,
        *,
        passphrase: Optional[BytesLike] = None,
        progress: Optional[ProgressFunction] = None,
    ) -> BackupReport:
        """Writes a consistent copy of the store to a new file, while others use the store.

        - `passphrase`: the root keys go into the file too, under this. Left out, the backup is worth nothing
          without the keyring. Those of a token cannot go into it: `keys_left_out`.
        - `progress`: as `doctor()`.

        Errors: AlreadyExists when the file is there; Unsupported for a passphrase when every root key is in a
        token; StorageFull; Denied.
        """
        options = s.strongroom_backup_options()
        report = s.strongroom_backup_report()
        reports = Progress(progress)
        options.progress = reports.callback
        with self._handle as store, passphrase_into(options, passphrase):
            call(
                lib.strongroom_backup, store, file_path("file", file), byref(options), byref(report)
            )
        reports.raise_if_failed()
        return BackupReport._of(report)
