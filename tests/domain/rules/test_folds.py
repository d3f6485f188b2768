"""Tests of every fold: it refuses no history and depends on nothing but the history."""

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
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
    model_release,
    practitioner,
    study,
    subject,
    volume_change,
)
from domain.events.aggregate import Aggregate
from domain.events.names import Event
from domain.rules.access import ACCESS
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL
from domain.rules.assessment import ASSESSMENT, presentation
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.claim import CLAIM
from domain.rules.clinic import CLINIC
from domain.rules.consent import CONSENT
from domain.rules.equipment import EQUIPMENT
from domain.rules.inference import INFERENCE
from domain.rules.model_release import MODEL_RELEASE
from domain.rules.practitioner import PRACTITIONER
from domain.rules.study import STUDY
from domain.rules.subject import SUBJECT
from domain.rules.volume_change import VOLUME_CHANGE
from tests.strategies import events

FOLDS: dict[str, tuple[Aggregate[Any, Any], Any]] = {
    "access": (ACCESS, access.AccessEvent),
    "acquisition-protocol": (ACQUISITION_PROTOCOL, acquisition_protocol.ProtocolEvent),
    "assessment": (ASSESSMENT, assessment.AssessmentEvent),
    "capture-session": (CAPTURE_SESSION, capture_session.CaptureSessionEvent),
    "claim": (CLAIM, claim.ClaimEvent),
    "clinic": (CLINIC, clinic.ClinicEvent),
    "consent": (CONSENT, consent.ConsentEvent),
    "device": (EQUIPMENT, equipment.EquipmentEvent),
    "inference": (INFERENCE, inference.InferenceEvent),
    "model-release": (MODEL_RELEASE, model_release.ModelReleaseEvent),
    "practitioner": (PRACTITIONER, practitioner.PractitionerEvent),
    "study": (STUDY, study.StudyEvent),
    "subject": (SUBJECT, subject.SubjectEvent),
    "volume-change": (VOLUME_CHANGE, volume_change.VolumeChangeEvent),
}


def folded(aggregate: Aggregate[Any, Any], history: list[Event]) -> object:
    state = aggregate.initial
    for event in history:
        state = aggregate.evolve(state, event)
    return state


@pytest.mark.parametrize("kind", FOLDS)
def test_a_fold_is_named_by_its_kind_of_stream(kind: str) -> None:
    assert FOLDS[kind][0].kind == kind


@pytest.mark.parametrize("kind", FOLDS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_fold_refuses_no_history_and_gives_the_same_state_again(
    kind: str, data: st.DataObject
) -> None:
    aggregate, union = FOLDS[kind]
    history = data.draw(st.lists(events(*get_args(union)), max_size=6))
    assert folded(aggregate, history) == folded(aggregate, list(history))
    assert folded(aggregate, []) == aggregate.initial


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(events(*get_args(assessment.AssessmentEvent)), max_size=5))
def test_whatever_happened_to_an_assessment_can_be_shown(history: list[Event]) -> None:
    state = folded(ASSESSMENT, history)
    assert presentation(state) == presentation(state)  # type: ignore[arg-type]
