"""How much skin measures vary when the same face is captured again, beside what findings state.

Each person sits down several times. Between times the head turns, tilts, moves and comes nearer a
little, as a chin rest leaves it free to, the lights drift, and the sensor's noise is another; depth
is measured from the pair, as in a recorded run.

Rules kept here:

1. What findings state (``skin_repeatability``) is settled on one set of people and held against
   another; neither is one that a threshold was chosen on.
2. Settled (``REPEATED``) is the upper limit, at 95 %, of the within-person spread pooled over
   people, as a share of the mean or, of what is counted, as its grain: few people can show too
   small a spread by chance.
3. Held against it is the share of pairs of captures of one person whose difference is beyond its
   stated expanded uncertainty: what a practitioner would be told has changed when nothing had.
4. A measure that a release withheld on any capture of a person has no figure from that person.

Known gap: a rigid face; expression, warmth, blood and a person's own day are not in it.

Source: Bland and Altman (1996), BMJ 312:1654 (within-subject standard deviation); JCGM 100:2008,
5.1.2 (uncertainty of a difference).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np
from scipy.special import chdtri

from adapters.inference.skin_repeatability import MEASURED, REPEATED, Spread
from device.simulation.identity import TypologyClass
from device.simulation.lights import RingLight
from device.simulation.rig import WORKING_DISTANCE_MM
from device.simulation.scene import HeadPose, Scene, Subject
from validation.benchmarks.imaging_row import Extent, Row
from validation.benchmarks.skin_case import SKIN_MODELS, SkinCase

SETTLED_ON: Final = (7503, 7504)
IDENTITIES: Final = (7501, 7502)
AGES: Final = (38.0, 55.0)
TONES: Final = (TypologyClass.LIGHT, TypologyClass.TAN, TypologyClass.BROWN)
CAPTURES: Final = 4
UPPER_LIMIT: Final = 0.95
MISTAKEN: Final = 0.05
"""Share of differences that may be told of a face that did not change."""

# Standard deviations from one sitting to the next in a chin rest with a forehead stop.
_TURN_DEG: Final = 1.5
_SHIFT_MM: Final = 2.0
_DRIVE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One number of one capture.

    Attributes:
        value: The number.
        expanded: Its stated expanded uncertainty; none when none is stated.
    """

    value: float
    expanded: float | None


Person = tuple[int, TypologyClass]
People = Mapping[Person, Sequence[Said]]


def rows(extent: Extent) -> Iterator[Row]:
    """Measure everything, row by row."""
    found = _found(SETTLED_ON if extent.settling else IDENTITIES, extent)
    told: list[bool] = []
    for code in REPEATED:
        people = [each for each in found[code].values() if len(each) == CAPTURES]
        if not people:
            continue
        if extent.settling:
            yield settling_row(code, people)
            continue
        of_code = differences_told(people)
        if of_code:
            yield holding_row(code, people, MEASURED.spreads[code], of_code)
            told += of_code
    if told:
        yield Row(
            metric="differences told of faces that did not change",
            firm=MISTAKEN,
            measured=float(np.mean(told)),
            unit="1",
            remark=f"{sum(told)} of {len(told)} pairs of numbers",
        )


def settling_row(code: str, people: Sequence[Sequence[Said]]) -> Row:
    """Return by what a measure varies, and at most, by these people."""
    values = [[each.value for each in said] for said in people]
    freedom = sum(len(each) - 1 for each in values)
    settled = REPEATED[code]
    if settled.grain:
        law, found, power = "grain", grain(values), 2
    else:
        law, found, power = "relative SD", relative_sd(values), 1
    most = found * upper_factor(freedom) ** power
    return Row(
        metric=f"{code}: {law}",
        measured=found,
        unit="1" if power == 1 else "of the measure",
        remark=f"at most {most:.3g} (95 %); settled {settled.grain or settled.relative:g}; "
        f"{len(people)} people, {CAPTURES} captures each",
    )


def holding_row(
    code: str, people: Sequence[Sequence[Said]], stated: Spread, told: Sequence[bool]
) -> Row:
    """Return how often a measure is said to have changed on a face that did not."""
    spread = math.sqrt(
        float(np.mean([np.var([each.value for each in said], ddof=1) for said in people]))
    )
    mean = float(np.mean([each.value for said in people for each in said]))
    return Row(
        metric=f"{code}: differences told",
        firm=MISTAKEN,
        measured=float(np.mean(told)),
        unit="1",
        remark=f"{sum(told)} of {len(told)} pairs; SD {spread:.3g} about {mean:.3g}, repeats alone "
        f"state {stated.standard(mean):.3g}; {len(people)} people",
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


def measured(case: SkinCase) -> dict[str, Said]:
    """Return every number that the skin analyses say of a capture, by its code."""
    values: dict[str, Said] = {}
    for name in SKIN_MODELS:
        case.run(name)
        values |= {
            each.code: Said(value=each.value, expanded=each.uncertainty)
            for each in case.said[name].findings
            if each.value is not None
        }
    return values


def relative_sd(people: Sequence[Sequence[float]]) -> float:
    """Return the pooled within-person SD as a share of the mean; NaN where nothing was seen.

    Args:
        people: Each person's values, at least 2.
    """
    mean = float(np.mean([np.mean(each) for each in people])) or math.nan
    return math.sqrt(float(np.mean([np.var(each, ddof=1) for each in people]))) / mean


def grain(people: Sequence[Sequence[float]]) -> float:
    """Return the pooled within-person variance as a multiple of the mean, of what is counted.

    Args:
        people: Each person's values, at least 2; NaN where nothing was ever seen.
    """
    mean = float(np.mean([np.mean(each) for each in people])) or math.nan
    return float(np.mean([np.var(each, ddof=1) for each in people])) / mean


def upper_factor(freedom: int) -> float:
    """Return by how much a standard deviation may exceed its estimate, at ``UPPER_LIMIT``.

    Args:
        freedom: Degrees of freedom of the estimate, at least 1.
    """
    return math.sqrt(freedom / float(chdtri(freedom, UPPER_LIMIT)))


def differences_told(people: Sequence[Sequence[Said]]) -> list[bool]:
    """Return of each pair of a person's captures whether its difference would be told."""
    return [
        abs(one.value - other.value) > math.hypot(one.expanded, other.expanded)
        for said in people
        for one, other in combinations(said, 2)
        if one.expanded is not None and other.expanded is not None
    ]


def _found(identities: Sequence[int], extent: Extent) -> Mapping[str, People]:
    found: defaultdict[str, dict[Person, list[Said]]] = defaultdict(dict)
    people = list(product(zip(identities, AGES, strict=True), TONES))
    for (identity, age), tone in people[:1] if extent.quick else people:
        for number in range(CAPTURES):
            extent.progress(f"repeat: identity {identity}, {tone.value} skin, capture {number + 1}")
            subject = Subject(identity_seed=identity, typology=tone, age_years=age)
            seed = 1000 * identity + number
            case = SkinCase.taken(sitting(subject, number), extent, seed=seed, measured_depth=True)
            for code, said in measured(case).items():
                found[code].setdefault((identity, tone), []).append(said)
    return found
