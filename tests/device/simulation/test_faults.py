"""Each fault changes what it says it changes."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.simulation.card import CHART_LAB_D50, chart_linear
from device.simulation.faults import (
    GATE,
    UPKEEP,
    ChartState,
    Fault,
    FaultState,
    conditions,
)
from device.simulation.parts import PartId
from device.simulation.station import SimulatedCapture, capture
from domain.errors import MalformedInput
from tests.device.simulation.stage import SCENE, SETTINGS, luma

Measure = Callable[[SimulatedCapture], float]


def _face(taken: SimulatedCapture) -> np.ndarray:
    """Return luminance around the nose of the left picture."""
    x, y = taken.truth.landmarks["pronasale"].left_px
    row, column = round(y), round(x)
    return luma(taken.left.linear[row - 90 : row + 60, column - 70 : column + 70])


def _detail(taken: SimulatedCapture) -> float:
    card = taken.truth.card
    assert card is not None
    left, top = card.corners_left_px.min(axis=0).astype(int)
    right, low = card.corners_left_px.max(axis=0).astype(int)
    grey = luma(taken.left.linear)[top:low, left:right]
    return float(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.7), cv2.CV_32F).std())


def _detail_ratio(taken: SimulatedCapture) -> float:
    """Return detail across the motion against detail along it."""
    grey = cv2.GaussianBlur(luma(taken.left.linear), (0, 0), 1.0)
    along, across = np.radians(25.0), np.radians(115.0)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    slopes = [float((np.cos(a) * dx + np.sin(a) * dy).std()) for a in (across, along)]
    return slopes[0] / slopes[1]


def _sides(taken: SimulatedCapture) -> float:
    """Return light on the cheek at the left of the picture against the one at the right."""
    marks = taken.truth.landmarks
    values = []
    for name in ("malar right", "malar left"):
        x, y = (round(v) for v in marks[name].left_px)
        values.append(float(np.median(luma(taken.left.linear[y - 8 : y + 9, x - 8 : x + 9]))))
    return values[0] / values[1]


def _patch(taken: SimulatedCapture, number: int) -> np.ndarray:
    card = taken.truth.card
    assert card is not None
    x, y = (round(float(v)) for v in card.points_left_px[number])
    return np.asarray(taken.left.linear[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1)))


def _epipolar(taken: SimulatedCapture) -> float:
    """Return how far face points leave their epipolar lines under the locked calibration, px."""
    rig = taken.truth.calibrated
    rotation, t = rig.right_from_left()
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    worst = []
    for mark in taken.truth.landmarks.values():
        left = rig.left.rays(np.array([mark.left_px]))[0]
        right = rig.right.rays(np.array([mark.right_px]))[0]
        line = cross @ rotation @ left
        worst.append(abs(float(line @ right)) / float(np.hypot(*line[:2])) * rig.left.focal_px)
    return float(np.median(worst))


def _patch_disagreement(taken: SimulatedCapture) -> float:
    """Return how unequal the light seems to be that different patches report."""
    wanted = np.clip(chart_linear(), 0.0, 1.0)
    seen = [float(_patch(taken, k).sum() / wanted[k].sum()) for k in range(19)]
    return float(np.std(seen) / np.mean(seen))


def _own_card(taken: SimulatedCapture) -> float:
    """Return how much better the delivered left picture fits the real left camera's truth."""
    card = taken.truth.card
    assert card is not None
    x, y = (round(float(v)) for v in card.points_left_px[18])
    own, other = (float(luma(p.linear)[y, x]) for p in (taken.left, taken.right))
    return own - other


def _shown(part: PartId) -> Measure:
    """Return a measure that counts the pixels of a part."""
    return lambda taken: float((taken.part == part).sum())


def _apart(taken: SimulatedCapture, one: str, other: str) -> float:
    """Return how far two landmarks lie apart, millimetres."""
    marks = taken.truth.landmarks
    return float(np.linalg.norm(np.subtract(marks[one].rig_mm, marks[other].rig_mm)))


def _lips(taken: SimulatedCapture) -> float:
    """Return how much redder than green the lower lip is."""
    x, y = (round(v) for v in taken.truth.landmarks["labiale inferius"].left_px)
    red, green, _ = taken.left.linear[y - 6 : y - 2, x - 4 : x + 5].mean(axis=(0, 1))
    return float(red / green)


