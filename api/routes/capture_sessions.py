"""Capture sessions: open behind the gates, look, import photographs, close or abandon."""

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from pydantic import BaseModel, Field

from adapters.imaging.decode import decode
from adapters.imaging.refusal import Ruled
from api.admission import CheckedFirst
from api.answers import (
    Limit,
    Place,
    Read,
    Recorded,
    Running,
    found_or_refuse,
    page_of,
    recorded,
    refuse_erased,
    tag,
)
from api.capture_gates import check_now
from api.capture_views import SessionDetail, SessionRow, session_detail, session_rows
from api.permissions import Permission
from api.preconditions import IdempotencyKey, SeenVersion
from api.problems import CaptureRefused, TooLarge
from api.signin import Person, allowed
from api.sources import Sources
from api.wiring import System
from domain.errors import NotFound, RuleViolation
from domain.events.capture_session import CaptureBlocked, PhotographImported, SessionOpened
from domain.events.refused_capture import PhotographRefused
from domain.handling import load_existing, rehearse, update
from domain.rules import capture_session as rules
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.refused_capture import refuse_photograph
from domain.rules.subject import SUBJECT
from domain.values.capture import Prompts
from domain.values.capture_session import CaptureSession
from domain.values.consent import Purpose
from domain.values.content import (
    CaptureView,
    ColourEncoding,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.gates import GatesClosed
from domain.values.identifiers import AttemptId, DeviceId, ProtocolId, SessionId, SubjectId
from projections import capture_session as read
from projections.practitioner import clinic_row

ROUTER = APIRouter(prefix="/capture-sessions", tags=["capture"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.SESSIONS_READ))]
Worker = Annotated[Person, Depends(allowed(Permission.SESSIONS_OPERATE))]


class PromptsIn(BaseModel):
    """What the operator asked and saw."""

    hair_back: bool
    glasses_off: bool
    makeup: str = Field(pattern="^(none|light|full)$")
    neutral_expression: bool
    rest_cleaned: bool


class NewSession(BaseModel):
    """A session to open; without a station, photographs are imported."""

    subject: str
    device: str | None = None
    protocol: str
    purpose: Purpose = Purpose.CLINICAL_CAPTURE
    prompts: PromptsIn


class Opened(Recorded):
    """A session that was opened."""

    session: str


class Imported(Recorded):
    """A photograph that was added."""

    attempt: str
    digest: str


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


class Sessions(BaseModel):
    """Sessions, newest first; ``next`` continues the list."""

    items: list[SessionRow]
    next: int | None


@ROUTER.post("", status_code=201)
def open_session(new: NewSession, person: Worker, system: Running, key: IdempotencyKey) -> Opened:
    """Open a session if every gate passes; a refusal is recorded and told with its gates."""
    session = SessionId.derived(str(person.actor), key)
    subject = SubjectId(new.subject)
    load_existing(system.log, SUBJECT, subject.stream)
    device = None if new.device is None else DeviceId(new.device)
    sources = Sources.of(system)
    models = sources.model_lists()
    with system.reads.connect() as connection:
        clinic = clinic_row(connection) or {}
    checked = check_now(
        sources,
        subject=subject,
        purpose=new.purpose,
        operator=person.practitioner,
        device=device,
        protocol=ProtocolId(new.protocol),
        models=models,
    )
    opened = SessionOpened(
        session=session,
        subject=subject,
        operator=person.practitioner,
        device=device,
        protocol=ProtocolId(new.protocol),
        purpose=new.purpose,
        time_zone=clinic.get("time_zone", "UTC"),
        prompts=Prompts(**new.prompts.model_dump()),
        model_manifest=models.in_force,
    )
    context = system.context(person.actor, idempotency_key=key, subject=subject)
    decide = partial(rules.open_session, opened=opened, checked=checked)
    records = update(system.log, CAPTURE_SESSION, session.stream, decide, context)
    if isinstance(records[-1].event, CaptureBlocked):
        raise CaptureRefused(records[-1].event.gates)
    return Opened(**recorded(records).model_dump(), session=str(session))


@ROUTER.get("")
def list_sessions(
    _person: Reader,
    reading: Read,
    *,
    state: str | None = None,
    subject: str | None = None,
    before: Place | None = None,
    limit: Limit = read.PAGE,
) -> Sessions:
    """Return sessions, newest first, of everybody or of one subject."""
    ask = partial(read.sessions, state=state, subject=subject, before=before)
    rows, following = page_of(ask, reading.connection, limit, by="opened_seq")
    return Sessions(items=session_rows(reading, rows), next=following)


@ROUTER.get("/{session}")
def show(session: str, _person: Reader, reading: Read, response: Response) -> SessionDetail:
    """Return a session with every attempt, good and bad, and everything refused."""
    row = read.session(reading.connection, session)
    if row is None:
        refuse_erased(reading.system, SessionId(session).stream)
    row = found_or_refuse(row, "session")
    tag(response, row["version"])
    return session_detail(reading, row)


