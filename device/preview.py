"""The station's own look before the shutter: preview measurements to gates.

Rules kept here:

1. What is measured here are claims; the server measures the stored bytes again.
2. Every number that decides stands in the protocol's station limits. A limit whose measurement is
   missing closes its gate.
3. A closed gate says what to change, in which direction, by how much and at which part of the face,
   where that is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import cv2
import numpy as np

from adapters.imaging.chart_place import ChartPlace
from adapters.imaging.colour import srgb_to_linear
from adapters.imaging.decode import DecodedImage, EncodingFacts
from adapters.imaging.failed_place import place_words
from adapters.imaging.measurement import measure_images
from adapters.imaging.pixels import EncodedRgb, LinearRgb
from device.ports import Picture
from domain.values.calibration import IlluminationRecord
from domain.values.capture import Gate, GateResult
from domain.values.gates import DISTANCE, block, let_pass
from domain.values.protocol import ProtocolContent
from domain.values.quality import Limit, QualityMeasurement, Reason, judge
from domain.values.time import DeviceTime

DISTANCE_METHOD: Final = "distance-sensor/1"
CHART_FOUND: Final = "colour_reference_found"

_TO_LINEAR: Final = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
_LIGHT: Final = ("face_level", "clipped_share", "drowned_share", "light_", "skin_shine")
_SIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "face_offset_across": ("to the left", "to the right", "as the cameras look"),
    "face_offset_down": ("up", "down", "in the picture"),
    "face_roll": ("anticlockwise", "clockwise", "as the cameras look"),
    "eye_line": ("anticlockwise", "clockwise", "as the cameras look"),
    "face_turn_seen": ("to the left", "to the right", "as the cameras look"),
    "face_nod_seen": ("down", "up", "the chin"),
    DISTANCE: ("closer to the cameras", "away from the cameras", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the station knows at one moment.

    Attributes:
        measurements: Of the preview picture, with the distance where there is one.
        engaged: Whether the rest is used.
        rest_cleaned: Whether the operator confirmed that the rest was cleaned.
        baseline_locked: Whether the mechanical lock of the baseline is closed.
        baseline_mm: Baseline of the locked calibration; none when the station has none.
        nominal_baseline_mm: Baseline the rig was built with.
        illumination: The last illumination calibration; none before the first.
        at: Now, by the station's clock.
        infeasible: Why no colour reference can be in view; empty when one can.
    """

    measurements: tuple[QualityMeasurement, ...]
    engaged: bool
    rest_cleaned: bool
    baseline_locked: bool
    baseline_mm: float | None
    nominal_baseline_mm: float
    illumination: IlluminationRecord | None
    at: DeviceTime
    infeasible: str


class Previews:
    """Measures one preview picture after the other of a camera that stands still."""

    def __init__(self) -> None:
        """Know nothing yet of where the colour reference hangs."""
        self._chart: ChartPlace | None = None

    def measure(
        self, picture: Picture, distance_mm: float | None
    ) -> tuple[QualityMeasurement, ...]:
        """Return what a preview picture and the distance sensor say.

        The colour reference is looked for where it was in the picture before, then everywhere.
        """
        found = measure_images(as_decoded(picture), chart_last=self._chart)
        self._chart = None if found.chart is None else found.chart.place
        if distance_mm is None:
            return found.measurements
        distance = QualityMeasurement(
            name=DISTANCE, value=distance_mm, unit="mm", method=DISTANCE_METHOD
        )
        return (*found.measurements, distance)


def as_decoded(picture: Picture) -> DecodedImage:
    """Return a picture from the camera as one that was stored and read."""
    rows, columns = picture.shape[:2]
    linear = np.asarray(cv2.LUT(picture, _TO_LINEAR), dtype=np.float32)
    return DecodedImage(
        linear=LinearRgb(linear),
        encoded=EncodedRgb(picture),
        facts=EncodingFacts(
            media_type="image/png",
            width=columns,
            height=rows,
            bit_depth=8,
            colour_encoding="sRGB",
            colour_claim="undeclared",
            trailing_bytes=0,
            metadata_bytes=0,
        ),
    )


def station_gates(seen: Observed, content: ProtocolContent) -> tuple[GateResult, ...]:
    """Return all of the station's gates [REQ-IN-082 to 086, 091]."""
    return (
        _fixture(seen),
        _distance(seen, content),
        _limited(Gate.ALIGNMENT, seen, content),
        _baseline(seen, content),
        _illumination(seen, content),
        _colour_reference(seen, content),
    )


def gate_of(name: str) -> Gate:
    """Return the gate that a station limit belongs to; an unknown word closes the alignment."""
    if name == DISTANCE:
        return Gate.DISTANCE
    if name.startswith("colour_"):
        return Gate.COLOUR_REFERENCE
    if name.startswith(_LIGHT):
        return Gate.ILLUMINATION
    return Gate.ALIGNMENT