def _grain(taken: SimulatedCapture) -> float:
    """Return the spread of fine detail on the cheek, against its level."""
    x, y = (round(v) for v in taken.truth.landmarks["malar left"].left_px)
    grey = luma(taken.left.linear[y - 20 : y + 20, x - 20 : x + 20])
    fine = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 3.0)
    return float(fine.std() / grey.mean())


def _eyes_deg(taken: SimulatedCapture) -> float:
    """Return how far the line of the pupils slopes down to the subject's left, degrees."""
    (right_x, right_y), (left_x, left_y) = (
        taken.truth.landmarks[name].left_px for name in ("pupil right", "pupil left")
    )
    return float(np.degrees(np.arctan2(left_y - right_y, left_x - right_x)))


def _above(taken: SimulatedCapture) -> float:
    """Return light beside the eye against light beside the mouth, on the left of the picture."""
    values = []
    for name in ("exocanthion right", "cheilion right"):
        x, y = (round(v) for v in taken.truth.landmarks[name].left_px)
        values.append(float(np.median(luma(taken.left.linear[y - 6 : y + 7, x - 14 : x - 4]))))
    return values[0] / values[1]


CHANGES: list[tuple[Fault, Measure, Callable[[float, float], bool]]] = [
    (Fault.DEFOCUS, _detail, lambda good, bad: bad < 0.8 * good),
    (Fault.MOTION_BLUR, _detail_ratio, lambda good, bad: bad > 1.05 * good),
    (Fault.OVEREXPOSED, lambda t: float((t.left.image == 255).mean()), lambda g, b: b > g + 0.05),
    (Fault.UNDEREXPOSED, lambda t: float(np.median(_face(t))), lambda g, b: b < 0.3 * g),
    (Fault.LIGHT_ZONE_OUT, _sides, lambda good, bad: bad < 0.93 * good),
    (Fault.UNEVEN_LIGHT, _sides, lambda good, bad: bad > 1.04 * good),
    (
        Fault.WRONG_WHITE_BALANCE,
        lambda t: float(_patch(t, 20)[2] / _patch(t, 20)[0]),
        lambda good, bad: abs(good - 1) < 0.06 and bad > 1.2,
    ),
    (
        Fault.CHART_MISSING,
        lambda t: float(t.truth.card is not None),
        lambda good, bad: (good, bad) == (1.0, 0.0),
    ),
    (
        Fault.CHART_OCCLUDED,
        lambda t: float(luma(_patch(t, 11))),
        lambda good, bad: bad < 0.3 * good,
    ),
    (
        Fault.CHART_DIRTY,
        _patch_disagreement,
        lambda good, bad: bad > 2 * good,
    ),
    (
        Fault.OFF_CENTRE,
        lambda t: t.truth.landmarks["pronasale"].left_px[0],
        lambda good, bad: bad < good - 60,
    ),
    (Fault.TOO_CLOSE, lambda t: t.truth.distance_mm or 0.0, lambda g, b: b == g - 75),
    (Fault.TOO_FAR, lambda t: t.truth.distance_mm or 0.0, lambda g, b: b == g + 95),
    (
        Fault.HEAD_TURNED,
        lambda t: t.truth.landmarks["pronasale"].left_px[0],
        lambda good, bad: bad > good + 20,
    ),
    (
        Fault.HEAD_TILTED_BACK,
        lambda t: t.truth.landmarks["pronasale"].left_px[1],
        lambda good, bad: bad < good - 10,
    ),
    (Fault.UNSYNCHRONISED, _epipolar, lambda good, bad: good < 0.01 and bad > 0.8),
    (Fault.RIG_DRIFT, _epipolar, lambda good, bad: good < 0.01 and bad > 0.8),
    (Fault.CAMERAS_SWAPPED, _own_card, lambda good, bad: good > 0.2 and bad < -0.2),
    (
        Fault.TRUNCATED,
        lambda t: float((t.left.image.max(axis=(1, 2)) == 0).mean()),
        lambda good, bad: good == 0.0 and abs(bad - 0.38) < 0.01,
    ),
    (Fault.BLACK_FRAME, lambda t: float(t.left.image.max()), lambda good, bad: bad < 40 < good),
    (
        Fault.UNEQUAL_EXPOSURE,
        lambda t: float(luma(t.left.linear).mean() / luma(t.right.linear).mean()),
        lambda good, bad: bad > 1.3 * good,
    ),
    (
        Fault.HAIR_OVER_FACE,
        lambda t: 0.0 if t.hair is None else float((t.hair > 128).sum()),
        lambda good, bad: good == 0 and bad > 800,
    ),
    (Fault.GLASSES_WORN, _shown(PartId.GLASSES), lambda good, bad: good == 0 and bad > 300),
    (Fault.HAND_BEFORE_FACE, _shown(PartId.HAND), lambda good, bad: good == 0 and bad > 2000),
    (
        Fault.SMILING,
        lambda t: _apart(t, "cheilion left", "cheilion right"),
        lambda good, bad: bad > 1.1 * good,
    ),
    (
        Fault.BROWS_RAISED,
        lambda t: _apart(t, "glabella", "pronasale"),
        lambda good, bad: bad > 1.04 * good,
    ),
    (
        Fault.MOUTH_OPEN,
        lambda t: _apart(t, "labiale superius", "labiale inferius"),
        lambda good, bad: bad > 1.4 * good,
    ),
    (Fault.MAKEUP_WORN, _lips, lambda good, bad: bad > 1.5 * good),
    (
        Fault.SKIN_SHINES,
        lambda t: float(np.percentile(_face(t), 99)),
        lambda good, bad: bad > 1.15 * good,
    ),
    (Fault.TEXTURE_HIDDEN, _grain, lambda good, bad: bad < 0.75 * good),
    (Fault.TWO_FACES, _shown(PartId.EYE_LEFT), lambda good, bad: bad > 1.1 * good),
    (Fault.NO_FACE, _shown(PartId.SKIN), lambda good, bad: good > 0 == bad),
    (Fault.PHOTOGRAPH, _shown(PartId.PRINT), lambda good, bad: good == 0 and bad > 50000),
    (Fault.HEAD_ROLLED_LEFT, _eyes_deg, lambda good, bad: abs(bad - good - 9) < 0.5),
    (Fault.HEAD_ROLLED_RIGHT, _eyes_deg, lambda good, bad: abs(good - bad - 9) < 0.5),
    (
        Fault.HEAD_TILTED_FORWARD,
        lambda t: t.truth.landmarks["pronasale"].left_px[1],
        lambda good, bad: bad > good + 10,
    ),
    (Fault.DIFFUSER_LOOSE, _above, lambda good, bad: bad > 1.01 * good),
    (
        Fault.ZONE_WARM,
        lambda t: float(_patch(t, 20)[0] / _patch(t, 20)[2]),
        lambda good, bad: abs(good - 1) < 0.06 and bad > 1.06 * good,
    ),
]


