"""Verifying the log on request, and recording what was found.

Rules kept here:

1. A verification that finds something is a recorded fact, as is one that finds nothing. Only one
   that looked at everything is recorded.
2. A log that nothing may be signed for any more is still verified, so that what is wrong is named.
3. What a complete verification found intact is kept beside the record, and held against the log
   the next time, whoever rewrote the log and its checkpoints meanwhile.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace

from adapters.verification.verified import PURPOSE, Verified, VerifiedFile
from adapters.verification.verify import ALL, Verification, verify
from adapters.verification.verifying import Phase, Progress
from api.facts import record_facts
from api.outside import OUTSIDE
from api.wiring import System
from domain.errors import DigestMismatch, IntegrityFailure
from domain.events.clinic import IntegrityVerified, IntegrityViolationDetected
from domain.events.names import NAME_OF
from domain.events.record import Record
from domain.ledger.log_keys import LogKeys
from domain.ledger.problem import Problem, ProblemKind
from domain.values.actor import Actor
from domain.values.content import Digest
from projections.audit_trail import newest, version_of
from projections.rows import Row

MOST_PROBLEMS = 50
_FOUND = (IntegrityVerified, IntegrityViolationDetected)


def verify_system(
    system: System,
    *,
    phases: Collection[Phase] = ALL,
    processes: int | None = None,
    outside: Sequence[bytes] = (),
    keys: LogKeys | None = None,
    since_last: bool = False,
    progress: Progress | None = None,
) -> Verification:
    """Verify the record, and keep what a complete verification found intact.

    Args:
        system: The record.
        phases: What to check.
        processes: How many processes check at once; one for each core, if not given.
        outside: Signed checkpoints that were kept elsewhere.
        keys: The log's keys, if they are known from elsewhere.
        since_last: Whether what was verified before is not looked at again.
        progress: Told how far it is.

    Raises:
        MalformedInput: an outside checkpoint cannot be read.
        IntegrityFailure: it was to go on from what was verified before, and that was forged.
        Unavailable: something cannot be read, or a process was killed.
    """
    end, refused = None, None
    try:
        signed = system.checkpointer.sign()
    except IntegrityFailure as error:
        text = f"nothing more is signed for this log: {error}"
        refused = Problem(kind=ProblemKind.CHECKPOINT_DIFFERS, seq=0, text=text)
    else:
        end = None if signed is None else signed.size
    file, before = verified_file(system), _verified_before(system, strict=since_last)
    # What was remembered is a checkpoint that whoever owns only log and log key cannot replace.
    remembered = [] if before is None or since_last else [before.note]
    verification = verify(
        system.log,
        keys=keys or system.checkpointer.keys,
        checkpoints=system.shelf.all(),
        outside=[*outside, *remembered],
        blobs=system.blobs,
        phases=phases,
        dsn=system.settings.database,
        processes=processes or os.cpu_count() or 1,
        since=before if since_last else None,
        end=end,
        progress=progress,
    )
    if refused is not None:
        report = verification.report
        return replace(
            verification,
            report=replace(
                report,
                problems=(refused, *report.problems),
                problem_count=report.problem_count + 1,
            ),
        )
    found = verification.verified(system.clock.now())
    if found is not None:
        file.save(found)
    return verification


def verified_file(system: System) -> VerifiedFile:
    """Return where it is kept what the newest complete verification found intact."""
    path = system.settings.data / "verified"
    return VerifiedFile(path, system.keys.derive(system.clinic_key, PURPOSE))


def _verified_before(system: System, *, strict: bool) -> Verified | None:
    try:
        return verified_file(system).load()
    except DigestMismatch:
        if strict:
            raise
        return None  # everything is looked at again, and the file is written again


def verify_and_record(system: System, actor: Actor, *, idempotency_key: str | None = None) -> Row:
    """Verify every record there is now in every way, record the result and return it.

    Repeated under the same key it returns what was found then.
    """
    context = system.context(actor, idempotency_key=idempotency_key)
    before = system.log.recorded(str(actor), idempotency_key) if idempotency_key else ()
    if before:
        return verification_of(before[-1])
    report = verify_system(system).report
    event: IntegrityVerified | IntegrityViolationDetected
    if report.intact:
        event = IntegrityVerified(
            size=report.size,
            root=Digest.from_raw(report.root),
            signatures=report.signatures,
            blobs=report.blobs,
        )
    else:
        problems = tuple(each.text for each in report.problems[:MOST_PROBLEMS])
        event = IntegrityViolationDetected(size=report.size, problems=problems)
    records = record_facts(system, system.clinic.stream, [event], context)
    return verification_of(records[-1])


def last_verification(system: System) -> Row | None:
    """Return what the newest recorded verification found, or none."""
    with system.reads.connect() as connection:
        known = newest(connection, *(name for name, _ in map(NAME_OF.__getitem__, _FOUND)))
        version = version_of(connection, system.clinic.stream)
    # The trail may not have come to the newest one yet.
    for record in reversed(system.log.stream(system.clinic.stream, after_version=version)):
        if isinstance(record.event, _FOUND):
            return verification_of(record)
    if known is None:
        return None
    (record,) = system.log.after(known["seq"] - 1, limit=1)
    return verification_of(record)


def verification_of(record: Record) -> Row:
    """Return a recorded verification as it is shown."""
    event = record.event
    shown: Row = {
        "seq": record.seq,
        "at": str(record.committed_at),
        "whole": record.actor != OUTSIDE,
    }
    if isinstance(event, IntegrityVerified):
        return shown | {
            "size": event.size,
            "intact": True,
            "root": str(event.root),
            "signatures": event.signatures,
            "blobs": event.blobs,
            "problems": [],
        }
    found = event.problems if isinstance(event, IntegrityViolationDetected) else ()
    size = event.size if isinstance(event, IntegrityViolationDetected) else 0
    return shown | {
        "size": size,
        "intact": False,
        "root": None,
        "signatures": None,
        "blobs": None,
        "problems": list(found),
    }
