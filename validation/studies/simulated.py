"""Cases from the simulated station: the shipped measurements on generated heads of known truth.

Rules kept here:

1. What is measured are encoded pictures, by the functions that measure a clinic's.
2. Identities are drawn from the study's seed; those that development looked at stay out.
3. Repeats share everything but the sensor's noise.

Known gap: a rigid head in an ideal rest; expression, breathing and a person's skin are not in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics, StereoCalibration
from adapters.imaging.decode import decode
from adapters.imaging.depth import reconstruct
from device.simulation import colorimetry
from device.simulation.identity import TypologyClass
from device.simulation.lights import RingLight
from device.simulation.parts import PartId
from device.simulation.rig import DEMO, Camera, Resolution, StereoRig
from device.simulation.scene import Scene, Subject
from device.simulation.sensor import Exposure
from device.simulation.sequence import png
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, skin_linear
from device.simulation.station import CaptureSettings, SimulatedCapture, capture
from domain.values.study import Factor
from validation.studies.observations import Cases, Quantity
from validation.studies.pictures import typology_angle_deg

SEEN_IN_DEVELOPMENT: Final = frozenset(range(32))
_LIGHTS: Final = {"standard": 5600.0, "warm": 5000.0}
_POINTS: Final = 40
_OLDER: Final = 0.4

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is measured.

    Attributes:
        seed: Decides the identities.
        people: Identities for each class of skin colour, at least 1.
        repeats: Captures of the same moment, at least 2.
        resolution: Of both cameras.
        cache: Folder for heads and views that are dear to make.
    """

    seed: int = 2026
    people: int = 3
    repeats: int = 3
    resolution: Resolution = DEMO
    cache: Path | None = None

    def subjects(self) -> Iterator[tuple[str, Subject]]:
        """Yield a pseudonym and a subject for every place in the study."""
        rng = np.random.default_rng(self.seed)
        for typology in TypologyClass:
            for number in range(self.people):
                identity = max(SEEN_IN_DEVELOPMENT) + 1 + int(rng.integers(1 << 20))
                name = f"{typology.value.replace(' ', '-')}-{number}"
                yield name, Subject(identity_seed=identity, typology=typology)


def skin_tone_cases(population: Population, say: Progress) -> Cases:
    """Return the typology angle of every subject under every light, beside the class's own."""
    cases = []
    for name, subject in population.subjects():
        truth = float(
            colorimetry.typology_angle_deg(
                skin_linear(np.array(melanin_of(subject.typology)), np.array(BLOOD_FRACTION))
            )
        )
        for light, kelvin in _LIGHTS.items():
            say(f"{name}, {light} light")
            scene = Scene(subject=subject, light=RingLight.even(temperature_k=kelvin))
            settings = CaptureSettings(
                resolution=population.resolution, exposure=Exposure(white_balance_k=kelvin)
            )
            cases.append(
                Quantity(
                    case=f"{name}-{light}",
                    factors=_factors(subject) | {Factor.LIGHTING: light},
                    repeats=tuple(
                        typology_angle_deg(png(taken.left.image))
                        for taken in _repeats(population, scene, settings)
                    ),
                    reference=truth,
                )
            )
    return Cases(cases=tuple(cases))


def depth_cases(population: Population, say: Progress) -> Cases:
    """Return depth at places of every subject's skin, beside the exact depth there."""
    cases: list[Quantity] = []
    for name, subject in population.subjects():
        say(f"{name}, depth")
        settings = CaptureSettings(resolution=population.resolution)
        taken = list(_repeats(population, Scene(subject=subject), settings))
        calibration = calibration_of(taken[0].truth.calibrated)
        maps = [
            reconstruct(decode(png(each.left.image)), decode(png(each.right.image)), calibration)
            for each in taken
        ]
        step = maps[0].step
        exact, skin = _exact(taken[0], step, maps[0].valid.shape)
        known = np.logical_and.reduce([each.valid for each in maps]) & skin & np.isfinite(exact)
        places = np.argwhere(known)
        rng = np.random.default_rng([population.seed, subject.identity_seed])
        for place in rng.permutation(places)[:_POINTS]:
            row, column = int(place[0]), int(place[1])
            cases.append(
                Quantity(
                    case=f"{name}-{row}-{column}",
                    factors=_factors(subject),
                    repeats=tuple(float(each.depth_mm[row, column]) for each in maps),
                    reference=float(exact[row, column]),
                )
            )
    return Cases(cases=tuple(cases))


MEASURE: Final[dict[str, Callable[[Population, Progress], Cases]]] = {
    "ita": skin_tone_cases,
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


def _repeats(
    population: Population, scene: Scene, settings: CaptureSettings
) -> Iterator[SimulatedCapture]:
    for seed in range(population.repeats):
        yield capture(scene, settings, seed=seed, cache=population.cache)


def _exact(
    taken: SimulatedCapture, step: int, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return exact depth (mm) and skin on the grid of a depth map."""
    rows, columns = shape
    depth = taken.depth_mm[: rows * step, : columns * step].reshape(rows, step, columns, step)
    part = taken.part[: rows * step, : columns * step].reshape(rows, step, columns, step)
    skin = (part == PartId.SKIN).all(axis=(1, 3))
    return np.asarray(depth.mean(axis=(1, 3)), np.float64), np.asarray(skin)


def _factors(subject: Subject) -> dict[Factor, str]:
    age = subject.identity().age
    band = "older" if age > _OLDER else "younger" if age < -_OLDER else "middle"
    return {Factor.ITA_CLASS: subject.typology.value.replace(" ", "-"), Factor.AGE_BAND: band}


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
