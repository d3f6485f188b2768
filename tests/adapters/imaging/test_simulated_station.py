"""The measures on pictures of the simulated station: independent of the drawings used elsewhere.

At half of the station's picture size, to be quick; every fault at the severity its gate must catch.
Faults of lens and sensor come first, while the simulation still keeps the views they share.
"""

import numpy as np
import pytest

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.looks import as_window
from adapters.imaging.measurement import AttemptResult, measure_images
from adapters.imaging.pixels import Window
from device.simulation.faults import Fault, FaultState
from device.simulation.identity import TypologyClass
from device.simulation.parts import PartId
from device.simulation.rig import Camera, Resolution, StereoRig
from device.simulation.scene import HeadPose, Scene, Subject
from device.simulation.station import CaptureSettings, SimulatedCapture, capture
from tests.adapters.imaging.scenes import image_of

HALF = CaptureSettings(resolution=Resolution(columns=760, rows=1014))
GOOD = Scene()


def intrinsics(camera: Camera) -> CameraIntrinsics:
    """Return a simulated camera as the calibration describes it."""
    return CameraIntrinsics(
        width_px=camera.resolution.columns,
        height_px=camera.resolution.rows,
        focal_x_px=camera.focal_px,
        focal_y_px=camera.focal_px,
        centre_x_px=camera.centre_px[0],
        centre_y_px=camera.centre_px[1],
        distortion=camera.distortion,
    )


def locked(rig: StereoRig) -> StereoCalibration:
    """Return the exact calibration of a simulated rig."""
    turn, shift = rig.right_from_left()
    return StereoCalibration.of_geometry(
        left=intrinsics(rig.left),
        right=intrinsics(rig.right),
        rotation=turn,
        translation_mm=np.asarray(shift, np.float64).reshape(3),
    )


_SHOTS: dict[str, tuple[SimulatedCapture, AttemptResult]] = {}


def shot(scene: Scene) -> tuple[SimulatedCapture, AttemptResult]:
    """Return a simulated pair and what is measured on it; each scene is taken once."""
    if repr(scene) not in _SHOTS:
        _SHOTS[repr(scene)] = take(scene)
    return _SHOTS[repr(scene)]


def take(scene: Scene) -> tuple[SimulatedCapture, AttemptResult]:
    """Take a simulated pair and measure it."""
    taken = capture(scene, HALF)
    result = measure_images(
        image_of(np.ascontiguousarray(taken.left.image)),
        image_of(np.ascontiguousarray(taken.right.image)),
        calibration=locked(taken.truth.calibrated),
    )
    return taken, result


def values(*faults: Fault, scene: Scene = GOOD) -> dict[str, float]:
    """Return the measurements by name."""
    broken = scene.with_faults([FaultState(fault=fault) for fault in faults])
    return {each.name: each.value for each in shot(broken)[1].measurements}


def test_a_good_capture_is_measured_as_good() -> None:
    good = values()
    assert good["face_found"] == 1
    assert abs(good["face_offset_across"]) < 1
    assert abs(good["face_roll"]) < 1
    assert abs(good["face_turn"]) < 2
    assert abs(good["face_nod"]) < 3
    assert good["clipped_share"] < 0.001
    assert good["colour_reference_patches"] == 24
    assert good["colour_difference_corrected_mean"] < 1
    assert good["colour_temperature"] == pytest.approx(6504, abs=200)
    assert good["epipolar_residual"] < 0.3
    assert good["stereo_correspondence"] > 0.85
    assert good["depth_completeness"] > 0.85
    # To the middle of the face; the simulation's 450 mm are to the pupils, behind it.
    assert good["working_distance"] == pytest.approx(440, abs=5)


def test_depth_agrees_with_the_simulations_exact_depth() -> None:
    taken, result = shot(GOOD)
    assert result.depth is not None
    exact = taken.depth_mm[::2, ::2]
    known = result.depth.valid & np.isfinite(exact)
    errors = np.abs(result.depth.depth_mm[known] - exact[known])
    assert np.median(errors) < 0.6
    assert (errors < 3).mean() > 0.94


def test_wrong_exposure_shows_in_level_and_clipping() -> None:
    assert values(Fault.OVEREXPOSED)["clipped_share"] > 0.2
    assert values(Fault.UNDEREXPOSED)["face_level"] < 0.3 * values()["face_level"]


def test_lost_rows_are_counted() -> None:
    assert values(Fault.TRUNCATED)["blank_rows_share"] > 0.1
    assert values()["blank_rows_share"] == 0


@pytest.mark.verifies("REQ-IN-097", "REQ-IN-099", "REQ-IN-096", "REQ-IN-100", "REQ-IN-101")
@pytest.mark.parametrize(
    ("fault", "name", "factor"),
    [
        (Fault.DEFOCUS, "focus_edge_width", 1.5),
        (Fault.MOTION_BLUR, "motion_extent", 2.0),
        (Fault.WRONG_WHITE_BALANCE, "colour_difference_mean", 5.0),
        (Fault.CHART_DIRTY, "colour_difference_corrected_max", 4.0),
        (Fault.RIG_DRIFT, "epipolar_residual", 10.0),
    ],
)
def test_each_fault_multiplies_its_own_measurement(fault: Fault, name: str, factor: float) -> None:
    assert values(fault)[name] > factor * values()[name]


