"""What a report may not be made without."""

import dataclasses
from typing import Any

import pytest

from adapters.reports.conditions import Uncalibrated
from adapters.reports.content import IMAGES_MAX, LogState, Trace
from adapters.reports.identity import Clinic, Moment
from adapters.reports.results import Comparison, Reading, ReportImage, Verdict, WithheldOutput
from domain.errors import DigestMismatch, MalformedInput
from domain.rules.report import verification_code
from domain.values.content import Digest
from domain.values.time import Instant
from tests.adapters.reports import samples


@pytest.mark.verifies(
    "REQ-IN-044", "REQ-IN-168", "REQ-IN-169", "REQ-IN-170", "REQ-IN-171", "REQ-IN-172"
)
@pytest.mark.parametrize(
    "part",
    ["algorithms", "conditions", "limitations", "contraindications", "sessions", "images"],
)
def test_a_report_without_one_of_its_disclosures_is_refused(part: str) -> None:
    with pytest.raises(MalformedInput):
        samples.report(**{part: ()})


def test_a_report_that_neither_measured_nor_says_why_not_is_refused() -> None:
    with pytest.raises(MalformedInput):
        samples.report(findings=(), withheld=())
    assert samples.report(findings=()).withheld


@pytest.mark.verifies("REQ-IN-045")
def test_a_finding_of_an_undisclosed_algorithm_is_refused() -> None:
    other = dataclasses.replace(samples.algorithm(), version="1.0.1")
    with pytest.raises(MalformedInput):
        samples.report(algorithms=(other,))


@pytest.mark.verifies("REQ-IN-041")
def test_a_signed_report_with_a_finding_left_to_review_is_refused() -> None:
    pending = dataclasses.replace(samples.findings()[0], verdict=Verdict.PENDING)
    with pytest.raises(MalformedInput):
        samples.report(findings=(pending,))
    assert samples.report(findings=(pending,), sign_off=None).verification_code is None


@pytest.mark.parametrize("number", ["", "vr-1", "VR 1", "V", "-VR-1", "V" * 41])
def test_a_number_that_cannot_be_a_file_name_and_be_read_aloud_is_refused(number: str) -> None:
    with pytest.raises(MalformedInput):
        samples.report(number=number)


@pytest.mark.parametrize("part", ["pseudonym", "conclusion"])
def test_a_blank_is_refused(part: str) -> None:
    with pytest.raises(MalformedInput):
        samples.report(**{part: "  "})


def test_too_many_pictures_are_refused() -> None:
    with pytest.raises(MalformedInput):
        samples.report(images=(samples.image(samples.png(), "Frontal"),) * (IMAGES_MAX + 1))


def test_a_missing_picture_and_one_that_is_not_the_one_named_are_refused() -> None:
    with pytest.raises(MalformedInput):
        samples.image(b"", "Frontal")
    with pytest.raises(DigestMismatch):
        ReportImage(
            content=b"other",
            digest=Digest.of(b"this"),
            source=Digest.of(b"frame"),
            capture_view="Frontal",
            description="Photograph",
        )
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.image(b"x", "Frontal"), description=" ")


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": 1.01},
        {"limitations": ()},
        {"coverage_factor": None},
        {"verdict": Verdict.REJECTED},
        {"verdict": Verdict.AMENDED, "reason": "seen otherwise"},
        {"reason": "nothing changed"},
        {"original": Reading(value=None, unit=None, text="before")},
        {"label": ""},
    ],
)
def test_a_finding_that_cannot_be_judged_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.findings()[0], **change)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.0, None, None), (None, "mm", None), (None, None, None), (float("nan"), "mm", None)],
)
def test_a_reading_that_says_nothing_is_refused(
    value: float | None, unit: str | None, text: str | None
) -> None:
    with pytest.raises(MalformedInput):
        Reading(value=value, unit=unit, text=text)


@pytest.mark.parametrize(
    "change", [{"conditions_differ": (), "quantities": ()}, {"days_between": -1}]
)
def test_a_comparison_without_a_result_or_backwards_in_time_is_refused(
    change: dict[str, Any],
) -> None:
    parts: dict[str, Any] = {
        "earlier": samples.moment("2026-01-20T09:00:00.000000Z"),
        "days_between": 42,
        "conditions_differ": ("another light",),
        "quantities": (),
    }
    with pytest.raises(MalformedInput):
        Comparison(**(parts | change))


def test_conditions_calibration_and_withheld_outputs_refuse_blanks_and_contradictions() -> None:
    with pytest.raises(MalformedInput):
        Uncalibrated(capture_views=("Frontal",), reason="")
    with pytest.raises(MalformedInput):
        Uncalibrated(capture_views=(), reason="It fell.")
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.calibration(), capture_views=())
    with pytest.raises(MalformedInput):
        WithheldOutput(label="Volume", reason="", next_step="Calibrate")
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.calibration(), passed=False)
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.conditions(), distance_mm=0)
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.conditions().colour_reference, passed=None)
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.conditions().zones[0], duty_cycle=1.1)
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.versions(), camera_serials=())
    with pytest.raises(MalformedInput):
        dataclasses.replace(samples.report().sessions[0], accepted_attempts=0)
    with pytest.raises(MalformedInput):
        Trace(evidence=(), log=None)
    with pytest.raises(MalformedInput):
        LogState(origin="vultus/x", size=0, root=Digest.of(b"root"))
    with pytest.raises(MalformedInput):
        Clinic(name="x" * 121, demo=False)
    with pytest.raises(MalformedInput):
        Moment(instant=Instant(0), utc_offset_min=15 * 60, zone="Nowhere")


def test_the_code_on_the_page_is_the_one_that_is_recorded() -> None:
    recorded = verification_code(samples.REPORT, Digest.of(b"presentation"))
    assert samples.report().verification_code == recorded
