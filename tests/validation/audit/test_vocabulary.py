"""The verifier's second copy of names and fields, held against the events themselves."""

import types
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from domain.events.names import EVENTS
from domain.ledger import content_check
from domain.values.consent import Purpose
from domain.values.identifiers import (
    ClaimId,
    ConsentId,
    DeviceId,
    InferenceId,
    ReleaseId,
    SessionId,
    SubjectId,
)
from validation.audit import vocabulary as words

FIELDS: dict[str, tuple[str, ...]] = {
    words.REPORT_ISSUED: (
        words.REPORT_NUMBER,
        words.REPORT_DOCUMENT,
        words.REPORT_SIGNED_DIGEST,
        words.REPORT_SOURCES,
    ),
    **dict.fromkeys(
        words.SIGNING_EVENTS,
        (
            words.SIGNED_DIGEST,
            words.SIGNER,
            words.SIGNATURE_MEANING,
            words.SIGNED_AT,
            words.SIGNATURE_REAUTHENTICATION,
        ),
    ),
    words.REAUTHENTICATED: (words.REAUTHENTICATION, words.REAUTHENTICATED_PRACTITIONER),
    words.ASSESSMENT_OPENED: (
        words.ASSESSMENT_SESSION,
        words.ASSESSMENT_SUBJECT,
        words.ASSESSMENT_ATTEMPTS,
        words.ASSESSMENT_FRAMES,
        words.ASSESSMENT_INFERENCES,
        f"{words.ASSESSMENT_FINDINGS}.{words.FINDING}",
    ),
    **dict.fromkeys((*words.FINDING_REVIEWED, words.FINDING_ACCEPTED), (words.FINDING,)),
    words.INFERENCE_REQUESTED: (
        words.INFERENCE_ATTEMPT,
        words.INFERENCE_SESSION,
        words.INFERENCE_SUBJECT,
        words.INFERENCE_RELEASE,
        words.INFERENCE_MODEL,
        words.INFERENCE_FRAMES,
    ),
    words.INFERENCE_COMPLETED: (
        words.RUN_MODEL,
        *(
            f"{words.RUN_FINDINGS}.{field}"
            for field in (
                words.FINDING,
                words.FINDING_CODE,
                words.FINDING_LABEL,
                words.FINDING_VALUE,
                words.FINDING_UNIT,
                words.FINDING_UNCERTAINTY,
            )
        ),
        f"{words.RUN_ARTEFACTS}.{words.ARTEFACT_DIGEST}",
    ),
    words.INFERENCE_FAILED: (),
    words.VOLUME_CHANGED: (
        words.CHANGE_EARLIER_SESSION,
        words.CHANGE_EARLIER_ATTEMPT,
        words.CHANGE_SESSION,
        words.CHANGE_ATTEMPT,
        words.CHANGE_SUBJECT,
        words.CHANGE_VIEW,
        words.CHANGE_CLAIM,
        words.CHANGE_CALIBRATIONS,
        words.CHANGE_ALGORITHM,
        f"{words.CHANGE_FINDINGS}.{words.FINDING}",
        words.CHANGE_INPUTS,
    ),
    words.CLAIM_REGISTERED: (
        words.CLAIM_CONTENT,
        words.CLAIM_ALGORITHM,
        words.CLAIM_MODELS,
        words.CLAIM_REGISTERED_BY,
    ),
    words.CLAIM_VALIDATED: (words.SIGNED_DIGEST, words.SIGNER),
    words.CLAIM_WITHDRAWN: (),
    words.MODEL_REGISTERED: (
        words.MANIFEST_MODEL,
        words.MANIFEST_DIGEST,
        words.MANIFEST_NAME,
        words.MANIFEST_VERSION,
    ),
    words.MODEL_APPROVED: (words.SIGNED_DIGEST,),
    words.MODEL_SUSPENDED: (),
    words.SESSION_OPENED: (
        words.SESSION_SUBJECT,
        words.SESSION_DEVICE,
        words.SESSION_PURPOSE,
    ),
    words.PRECONDITIONS_CHECKED: (
        f"{words.BASED_ON}.{words.BASED_ON_STREAM}",
        f"{words.BASED_ON}.{words.BASED_ON_VERSION}",
    ),
    words.ATTEMPT_SUBMITTED: (
        words.ATTEMPT,
        words.ATTEMPT_VIEW,
        f"{words.ATTEMPT_FRAMES}.{words.FRAME_DIGEST}",
        f"{words.ATTEMPT_FRAMES}.{words.FRAME_CAMERA}",
        words.CAPTURED_AT,
        words.CAPTURE_CLOCK_OFFSET_MS,
        words.CAPTURE_CALIBRATION,
        words.CAPTURE_DEVICE_SERIAL,
        words.CAPTURE_CAMERA_SERIALS,
    ),
    words.PHOTOGRAPH_IMPORTED: (
        words.ATTEMPT,
        words.ATTEMPT_VIEW,
        f"{words.ATTEMPT_FRAME}.{words.FRAME_DIGEST}",
    ),
    words.ATTEMPT_JUDGED: (words.ATTEMPT, words.VERDICT),
    words.DEPTH_RECONSTRUCTED: (
        words.ATTEMPT,
        words.DEPTH_CALIBRATION,
        words.DEPTH_INPUTS,
        words.DEPTH_MAP,
    ),
    words.SURFACE_RECONSTRUCTED: (
        words.ATTEMPT,
        words.SURFACE_DEPTH,
        words.SURFACE_UNCERTAINTY,
        words.DEPTH_INPUTS,
    ),
    words.DEVICE_ENROLLED: (words.DEVICE_SERIAL, words.DEVICE_MODEL, "device", "public_key"),
    words.DEVICE_CONFIGURED: (
        f"{words.CONFIGURATION_CAMERAS}.{words.CAMERA_SERIAL}",
        words.CONFIGURATION_SOFTWARE,
        words.CONFIGURATION_FIRMWARE,
    ),
    words.CALIBRATION_RECORDED: (
        words.RECORDED_CALIBRATION,
        words.CALIBRATION_PASSED,
        words.CALIBRATION_VALID_UNTIL,
        words.CALIBRATION_PARAMETERS,
    ),
    words.CALIBRATION_LOCKED: (words.CALIBRATION,),
    words.CALIBRATION_INVALIDATED: (words.CALIBRATION,),
    words.CONSENT_GRANTED: (
        words.CONSENT_SUBJECT,
        words.CONSENT_PURPOSE,
        words.CONSENT_VALID_UNTIL,
    ),
    words.CONSENT_WITHDRAWN: (words.CONSENT_SUBJECT, words.CONSENT_PURPOSE),
    words.CONSENT_DECLINED: (words.CONSENT_SUBJECT, words.CONSENT_PURPOSE),
    content_check.SUBJECT_KEY_DESTROYED: (),
}


