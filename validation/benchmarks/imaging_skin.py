"""How right skin measures are, class by class, and how long they take.

Rules kept here:

1. Drawn marks are the truth; what was found is right when it meets one of its kind. Identities are
   none that the thresholds were chosen on.
2. What a release withholds for a class has no row; one row counts what was withheld.
3. Times are of the whole analysis of one picture on one thread: input, model, steps, findings.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from adapters.inference.skin_measures import Tone
from device.simulation.identity import TypologyClass
from device.simulation.marks import MarkKind
from device.simulation.scene import Scene, Subject
from device.simulation.skin_colour import TYPOLOGY_LIMITS_DEG
from validation.benchmarks.imaging_row import Extent, Row
from validation.benchmarks.skin_case import DEEP_MM, SKIN_MODELS, SkinCase
from validation.benchmarks.skin_truth import Agreement

IDENTITIES: Final = (7401, 7402)
AGES: Final = (34.0, 58.0)
_PIGMENT: Final = (
    MarkKind.FRECKLE,
    MarkKind.SUN_SPOT,
    MarkKind.MOLE,
    MarkKind.OPEN_COMEDONE,
)
_KINDS: Final = (
    ("brown spots", "skin-pigmentation", "brown_spots", "brown-spot-share", _PIGMENT),
    (
        "dark comedone-like",
        "skin-congestion",
        "dark_spots",
        "dark-comedone-like",
        (MarkKind.OPEN_COMEDONE,),
    ),
    (
        "light comedone-like",
        "skin-congestion",
        "light_spots",
        "light-comedone-like",
        (MarkKind.CLOSED_COMEDONE,),
    ),
    (
        "inflammatory-like",
        "skin-congestion",
        "red_spots",
        "inflammatory-like",
        (MarkKind.PAPULE,),
    ),
)


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was found of one kind on one class, case by case."""

    cases: list[Agreement] = field(default_factory=list)

    def rows(self, what: str, tone: TypologyClass) -> Iterator[Row]:
        """Return sensitivity, precision and overlap."""
        drawn, met, found, right = (
            sum(getattr(each, name) for each in self.cases)
            for name in ("drawn", "met", "found", "right")
        )
        dice = [each.dice for each in self.cases if np.isfinite(each.dice)]
        where = f"{what}, {tone.value} skin"
        if drawn:
            yield Row(
                metric=f"{where}: drawn ones found",
                measured=met / drawn,
                unit="1",
                least=True,
                remark=f"{met} of {drawn}",
            )
        if found:
            yield Row(
                metric=f"{where}: found ones drawn",
                measured=right / found,
                unit="1",
                least=True,
                remark=f"{right} of {found}",
            )
        if dice:
            yield Row(
                metric=f"{where}: Dice of met ones",
                measured=float(np.mean(dice)),
                unit="1",
                least=True,
            )


def rows(extent: Extent) -> Iterator[Row]:
    """Measure everything, row by row."""
    identities = IDENTITIES[:1] if extent.quick else IDENTITIES
    quick = (TypologyClass.LIGHT, TypologyClass.BROWN)
    tones = quick if extent.quick else tuple(TypologyClass)
    seconds: dict[str, list[float]] = {each: [] for each in SKIN_MODELS}
    for tone in tones:
        counts = {what: Counts() for what, *_ in _KINDS}
        lines: list[tuple[float, float]] = []
        angles: list[float] = []
        withheld: set[str] = set()
        for identity, age in zip(identities, AGES, strict=False):
            extent.progress(f"skin: identity {identity}, {tone.value} skin")
            subject = Subject(identity_seed=identity, typology=tone, age_years=age)
            case = SkinCase.taken(Scene(subject=subject), extent, seed=identity)
            for name in SKIN_MODELS:
                began = time.perf_counter()
                case.run(name)
                seconds[name].append(time.perf_counter() - began)
                withheld |= {each.output for each in case.said[name].withheld}
            for what, name, output, code, kinds in _KINDS:
                agreed = case.marks(name, output, code, kinds)
                if agreed is not None:
                    counts[what].cases.append(agreed)
            lines += case.lines()
            angles.append(Tone.of(case.given["skin-pigmentation"]).ita_deg)
        yield from _of_tone(tone, counts, lines, angles, withheld)
    for name in SKIN_MODELS:
        yield Row(
            metric=f"{name}: one picture",
            measured=float(np.median(seconds[name])),
            unit="s",
            remark=f"median of {len(seconds[name])}, one thread",
        )


def _of_tone(
    tone: TypologyClass,
    counts: Mapping[str, Counts],
    lines: list[tuple[float, float]],
    angles: list[float],
    withheld: set[str],
) -> Iterator[Row]:
    low, high = TYPOLOGY_LIMITS_DEG[tone]
    yield Row(
        metric=f"typology angle, {tone.value} skin",
        measured=float(np.mean(angles)),
        unit="°",
        remark=f"class {low:.0f}° to {high:.0f}°",
    )
    for what, each in counts.items():
        yield from each.rows(what, tone)
    for place, what in enumerate(("found length that was drawn", "drawn deep length found")):
        values = [each[place] for each in lines if np.isfinite(each[place])]
        if values:
            yield Row(
                metric=f"lines, {tone.value} skin: {what}",
                measured=float(np.mean(values)),
                unit="1",
                least=True,
                remark=f"deep is above {DEEP_MM:g} mm" if place else "within 1.5 mm",
            )
    yield Row(
        metric=f"withheld, {tone.value} skin",
        measured=float(len(withheld)),
        unit="outputs",
        remark=", ".join(sorted(withheld)),
    )
