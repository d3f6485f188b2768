"""A short day of a record that touches every kind of lasting thing, and the check after a crash.

Rules kept here:

1. What was acknowledged is noted at once, on the disk, in a file of its own: a crash cannot
   take the note back.
2. The check opens the record as any start does and repairs nothing by itself.
3. Everything that was acknowledged is there; what was not may be there whole or not at all, and
   doing it again under the same key leaves it there once.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from adapters.positions import DatabasePositions
from adapters.verification.verify import verify_log
from adapters.workers.erasure import carry_out_erasure
from api.serving import opened
from api.settings import Settings
from api.wiring import System
from domain.errors import NotFound, RecordsError
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
from projections.catalogue import ALL

ACTOR: Final = Actor.service("crash-drill")
CONTENT: Final = bytes(range(256)) * 700
READER: Final = "crash-drill"
BEFORE: Final = SubjectId.derived("crash-drill", "before")
TODAY: Final = SubjectId.derived("crash-drill", "today")

DIGEST: Final = Digest.of(CONTENT)
PERSON: Final = PractitionerId.derived("crash-drill")
ONCE: Final = {"erase-before": 1}
"""Records of a request, by its idempotency key; of every other there are two."""

Note = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a check found.

    Attributes:
        lost: Acknowledged things that are not there.
        problems: What the verifier, the comparison of projections or a repeated day found.
    """

    lost: list[str]
    problems: list[str]


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


def check(settings: Settings, noted: list[dict[str, Any]]) -> Findings:
    """Open the record after a crash, look for everything noted, and live the day again."""
    lost: list[str] = []
    problems: list[str] = []
    with _collected(problems):
        with opened(settings, say=quiet) as system:
            problems += _verified(system)
            lost += [missing for each in noted for missing in _missing(system, each)]
            problems += _projections_differ(system)
        live(settings, lambda _: None)
        with opened(settings, say=quiet) as system:
            problems += _verified(system)
            problems += _doubled(system)
    return Findings(lost=lost, problems=problems)


@contextmanager
def _collected(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the drill looks for
        problems.append(f"{type(error).__name__}: {error}")


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


def _missing(system: System, noted: dict[str, Any]) -> Iterator[str]:
    """Yield what was acknowledged and is not there."""
    for seq, leaf in noted.get("leaves", ()):
        if seq >= system.log.size() or system.log.tree.leaf(seq).hex() != leaf:
            yield f"record {seq} of {noted['request']}"
    if "key" in noted and "blob" not in noted:
        with _missed() as missed:
            system.keys.derive(f"subject:{noted['key']}", b"drill")
        yield from missed
    if "blob" in noted:
        with _missed() as missed:
            found = b"".join(system.blobs.read(DIGEST, key=f"subject:{noted['key']}"))
            if found != CONTENT:
                yield "stored content"
        yield from missed
    if "checkpoint" in noted:
        kept = {each.size: each.note.decode() for each in system.shelf.all()}
        outside = system.settings.data / "checkpoint-copies" / f"{noted['checkpoint']}.txt"
        if kept.get(noted["checkpoint"]) != noted["note"]:
            yield f"the checkpoint of {noted['checkpoint']}"
        if not outside.exists() or outside.read_text() != noted["note"]:
            yield f"the outside copy of the checkpoint of {noted['checkpoint']}"
    if "position" in noted and DatabasePositions(system.engine).load(READER) < noted["position"]:
        yield "a reader's position"
    if "erased" in noted:
        key = f"subject:{noted['erased']}"
        if not system.keys.destroyed(key) or any(_stored(system, key)):
            yield "an erasure"


@contextmanager
def _missed() -> Iterator[list[str]]:
    missed: list[str] = []
    try:
        yield missed
    except RecordsError as error:
        missed.append(f"{type(error).__name__}: {error}")


def _stored(system: System, key: str) -> Iterator[bytes]:
    for name in system.blobs_of_key(key):
        with suppress(NotFound):
            yield from system.blobs.stored(name)


def _verified(system: System) -> list[str]:
    system.checkpointer.sign()
    report = verify_log(
        system.log,
        key=system.checkpointer.key,
        checkpoints=system.shelf.all(),
        blobs=system.blobs,
    )
    return [each.text for each in report.problems]


def _projections_differ(system: System) -> list[str]:
    system.runner.catch_up()
    live = _rows(system)
    for each in ALL:
        system.runner.rebuild(each.name)
    rebuilt = _rows(system)
    return [
        f"table {name} is not what the log says" for name in live if live[name] != rebuilt[name]
    ]


def _rows(system: System) -> dict[str, list[str]]:
    with system.reads.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for projection in ALL
            for table in projection.tables
        }


def _doubled(system: System) -> list[str]:
    counted = Counter(
        record.idempotency_key
        for record in system.log.after(-1, limit=system.log.size())
        if record.actor == ACTOR
    )
    return [
        f"{key} is recorded {count} times"
        for key, count in counted.items()
        if count != ONCE.get(str(key), 2)
    ]
