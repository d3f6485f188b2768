"""Verifying the whole log on request, and recording what was found.

Rules kept here:

1. A verification that finds something is a recorded fact, as is one that finds nothing.
"""

from collections.abc import Callable

from adapters.ledger.verification import verify_log
from api.facts import record_facts
from api.wiring import System
from domain.events.clinic import IntegrityVerified, IntegrityViolationDetected
from domain.events.names import NAME_OF
from domain.events.record import Record
from domain.values.actor import Actor
from domain.values.content import Digest
from projections.audit_trail import newest, version_of
from projections.rows import Row

MOST_PROBLEMS = 50
_FOUND = (IntegrityVerified, IntegrityViolationDetected)


def verify_and_record(
    system: System,
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Row:
    """Verify every record there is now, record the result and return it.

    Repeated under the same key it returns what was found then.
    """
    context = system.context(actor, idempotency_key=idempotency_key)
    before = system.log.recorded(str(actor), idempotency_key) if idempotency_key else ()
    if before:
        return verification_of(before[-1])
    system.checkpointer.sign()
    report = verify_log(
        system.log,
        key=system.checkpointer.keys,
        checkpoints=system.shelf.all(),
        blobs=system.blobs,
        progress=progress,
    )
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
    shown: Row = {"seq": record.seq, "at": str(record.committed_at)}
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
