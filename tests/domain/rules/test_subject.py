"""Tests of enrolment, identity, legal holds and erasure."""

from dataclasses import replace
from functools import partial

import pytest

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
from domain.rules.subject import (
    SUBJECT,
    destroy_key,
    enrol_subject,
    erasure_presentation,
    link_identity,
    place_hold,
    release_hold,
    request_erasure,
)
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import SubjectId
from domain.values.signature import Meaning
from tests.builders import OPERATOR, PRIVACY_OFFICER, a_digest, a_signature, a_signing, later
from tests.given import given

WHO = SubjectId.derived("test")
ENROLLED = SubjectEnrolled(subject=WHO, pseudonym="C-0017")
LINKED = SubjectIdentityLinked(
    given_name="Ada", family_name="Byron", date_of_birth="1990-12-10", clinic_number="17"
)
HELD = LegalHoldPlaced(ground="court order 4/2026")
REQUESTED = ErasureRequested(reason="the client asked", requested_by=OPERATOR)
BEFORE: tuple[SubjectEvent, ...] = (ENROLLED, REQUESTED)
APPROVAL = a_signing(
    a_signature(
        Digest.of(erasure_presentation(given(SUBJECT, *BEFORE).state)),
        signer=PRIVACY_OFFICER,
        meaning=Meaning.APPROVED,
    ),
    Role.PRIVACY_OFFICER,
)
DESTROYED = SubjectKeyDestroyed(
    key=f"subject:{WHO}",
    approval=APPROVAL.signature,
    certificate=a_digest("certificate"),
    purged_blobs=4,
)

link = partial(
    link_identity,
    given_name="Ada",
    family_name="Byron",
    date_of_birth="1990-12-10",
    clinic_number="17",
)
request = partial(
    request_erasure,
    reason="the client asked",
    requested_by=OPERATOR,
    at=later(),
    retained_until=None,
)
destroy = partial(
    destroy_key,
    signing=APPROVAL,
    at=later(40),
    retained_until=later(40),
    certificate=a_digest("certificate"),
    purged_blobs=4,
)


def test_a_subject_is_enrolled_once_under_a_pseudonym() -> None:
    enrol = partial(enrol_subject, identifier=WHO, pseudonym="C-0017")
    given(SUBJECT).when(enrol).then(ENROLLED)
    given(SUBJECT, ENROLLED).when(enrol).refuses("subject.enrolled-once")
    given(SUBJECT).when(partial(enrol, pseudonym="")).refuses("subject.pseudonym")


@pytest.mark.verifies("DRV-31")
def test_the_person_is_named_apart_and_corrected_when_wrong() -> None:
    given(SUBJECT, ENROLLED).when(link).then(LINKED)
    given(SUBJECT, ENROLLED, LINKED).when(link).then()
    given(SUBJECT, ENROLLED, LINKED).when(partial(link, given_name="Augusta")).then(
        replace(LINKED, given_name="Augusta")
    )


def test_a_person_is_known_by_two_identifiers() -> None:
    given(SUBJECT).when(link).refuses("subject.enrolled")
    given(SUBJECT, ENROLLED).when(partial(link, date_of_birth="")).refuses("subject.identity")
    nameless = partial(link, given_name="", family_name="")
    given(SUBJECT, ENROLLED).when(nameless).refuses("subject.identity")


@pytest.mark.verifies("DRV-11")
def test_a_hold_is_placed_once_for_each_ground_and_released_by_it() -> None:
    place = partial(place_hold, ground=HELD.ground)
    given(SUBJECT, ENROLLED).when(place).then(HELD)
    given(SUBJECT, ENROLLED, HELD).when(place).then()
    second = LegalHoldPlaced(ground="insurer")
    given(SUBJECT, ENROLLED, HELD).when(partial(place_hold, ground="insurer")).then(second)
    released = LegalHoldReleased(ground=HELD.ground, reason="order lifted")
    release = partial(release_hold, ground=HELD.ground, reason="order lifted")
    given(SUBJECT, ENROLLED, HELD).when(release).then(released)
    given(SUBJECT, ENROLLED).when(release).refuses("subject.hold")
    given(SUBJECT, ENROLLED, HELD).when(partial(release, reason="")).refuses("subject.hold-reason")
    after = given(SUBJECT, ENROLLED, HELD, second, released)
    assert after.state.holds == ("insurer",)
    given(SUBJECT, ENROLLED).when(partial(place_hold, ground=" ")).refuses("subject.hold-ground")


@pytest.mark.verifies("REQ-IN-213")
def test_erasure_is_requested_once_with_a_reason() -> None:
    given(SUBJECT, ENROLLED).when(request).then(REQUESTED)
    given(SUBJECT, *BEFORE).when(request).refuses("subject.erasure-once")
    given(SUBJECT, ENROLLED).when(partial(request, reason="")).refuses("subject.erasure-reason")


@pytest.mark.verifies("DRV-11")
@pytest.mark.verifies("REQ-IN-196")
@pytest.mark.verifies("DRV-07")
def test_erasure_under_a_hold_or_within_retention_is_refused_and_the_refusal_recorded() -> None:
    given(SUBJECT, ENROLLED, HELD).when(request).then(
        REQUESTED, ErasureRefused(ground="legal hold: court order 4/2026")
    )
    retained = partial(request, retained_until=later(1))
    given(SUBJECT, ENROLLED, HELD).when(retained).then(
        REQUESTED,
        ErasureRefused(
            ground="legal hold: court order 4/2026; "
            "minimum retention until 2026-03-03T09:01:00.000000Z"
        ),
    )
    given(SUBJECT, ENROLLED).when(partial(request, retained_until=later(0))).then(REQUESTED)


@pytest.mark.verifies("DRV-11")
def test_a_hold_placed_after_the_request_still_refuses() -> None:
    refused = ErasureRefused(ground="legal hold: court order 4/2026")
    given(SUBJECT, *BEFORE, HELD).when(destroy).then(refused)
    given(SUBJECT, *BEFORE, HELD, refused).when(destroy).refuses("subject.erasure-requested")


@pytest.mark.verifies("REQ-IN-213")
@pytest.mark.verifies("REQ-IN-206")
def test_a_second_person_approves_and_the_key_is_destroyed() -> None:
    given(SUBJECT, *BEFORE).when(destroy).then(DESTROYED)


def test_erasure_needs_a_request_and_another_person() -> None:
    given(SUBJECT, ENROLLED).when(destroy).refuses("subject.erasure-requested")
    own = replace(APPROVAL, signature=replace(APPROVAL.signature, signer=OPERATOR))
    given(SUBJECT, *BEFORE).when(partial(destroy, signing=own)).refuses("subject.second-person")


@pytest.mark.verifies("DRV-12")
def test_the_approval_binds_the_request_and_the_role() -> None:
    stranger = replace(APPROVAL, roles=frozenset({Role.PRACTITIONER}))
    given(SUBJECT, *BEFORE).when(partial(destroy, signing=stranger)).refuses("signature.role")
    other = (ENROLLED, replace(REQUESTED, reason="another"))
    given(SUBJECT, *other).when(destroy).refuses("signature.digest")


@pytest.mark.verifies("DRV-10")
def test_after_erasure_nothing_more_is_recorded_and_the_identity_is_gone() -> None:
    erased = given(SUBJECT, ENROLLED, LINKED, REQUESTED, DESTROYED)
    assert erased.state.identity is None
    for rule in (link, request, destroy, partial(place_hold, ground="x")):
        erased.when(rule).refuses("subject.erased")
    assert SUBJECT.survives_erasure