def inner(kind: Any) -> Any:  # noqa: ANN401 - type hints
    """Return what an optional or a tuple holds."""
    while get_origin(kind) in (Union, types.UnionType, tuple):
        kind = next(each for each in get_args(kind) if each not in (types.NoneType, Ellipsis))
    return kind


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, found in FIELDS.items() for field in found]
)
def test_a_field_stands_where_the_verifier_looks_for_it(name: str, field: str) -> None:
    kind: Any = EVENTS[name, 1]
    for key in field.split("."):
        assert is_dataclass(kind)
        assert key in {each.name for each in fields(kind)}
        kind = inner(get_type_hints(kind)[key])


@pytest.mark.parametrize("name", FIELDS)
def test_an_event_has_the_name_the_verifier_knows(name: str) -> None:
    assert (name, 1) in EVENTS


def test_streams_and_purposes_have_the_words_the_verifier_knows() -> None:
    assert f"{ClaimId.kind}-" == words.CLAIM_STREAM
    assert f"{InferenceId.kind}-" == words.INFERENCE_STREAM
    assert f"{ReleaseId.kind}-" == words.RELEASE_STREAM
    assert f"{SessionId.kind}-" == words.SESSION_STREAM
    assert f"{DeviceId.kind}-" == words.DEVICE_STREAM == content_check.DEVICE_STREAM
    assert f"{ConsentId.kind}-" == words.CONSENT_STREAM
    assert f"{SubjectId.kind}-" == content_check.SUBJECT_STREAM
    assert Purpose(words.ANALYSIS_PURPOSE) is Purpose.AI_ANALYSIS
