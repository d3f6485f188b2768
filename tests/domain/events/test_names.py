"""Tests of the permanent table of event names."""

from typing import get_args

import pytest

from domain.events.names import EVENTS, NAME_OF, SUBJECT_KEYED, Event
from domain.events.record import Shredded
from domain.events.subject import SubjectEnrolled, SubjectKeyDestroyed
from tests.builders import FRONTAL
from tests.event_builders import a_record, an_attempt_submitted


def test_every_event_has_exactly_one_name_that_is_written() -> None:
    assert set(NAME_OF) == set(get_args(Event))
    assert len(set(NAME_OF.values())) == len(NAME_OF)


def test_a_name_is_the_word_of_its_event_and_versions_begin_at_one() -> None:
    for (name, version), event in EVENTS.items():
        assert name == event.__name__
        assert version >= 1


@pytest.mark.verifies("DRV-09")
@pytest.mark.verifies("DRV-10")
def test_what_survives_erasure_is_not_under_the_subjects_key() -> None:
    assert not {SubjectEnrolled, SubjectKeyDestroyed} & SUBJECT_KEYED


def test_a_record_keeps_its_name_when_its_content_is_gone() -> None:
    record = a_record(an_attempt_submitted())
    assert record.name == "AttemptSubmitted"
    assert Shredded(record.name).name == record.name
    assert an_attempt_submitted().view == FRONTAL
