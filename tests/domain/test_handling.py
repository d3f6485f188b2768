"""Tests of the one way anything is recorded."""

from functools import partial

import pytest

from domain.errors import ContentErased, NotFound, RuleViolation, StaleVersion
from domain.events.clinic import ClinicRegistered
from domain.events.consent import ConsentGranted
from domain.events.practitioner import PractitionerRegistered, RoleGranted
from domain.events.record import Attestation, Draft, Record
from domain.events.subject import SubjectEnrolled
from domain.handling import TRIES, Context, drafts, key_for, load, load_existing, rehearse, update
from domain.rules.practitioner import PRACTITIONER, Practitioner, grant_role
from domain.rules.subject import SUBJECT, place_hold
from domain.values.actor import Actor, Role
from domain.values.consent import Purpose
from domain.values.identifiers import SubjectId
from tests.builders import (
    CLINIC,
    DEVICE,
    OPERATOR,
    a_wording,
    device_time,
    later,
)
from tests.domain.log_in_memory import LogInMemory

STREAM = OPERATOR.stream
SUBJECT_ID = SubjectId.derived("test")
REGISTERED = PractitionerRegistered(
    practitioner=OPERATOR, display_name="Kim Lee", profession="nurse", registration=""
)
CONTEXT = Context(clinic=CLINIC, actor=Actor.service("setup"), correlation="setup", causation=7)


def grant(role: Role) -> "partial[tuple[RoleGranted, ...]]":
    return partial(grant_role, role=role, granted_by=Actor.service("setup"))


def a_log() -> LogInMemory:
    log = LogInMemory()
    update(log, PRACTITIONER, STREAM, lambda _: REGISTERED, CONTEXT)
    return log


def others(version: int, role: Role) -> tuple[Draft, ...]:
    return drafts(STREAM, version, (RoleGranted(role=role),), CONTEXT)


def test_what_is_decided_is_recorded_after_what_was_read() -> None:
    log = a_log()
    (record,) = update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT)
    assert (record.seq, record.version, record.event) == (1, 2, RoleGranted(role=Role.OPERATOR))
    assert (record.correlation, record.causation) == ("setup", 7)
    state, version = load(log, PRACTITIONER, STREAM)
    assert version == 2
    assert state.roles == {Role.OPERATOR}


def test_several_events_are_recorded_in_one_step_in_order() -> None:
    log = a_log()

    def both(_: Practitioner) -> tuple[RoleGranted, ...]:
        return RoleGranted(role=Role.OPERATOR), RoleGranted(role=Role.PRACTITIONER)

    records = update(log, PRACTITIONER, STREAM, both, CONTEXT)
    assert [each.version for each in records] == [2, 3]


def test_nothing_decided_is_nothing_recorded() -> None:
    log = a_log()
    assert update(log, PRACTITIONER, STREAM, lambda _: (), CONTEXT) == ()
    assert log.size() == 1


def test_a_refusal_records_nothing() -> None:
    log = LogInMemory()
    with pytest.raises(RuleViolation):
        update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT)
    assert log.size() == 0


@pytest.mark.verifies("DRV-06")
def test_a_repeated_request_meets_its_own_earlier_record() -> None:
    log = a_log()
    context = Context(
        clinic=CLINIC, actor=CONTEXT.actor, correlation="x", idempotency_key="request 1"
    )
    first = update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), context)
    again = update(log, PRACTITIONER, STREAM, grant(Role.PRACTITIONER), context)
    assert again == first
    assert log.size() == 2


def test_what_would_be_recorded_is_told_and_not_recorded() -> None:
    log = a_log()
    assert rehearse(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT) == (
        RoleGranted(role=Role.OPERATOR),
    )
    registered = rehearse(log, PRACTITIONER, STREAM, lambda _: REGISTERED, CONTEXT)
    assert registered == (REGISTERED,)
    assert rehearse(log, PRACTITIONER, STREAM, lambda _: (), CONTEXT) == ()
    assert log.size() == 1
    with pytest.raises(RuleViolation):
        rehearse(LogInMemory(), PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT)


@pytest.mark.verifies("DRV-06")
def test_of_a_repeated_request_nothing_more_would_be_recorded() -> None:
    log = a_log()
    context = Context(
        clinic=CLINIC, actor=CONTEXT.actor, correlation="x", idempotency_key="request 1"
    )
    assert rehearse(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), context)
    update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), context)
    assert rehearse(log, PRACTITIONER, STREAM, grant(Role.PRACTITIONER), context) == ()


def test_a_stream_that_moved_meanwhile_is_decided_on_again() -> None:
    log = a_log()
    log.meanwhile = [others(1, Role.OPERATOR)]
    assert update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT) == ()
    log.meanwhile = [others(2, Role.ADMINISTRATOR)]
    (record,) = update(log, PRACTITIONER, STREAM, grant(Role.PRACTITIONER), CONTEXT)
    assert record.version == 4


