"""Subjects: enrol, look up, hold, erase."""

import itertools
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from adapters.workers.erasure import carry_out_erasure
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
    tag,
)
from api.facts import record_facts
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signatures import Approval, signing
from api.signin import Person, access_stream, allowed
from api.subject_history import timeline
from api.subject_views import (
    PAGE,
    ConsentState,
    ErasureRequest,
    Identity,
    Search,
    SubjectDetail,
    Subjects,
    Timeline,
    subject_row,
)
from api.wiring import System
from domain.events.subject import ErasureRefused, SubjectEnrolled, SubjectEvent
from domain.handling import load_existing, update
from domain.rules import subject as rules
from domain.rules.access import view_record
from domain.rules.subject import SUBJECT, Subject
from domain.values.content import Digest
from domain.values.identifiers import SubjectId
from domain.values.signature import Meaning
from domain.values.time import ServerTime
from projections import subject as read
from projections.rows import Row

ROUTER = APIRouter(prefix="/subjects", tags=["subjects"], route_class=CheckedFirst)

Reader = Annotated[Person, Depends(allowed(Permission.SUBJECTS_READ))]
Identifier = Annotated[Person, Depends(allowed(Permission.SUBJECTS_IDENTIFY))]
Enroller = Annotated[Person, Depends(allowed(Permission.SUBJECTS_ENROL))]
Holder = Annotated[Person, Depends(allowed(Permission.SUBJECTS_HOLD))]
Requester = Annotated[Person, Depends(allowed(Permission.ERASURE_REQUEST))]
Approver = Annotated[Person, Depends(allowed(Permission.ERASURE_APPROVE))]


class Enrolled(Recorded):
    """A new subject."""

    subject: str
    pseudonym: str


class Hold(BaseModel):
    """A legal hold to place, or to release with a reason."""

    ground: str = Field(max_length=500)
    place: bool
    reason: str = Field(default="", max_length=500)


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


class Erased(Recorded):
    """An erasure carried out, or the recorded ground on which it was refused."""

    erased: bool
    ground: str | None
    certificate: str | None


@ROUTER.get("")
def list_subjects(
    _person: Reader,
    reading: Read,
    *,
    query: Annotated[str, Query(max_length=100)] = "",
    before: Place | None = None,
    limit: Limit = PAGE,
) -> Subjects:
    """Return subjects by pseudonym; an address carries no name, and shows none."""
    ask = partial(read.subjects, query=query, identified=False, before=before)
    rows, following = page_of(ask, reading.connection, limit, by="enrolled_seq")
    return Subjects(items=[subject_row(row) for row in rows], next=following)


@ROUTER.post("/search")
def search(wanted: Search, person: Identifier, reading: Read) -> Subjects:
    """Return subjects by pseudonym or name, with names; every look is recorded [DRV-30]."""
    ask = partial(read.subjects, query=wanted.query, identified=True, before=wanted.before)
    rows, following = page_of(ask, reading.connection, wanted.limit, by="enrolled_seq")
    named = [row["subject"] for row in rows if row["given_name"] is not None]
    _record_looks(reading.system, person, named)
    return Subjects(items=[subject_row(row) for row in rows], next=following)


@ROUTER.post("", status_code=201)
def enrol(identity: Identity, person: Enroller, system: Running, key: IdempotencyKey) -> Enrolled:
    """Enrol a person as a subject with a key of their own."""
    subject = SubjectId.derived(str(person.actor), key)
    pseudonym = _free_pseudonym(system, subject)
    system.keys.create(f"subject:{subject}")

    def decide(state: Subject) -> tuple[SubjectEvent, ...]:
        enrolled = rules.enrol_subject(state, identifier=subject, pseudonym=pseudonym)
        known = rules.evolve(state, enrolled)
        return enrolled, *rules.link_identity(known, **identity.model_dump())

    context = system.context(person.actor, idempotency_key=key, subject=subject)
    records = update(system.log, SUBJECT, subject.stream, decide, context)
    first = records[0].event
    if isinstance(first, SubjectEnrolled):  # as it was recorded, should this be a repetition
        pseudonym = first.pseudonym
    return Enrolled(**recorded(records).model_dump(), subject=str(subject), pseudonym=pseudonym)


@ROUTER.get("/{subject}")
def show(subject: str, person: Reader, reading: Read, response: Response) -> SubjectDetail:
    """Return one subject; a look at the identity is recorded [DRV-30]."""
    row = found_or_refuse(read.subject(reading.connection, subject), "subject")
    identified = Permission.SUBJECTS_IDENTIFY in person.permissions
    identity = row["identity"] if identified else None
    if identity is not None:
        _record_looks(reading.system, person, [subject])
    tag(response, row["version"])
    items, following = timeline(reading.connection, subject)
    return SubjectDetail(
        subject=subject,
        pseudonym=row["pseudonym"],
        identity=None if identity is None else Identity(**identity),
        erased_at=row["erased_at"],
        holds=row["holds"],
        erasure_request=_request(reading.system, subject, row["erasure_request"]),
        consents=[ConsentState(**each) for each in row["consents"]],
        timeline=items,
        timeline_next=following,
        version=row["version"],
    )


