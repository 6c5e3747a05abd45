"""What the library tells: values of our own, copied out of what it lends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Mapping, Optional, Tuple, Type
from uuid import UUID

from ._call import lines, maybe, told
from .errors import BY_CODE, StrongroomError
from .times import from_micros, maybe_from_micros
from .words import KeyState, ProjectState, SecretType, Severity, State


@dataclass(frozen=True)
class PutReceipt:
    """What a put has done."""

    #: The number of the new version.
    version: int
    #: Whether the project was made for it.
    created_project: bool
    #: The secret's id.
    secret_id: UUID

    @classmethod
    def _of(cls, raw: Any) -> "PutReceipt":
        return cls(raw.version, bool(raw.created_project), UUID(bytes=bytes(raw.secret_id)))


@dataclass(frozen=True)
class SecretInfo:
    """A secret, but for its payloads."""

    #: The name of its project.
    project: str
    #: Its name in the project.
    name: str
    #: What it is.
    type: SecretType
    #: The media type that it was given.
    content_type: Optional[str]
    #: Its labels.
    labels: Mapping[str, str] = field(hash=False)
    #: The number of the current version, the newest active one; None when there is none.
    current: Optional[int]
    #: The number of the newest version.
    newest: int
    #: When it was made.
    created_at: datetime
    #: When it, or one of its versions, was changed last.
    updated_at: datetime
    #: Its id; a name that is used again after an erase gets a new one.
    id: UUID

    @property
    def path(self) -> str:
        """PROJECT/NAME."""
        return f"{self.project}/{self.name}"

    @classmethod
    def _of(cls, raw: Any) -> "SecretInfo":
        labels = (raw.labels[i] for i in range(raw.labels_len))
        return cls(
            project=told(raw.project),
            name=told(raw.name),
            type=SecretType(raw.secret_type),
            content_type=maybe(raw.content_type),
            labels={told(label.name): told(label.value) for label in labels},
            current=raw.current or None,
            newest=raw.newest,
            created_at=from_micros(raw.created_at),
            updated_at=from_micros(raw.updated_at),
            id=UUID(bytes=bytes(raw.id)),
        )


@dataclass(frozen=True)
class VersionInfo:
    """A version of a secret. A time is None for what has not happened or was not set."""

    #: Its number, from 1.
    number: int
    #: Its state now, its dates applied.
    state: State
    #: Whether it is deactivated by its expiry date alone.
    expired: bool
    #: Whether it was destroyed and its bytes are not gone yet.
    pending_destroy: bool
    #: The payload's length in bytes.
    size: int
    #: The generation of the project key that protects the payload.
    generation: int
    #: When it was put.
    created_at: datetime
    #: When it becomes, or became, active, if it was not at once.
    activates_at: Optional[datetime]
    #: When it expires, or has.
    expires_at: Optional[datetime]
    #: When it was deactivated.
    deactivated_at: Optional[datetime]
    #: When it was marked as compromised.
    compromised_at: Optional[datetime]
    #: When it was destroyed.
    destroyed_at: Optional[datetime]

    @classmethod
    def _of(cls, raw: Any) -> "VersionInfo":
        return cls(
            number=raw.number,
            state=State(raw.state),
            expired=bool(raw.expired),
            pending_destroy=bool(raw.pending_destroy),
            size=raw.size,
            generation=raw.generation,
            created_at=from_micros(raw.created_at),
            activates_at=maybe_from_micros(raw.activates_at),
            expires_at=maybe_from_micros(raw.expires_at),
            deactivated_at=maybe_from_micros(raw.deactivated_at),
            compromised_at=maybe_from_micros(raw.compromised_at),
            destroyed_at=maybe_from_micros(raw.destroyed_at),
        )


@dataclass(frozen=True)
class ProjectInfo:
    """A project."""

    #: Its name.
    name: str
    #: The backend that keeps its payloads.
    backend: str
    #: How many secrets it has.
    secrets: int
    #: When it was made.
    created_at: datetime
    #: Its state.
    state: ProjectState
    #: The generation of its key that protects new payloads.
    generation: int
    #: Its id.
    id: UUID

    @classmethod
    def _of(cls, raw: Any) -> "ProjectInfo":
        return cls(
            name=told(raw.name),
            backend=told(raw.backend),
            secrets=raw.secrets,
            created_at=from_micros(raw.created_at),
            state=ProjectState(raw.state),
            generation=raw.generation,
            id=UUID(bytes=bytes(raw.id)),
        )


@dataclass(frozen=True)
class HealthFinding:
    """One finding about one part."""

    #: The part, in words that stay the same: "metadata", "clock", "keyring main".
    part: str
    #: What was found, and what to do about it.
    message: str
    #: How bad it is.
    severity: Severity

    @classmethod
    def _of(cls, raw: Any) -> "HealthFinding":
        return cls(told(raw.part), told(raw.message), Severity(raw.severity))


@dataclass(frozen=True)
class RootKeyInfo:
    """A root key that the store knows."""

    #: The key backend that holds it, by its name in the config.
    backend: str
    #: Its id.
    id: str
    #: How many store and project keys it wraps.
    wraps: int
    #: When the store learned of it.
    created_at: datetime
    #: Its state.
    state: KeyState
    #: Whether the key backend has it now.
    at_hand: bool

    @classmethod
    def _of(cls, raw: Any) -> "RootKeyInfo":
        return cls(
            backend=told(raw.backend),
            id=told(raw.id),
            wraps=raw.wraps,
            created_at=from_micros(raw.created_at),
            state=KeyState(raw.state),
            at_hand=bool(raw.at_hand),
        )


@dataclass(frozen=True)
class KeyCheck:
    """The outcome of testing a root key."""

    #: The key backend that holds it, by its name in the config.
    backend: str
    #: Its id.
    id: str
    #: 0 when it is at hand and is the key that the store knows, else the number of an error.
    code: int
    #: What is wrong and what to do about it; None when nothing is.
    message: Optional[str]
    #: How the key backend keeps it: for a token, whether it is sensitive and can never leave. One that is
    #: Severity.ERROR means that it is not kept as it must be.
    findings: Tuple[HealthFinding, ...] = ()

    @property
    def error(self) -> Optional[Type[StrongroomError]]:
        """The exception of the number; None when nothing is wrong."""
        return BY_CODE.get(self.code, StrongroomError) if self.code else None

    @classmethod
    def _of(cls, raw: Any) -> "KeyCheck":
        findings = (raw.findings[i].contents for i in range(raw.findings_len))
        return cls(
            backend=told(raw.backend),
            id=told(raw.id),
            code=raw.status,
            message=maybe(raw.message),
            findings=tuple(HealthFinding._of(finding) for finding in findings),
        )


@dataclass(frozen=True)
class RotateReport:
    """What a rotation of root keys has done."""

    #: The key backend of the root key that wraps now.
    key_backend: str
    #: The root key that wraps now.
    id: str
    #: Whether this finished an earlier rotation that was interrupted, and made no new key.
    resumed: bool
    #: How many keys were wrapped anew.
    rewrapped: int
    #: Keys that do not open, and so stay under their old root key, a line each.
    damaged: Tuple[str, ...]
    #: Backends whose config names a key backend that is not used any more: write `key = "NAME"` there.
    stale_backends: Tuple[str, ...]

    @classmethod
    def _of(cls, raw: Any) -> "RotateReport":
        return cls(
            key_backend=told(raw.key_backend),
            id=told(raw.id),
            resumed=bool(raw.resumed),
            rewrapped=raw.rewrapped,
            damaged=tuple(lines(raw.damaged, raw.damaged_len)),
            stale_backends=tuple(lines(raw.stale_backends, raw.stale_backends_len)),
        )


@dataclass(frozen=True)
class MemoryStatus:
    """How much secret memory this process has, in bytes."""

    #: So much cannot be swapped out.
    locked: int
    #: So much could be, because the limit (`ulimit -l`) is reached.
    unlocked: int


@dataclass(frozen=True)
class DoctorReport:
    """What doctor found and did."""

    #: Whether this is a copy of a store, which removes nothing until it is adopted.
    copy: bool
    #: Whether this copy was made the store now.
    adopted: bool
    #: Secrets that were read.
    secrets: int
    #: Versions whose payload was opened.
    versions: int
    #: What is damaged, a line each. Doctor never removes it.
    damaged: Tuple[str, ...]
    #: Payloads that belong to no version.
    strays: int
    #: Strays that were removed.
    strays_removed: int
    #: Strays that are too new to be judged.
    strays_left: int
    #: Erasures that are still pending.
    pending_erasures: int
    #: Erasures that were finished.
    erasures_finished: int
    #: Why repair left things alone; None when it did not.
    refused: Optional[str]

    @classmethod
    def _of(cls, raw: Any) -> "DoctorReport":
        return cls(
            copy=bool(raw.copy),
            adopted=bool(raw.adopted),
            secrets=raw.secrets,
            versions=raw.versions,
            damaged=tuple(lines(raw.damaged, raw.damaged_len)),
            strays=raw.strays,
            strays_removed=raw.strays_removed,
            strays_left=raw.strays_left,
            pending_erasures=raw.pending_erasures,
            erasures_finished=raw.erasures_finished,
            refused=maybe(raw.refused),
        )


@dataclass(frozen=True)
class BackupReport:
    """What a backup has done."""

    #: The length of the file in bytes.
    bytes: int
    #: How many versions it holds.
    versions: int
    #: Whether it holds the keys, under the passphrase.
    holds_keys: bool
    #: Of so many key backends it holds no keys although there is a passphrase: a token gives none out.
    keys_left_out: int

    @classmethod
    def _of(cls, raw: Any) -> "BackupReport":
        return cls(raw.bytes, raw.versions, bool(raw.holds_keys), raw.keys_left_out)


@dataclass(frozen=True)
class BackupFile:
    """What a backup file says of itself."""

    #: When it was made.
    made_at: datetime
    #: Whether it holds the keys, under a passphrase.
    holds_keys: bool
    #: The id of the store that it is a copy of.
    store_id: UUID

    @classmethod
    def _of(cls, raw: Any) -> "BackupFile":
        store_id = UUID(bytes=bytes(raw.store_id))
        return cls(from_micros(raw.made_at), bool(raw.holds_keys), store_id)


@dataclass(frozen=True)
class RestoreReport:
    """What a restore has done."""

    #: The config of the restored store.
    config: Path
    #: How many secrets it has.
    secrets: int
    #: How many versions, each of which was opened, or is named below.
    versions: int
    #: What was damaged in the store already when the backup was made, a line each.
    damaged: Tuple[str, ...]

    @classmethod
    def _of(cls, raw: Any) -> "RestoreReport":
        damaged = tuple(lines(raw.damaged, raw.damaged_len))
        return cls(Path(told(raw.config)), raw.secrets, raw.versions, damaged)