def test_whoever_named_the_version_seen_is_told_that_it_moved() -> None:
    log = a_log()
    with pytest.raises(StaleVersion) as caught:
        update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT, expected_version=0)
    assert (caught.value.expected, caught.value.found) == (0, 1)
    log.meanwhile = [others(1, Role.ADMINISTRATOR)]
    with pytest.raises(StaleVersion):
        update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT, expected_version=1)
    (record,) = update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT, expected_version=2)
    assert record.version == 3


def test_what_is_beside_the_decision_does_not_count_as_moving_on() -> None:
    log = a_log()
    log.meanwhile = [others(1, Role.ADMINISTRATOR)]
    (record,) = update(
        log,
        PRACTITIONER,
        STREAM,
        grant(Role.OPERATOR),
        CONTEXT,
        expected_version=1,
        beside=(RoleGranted,),
    )
    assert record.version == 3
    with pytest.raises(StaleVersion):  # nobody has seen a version that is not there yet
        update(
            log,
            PRACTITIONER,
            STREAM,
            grant(Role.PRACTITIONER),
            CONTEXT,
            expected_version=9,
            beside=(RoleGranted,),
        )


def test_a_stream_that_keeps_moving_is_given_up() -> None:
    log = a_log()
    log.meanwhile = [others(1 + at, Role.ADMINISTRATOR) for at in range(TRIES)]
    with pytest.raises(StaleVersion) as caught:
        update(log, PRACTITIONER, STREAM, grant(Role.OPERATOR), CONTEXT)
    assert (caught.value.expected, caught.value.found) == (TRIES, TRIES + 1)


def test_a_new_stream_has_no_version_and_nothing_under_it() -> None:
    assert load(LogInMemory(), PRACTITIONER, STREAM) == (Practitioner(), 0)
    with pytest.raises(NotFound):
        load_existing(LogInMemory(), PRACTITIONER, STREAM)
    assert load_existing(a_log(), PRACTITIONER, STREAM)[1] == 1


@pytest.mark.verifies("DRV-10")
def test_nothing_is_decided_on_erased_content_except_where_that_is_meant() -> None:
    log = a_log()
    log.shred(STREAM)
    with pytest.raises(ContentErased) as caught:
        load(log, PRACTITIONER, STREAM)
    assert caught.value.rule == "erasure.content"
    stream = SUBJECT_ID.stream
    update(
        log, SUBJECT, stream, lambda _: SubjectEnrolled(subject=SUBJECT_ID, pseudonym="C"), CONTEXT
    )
    log.shred(stream)
    state, version = load(log, SUBJECT, stream)
    assert (state, version) == (SUBJECT.initial, 1)
    with pytest.raises(RuleViolation):
        update(log, SUBJECT, stream, partial(place_hold, ground="x"), CONTEXT)


@pytest.mark.verifies("DRV-09")
def test_what_is_about_a_subject_is_kept_under_the_subjects_key() -> None:
    clinic = ClinicRegistered(clinic=CLINIC, name="Harbour", time_zone="UTC", demo=True)
    granted = ConsentGranted(
        subject=SUBJECT_ID,
        purpose=Purpose.CLINICAL_CAPTURE,
        wording=a_wording(),
        given_by="subject",
        valid_until=None,
    )
    about = Context(clinic=CLINIC, actor=CONTEXT.actor, correlation="x", subject=SUBJECT_ID)
    assert key_for(clinic, about) == f"clinic:{CLINIC}"
    assert key_for(granted, about) == f"subject:{SUBJECT_ID}"
    with pytest.raises(ValueError, match="none was named"):
        key_for(granted, CONTEXT)


@pytest.mark.verifies("DRV-04")
def test_a_devices_statement_goes_with_the_first_event_only() -> None:
    statement = Attestation(
        device=DEVICE,
        schema=1,
        sequence=3,
        device_time=device_time(),
        salt=bytes(32),
        payload=b"{}",
        signature=b"x",
    )
    context = Context(
        clinic=CLINIC,
        actor=Actor.device(DEVICE),
        correlation="x",
        received_at=later(1),
        attestation=statement,
    )
    first, second = drafts(STREAM, 4, (REGISTERED, RoleGranted(role=Role.OPERATOR)), context)
    assert (first.attestation, second.attestation) == (statement, None)
    assert (first.expected_version, second.expected_version) == (4, 5)
    assert first.received_at == second.received_at == later(1)


def test_the_log_of_these_tests_shows_what_follows() -> None:
    log = a_log()
    records: tuple[Record, ...] = log.after(-1, limit=5)
    assert len(records) == 1
    assert log.wait(-1, timeout_s=0)
    assert not log.wait(0, timeout_s=0)
