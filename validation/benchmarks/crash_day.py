"""A short day of a record that touches every kind of lasting thing.

Rules kept here:

1. What was acknowledged is noted at once, on the disk, in a file of its own: a crash cannot
   take the note back.
2. Whoever lives the day asks for everything under a key of its own, so that it can be lived again.
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from adapters.positions import DatabasePositions
from adapters.workers.erasure import carry_out_erasure
from api.serving import opened
from api.settings import Settings
from api.wiring import System
from domain.events.capture_session import PhotographImported, SessionOpened
from domain.events.record import Record
from domain.events.subject import SubjectEnrolled, SubjectIdentityLinked, SubjectKeyDestroyed
from domain.handling import update
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.subject import SUBJECT
from domain.values.actor import Actor
from domain.values.capture import Prompts
from domain.values.consent import Purpose
from domain.values.content import (
    CaptureView,
    ColourEncoding,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.identifiers import (
    AttemptId,
    PractitionerId,
    ProtocolId,
    ReauthenticationId,
    SessionId,
    SubjectId,
)
from domain.values.signature import ElectronicSignature, Meaning
from validation.benchmarks import crash_delivery

ACTOR: Final = Actor.service("crash-drill")
CONTENT: Final = bytes(range(256)) * 700
READER: Final = "crash-drill"
BEFORE: Final = SubjectId.derived("crash-drill", "before")
TODAY: Final = SubjectId.derived("crash-drill", "today")

DIGEST: Final = Digest.of(CONTENT)
PERSON: Final = PractitionerId.derived("crash-drill")
Note = Callable[[dict[str, Any]], None]


def quiet(_text: str) -> None:
    """Say nothing."""


def prepare(settings: Settings) -> None:
    """Make the record that each day begins with: one subject with content, all checkpointed."""
    with opened(settings, say=quiet) as system:
        system.keys.create(f"subject:{BEFORE}")
        _enrol(system, BEFORE, "before")
        _import(system, BEFORE, "before")
        system.runner.catch_up()
        system.checkpointer.sign()


def live(settings: Settings, note: Note) -> None:
    """Live the day; every acknowledgement is noted before the next step."""
    with opened(settings, say=quiet) as system:
        system.keys.create(f"subject:{TODAY}")
        note({"key": str(TODAY)})
        _note_records(note, "enrol", _enrol(system, TODAY, "today"))
        _note_records(note, "import", _import(system, TODAY, "today"))
        note({"blob": str(DIGEST), "key": str(TODAY)})
        system.runner.catch_up()
        _sign(system, note)
        _take_in(system, note)
        DatabasePositions(system.engine).save(READER, system.log.size() - 1)
        note({"position": system.log.size() - 1})
        _note_records(note, "erase", _destroy(system))
        carry_out_erasure(f"subject:{BEFORE}", log=system, keys=system.keys, blobs=system.blobs)
        note({"erased": str(BEFORE)})
        system.runner.catch_up()
        system.runner.rebuild("subject")
        _sign(system, note)


def more(system: System, note: Note, name: str) -> None:
    """Enrol one more subject."""
    subject = SubjectId.derived("crash-drill", name)
    system.keys.create(f"subject:{subject}")
    _note_records(note, f"enrol-{name}", _enrol(system, subject, name))


def noting(path: Path) -> Note:
    """Return what notes one line durably; it uses none of the calls that are watched."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    write, sync = os.write, os.fsync

    def note(what: dict[str, Any]) -> None:
        write(descriptor, json.dumps(what).encode() + b"\n")
        sync(descriptor)

    return note


def _enrol(system: System, subject: SubjectId, name: str) -> tuple[Record, ...]:
    events = (
        SubjectEnrolled(subject=subject, pseudonym=f"DEMO-{name}"),
        SubjectIdentityLinked(
            given_name="Demo", family_name=name, date_of_birth="1990-01-01", clinic_number=""
        ),
    )
    context = system.context(ACTOR, idempotency_key=f"enrol-{name}", subject=subject)
    return update(system.log, SUBJECT, subject.stream, lambda _: events, context)


def _import(system: System, subject: SubjectId, name: str) -> tuple[Record, ...]:
    key = f"import-{name}"
    before = system.log.recorded(str(ACTOR), key)
    if before:
        return before
    stored = system.blobs.put(
        [CONTENT], key=f"subject:{subject}", expected=None, limit_bytes=len(CONTENT)
    )
    context = replace(system.context(ACTOR, idempotency_key=key, subject=subject), blobs=(stored,))
    session = SessionId.derived("crash-drill", name)
    events = (
        SessionOpened(
            session=session,
            subject=subject,
            operator=PERSON,
            device=None,
            protocol=ProtocolId.derived("crash-drill"),
            purpose=Purpose.CLINICAL_CAPTURE,
            time_zone="Australia/Sydney",
            prompts=Prompts(
                hair_back=True,
                glasses_off=True,
                makeup="none",
                neutral_expression=True,
                rest_cleaned=True,
            ),
            model_manifest=DIGEST,
        ),
        PhotographImported(
            attempt=AttemptId.derived("crash-drill", name),
            view=CaptureView("frontal"),
            frame=ImageReference(
                content=ContentReference(
                    digest=DIGEST, media_type="image/png", size_bytes=len(CONTENT)
                ),
                role=FrameRole.SINGLE,
                camera_serial=None,
                width_px=1600,
                height_px=1200,
                encoding=ColourEncoding.SRGB,
            ),
            source="made for the drill",
        ),
    )
    return update(system.log, CAPTURE_SESSION, session.stream, lambda _: events, context)


def _take_in(system: System, note: Note) -> None:
    """Take in what a station delivers; each answer is noted once the station has it."""
    _note_records(note, "enrol-station", crash_delivery.enrol(system, ACTOR))
    note({"delivered": crash_delivery.put(system)})
    session = SessionId.derived("crash-drill", "today")
    answer = crash_delivery.deliver(system, session)
    note({"answered": answer.plain, "session": str(session)})
    for number in crash_delivery.RECORDS:
        _note_records(note, f"statement {number}", crash_delivery.records_of(system, number))


def _destroy(system: System) -> tuple[Record, ...]:
    event = SubjectKeyDestroyed(
        key=f"subject:{BEFORE}",
        approval=ElectronicSignature(
            signer=PERSON,
            meaning=Meaning.APPROVED,
            signed_at=system.clock.now(),
            digest=DIGEST,
            reauthentication=ReauthenticationId.derived("crash-drill"),
        ),
        certificate=DIGEST,
        purged_blobs=1,
    )
    context = system.context(ACTOR, idempotency_key="erase-before")
    return update(system.log, SUBJECT, BEFORE.stream, lambda _: event, context)


def _note_records(note: Note, request: str, records: tuple[Record, ...]) -> None:
    note({"request": request, "leaves": [[each.seq, each.leaf.hex()] for each in records]})


def _sign(system: System, note: Note) -> None:
    signed = system.checkpointer.sign()
    if signed is not None:
        note({"checkpoint": signed.size, "note": signed.note.decode()})