@ROUTER.post("/{session}/photographs", status_code=201)
def import_photograph(
    session: str,
    person: Worker,
    system: Running,
    key: IdempotencyKey,
    *,
    file: Annotated[UploadFile, File()],
    view: Annotated[str, Form(max_length=50)],
    source: Annotated[str, Form(max_length=500)],
) -> Imported:
    """Add a photograph from elsewhere; it is uncalibrated for ever [REQ-IN-122]."""
    identifier = SessionId(session)
    opened = _opening(system, identifier)
    limit = system.settings.upload_limit_bytes
    content = file.file.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(limit)
    digest = Digest.of(content)
    attempt = AttemptId.derived(session, digest)
    sources = Sources.of(system)
    refuse = partial(
        refuse_photograph,
        attempt=attempt,
        view=CaptureView(view),
        source=source,
        content=digest,
        size_bytes=len(content),
    )
    context = system.context(person.actor, idempotency_key=key, subject=opened.subject)
    stream = identifier.stream
    try:
        facts = decode(content, maximum_bytes=limit).facts
    except Ruled as error:
        # Neither the bytes nor the name of the file are kept, only that they were refused.
        refusal = RuleViolation(error.rule, error.evidence, error.next_step)
        unreadable = partial(refuse, refusal=refusal, based_on=())
        update(system.log, CAPTURE_SESSION, stream, unreadable, context)
        raise
    imported = PhotographImported(
        attempt=attempt,
        view=CaptureView(view),
        frame=ImageReference(
            content=ContentReference(
                digest=digest, size_bytes=len(content), media_type=facts.media_type
            ),
            role=FrameRole.SINGLE,
            camera_serial=None,
            width_px=facts.width,
            height_px=facts.height,
            encoding=ColourEncoding.SRGB,
        ),
        source=source,
    )
    protocol = sources.protocol(opened.protocol)
    if protocol is None:
        raise RuleViolation("session.protocol", "the protocol was retired", "Open a new session.")
    consent = sources.consent(opened.subject, opened.purpose)

    def decide(state: CaptureSession) -> PhotographImported | PhotographRefused:
        try:
            return rules.import_photograph(state, imported, content=protocol, consent=consent)
        except GatesClosed as closed:
            return refuse(state, refusal=closed, based_on=sources.based_on)

    coming = rehearse(system.log, CAPTURE_SESSION, stream, decide, context)
    if any(isinstance(each, PhotographImported) for each in coming):
        # Only what may be recorded is stored. Should it be refused after all, because the session
        # moved on right here, the content is swept like all that no record names.
        stored = system.blobs.put(
            [content], key=f"subject:{opened.subject}", expected=digest, limit_bytes=limit
        )
        context = replace(context, blobs=(stored,))
    records = update(system.log, CAPTURE_SESSION, stream, decide, context)
    if isinstance(records[-1].event, PhotographRefused):
        raise CaptureRefused(records[-1].event.gates)
    place = recorded(records).model_dump()
    return Imported(**place, attempt=str(attempt), digest=digest)


@ROUTER.post("/{session}/close")
def close(
    session: str, person: Worker, system: Running, key: IdempotencyKey, seen: SeenVersion
) -> Recorded:
    """End a session whose required views are all accepted."""
    identifier = SessionId(session)
    opened = _opening(system, identifier)
    protocol = Sources.of(system).protocol(opened.protocol)
    if protocol is None:
        raise RuleViolation(
            "session.protocol", "the protocol was retired", "Abandon the session with a reason."
        )
    decide = partial(rules.close_session, content=protocol)
    context = system.context(person.actor, idempotency_key=key, subject=opened.subject)
    stream = identifier.stream
    return recorded(
        update(
            system.log,
            CAPTURE_SESSION,
            stream,
            decide,
            context,
            expected_version=seen,
            beside=rules.BESIDE_CLOSING,
        )
    )


@ROUTER.post("/{session}/abandon")
def abandon(
    session: str, reason: Reason, person: Worker, system: Running, key: IdempotencyKey
) -> Recorded:
    """End a session without a complete set of views."""
    identifier = SessionId(session)
    opened = _opening(system, identifier)
    decide = partial(rules.abandon_session, reason=reason.reason)
    context = system.context(person.actor, idempotency_key=key, subject=opened.subject)
    return recorded(update(system.log, CAPTURE_SESSION, identifier.stream, decide, context))


def _opening(system: System, session: SessionId) -> SessionOpened:
    for record in system.log.stream(session.stream):
        if isinstance(record.event, SessionOpened):
            return record.event
    message = "There is no such session, or its content was erased."
    raise NotFound(message)
