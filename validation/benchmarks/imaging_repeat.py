"""How much skin measures vary when the same face is captured again, beside what findings state.

Each person sits down several times. Between times the head turns, tilts, moves and comes nearer a
little, as a chin rest leaves it free to, the lights drift, and the sensor's noise is another.

Rules kept here:

1. Identities are none that anything was developed on.
2. A figure is the within-person standard deviation, pooled over people, as a share of the mean of
   all captures: what findings state of it, ``skin_repeatability``, is its bound.
3. A measure that a release withheld on any capture of a person has no figure from that person.

Known gap: a rigid face; expression, warmth, blood and a person's own day are not in it.

Source: Bland and Altman (1996), BMJ 312:1654 (within-subject standard deviation).
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Final

import numpy as np

from adapters.inference.skin_repeatability import RELATIVE_SD
from device.simulation.identity import TypologyClass
from device.simulation.lights import RingLight
from device.simulation.rig import WORKING_DISTANCE_MM
from device.simulation.scene import HeadPose, Scene, Subject
from validation.benchmarks.imaging_row import Extent, Row
from validation.benchmarks.skin_case import SKIN_MODELS, SkinCase

IDENTITIES: Final = (7501, 7502)
AGES: Final = (38.0, 55.0)
TONES: Final = (TypologyClass.LIGHT, TypologyClass.TAN, TypologyClass.BROWN)
CAPTURES: Final = 4

# Standard deviations from one sitting to the next in a chin rest with a forehead stop.
_TURN_DEG: Final = 1.5
_SHIFT_MM: Final = 2.0
_DRIVE: Final = 0.02

Person = tuple[int, TypologyClass]


def rows(extent: Extent) -> Iterator[Row]:
    """Measure everything, row by row."""
    people = list(product(zip(IDENTITIES, AGES, strict=True), TONES))
    found: defaultdict[str, dict[Person, list[float]]] = defaultdict(dict)
    for (identity, age), tone in people[:1] if extent.quick else people:
        for number in range(CAPTURES):
            extent.progress(f"repeat: identity {identity}, {tone.value} skin, capture {number + 1}")
            subject = Subject(identity_seed=identity, typology=tone, age_years=age)
            case = SkinCase.taken(sitting(subject, number), extent, seed=1000 * identity + number)
            for code, value in measured(case).items():
                found[code].setdefault((identity, tone), []).append(value)
    for code, stated in RELATIVE_SD.items():
        whole = [each for each in found[code].values() if len(each) == CAPTURES]
        ratio = relative_sd(whole)
        if ratio is not None:
            remark = f"{len(whole)} people, {CAPTURES} captures each"
            yield Row(
                metric=f"{code}: relative SD", firm=stated, measured=ratio, unit="1", remark=remark
            )


def sitting(subject: Subject, number: int) -> Scene:
    """Return how a person sits the given time, counted from 0."""
    rng = np.random.default_rng([subject.identity_seed, number])
    yaw, pitch, roll, right, down, nearer, drive = rng.standard_normal(7)
    return Scene(
        subject=subject,
        pose=HeadPose(
            yaw_deg=_TURN_DEG * yaw,
            pitch_deg=_TURN_DEG * pitch,
            roll_deg=_TURN_DEG * roll,
            right_mm=_SHIFT_MM * right,
            down_mm=_SHIFT_MM * down,
        ),
        distance_mm=WORKING_DISTANCE_MM + _SHIFT_MM * nearer,
        light=RingLight.even(drive=min(1.0, 0.95 * math.exp(_DRIVE * drive))),
    )


def measured(case: SkinCase) -> dict[str, float]:
    """Return every number that the skin analyses say of a capture, by its code."""
    values: dict[str, float] = {}
    for name in SKIN_MODELS:
        case.run(name)
        values |= {
            each.code: each.value for each in case.said[name].findings if each.value is not None
        }
    return values


def relative_sd(people: list[list[float]]) -> float | None:
    """Return the pooled within-person SD as a share of the mean; none where nothing was seen.

    Args:
        people: Each person's values, at least 2.
    """
    if not people:
        return None
    mean = float(np.mean([np.mean(each) for each in people]))
    if mean <= 0.0:
        return None
    return math.sqrt(float(np.mean([np.var(each, ddof=1) for each in people]))) / mean
