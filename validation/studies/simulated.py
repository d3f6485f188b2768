"""Cases from the simulated station: the shipped measurements on generated heads of known truth.

Rules kept here:

1. What is measured are encoded pictures, by the functions that measure a clinic's.
2. Places of one head share its pose and its captures: they are one case.
3. An area is compared where the output looks, with exact depth's truth; what is withheld is a case.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.decode import decode
from adapters.imaging.depth import reconstruct
from adapters.inference.skin_pigmentation import HAEMOGLOBIN_STEP
from adapters.studies.evaluation import count_overlap
from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Place,
    Quantity,
    Sampled,
    Withheld,
)
from device.simulation import colorimetry
from device.simulation.appearance import Appearance, SkinCondition
from device.simulation.parts import PartId
from device.simulation.rig import Camera, StereoRig
from device.simulation.sequence import png
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, skin_linear
from device.simulation.station import SimulatedCapture
from validation.skin_areas import raised_on, seen_chromophores
from validation.studies.measured import MEASURED
from validation.studies.pictures import CLASSES, typology_angle_deg
from validation.studies.population import Population, Sitter
from validation.studies.segmentations import marked_on

STANDARD: Final = ("standard",)
REDDENED: Final = Appearance(skin=SkinCondition(redness=0.6))
"""What the skin has in a study of redness: most seeds draw hardly any."""

_POINTS: Final = 40
Progress = Callable[[str], None]


def skin_tone_cases(population: Population, say: Progress) -> Cases:
    """Return the typology angle of every head under its light, beside its class's own."""
    cases = []
    for sitter in population.sitters():
        say(sitter.name)
        colour = skin_linear(
            np.array(melanin_of(sitter.subject.typology)), np.array(BLOOD_FRACTION)
        )
        cases.append(
            Quantity(
                case=sitter.name,
                factors=sitter.factors(),
                repeats=tuple(
                    typology_angle_deg(png(taken.left.image))
                    for taken in population.captures(sitter)
                ),
                reference=float(colorimetry.typology_angle_deg(colour)),
            )
        )
    return Cases(cases=tuple(cases), origin=population.origin, measured=MEASURED["ita"])


def tone_class_cases(population: Population, say: Progress) -> Cases:
    """Return the class of skin tone that every head is put into, beside the one it was made of."""
    output = CLASSES["ita-class"]
    cases = []
    for sitter in population.sitters():
        say(sitter.name)
        (taken,) = population.captures(sitter, most=1)
        cases.append(
            Classified(
                case=sitter.name,
                factors=sitter.factors(),
                said=output.names.index(output.measure(png(taken.left.image))),
                true=output.names.index(sitter.subject.typology.value),
            )
        )
    return Cases(
        classes=output.names,
        cases=tuple(cases),
        origin=population.origin,
        measured=MEASURED["ita-class"],
    )


def redness_cases(population: Population, say: Progress) -> Cases:
    """Return how redness overlaps, on every head, with where it has more blood than its middle."""
    cases: list[Case] = []
    for sitter in population.sitters(STANDARD, REDDENED):
        say(sitter.name)
        (taken,) = population.captures(sitter, most=1)
        cases.append(_redness(sitter, taken, population))
    return Cases(cases=tuple(cases), origin=population.origin, measured=MEASURED["redness"])


def _redness(sitter: Sitter, taken: SimulatedCapture, population: Population) -> Case:
    left, right = png(taken.left.image), png(taken.right.image)
    calibration = calibration_of(taken.truth.calibrated)
    depth = reconstruct(decode(left), decode(right), calibration)
    found = marked_on(left, "redness", depth=depth, camera=calibration.left)
    if isinstance(found, str):
        return Withheld(case=sitter.name, factors=sitter.factors(), why=found)
    exact = seen_chromophores(sitter.scene(), taken.truth.rig.left, population.cache)["redness"]
    there = raised_on(exact, found.looked_at, found.pixel_mm, HAEMOGLOBIN_STEP)
    return count_overlap(sitter.name, sitter.factors(), found.where & found.looked_at, there)


def depth_cases(population: Population, say: Progress) -> Cases:
    """Return depth at places of every head's skin, beside the exact depth there.

    A head is one case: its places share its pose and what is wrong with its captures.

    Raises:
        MalformedInput: a head has no place with depth in every capture.
    """
    cases = []
    for sitter in population.sitters(STANDARD):
        say(f"{sitter.name}, depth")
        taken = list(population.captures(sitter))
        calibration = calibration_of(taken[0].truth.calibrated)
        maps = [
            reconstruct(decode(png(each.left.image)), decode(png(each.right.image)), calibration)
            for each in taken
        ]
        step = maps[0].step
        exact, skin = _exact(taken[0], step, maps[0].valid.shape)
        known = np.logical_and.reduce([each.valid for each in maps]) & skin & np.isfinite(exact)
        rng = np.random.default_rng([population.seed, sitter.subject.identity_seed])
        drawn = rng.permutation(np.argwhere(known))[:_POINTS]
        cases.append(
            Sampled(
                case=sitter.name,
                factors=sitter.factors(),
                places=tuple(
                    Place(
                        repeats=tuple(float(each.depth_mm[row, column]) for each in maps),
                        reference=float(exact[row, column]),
                    )
                    for row, column in drawn
                ),
            )
        )
    return Cases(cases=tuple(cases), origin=population.origin, measured=MEASURED["depth-map"])


MEASURE: Final[dict[str, Callable[[Population, Progress], Cases]]] = {
    "ita": skin_tone_cases,
    "ita-class": tone_class_cases,
    "redness": redness_cases,
    "depth-map": depth_cases,
}
"""How the cases of an output are measured on the simulated station."""


def calibration_of(rig: StereoRig) -> StereoCalibration:
    """Return the calibration that describes a simulated rig exactly."""
    turn = rig.right.rotation @ rig.left.rotation.T
    shift = rig.right.rotation @ (rig.left.position_mm - rig.right.position_mm)
    return StereoCalibration(
        left=_intrinsics(rig.left),
        right=_intrinsics(rig.right),
        rotation=tuple(tuple(map(float, row)) for row in turn),
        translation_mm=tuple(map(float, shift)),
        reprojection_rms_px=0.0,
        left_rms_px=0.0,
        right_rms_px=0.0,
        epipolar_rms_px=0.0,
        view_rms_px=(0.0,),
        coverage=1.0,
    )


def _exact(
    taken: SimulatedCapture, step: int, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return exact depth (mm) and skin on the grid of a depth map."""
    rows, columns = shape
    depth = taken.depth_mm[: rows * step, : columns * step].reshape(rows, step, columns, step)
    part = taken.part[: rows * step, : columns * step].reshape(rows, step, columns, step)
    skin = (part == PartId.SKIN).all(axis=(1, 3))
    return np.asarray(depth.mean(axis=(1, 3)), np.float64), np.asarray(skin)


def _intrinsics(camera: Camera) -> CameraIntrinsics:
    return CameraIntrinsics(
        width_px=camera.resolution.columns,
        height_px=camera.resolution.rows,
        focal_x_px=camera.focal_px,
        focal_y_px=camera.focal_px,
        centre_x_px=camera.centre_px[0],
        centre_y_px=camera.centre_px[1],
        distortion=camera.distortion,
    )
