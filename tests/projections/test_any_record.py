"""Whatever can be recorded can be applied, in any order and with any words; nothing stalls."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    access,
    acquisition_protocol,
    assessment,
    capture_session,
    claim,
    clinic,
    consent,
    equipment,
    inference,
    log_key,
    model_release,
    practitioner,
    refused_capture,
    study,
    subject,
    volume_change,
)
from domain.events.names import EVENTS, SUBJECT_KEYED, Event
from domain.events.record import Draft
from domain.values.content import ContentReference
from domain.values.identifiers import (
    AccessId,
    AssessmentId,
    ClaimId,
    ClinicId,
    ConsentId,
    DeviceId,
    Identifier,
    InferenceId,
    LogKeyId,
    PractitionerId,
    ProtocolId,
    ReleaseId,
    SessionId,
    StudyId,
    SubjectId,
    VolumeChangeId,
)
from domain.values.study import StudyLimit
from projections.assessment import assessment as assessment_row
from projections.assessment import report_by_code
from projections.audit_trail import story, trail
from projections.capture_session import content, session, sessions
from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from projections.subject import subject as subject_row
from projections.subject import subjects
from projections.traceability import affected, trace_report
from tests.builders import CLINIC
from tests.example_events import example
from tests.projections.clinic import SERVICE, Clinic, a_clinic
from tests.projections.dumps import dump, in_memory, rebuilt
from tests.strategies import events

V = TypeVar("V")

KINDS: dict[str, type[Identifier]] = {
    access.__name__: AccessId,
    acquisition_protocol.__name__: ProtocolId,
    assessment.__name__: AssessmentId,
    capture_session.__name__: SessionId,
    claim.__name__: ClaimId,
    clinic.__name__: ClinicId,
    consent.__name__: ConsentId,
    equipment.__name__: DeviceId,
    inference.__name__: InferenceId,
    log_key.__name__: LogKeyId,
    model_release.__name__: ReleaseId,
    practitioner.__name__: PractitionerId,
    refused_capture.__name__: SessionId,
    study.__name__: StudyId,
    subject.__name__: SubjectId,
    volume_change.__name__: VolumeChangeId,
}
"""What kind of stream a module's events belong to."""


def one_of_two(identifier: Identifier) -> Identifier:
    """Return one of two identifiers of this kind, so that facts meet one another."""
    return type(identifier).derived("any", str(int(identifier[-1], 16) % 2))


def everywhere(value: V, *, text: str = "") -> V:
    """Return a value with few identifiers, and with this text at the end of every free one."""
    if isinstance(value, Identifier):
        return cast("V", one_of_two(value))
    if type(value) is str:
        return cast("V", f"{value}{text}")
    if isinstance(value, ContentReference | StudyLimit):
        return value  # its words have a form of their own
    if isinstance(value, tuple):
        return cast("V", tuple(everywhere(each, text=text) for each in value))
    if is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in fields(value) if each.init]
        changed = {name: everywhere(getattr(value, name), text=text) for name in names}
        return cast("V", replace(value, **changed))
    return value


def record(clinic: Clinic, events: Iterable[Event], *, text: str = "") -> None:
    """Record events as they come, each in a stream of its kind, whatever the rules say."""
    for number in range(2):
        clinic.keys.create(f"subject:{SubjectId.derived('any', str(number))}")
    for number, event in enumerate(events):
        kind = KINDS[type(event).__module__]
        stream = kind.derived("any", str(number % 2)).stream
        about = SubjectId.derived("any", str(number % 2))
        draft = Draft(
            stream=stream,
            expected_version=len(clinic.log.stream(stream)),
            event=everywhere(event, text=text),
            key=f"subject:{about}" if type(event) in SUBJECT_KEYED else f"clinic:{CLINIC}",
            actor=SERVICE,
            correlation="any",
        )
        clinic.log.append([draft])


@settings(max_examples=15)
@given(st.lists(events(), min_size=5, max_size=25))
def test_any_facts_in_any_order_are_applied_and_rebuilt_the_same(drawn: list[Event]) -> None:
    clinic = a_clinic(founded=False)
    record(clinic, drawn)
    engine = in_memory()
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    assert [each for each in runner.positions() if each.stalled_seq is not None] == []
    assert dump(engine) == rebuilt(clinic.log)
    engine.dispose()


@pytest.mark.parametrize("text", ["", "\x00 '; -- 😀"], ids=["plain", "hard to hold"])
def test_every_fact_there_is_can_be_applied_on_both_databases(engine: sa.Engine, text: str) -> None:
    clinic = a_clinic(founded=False)
    in_order = sorted(EVENTS, key=lambda each: each[0] == "SubjectKeyDestroyed")
    record(clinic, [example(*each) for each in in_order for _ in range(2)], text=text)
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    assert [each for each in runner.positions() if each.stalled_seq is not None] == []
    assert dump(engine) == rebuilt(clinic.log)


def test_no_projection_does_anything_with_what_it_says_it_does_not_handle() -> None:
    clinic = a_clinic(founded=False)
    record(clinic, [example(*each) for each in EVENTS for _ in range(2)])
    engine = in_memory()
    greedy = [replace(each, handles=None) for each in ALL]
    ProjectionRunner(engine, clinic.log, greedy).catch_up()
    assert dump(engine) == rebuilt(clinic.log)
    assert sum(each.handles is not None for each in ALL) > len(ALL) / 2
    engine.dispose()


def test_a_question_that_a_database_cannot_hold_finds_nothing(engine: sa.Engine) -> None:
    odd = "\x00"
    with engine.connect() as connection:
        for column in ("actor", "stream", "name", "subject"):
            assert trail(connection, **{column: odd}) == []  # type: ignore[arg-type]
        assert story(connection, odd) == []
        assert session(connection, odd) is None
        assert content(connection, odd, odd) is None
        assert sessions(connection, state=odd, subject=odd) == []
        assert assessment_row(connection, odd) is None
        assert report_by_code(connection, odd) is None
        assert subject_row(connection, odd) is None
        assert subjects(connection, query=odd, identified=True) == []
        assert trace_report(connection, odd) == ([], [])
        assert affected(connection, odd) == ([], [])