def guidance(reason: Reason, measurements: Iterable[QualityMeasurement]) -> str:
    """Return what to change, with direction and amount, or the place, where they are known."""
    sides = _SIDES.get(reason.name)
    if sides is None or reason.value is None:
        regions = {each.name: each.region for each in measurements}
        return f"{reason.advice} {place_words(reason.name, regions)}".rstrip()
    low, high, where = sides
    if reason.maximum is not None and reason.value > reason.maximum:
        amount, side = reason.value - reason.maximum, low
    elif reason.minimum is not None and reason.value < reason.minimum:
        amount, side = reason.minimum - reason.value, high
    else:
        return reason.advice
    place = f" ({where})" if where else ""
    return f"{reason.advice} Move {side}{place} by at least {amount:.1f} {reason.unit}."


def _fixture(seen: Observed) -> GateResult:
    if not seen.rest_cleaned:
        return block(
            Gate.FIXTURE,
            "nobody confirmed that the rest was cleaned",
            "Clean chin and forehead rest, confirm it, and open a new session.",
        )
    if not seen.engaged:
        return block(Gate.FIXTURE, "the rest is not engaged", "Seat chin and forehead in the rest.")
    return let_pass(Gate.FIXTURE, "chin and forehead rest engaged, rest cleaned")


def _distance(seen: Observed, content: ProtocolContent) -> GateResult:
    if not any(each.name == DISTANCE for each in seen.measurements):
        return block(
            Gate.DISTANCE, "the distance sensor sees nothing", "Seat chin and forehead in the rest."
        )
    return _limited(Gate.DISTANCE, seen, content)


def _limited(gate: Gate, seen: Observed, content: ProtocolContent) -> GateResult:
    limits = tuple(each for each in content.station_limits if gate_of(each.name) is gate)
    reasons = judge(seen.measurements, limits, stereo=True).reasons
    if reasons:
        steps = (guidance(each, seen.measurements) for each in reasons)
        return block(gate, _evidence(reasons), " ".join(steps))
    return let_pass(gate, _values(seen.measurements, limits))


def _baseline(seen: Observed, content: ProtocolContent) -> GateResult:
    if not seen.baseline_locked:
        return block(
            Gate.BASELINE,
            "the lock that holds the cameras' distance is open",
            "Close the lock and have the field check repeated.",
        )
    if seen.baseline_mm is None:
        return block(
            Gate.BASELINE,
            "the station does not hold the parameters of a locked calibration",
            "Calibrate the station with the target and have the calibration locked.",
        )
    deviation_mm = abs(seen.baseline_mm - seen.nominal_baseline_mm)
    tolerance_mm = content.calibration.baseline_tolerance_mm
    evidence = (
        f"lock closed; calibrated baseline {seen.baseline_mm:.3f} mm, {deviation_mm:.3f} mm from "
        f"{seen.nominal_baseline_mm:g} mm, tolerance {tolerance_mm:g} mm"
    )
    if deviation_mm > tolerance_mm:
        return block(Gate.BASELINE, evidence, "Have the enclosure looked at and recalibrate.")
    return let_pass(Gate.BASELINE, evidence)


def _illumination(seen: Observed, content: ProtocolContent) -> GateResult:
    light, next_step = seen.illumination, "Run the illumination calibration."
    if light is None:
        return block(Gate.ILLUMINATION, "the light was never calibrated", next_step)
    if not light.passed:
        return block(Gate.ILLUMINATION, "; ".join(light.reasons), next_step)
    hours = timedelta(microseconds=seen.at.us - light.performed_at.us) / timedelta(hours=1)
    most = content.calibration.illumination_valid_hours
    if not 0 <= hours <= most:
        return block(
            Gate.ILLUMINATION,
            f"the light was calibrated {hours:.1f} hours ago, allowed are {most}",
            next_step,
        )
    preview = _limited(Gate.ILLUMINATION, seen, content)
    if not preview.passed:
        return preview
    return let_pass(Gate.ILLUMINATION, f"calibrated {hours:.1f} hours ago, passed")


def _colour_reference(seen: Observed, content: ProtocolContent) -> GateResult:
    if seen.infeasible:
        return let_pass(Gate.COLOUR_REFERENCE, f"no reference is feasible here: {seen.infeasible}")
    found = next((each for each in seen.measurements if each.name == CHART_FOUND), None)
    if found is None or found.value < 1:
        return block(
            Gate.COLOUR_REFERENCE,
            "the colour reference is not in view",
            "Hang the colour reference into its holder, facing the cameras.",
        )
    return _limited(Gate.COLOUR_REFERENCE, seen, content)


def _evidence(reasons: Iterable[Reason]) -> str:
    return "; ".join(
        f"{each.name} was not measured"
        if each.value is None
        else f"{each.name} is {each.value:.2f} {each.unit}, outside "
        f"{'any' if each.minimum is None else f'{each.minimum:g}'} to "
        f"{'any' if each.maximum is None else f'{each.maximum:g}'}"
        for each in reasons
    )


def _values(measurements: Iterable[QualityMeasurement], limits: Iterable[Limit]) -> str:
    named = {each.name for each in limits}
    found = [f"{each.name} {each.value:.2f} {each.unit}" for each in measurements]
    chosen = [words for words, each in zip(found, measurements, strict=True) if each.name in named]
    return ", ".join(chosen) or "the protocol sets no limit"
