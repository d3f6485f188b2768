"""Facts about the clinic, its software, exports and the state of its record."""

from dataclasses import dataclass

from domain.values.content import Digest
from domain.values.identifiers import ClinicId, SubjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicRegistered:
    """A clinic began to keep its record here.

    Attributes:
        clinic: The clinic.
        name: Name shown on screens and reports.
        time_zone: IANA time zone, such as ``Australia/Sydney``.
        demo: Whether everything in this record is demonstration data.
    """

    clinic: ClinicId
    name: str
    time_zone: str
    demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareDeployed:
    """A build of this software began to serve the clinic.

    Attributes:
        version: Version of the build.
        build: Digest over the build's own source files.
        components: Libraries with versions, as ``name==version``.
    """

    version: str
    build: Digest
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExported:
    """Somebody took content out of the record.

    Attributes:
        kind: ``bundle``, ``report``, ``log`` or ``image``.
        subject: Whose content it was, when it was one subject's.
        digest: Digest of what was handed out.
        purpose: Why, in words.
    """

    kind: str
    subject: SubjectId | None
    digest: Digest
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityVerified:
    """The whole log was verified and found intact.

    Attributes:
        size: Number of records verified.
        root: Root of the tree over them.
        signatures: Device signatures checked.
        blobs: Stored contents checked.
    """

    size: int
    root: Digest
    signatures: int
    blobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityViolationDetected:
    """Verification of the log found something that is not as it was recorded.

    Attributes:
        size: Number of records examined.
        problems: Each problem in words.
    """

    size: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTaken:
    """The record was copied to a backup.

    Attributes:
        size: Number of records in the backup.
        root: Root of the tree over them.
        manifest: Digest of the manifest of the backup's last segment.
        contents: Stored contents that were copied.
        duration_ms: How long it took.
        problems: What could not be copied, in words.
    """

    size: int
    root: Digest
    manifest: Digest
    contents: int
    duration_ms: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreDrillCompleted:
    """A backup was restored on trial, examined and removed again.

    Attributes:
        manifest: Digest of the manifest of the backup's last segment; none where it is unreadable.
        point_in_time: Whether an earlier state was asked for than the newest that the backup holds.
        size: Number of records restored.
        root: Root of the tree over them; none where nothing was restored.
        keys: Whether keys from a backup of their own were proven with it.
        behind: Records that the backup did not have yet.
        exposed_ms: Age of the oldest of them; what a loss just then would have cost in time.
        recovery_ms: How long restoring took, verification included.
        passed: Whether nothing was found wrong.
        problems: What was found wrong, in words.
    """

    manifest: Digest | None
    point_in_time: bool
    size: int
    root: Digest | None
    keys: bool
    behind: int
    exposed_ms: int
    recovery_ms: int
    passed: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRestored:
    """The record goes on from a backup; everything before this fact was read from there.

    Attributes:
        manifest: Digest of the manifest of the backup's last segment.
        size: Number of records restored.
        root: Root of the tree over them.
        lost: Records known to have followed that were given up.
    """

    manifest: Digest
    size: int
    root: Digest
    lost: int


ClinicEvent = (
    ClinicRegistered
    | SoftwareDeployed
    | RecordExported
    | IntegrityVerified
    | IntegrityViolationDetected
    | BackupTaken
    | RestoreDrillCompleted
    | RecordRestored
)
