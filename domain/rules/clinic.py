"""The clinic, the software that serves it, what left the record, and the record's own state.

Rules kept here:

1. One log belongs to one clinic, registered once.
2. A build is recorded when it begins to serve, not every time it starts [REQ-IN-208].
3. What is taken out of the record is recorded before it is handed out [REQ-IN-205].
4. What verification of the log found is recorded, whatever it found [DRV-28].
5. Backups and restore drills are recorded, failed ones too; so is that the record goes on from a
   backup, and what was given up with it [REQ-IN-290, DRV-35].
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.clinic import (
    BackupTaken,
    ClinicEvent,
    ClinicRegistered,
    IntegrityVerified,
    IntegrityViolationDetected,
    RecordExported,
    RecordRestored,
    RestoreDrillCompleted,
    SoftwareDeployed,
)
from domain.values.content import Digest
from domain.values.identifiers import ClinicId, SubjectId
from domain.values.words import said

EXPORTS = ("bundle", "report", "log", "image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """What is known of the clinic.

    Attributes:
        registered: The registration; none before.
        deployed: The build that serves; none before.
        verified_size: Number of records found intact by the last verification.
        problems: What the last verification found wrong.
        restored: How the record last went on from a backup; none when it never did.
    """

    registered: ClinicRegistered | None = None
    deployed: SoftwareDeployed | None = None
    verified_size: int = 0
    problems: tuple[str, ...] = ()
    restored: RecordRestored | None = None


def evolve(clinic: Clinic, event: ClinicEvent) -> Clinic:
    """Return the clinic after the event; history is never refused."""
    match event:
        case ClinicRegistered():
            return replace(clinic, registered=event)
        case SoftwareDeployed():
            return replace(clinic, deployed=event)
        case RecordExported() | BackupTaken() | RestoreDrillCompleted():
            return clinic
        case IntegrityVerified():
            return replace(clinic, verified_size=event.size, problems=())
        case IntegrityViolationDetected():
            return replace(clinic, problems=event.problems)
        case RecordRestored():
            return replace(clinic, restored=event)
        case _:
            assert_never(event)


CLINIC = Aggregate(kind=ClinicId.kind, initial=Clinic(), evolve=evolve)


def register_clinic(
    clinic: Clinic, *, identifier: ClinicId, name: str, time_zone: str, demo: bool
) -> ClinicRegistered:
    """Begin a clinic's record.

    Raises:
        RuleViolation: a clinic is registered already, or its name or time zone is missing.
    """
    if clinic.registered is not None:
        raise RuleViolation(
            "clinic.registered-once", "this record belongs to a clinic", "Begin another record."
        )
    said(name, rule="clinic.name", what="name")
    said(time_zone, rule="clinic.time-zone", what="time zone")
    return ClinicRegistered(clinic=identifier, name=name, time_zone=time_zone, demo=demo)


def deploy_software(
    clinic: Clinic, *, version: str, build: Digest, components: tuple[str, ...]
) -> tuple[SoftwareDeployed, ...]:
    """Record that a build began to serve the clinic; () when it serves already."""
    deployed = SoftwareDeployed(version=version, build=build, components=components)
    return () if deployed == clinic.deployed else (deployed,)


def export_record(
    *, kind: str, subject: SubjectId | None, digest: Digest, purpose: str
) -> RecordExported:
    """Record that somebody takes content out of the record.

    Raises:
        RuleViolation: the kind is no known word, or no purpose was given.
    """
    if kind not in EXPORTS:
        raise RuleViolation(
            "clinic.export",
            f"{kind!r} is nothing that can be taken out",
            f"Export one of: {', '.join(EXPORTS)}.",
        )
    said(purpose, rule="clinic.purpose", what="purpose")
    return RecordExported(kind=kind, subject=subject, digest=digest, purpose=purpose)


def record_verification(
    *, size: int, root: Digest, signatures: int, blobs: int, problems: tuple[str, ...]
) -> IntegrityVerified | IntegrityViolationDetected:
    """Record what verification of the whole log found."""
    if problems:
        return IntegrityViolationDetected(size=size, problems=problems)
    return IntegrityVerified(size=size, root=root, signatures=signatures, blobs=blobs)


def restore_record(
    clinic: Clinic, *, manifest: Digest, size: int, root: Digest, lost: int
) -> tuple[RecordRestored, ...]:
    """Record that the record goes on from a backup; () when that is recorded already."""
    restored = RecordRestored(manifest=manifest, size=size, root=root, lost=lost)
    return () if restored == clinic.restored else (restored,)
