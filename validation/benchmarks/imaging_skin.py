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
from device.simulation.appearance import Appearance, SkinCondition
from device.simulation.identity import TypologyClass
from device.simulation.marks import MarkKind
from device.simulation.scene import Scene, Subject
from device.simulation.skin_colour import TYPOLOGY_LIMITS_DEG
from validation.benchmarks.imaging_row import Extent, Row
from validation.benchmarks.skin_case import SKIN_MODELS, SkinCase
from validation.benchmarks.skin_lines import DEPTHS_MM, NEAR_MM, LineAgreement
from validation.benchmarks.skin_truth import Agreement
from validation.skin_areas import AreaAgreement

IDENTITIES: Final = (7401, 7402)
AGES: Final = (34.0, 58.0)
PATCHED: Final = (7403, 7404)
PATCHED_AGES: Final = (41.0, 52.0)
PATCHES: Final = SkinCondition(redness=0.6, melasma=0.6)
"""What the skin of ``PATCHED`` has: most seeds draw hardly any redness or melasma-like pigment."""

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
        areas: dict[str, AreaAgreement] = {}
        lines = LineAgreement()
        angles: list[float] = []
        withheld: set[str] = set()
        for identity, age in zip(identities, AGES, strict=False):
            extent.progress(f"skin: identity {identity}, {tone.value} skin")
            scene = Scene(subject=Subject(identity_seed=identity, typology=tone, age_years=age))
            case = SkinCase.taken(scene, extent, seed=identity)
            for name in SKIN_MODELS:
                began = time.perf_counter()
                case.run(name)
                seconds[name].append(time.perf_counter() - began)
                withheld |= {each.output for each in case.said[name].withheld}
            for what, name, output, code, kinds in _KINDS:
                agreed = case.marks(name, output, code, kinds)
                if agreed is not None:
                    counts[what].cases.append(agreed)
            drawn = case.lines()
            lines = lines if drawn is None else lines.with_another(drawn)
            angles.append(Tone.of(case.given["skin-pigmentation"]).ita_deg)
            _add(areas, case.areas(scene, extent.cache))
        for scene, seed in _patched(tone, extent) if areas else ():
            case = SkinCase.taken(scene, extent, seed=seed)
            case.run("skin-pigmentation")
            _add(areas, case.areas(scene, extent.cache))
        yield from _of_tone(tone, counts, lines, angles, withheld)
        yield from _of_areas(tone, areas)
    for name in SKIN_MODELS:
        yield Row(
            metric=f"{name}: one picture",
            measured=float(np.median(seconds[name])),
            unit="s",
            remark=f"median of {len(seconds[name])}, one thread",
        )


def _patched(tone: TypologyClass, extent: Extent) -> Iterator[tuple[Scene, int]]:
    """Yield people with patches of blood and of pigment, and the seed of the sensor's noise."""
    people = zip(PATCHED, PATCHED_AGES, strict=True)
    for identity, age in list(people)[:1] if extent.quick else people:
        extent.progress(f"skin: identity {identity} with patches, {tone.value} skin")
        subject = Subject(
            identity_seed=identity,
            typology=tone,
            age_years=age,
            appearance=Appearance(skin=PATCHES),
        )
        yield Scene(subject=subject), identity


def _add(areas: dict[str, AreaAgreement], more: Mapping[str, AreaAgreement]) -> None:
    for output, each in more.items():
        areas[output] = areas.get(output, AreaAgreement()).with_another(each)


def _of_areas(tone: TypologyClass, areas: Mapping[str, AreaAgreement]) -> Iterator[Row]:
    for output, each in areas.items():
        for what, value, least, remark in (
            ("Dice with the exact map", each.dice, True, f"{each.raised:.0f} mm² raised"),
            ("found area to raised area", each.ratio, False, f"{each.found:.0f} mm² found"),
            ("drawn patches found", each.patch_share, True, f"of {each.patch:.0f} mm²"),
        ):
            if np.isfinite(value):
                yield Row(
                    metric=f"{output}, {tone.value} skin: {what}",
                    measured=value,
                    unit="1",
                    least=least,
                    remark=remark,
                )


def _of_tone(
    tone: TypologyClass,
    counts: Mapping[str, Counts],
    lines: LineAgreement,
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
    yield from _of_lines(tone, lines)
    yield Row(
        metric=f"withheld, {tone.value} skin",
        measured=float(len(withheld)),
        unit="outputs",
        remark=", ".join(sorted(withheld)),
    )


def _of_lines(tone: TypologyClass, lines: LineAgreement) -> Iterator[Row]:
    where = f"lines, {tone.value} skin"
    if lines.found:
        yield Row(
            metric=f"{where}: found length that was drawn",
            measured=lines.right / lines.found,
            unit="1",
            least=True,
            remark=f"of {lines.found:.0f} mm; within {NEAR_MM:g} mm; by chance "
            f"{lines.near_drawn / lines.skin:.2f}",
        )
    for low, high, drawn, met in zip(
        DEPTHS_MM[:-1], DEPTHS_MM[1:], lines.drawn, lines.met, strict=True
    ):
        if drawn:
            depth = f"from {low:g} mm" if np.isinf(high) else f"{low:g} to {high:g} mm"
            yield Row(
                metric=f"{where}: drawn length found, {depth} deep",
                measured=met / drawn,
                unit="1",
                least=True,
                remark=f"of {drawn:.0f} mm; by chance {lines.near_found / lines.skin:.2f}",
            )
