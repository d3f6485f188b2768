"""Flags follow from what was measured, and from nothing else."""

import pytest

from adapters.imaging import face_measures as measures
from adapters.imaging.measures import Measure
from adapters.imaging.reliability import FLAGS, detected

CLEAN = {
    measures.SKIN_TEXTURE: 1.7,
    measures.FACE_DARK_SHARE: 0.1,
    measures.FACE_BAR_SHARE: 0.1,
    measures.FACE_UNEVEN_SHARE: 0.01,
    measures.MOUTH_OPENING: 0.02,
    measures.MOUTH_WIDTH: 0.55,
    measures.SMILE: 0.03,
    measures.BROW_HEIGHT: 0.24,
    measures.LIP_CONTRAST: 4.0,
    measures.SKIN_SHINE: 0.07,
    measures.EYE_LINE: 0.5,
    measures.FACE_COUNT: 1.0,
    measures.FACE_RELIEF: 3.5,
    measures.CAMERA_ORDER: 1.0,
}


def test_a_clean_capture_raises_no_flag() -> None:
    assert detected(measure.of(value) for measure, value in CLEAN.items()) == ()


def test_what_was_not_measured_raises_no_flag() -> None:
    assert detected(()) == ()


@pytest.mark.verifies("REQ-IN-145", "REQ-IN-146", "REQ-IN-147", "REQ-IN-148")
@pytest.mark.verifies("REQ-IN-149", "REQ-IN-150", "REQ-IN-151")
@pytest.mark.parametrize(
    ("measure", "value", "flags"),
    [
        (measures.SKIN_TEXTURE, 0.3, ("little-texture", "makeup-present")),
        (measures.SKIN_TEXTURE, 0.9, ("makeup-present",)),
        (measures.FACE_DARK_SHARE, 0.5, ("hair-not-held-back",)),
        (measures.FACE_BAR_SHARE, 1.0, ("face-partly-occluded",)),
        (measures.FACE_UNEVEN_SHARE, 0.2, ("face-partly-occluded",)),
        (measures.MOUTH_OPENING, 0.4, ("expression-not-neutral",)),
        (measures.MOUTH_WIDTH, 0.62, ("expression-not-neutral",)),
        (measures.SMILE, 0.07, ("expression-not-neutral",)),
        (measures.BROW_HEIGHT, 0.28, ("expression-not-neutral",)),
        (measures.LIP_CONTRAST, 20.0, ("makeup-present",)),
        (measures.SKIN_SHINE, 0.25, ("specular-reflection",)),
        (measures.EYE_LINE, -9.0, ("poor-alignment",)),
        (measures.FACE_COUNT, 2.0, ("not-one-face",)),
        (measures.FACE_COUNT, 0.0, ("not-one-face",)),
        (measures.FACE_RELIEF, 0.3, ("flat-face",)),
        (measures.CAMERA_ORDER, 0.0, ("cameras-exchanged",)),
    ],
)
def test_each_detection_raises_its_own_flag(
    measure: Measure, value: float, flags: tuple[str, ...]
) -> None:
    changed = {**CLEAN, measure: value}
    assert detected(each.of(number) for each, number in changed.items()) == flags


def test_every_flag_rests_on_a_measure_of_the_table() -> None:
    used = {measure for bounds in FLAGS.values() for measure, _, _ in bounds}
    assert used <= set(measures.FACE_MEASURES)