def test_a_missing_chart_is_said() -> None:
    assert values(Fault.CHART_MISSING)["colour_reference_found"] == 0


def test_a_light_that_went_out_shows_on_its_side() -> None:
    assert values()["light_across_ratio"] < 1.05
    assert values(Fault.LIGHT_ZONE_OUT)["light_across_ratio"] > 1.12


@pytest.mark.verifies("REQ-IN-084")
def test_turn_and_nod_are_right_to_a_few_degrees() -> None:
    moved = values(scene=Scene(pose=HeadPose(yaw_deg=-8.0, pitch_deg=8.0)))
    assert moved["face_turn"] == pytest.approx(-8, abs=2)
    assert moved["face_nod"] == pytest.approx(8, abs=3)


@pytest.mark.verifies("REQ-IN-083")
def test_too_near_is_measured_in_millimetres() -> None:
    moved = values(Fault.TOO_CLOSE)["working_distance"]
    truth = shot(GOOD.with_faults([FaultState(fault=Fault.TOO_CLOSE)]))[0].truth.distance_mm
    assert truth is not None
    assert values()["working_distance"] - moved == pytest.approx(450 - truth, abs=3)


@pytest.mark.verifies("REQ-IN-125", "REQ-IN-102")
def test_exchanged_and_unsynchronised_cameras_fail_the_stereo_gates() -> None:
    for fault in (Fault.CAMERAS_SWAPPED, Fault.UNSYNCHRONISED):
        broken = values(fault)
        assert broken["epipolar_residual"] > 3
        assert broken["depth_completeness"] < 0.5


def test_dark_skin_is_measured_like_light_skin() -> None:
    dark = values(scene=Scene(subject=Subject(identity_seed=6, typology=TypologyClass.DARK)))
    assert dark["face_found"] == 1
    assert abs(dark["face_roll"]) < 1.5
    assert dark["focus_edge_width"] < 1.3 * values()["focus_edge_width"]
    assert dark["stereo_correspondence"] > 0.85
    assert dark["depth_completeness"] > 0.75
    assert dark["epipolar_residual"] < 0.4


def region_of(fault: Fault, name: str) -> Window:
    """Return where a fault makes a measurement worst."""
    result = shot(GOOD.with_faults([FaultState(fault=fault)]))[1]
    region = next(each.region for each in result.measurements if each.name == name)
    assert region is not None
    return as_window(region)


def taken_with(fault: Fault) -> SimulatedCapture:
    """Return the pair with a fault."""
    return shot(GOOD.with_faults([FaultState(fault=fault)]))[0]


@pytest.mark.verifies("REQ-IN-100")
def test_a_light_that_went_out_is_told_on_the_side_that_lost_light() -> None:
    part = region_of(Fault.LIGHT_ZONE_OUT, "light_across_ratio")
    lit, out = (
        image_of(np.ascontiguousarray(each.left.image)).linear.mean(axis=2)
        for each in (shot(GOOD)[0], taken_with(Fault.LIGHT_ZONE_OUT))
    )
    face = region_of(Fault.LIGHT_ZONE_OUT, "face_found")
    mirrored = Window(
        left=2 * face.left + face.width - part.left - part.width,
        top=part.top,
        width=part.width,
        height=part.height,
    )
    kept, kept_there = (
        float(out[each.rows, each.columns].mean() / lit[each.rows, each.columns].mean())
        for each in (part, mirrored)
    )
    assert kept < kept_there - 0.05


@pytest.mark.verifies("REQ-IN-101")
def test_the_worst_patch_of_a_dirty_chart_is_one_of_its_patches() -> None:
    card = taken_with(Fault.CHART_DIRTY).truth.card
    assert card is not None
    part = region_of(Fault.CHART_DIRTY, "colour_difference_corrected_max")
    away = np.linalg.norm(card.points_left_px - np.array(part.centre), axis=1)
    assert away.min() < 0.2 * part.width
    pitch = float(np.linalg.norm(card.points_left_px[1] - card.points_left_px[0]))
    assert part.width < 1.6 * pitch


@pytest.mark.verifies("REQ-IN-097")
def test_lost_rows_are_the_region_to_the_row() -> None:
    part = region_of(Fault.TRUNCATED, "blank_rows_share")
    picture = taken_with(Fault.TRUNCATED).left.image
    assert not picture[part.rows].any()
    assert picture[part.top - 1].any()
    assert (part.width, part.top + part.height) == (picture.shape[1], picture.shape[0])


def test_defocus_and_motion_of_all_of_the_face_name_no_part() -> None:
    for fault in (Fault.DEFOCUS, Fault.MOTION_BLUR):
        wholes = shot(GOOD.with_faults([FaultState(fault=fault)]))[1].wholes
        for name in ("focus_edge_width", "motion_extent"):
            assert region_of(fault, name) in [as_window(each) for each in wholes]


@pytest.mark.verifies("REQ-IN-102", "REQ-IN-103")
def test_a_hand_is_where_something_stands_out() -> None:
    part = region_of(Fault.HAND_BEFORE_FACE, "face_uneven_share")
    hand = taken_with(Fault.HAND_BEFORE_FACE).part == PartId.HAND
    assert hand[part.rows, part.columns].mean() > 0.6
