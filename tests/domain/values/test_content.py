"""Tests of content by digest, images, findings, calibrations and protocols."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.values.calibration import LightZone
from domain.values.content import LONGEST_SIDE_PX, CaptureView, Digest
from domain.values.quality import Region
from tests.builders import (
    a_calibration_record,
    a_content,
    a_finding,
    a_frame,
    a_protocol_content,
    an_illumination_record,
    device_time,
)


@given(content=st.binary())
def test_a_digest_comes_back_from_its_raw_bytes(content: bytes) -> None:
    digest = Digest.of(content)
    assert Digest.from_raw(digest.raw) == digest
    assert len(digest.raw) == 32


def test_a_digest_of_nothing_is_the_published_one() -> None:
    assert (
        Digest.of(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:" + "A" * 64, "sha1:" + "0" * 40])
def test_any_other_text_is_no_digest(text: str) -> None:
    with pytest.raises(MalformedInput):
        Digest(text)


@pytest.mark.verifies("REQ-IN-095")
@pytest.mark.parametrize("text", ["frontal", "left-oblique", "chin-up"])
def test_a_capture_view_is_an_extensible_code(text: str) -> None:
    assert CaptureView(text) == text


@pytest.mark.parametrize("text", ["", "Frontal", "-left", "left oblique", "view1"])
def test_any_other_text_is_no_capture_view(text: str) -> None:
    with pytest.raises(MalformedInput):
        CaptureView(text)


IMPOSSIBLE: dict[str, Callable[[], object]] = {
    "empty content": lambda: replace(a_content(), size_bytes=0),
    "a media type without a slash": lambda: replace(a_content(), media_type="png"),
    "an image without columns": lambda: replace(a_frame(), width_px=0),
    "an image beyond the longest side": lambda: replace(a_frame(), height_px=LONGEST_SIDE_PX + 1),
    "a region outside": lambda: Region(frame="left", x_px=-1, y_px=0, width_px=1, height_px=1),
    "a region without area": lambda: Region(frame="left", x_px=0, y_px=0, width_px=0, height_px=1),
    "a finding that is no number": lambda: replace(a_finding(), value=float("inf")),
    "a value without a unit": lambda: replace(a_finding(), unit=None),
    "a unit without a value": lambda: replace(a_finding(), value=None),
    "an uncertainty without its factor": lambda: replace(a_finding(), coverage_factor=None),
    "a confidence above one": lambda: replace(a_finding(), confidence=1.01),
    "a finding that says nothing": lambda: replace(
        a_finding(), value=None, unit=None, uncertainty=None, coverage_factor=None, text=None
    ),
    "a negative residual": lambda: replace(a_calibration_record(), reprojection_error_px=-0.1),
    "a negative epipolar error": lambda: replace(a_calibration_record(), epipolar_error_px=-0.1),
    "no baseline": lambda: replace(a_calibration_record(), baseline_mm=0.0),
    "a pass with reasons against": lambda: replace(a_calibration_record(), reasons=("bad",)),
    "a failure without reasons": lambda: replace(a_calibration_record(), passed=False),
    "an expiry before the calibration": lambda: replace(
        a_calibration_record(), valid_until=device_time(-60)
    ),
    "a duty cycle above one": lambda: LightZone(
        zone="left", pwm=1.1, current_ma=1.0, level=1.0, healthy=True
    ),
    "a negative current": lambda: LightZone(
        zone="left", pwm=1.0, current_ma=-1.0, level=1.0, healthy=True
    ),
    "a negative level": lambda: LightZone(
        zone="left", pwm=1.0, current_ma=1.0, level=-1.0, healthy=True
    ),
    "light that passes with reasons": lambda: replace(an_illumination_record(), reasons=("dim",)),
    "a protocol without views": lambda: replace(a_protocol_content(), views=()),
    "a view required twice": lambda: replace(
        a_protocol_content(), views=a_protocol_content().views * 2
    ),
    "a measurement limited twice": lambda: replace(
        a_protocol_content(), limits=a_protocol_content().limits * 2
    ),
    "a station measurement limited twice": lambda: replace(
        a_protocol_content(), station_limits=a_protocol_content().station_limits * 2
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_is_refused_at_construction(what: str) -> None:
    with pytest.raises(MalformedInput):
        IMPOSSIBLE[what]()


@pytest.mark.verifies("DRV-17")
def test_a_note_needs_no_number_and_a_number_no_words() -> None:
    note = replace(
        a_finding(), value=None, unit=None, uncertainty=None, coverage_factor=None, text="even"
    )
    assert note.text == "even"
    assert replace(a_finding(), text=None).unit == "°"


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_is_current_until_it_expires_if_it_passed() -> None:
    record = a_calibration_record()
    assert record.current_at(device_time())
    assert not record.current_at(record.valid_until)
    assert not a_calibration_record(passed=False).current_at(device_time())
