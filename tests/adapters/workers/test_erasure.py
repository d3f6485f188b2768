"""Erasure is carried out when its fact is read, and the workers go on without the content."""

import pytest

from domain.errors import ContentErased, NotFound
from domain.events.record import Shredded
from domain.events.subject import SubjectKeyDestroyed
from domain.values.actor import Actor
from domain.values.identifiers import AssessmentId
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import PRIVACY_OFFICER, SUBJECT, a_digest

KEY = f"subject:{SUBJECT}"


@pytest.mark.verifies("DRV-10")
def test_the_recorded_erasure_is_carried_out_and_repeated_without_harm(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    day.work()
    names = day.log.blobs_of_key(KEY)
    assert len(names) >= 6  # two frames, depth, three maps
    _erase(day)
    day.work()
    assert day.keys.destroyed(KEY)
    for name in names:
        with pytest.raises(NotFound):
            day.blobs.stored(name)
    assert all(isinstance(each, Shredded) for each in day.events(session.stream))
    workers = day.workers()
    size = day.log.size()
    for record in day.log.after(-1, limit=1000):
        workers.take_all(record)
    assert day.log.size() == size


@pytest.mark.verifies("DRV-10")
def test_an_erasure_before_the_analysis_leaves_nothing_to_do(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    _erase(day)
    day.keys.destroy(KEY)
    began = day.log.size()
    day.work()
    assert day.log.size() == began
    assert not day.log.stream(AssessmentId.derived(session).stream)


@pytest.mark.verifies("DRV-10")
def test_a_key_destroyed_while_a_record_is_in_hand_ends_its_work_quietly(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    record = day.log.stream(session.stream)[-1]
    day.keys.destroy(KEY)
    with pytest.raises(ContentErased):
        day.workers().take_all(record)
    day.work()
    assert not day.workers().set_aside()


def _erase(day: ClinicDay) -> None:
    event = SubjectKeyDestroyed(
        key=KEY,
        approval=day.signature(a_digest("erasure"), PRIVACY_OFFICER),
        certificate=a_digest("certificate"),
        purged_blobs=0,
    )
    day.record(SUBJECT.stream, event, by=Actor.practitioner(PRIVACY_OFFICER))
