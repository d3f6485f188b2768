"""Tests that what the record keeps of a capture is all that must be known of it later."""

from collections.abc import Mapping

import pytest

from domain.events.codec import Plain, encode
from domain.events.equipment import CalibrationRecorded
from domain.rules.capture_session import CAPTURE_SESSION
from tests.builders import a_calibration_record, an_attempt_id, later
from tests.event_builders import (
    a_depth,
    a_record,
    a_session_opened,
    an_attempt_judged,
    an_attempt_submitted,
)
from tests.given import given

OPENED = encode(a_session_opened())[2]
SUBMITTED = encode(an_attempt_submitted())[2]


def at(plain: Plain, path: str) -> Plain:
    """Return what stands at a dotted path of recorded values."""
    for part in path.split("."):
        assert isinstance(plain, Mapping)
        plain = plain[part]
    return plain


@pytest.mark.parametrize(
    ("plain", "path"),
    [
        pytest.param(OPENED, "operator", marks=pytest.mark.verifies("REQ-IN-107")),
        pytest.param(OPENED, "subject", marks=pytest.mark.verifies("REQ-IN-108")),
        pytest.param(OPENED, "time_zone", marks=pytest.mark.verifies("REQ-IN-109")),
        pytest.param(OPENED, "model_manifest", marks=pytest.mark.verifies("REQ-IN-113")),
        *(
            pytest.param(SUBMITTED, path, marks=pytest.mark.verifies(number))
            for number, path in (
                ("REQ-IN-109", "captured_at"),
                ("REQ-IN-109", "conditions.clock_offset_ms"),
                ("REQ-IN-109", "conditions.clock_uncertainty_ms"),
                ("DRV-04", "conditions.clock_uncertainty_ms"),
                ("REQ-IN-110", "conditions.device_serial"),
                ("REQ-IN-111", "conditions.camera_serials"),
                ("REQ-IN-112", "conditions.firmware"),
                ("REQ-IN-113", "conditions.model_manifest"),
                ("REQ-IN-114", "conditions.distance_mm"),
                ("REQ-IN-115", "conditions.exposure_us"),
                ("REQ-IN-116", "conditions.gain"),
                ("REQ-IN-117", "conditions.white_balance.red"),
                ("REQ-IN-118", "conditions.cct_k"),
                ("REQ-IN-118", "conditions.zones"),
                ("REQ-IN-119", "conditions.calibration"),
                ("REQ-IN-092", "conditions.colour_reference_passed"),
                ("REQ-IN-120", "conditions.temperature_c"),
            )
        ),
    ],
)
def test_the_record_of_a_capture_says_who_when_with_what_and_how(plain: Plain, path: str) -> None:
    assert at(plain, path) not in (None, "", [])


@pytest.mark.verifies("DRV-04")
@pytest.mark.verifies("REQ-IN-109")
def test_capture_receipt_and_commit_are_three_times() -> None:
    record = a_record(an_attempt_submitted())
    assert str(an_attempt_submitted().captured_at) == "2026-03-03T09:05:00.000000Z"
    assert record.committed_at == later()
    assert record.received_at is None, "nothing is invented where nothing is known"


@pytest.mark.verifies("REQ-IN-121")
def test_quality_flags_are_kept_with_the_attempt() -> None:
    rejected = an_attempt_judged(acceptable=False)
    assert at(encode(rejected)[2], "verdict.reasons")
    assert at(encode(a_depth())[2], "quality_flags") == []
    state = given(CAPTURE_SESSION, a_session_opened(), an_attempt_submitted(), rejected).state
    verdict = state.attempts[an_attempt_id()].verdict
    assert verdict is not None
    assert [each.name for each in verdict.reasons] == ["focus"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("performed_at", marks=pytest.mark.verifies("REQ-IN-134")),
        pytest.param("operator", marks=pytest.mark.verifies("REQ-IN-135")),
        pytest.param("target.serial", marks=pytest.mark.verifies("REQ-IN-136")),
        pytest.param("reprojection_error_px", marks=pytest.mark.verifies("REQ-IN-137")),
        pytest.param("baseline_mm", marks=pytest.mark.verifies("REQ-IN-138")),
        pytest.param("lens_configuration", marks=pytest.mark.verifies("REQ-IN-139")),
        pytest.param("passed", marks=pytest.mark.verifies("REQ-IN-140")),
    ],
)
def test_the_record_of_a_calibration_says_when_by_whom_with_what_and_how_well(path: str) -> None:
    plain = encode(CalibrationRecorded(calibration=a_calibration_record()))[2]
    assert at(plain, f"calibration.{path}") not in (None, "")
