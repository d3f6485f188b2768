"""Enrolment under a pseudonym, identity, legal holds, erasure.

Rules kept here:

1. A subject is a pseudonym; the identity behind it is linked apart and goes with erasure [DRV-31].
2. While a legal hold or the minimum retention applies, erasure is refused, and the refusal with its
   ground is a recorded fact [DRV-11].
3. Erasure takes two people: one requests, another approves by signature.
4. After erasure nothing more is recorded about the subject, but decisions on this stream go on:
   the erasure itself stays visible.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.aggregate import Aggregate
from domain.events.subject import (
    ErasureRefused,
    ErasureRequested,
    LegalHoldPlaced,
    LegalHoldReleased,
    SubjectEnrolled,
    SubjectEvent,
    SubjectIdentityLinked,
    SubjectKeyDestroyed,
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, SubjectId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.time import ServerTime
from domain.values.words import said

ERASURE_FORMAT = "vultus/erasure/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is known of one subject beside consent and captures.

    Attributes:
        subject: The subject; none before enrolment.
        pseudonym: The only name inside recorded facts.
        identity: The person behind it; none before, and none after erasure.
        holds: Grounds of the legal holds in force.
        request: The erasure asked for; none when none is open.
        erased: Whether the subject's key was destroyed.
    """

    subject: SubjectId | None = None
    pseudonym: str = ""
    identity: SubjectIdentityLinked | None = None
    holds: tuple[str, ...] = ()
    request: ErasureRequested | None = None
    erased: bool = False


def evolve(subject: Subject, event: SubjectEvent) -> Subject:
    """Return the subject after the event; history is never refused."""
    match event:
        case SubjectEnrolled():
            return replace(subject, subject=event.subject, pseudonym=event.pseudonym)
        case SubjectIdentityLinked():
            return replace(subject, identity=event)
        case LegalHoldPlaced():
            return replace(subject, holds=(*subject.holds, event.ground))
        case LegalHoldReleased():
            holds = tuple(each for each in subject.holds if each != event.ground)
            return replace(subject, holds=holds)
        case ErasureRequested():
            return replace(subject, request=event)
        case ErasureRefused():
            return replace(subject, request=None)
        case SubjectKeyDestroyed():
            return replace(subject, erased=True, identity=None, request=None)
        case _:
            assert_never(event)


SUBJECT = Aggregate(kind=SubjectId.kind, initial=Subject(), evolve=evolve, survives_erasure=True)


def enrol_subject(subject: Subject, *, identifier: SubjectId, pseudonym: str) -> SubjectEnrolled:
    """Make a person a subject, under a pseudonym only.

    Raises:
        RuleViolation: the subject is enrolled already, or there is no pseudonym.
    """
    if subject.subject is not None:
        raise RuleViolation(
            "subject.enrolled-once",
            f"the subject is enrolled as {subject.pseudonym}",
            "Go on with this subject.",
        )
    said(pseudonym, rule="subject.pseudonym", what="pseudonym")
    return SubjectEnrolled(subject=identifier, pseudonym=pseudonym)


def link_identity(
    subject: Subject,
    *,
    given_name: str,
    family_name: str,
    date_of_birth: str,
    clinic_number: str,
) -> tuple[SubjectIdentityLinked, ...]:
    """Name the person behind the pseudonym, or correct the name; () when nothing changed.

    Raises:
        RuleViolation: the subject is not enrolled or was erased, or two identifiers are missing.
    """
    _must_be_enrolled(subject)
    said(given_name + family_name, rule="subject.identity", what="name")
    said(date_of_birth, rule="subject.identity", what="date of birth")
    linked = SubjectIdentityLinked(
        given_name=given_name,
        family_name=family_name,
        date_of_birth=date_of_birth,
        clinic_number=clinic_number,
    )
    return () if linked == subject.identity else (linked,)


def place_hold(subject: Subject, *, ground: str) -> tuple[LegalHoldPlaced, ...]:
    """Forbid erasure on a ground; () when it is forbidden on this ground.

    Raises:
        RuleViolation: the subject is not enrolled or was erased, or no ground was given.
    """
    _must_be_enrolled(subject)
    said(ground, rule="subject.hold-ground", what="ground")
    return () if ground in subject.holds else (LegalHoldPlaced(ground=ground),)


