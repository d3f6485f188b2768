"""The station's gates from what it observed."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from device.preview import DISTANCE_METHOD, Observed, Previews, gate_of, station_gates
from domain.values.capture import STATION_GATES, Gate, GateResult, failed
from domain.values.protocol import ProtocolContent
from domain.values.quality import Limit, QualityMeasurement, Region
from domain.values.time import DeviceTime
from tests.adapters.imaging.drawings import ChartSketch, chart_picture, encode
from tests.builders import a_protocol_content, an_illumination_record, device_time


def measured(name: str, value: float, unit: str = "1") -> QualityMeasurement:
    return QualityMeasurement(name=name, value=value, unit=unit, method=DISTANCE_METHOD)


def limit(name: str, low: float | None, high: float | None, unit: str = "1") -> Limit:
    return Limit(name=name, minimum=low, maximum=high, unit=unit, advice=f"Mind {name}.")


CONTENT: ProtocolContent = replace(
    a_protocol_content(),
    station_limits=(
        limit("distance", 430, 470, "mm"),
        limit("face_offset_across", -5, 5, "percent"),
        limit("colour_difference_corrected_mean", None, 4, "dE00"),
        limit("face_level", 0.1, 0.5),
    ),
)
FINE = Observed(
    measurements=(
        measured("distance", 450, "mm"),
        measured("face_offset_across", 1, "percent"),
        measured("colour_reference_found", 1),
        measured("colour_difference_corrected_mean", 1, "dE00"),
        measured("face_level", 0.25),
    ),
    engaged=True,
    rest_cleaned=True,
    baseline_locked=True,
    baseline_mm=80.05,
    nominal_baseline_mm=80.0,
    illumination=an_illumination_record(),
    at=DeviceTime(an_illumination_record().performed_at.plus(timedelta(hours=1)).us),
    infeasible="",
)


def but(name: str, value: float) -> Observed:
    """Return what was observed with another value of one measurement."""
    changed = tuple(
        replace(each, value=value) if each.name == name else each for each in FINE.measurements
    )
    return replace(FINE, measurements=changed)


def without(name: str) -> Observed:
    """Return what was observed without one measurement."""
    kept = tuple(each for each in FINE.measurements if each.name != name)
    return replace(FINE, measurements=kept)


def closed(seen: Observed) -> list[GateResult]:
    """Return the closed gates."""
    gates = station_gates(seen, CONTENT)
    assert tuple(each.gate for each in gates) == STATION_GATES
    return list(failed(gates))


def test_all_gates_are_open_when_everything_is_fine() -> None:
    assert not closed(FINE)


@pytest.mark.verifies(
    "REQ-IN-082", "REQ-IN-083", "REQ-IN-084", "REQ-IN-085", "REQ-IN-086", "REQ-IN-091"
)
@pytest.mark.parametrize(
    ("seen", "gate", "words"),
    [
        (replace(FINE, engaged=False), Gate.FIXTURE, "Seat chin"),
        (replace(FINE, rest_cleaned=False), Gate.FIXTURE, "Clean chin"),
        (but("distance", 480), Gate.DISTANCE, "closer to the cameras by at least 10.0 mm"),
        (but("distance", 400), Gate.DISTANCE, "away from the cameras by at least 30.0 mm"),
        (without("distance"), Gate.DISTANCE, "Seat chin"),
        (but("face_offset_across", 9), Gate.ALIGNMENT, "to the left"),
        (but("face_offset_across", -9), Gate.ALIGNMENT, "to the right"),
        (without("face_offset_across"), Gate.ALIGNMENT, "Mind face_offset_across."),
        (replace(FINE, baseline_locked=False), Gate.BASELINE, "Close the lock"),
        (replace(FINE, baseline_mm=None), Gate.BASELINE, "Calibrate"),
        (replace(FINE, baseline_mm=80.3), Gate.BASELINE, "recalibrate"),
        (replace(FINE, illumination=None), Gate.ILLUMINATION, "illumination calibration"),
        (replace(FINE, at=device_time(60 * 24)), Gate.ILLUMINATION, "illumination calibration"),
        (replace(FINE, at=DeviceTime(0)), Gate.ILLUMINATION, "illumination calibration"),
        (but("face_level", 0.9), Gate.ILLUMINATION, "Mind face_level."),
        (but("colour_reference_found", 0), Gate.COLOUR_REFERENCE, "Hang the colour reference"),
        (without("colour_reference_found"), Gate.COLOUR_REFERENCE, "Hang the colour"),
        (but("colour_difference_corrected_mean", 9), Gate.COLOUR_REFERENCE, "Mind colour"),
    ],
)
def test_each_gate_closes_and_says_what_to_change(seen: Observed, gate: Gate, words: str) -> None:
    (found,) = closed(seen)
    assert found.gate is gate
    assert words in found.next_step
    assert found.evidence


def test_a_closed_gate_says_at_which_part_of_the_face() -> None:
    face = Region(frame="single", x_px=100, y_px=100, width_px=300, height_px=400)
    shiny = Region(frame="single", x_px=130, y_px=130, width_px=40, height_px=40)
    seen = replace(
        FINE,
        measurements=(
            *FINE.measurements,
            replace(measured("face_found", 1), region=face),
            replace(measured("skin_shine", 0.3), region=shiny),
        ),
    )
    content = replace(CONTENT, station_limits=(limit("skin_shine", None, 0.14),))
    (found,) = failed(station_gates(seen, content))
    assert found.next_step == (
        "Mind skin_shine. It shines most in the upper left of the face, as the cameras look."
    )


@pytest.mark.verifies("REQ-IN-091")
def test_an_infeasible_reference_opens_its_gate_with_the_reason() -> None:
    seen = replace(without("colour_reference_found"), infeasible="the holder is being repaired")
    assert not closed(seen)
    assert "the holder is being repaired" in station_gates(seen, CONTENT)[-1].evidence


def test_a_limit_of_an_unknown_word_closes_the_alignment() -> None:
    content = replace(CONTENT, station_limits=(limit("aura", 0, 1),))
    assert gate_of("aura") is Gate.ALIGNMENT
    assert [each.gate for each in failed(station_gates(FINE, content))] == [Gate.ALIGNMENT]


def test_a_failed_illumination_calibration_tells_its_reasons() -> None:
    dark = replace(an_illumination_record(), passed=False, reasons=("zone left is dark",))
    (found,) = closed(replace(FINE, illumination=dark))
    assert found.evidence == "zone left is dark"


def test_an_empty_picture_is_measured_without_a_face() -> None:
    picture = np.full((640, 480, 3), 20, np.uint8)
    names = {each.name: each.value for each in Previews().measure(picture, None)}
    assert names["face_found"] == 0
    assert "distance" not in names


def test_a_colour_reference_taken_away_between_two_frames_is_missed_at_once() -> None:
    previews = Previews()
    bare = np.full((480, 480, 3), 128, np.uint8)
    chart = encode(chart_picture(ChartSketch()))
    pictures = (bare, chart, chart, bare, chart)
    found = [
        {each.name: each.value for each in previews.measure(picture, 450.0)} for picture in pictures
    ]
    assert [each["colour_reference_found"] for each in found] == [0, 1, 1, 0, 1]
    assert found[2] == found[1] == pytest.approx(found[4])