@ROUTER.get("/{subject}/timeline")
def show_timeline(
    subject: str, _person: Reader, reading: Read, before: Place | None = None
) -> Timeline:
    """Return what happened around a subject before a place in the log."""
    found_or_refuse(read.subject(reading.connection, subject), "subject")
    items, following = timeline(reading.connection, subject, before=before)
    return Timeline(items=items, next=following)


@ROUTER.post("/{subject}/legal-hold")
def hold(
    subject: str, hold: Hold, person: Holder, system: Running, key: IdempotencyKey
) -> Recorded:
    """Forbid erasure, or allow it again."""
    decide = (
        partial(rules.place_hold, ground=hold.ground)
        if hold.place
        else partial(rules.release_hold, ground=hold.ground, reason=hold.reason)
    )
    return _decide(system, SubjectId(subject), person, key, decide)


@ROUTER.post("/{subject}/erasure-requests")
def request_erasure(
    subject: str, reason: Reason, person: Requester, system: Running, key: IdempotencyKey
) -> Recorded:
    """Ask for the erasure of a subject; a second person approves it."""
    decide = partial(
        rules.request_erasure,
        reason=reason.reason,
        requested_by=person.practitioner,
        at=system.clock.now(),
        retained_until=None,
    )
    return _decide(system, SubjectId(subject), person, key, decide)


@ROUTER.post("/{subject}/erasure")
def erase(
    subject: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Erased:
    """Approve an erasure: the subject's key is destroyed and its content removed for good."""
    identifier = SubjectId(subject)
    data_key = f"subject:{identifier}"
    state, _ = load_existing(system.log, SUBJECT, identifier.stream)
    context = system.context(person.actor, idempotency_key=key, subject=identifier)
    now = context.received_at or system.clock.now()
    text = _certificate(state.pseudonym, identifier, now)
    decide = partial(
        rules.destroy_key,
        signing=signing(system, person, approval, Meaning.APPROVED),
        at=now,
        retained_until=None,
        certificate=Digest.of(text.encode()),
        purged_blobs=len(system.blobs_of_key(data_key)),
    )
    records = update(system.log, SUBJECT, identifier.stream, decide, context)
    refused = records[-1].event
    if isinstance(refused, ErasureRefused):
        place = recorded(records).model_dump()
        return Erased(**place, erased=False, ground=refused.ground, certificate=None)
    # After a crash here the next start destroys the key, and so does repeating this request.
    carry_out_erasure(data_key, log=system, keys=system.keys, blobs=system.blobs)
    system.runner.catch_up()
    text = _certificate(state.pseudonym, identifier, records[-1].received_at or now)
    return Erased(**recorded(records).model_dump(), erased=True, ground=None, certificate=text)


def pseudonym_of(subject: SubjectId, number: int) -> str:
    """Return a subject's first, second, … pseudonym: eight digits that say nothing about anybody.

    Two of ten thousand subjects easily get the same eight digits; then the second one is taken.
    """
    digits = int(SubjectId.derived(subject, str(number)).replace("-", ""), 16) % 10**8
    return f"P-{digits // 10**4:04d}-{digits % 10**4:04d}"


def _free_pseudonym(system: System, subject: SubjectId) -> str:
    system.runner.catch_up()
    with system.reads.connect() as connection:
        for number in itertools.count():
            pseudonym = pseudonym_of(subject, number)
            found = read.subjects(connection, query=pseudonym, identified=False)
            if all(row["subject"] == subject for row in found):
                return pseudonym
    raise AssertionError  # counting does not end


def _decide(
    system: System, subject: SubjectId, person: Person, key: str, decide: object
) -> Recorded:
    context = system.context(person.actor, idempotency_key=key, subject=subject)
    load_existing(system.log, SUBJECT, subject.stream)
    records = update(system.log, SUBJECT, subject.stream, decide, context)  # type: ignore[arg-type]
    if not records:
        records = system.log.stream(subject.stream)
    return recorded(records)


def _request(system: System, subject: str, row: Row | None) -> ErasureRequest | None:
    if row is None:
        return None
    state, _ = load_existing(system.log, SUBJECT, SubjectId(subject).stream)
    digest = None if state.request is None else Digest.of(rules.erasure_presentation(state))
    return ErasureRequest(
        reason=row["reason"],
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        refused_because=row["refused_because"],
        digest=None if digest is None else str(digest),
    )


def _record_looks(system: System, person: Person, subjects: list[str]) -> None:
    """Record a look at each of these subjects, in one step."""
    looks = [view_record(resource=f"subject:{each}", purpose="care") for each in subjects]
    if looks:
        stream = access_stream(person.practitioner)
        record_facts(system, stream, looks, system.context(person.actor))


def _certificate(pseudonym: str, subject: SubjectId, at: ServerTime) -> str:
    return (
        "Certificate of erasure\n\n"
        f"On {at.moment:%d %B %Y at %H:%M UTC} the key that protected everything recorded "
        f"about {pseudonym} (record {subject}) was destroyed. Nobody, this clinic included, can "
        "read the photographs, measurements, findings or names again. The places of the records "
        "remain, so that anybody can still check that nothing else was changed.\n"
    )