def test_every_fault_is_measured_here_and_names_its_gate() -> None:
    assert {fault for fault, _, _ in CHANGES} == set(Fault) == set(GATE)
    assert all(GATE[fault] for fault in Fault)


@pytest.mark.parametrize(("fault", "measure", "changed"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_fault_changes_what_it_says(
    cache: Path,
    taken: SimulatedCapture,
    fault: Fault,
    measure: Measure,
    changed: Callable[[float, float], bool],
) -> None:
    scene = SCENE.with_faults([FaultState(fault=fault)])
    bad = capture(scene, SETTINGS, seed=1, cache=cache)
    assert bad.truth.faults == (fault,)
    before, after = measure(taken), measure(bad)
    assert changed(before, after), (before, after)


def test_faults_of_no_severity_change_nothing() -> None:
    for fault in Fault:
        assert conditions([FaultState(fault=fault, severity=0.0)]) == conditions([]), fault


def test_only_the_light_field_finds_what_no_gate_owns() -> None:
    assert {fault for fault in Fault if GATE[fault].startswith("light field")} == set(UPKEEP)


def test_faults_combine() -> None:
    both = conditions([FaultState(fault=Fault.DEFOCUS), FaultState(fault=Fault.CHART_DIRTY)])
    assert both.defocus_px > 0
    assert both.chart is ChartState.DIRTY


@pytest.mark.parametrize("severity", [-0.1, 2.1, float("nan")])
def test_severities_without_meaning_are_refused(severity: float) -> None:
    with pytest.raises(MalformedInput):
        FaultState(fault=Fault.DEFOCUS, severity=severity)


def test_the_reference_has_all_patches() -> None:
    assert CHART_LAB_D50.shape == (24, 3)