def release_hold(subject: Subject, *, ground: str, reason: str) -> LegalHoldReleased:
    """End a legal hold.

    Raises:
        RuleViolation: there is no hold on this ground, or no reason was given.
    """
    if ground not in subject.holds:
        raise RuleViolation(
            "subject.hold",
            f"none of {len(subject.holds)} legal holds has this ground",
            "Name the ground of the hold as it was placed.",
        )
    said(reason, rule="subject.hold-reason", what="reason")
    return LegalHoldReleased(ground=ground, reason=reason)


def request_erasure(
    subject: Subject,
    *,
    reason: str,
    requested_by: PractitionerId,
    at: ServerTime,
    retained_until: ServerTime | None,
) -> tuple[ErasureRequested] | tuple[ErasureRequested, ErasureRefused]:
    """Ask for erasure; where it is forbidden, record the refusal with it.

    Args:
        subject: The subject.
        reason: Why.
        requested_by: Who records the request.
        at: Now, by our clock.
        retained_until: When the minimum retention ends; none when none applies.

    Raises:
        RuleViolation: the subject is not enrolled or was erased, a request is open, or no reason
            was given.
    """
    _must_be_enrolled(subject)
    if subject.request is not None:
        raise RuleViolation(
            "subject.erasure-once", "an erasure was requested", "Have that request approved."
        )
    said(reason, rule="subject.erasure-reason", what="reason")
    request = ErasureRequested(reason=reason, requested_by=requested_by)
    refused = _refusal(subject, at, retained_until)
    return (request,) if refused is None else (request, refused)


def erasure_presentation(subject: Subject) -> bytes:
    """Return exactly what is shown and approved for an erasure, as canonical JSON.

    Raises:
        RuleViolation: no erasure was requested.
    """
    return canonical.encode(
        {
            "format": ERASURE_FORMAT,
            "subject": codec.to_plain(subject.subject),
            "pseudonym": subject.pseudonym,
            "request": codec.to_plain(_requested(subject)),
        }
    )


def destroy_key(
    subject: Subject,
    *,
    signing: Signing,
    at: ServerTime,
    retained_until: ServerTime | None,
    certificate: Digest,
    purged_blobs: int,
) -> SubjectKeyDestroyed | ErasureRefused:
    """Erase the subject by destroying the key, or record why that is forbidden.

    Args:
        subject: The subject.
        signing: The second person's approval of ``erasure_presentation``.
        at: Now, by our clock.
        retained_until: When the minimum retention ends; none when none applies.
        certificate: Digest of the certificate's text.
        purged_blobs: Stored contents removed.

    Raises:
        RuleViolation: no erasure was requested, whoever requested it approves it, or the signature
            does not hold.
    """
    _must_be_enrolled(subject)
    request = _requested(subject)
    refused = _refusal(subject, at, retained_until)
    if refused is not None:
        return refused
    if signing.signature.signer == request.requested_by:
        raise RuleViolation(
            "subject.second-person",
            "the erasure is approved by whoever requested it",
            "Have a second person approve it.",
        )
    approval = check_signing(
        signing,
        digest=Digest.of(erasure_presentation(subject)),
        meanings=(Meaning.APPROVED,),
        roles=(Role.PRIVACY_OFFICER,),
    )
    return SubjectKeyDestroyed(
        key=f"subject:{subject.subject}",
        approval=approval,
        certificate=certificate,
        purged_blobs=purged_blobs,
    )


def _refusal(
    subject: Subject, at: ServerTime, retained_until: ServerTime | None
) -> ErasureRefused | None:
    grounds = [f"legal hold: {each}" for each in subject.holds]
    if retained_until is not None and at < retained_until:
        grounds.append(f"minimum retention until {retained_until}")
    return ErasureRefused(ground="; ".join(grounds)) if grounds else None


def _must_be_enrolled(subject: Subject) -> None:
    if subject.subject is None:
        raise RuleViolation(
            "subject.enrolled", "the subject is not enrolled", "Enrol the subject first."
        )
    if subject.erased:
        raise RuleViolation(
            "subject.erased",
            "the subject's content was erased",
            "Nothing more is recorded about this subject.",
        )


def _requested(subject: Subject) -> ErasureRequested:
    if subject.request is None:
        raise RuleViolation(
            "subject.erasure-requested", "no erasure was requested", "Record the request first."
        )
    return subject.request
