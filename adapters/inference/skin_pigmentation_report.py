"""What is said of pigmentation and redness: numbers, words, segmentations, and what is withheld.

Rules kept here:

1. Wording is descriptive. "Melasma-like" is said of a pattern alone: raised pigment that lies on
   both sides alike, on cheeks or the middle of the face; it is never said of a person.
2. A pattern is put into words only where the regions of the face are known.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from adapters.inference.analysis import Given, Judged, Reported
from adapters.inference.marks import Mark, draw_marks
from adapters.inference.skin_density_input import mask_of, pixel_mm_of
from adapters.inference.skin_measures import (
    NO_SCALE,
    PIGMENT_TONE_LEAST_DEG,
    TONE_LEAST_DEG,
    Findings,
    Tone,
    area_parts,
    by_region,
    scaled,
    too_coarse,
)
from adapters.inference.skin_release import DESCRIBES
from adapters.inference.skin_repeatability import Repeatability
from adapters.inference.tensors import Tensor
from domain.errors import Refusal

CATEGORY: Final = "pigmentation"
FIRST_LIMITS: Final = (
    DESCRIBES,
    "Raised means darker or redder than this face's own middle, not than other faces.",
    "Small or faint spots are missed; hair, lashes and deep shade can be taken for spots.",
)
LIMITS: Final = (
    *FIRST_LIMITS[:3],
    (
        "On simulated faces areas of redness overlapped the exact ones by 0.72 to 0.76 (Dice) and "
        "were up to a fifth too large."
    ),
    (
        "Areas of hyperpigmentation overlapped by 0.26 to 0.65 only and were 0.5 to 5 times as "
        "large; most of melasma-like patches was missed, because they stay below the step of "
        "0.12 OD."
    ),
)
"""What pigmentation cannot say; release 1.0.0 said less."""

_PATTERN_LIMITS: Final = (
    "Describes where raised pigment lies. Many conditions, and none, give the same pattern.",
)
NO_REGIONS: Final = Refusal(
    rule="model.regions",
    evidence="the regions of the face were not found",
    next_step="Capture again with the whole face in view.",
)

COARSEST_PIXEL_MM: Final = 0.5
OUTPUTS: Final = ("brown spots", "redness", "hyperpigmentation", "dyschromia", "pattern")

# Where words change. Our own, for a reader; no published scale stands behind them.
_SOME: Final = 0.05
_MUCH: Final = 0.20
_ALIKE: Final = 0.5
_EVEN_OD: Final = 0.03
_VARIED_OD: Final = 0.06

_BY_RED_DENSITY: Final = (
    "On this tone spots are found by the density of red light; redness can be taken for pigment."
)

BROWN_COLOUR: Final = (232, 170, 60)
RED_COLOUR: Final = (226, 40, 70)
RAISED_COLOUR: Final = (150, 92, 30)


def pigmentation_report(
    results: Mapping[str, Tensor],
    given: Given,
    judged: Judged,
    limits: tuple[str, ...],
    repeatability: Repeatability,
) -> Reported:
    """Return findings, segmentations and what is withheld of one run."""
    say = Findings(
        category=CATEGORY,
        given=given,
        judged=judged,
        limits=limits,
        repeatability=repeatability,
    )
    tone = Tone.of(given)
    separated = tone.above(TONE_LEAST_DEG)
    marks: list[tuple[str, Mark]] = []
    if pixel_mm_of(given.beside) > COARSEST_PIXEL_MM:
        for output in OUTPUTS:
            say.withhold(output, too_coarse(given, COARSEST_PIXEL_MM))
        return Reported(findings=(), overlays=(), withheld=tuple(say.withheld))
    if tone.above(PIGMENT_TONE_LEAST_DEG):
        marks.append(_brown_spots(say, results, by_red_density=not separated))
    else:
        say.withhold("brown spots", tone.refusal(PIGMENT_TONE_LEAST_DEG))
    if separated:
        marks += _areas(say, results)
        _dyschromia(say, results)
        _pattern(say, results)
    else:
        for output in OUTPUTS[1:]:
            say.withhold(output, tone.refusal(TONE_LEAST_DEG))
    overlays = tuple(draw_marks(name, (mark,)) for name, mark in marks)
    return Reported(findings=tuple(say.made), overlays=overlays, withheld=tuple(say.withheld))


def _brown_spots(
    say: Findings, results: Mapping[str, Tensor], *, by_red_density: bool
) -> tuple[str, Mark]:
    labels = np.asarray(results["brown_spots"], dtype=np.int32)
    areas = results["brown_spot_total_mm2"]
    whole = float(results["looked_at_mm2"])
    total, count = float(areas[0]), int(labels.max())
    limits: tuple[str, ...] = ()
    if by_red_density:
        limits = (_BY_RED_DENSITY,)
    say.quantity(
        "brown-spot-share",
        "Brown spots, share of the skin",
        100.0 * total / whole,
        "%",
        parts=tuple(100.0 * each / whole for each in area_parts(total, areas)[1:]),
        limits=limits,
    )
    if not scaled(say.given):
        say.withhold("brown spots, number and area", NO_SCALE)
        return "brown-spots", Mark(label="Brown spots", colour=BROWN_COLOUR, where=labels > 0)
    places = _centres(labels, count)
    where = by_region(say.given.beside["regions"], places)
    say.count(
        "brown-spots",
        "Brown spots",
        "spots",
        results["brown_spot_counts"],
        text=f"By region: {where}." if where else None,
    )
    say.quantity(
        "brown-spot-area",
        "Brown spots, area",
        total,
        "mm²",
        parts=area_parts(total, areas),
        limits=limits,
    )
    detail = f"{count}, {total:.0f} mm²"
    return "brown-spots", Mark(
        label="Brown spots", colour=BROWN_COLOUR, where=labels > 0, detail=detail
    )


def _centres(labels: Tensor, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    row, column = np.nonzero(labels)
    which = np.asarray(labels)[row, column]
    size = np.maximum(np.bincount(which, minlength=count + 1), 1)
    x, y = (np.bincount(which, weights=each, minlength=count + 1) / size for each in (column, row))
    return np.stack([x, y], axis=1)[1:]


def _areas(say: Findings, results: Mapping[str, Tensor]) -> list[tuple[str, Mark]]:
    whole = float(results["looked_at_mm2"])
    marks = []
    for output, code, label, colour in (
        ("redness", "redness", "Redness", RED_COLOUR),
        ("hyperpigmented", "hyperpigmentation", "Hyperpigmentation", RAISED_COLOUR),
    ):
        areas = results[f"{output}_mm2"]
        total = float(areas[0])
        parts = area_parts(total, areas)
        say.quantity(
            f"{code}-share",
            f"{label}, share of the skin",
            100.0 * total / whole,
            "%",
            parts=tuple(100.0 * each / whole for each in parts[1:]),
        )
        detail = f"{100.0 * total / whole:.1f} %"
        if scaled(say.given):
            say.quantity(f"{code}-area", f"{label}, area", total, "mm²", parts=parts)
            detail = f"{total:.0f} mm²"
        else:
            say.withhold(f"{label.lower()}, area", NO_SCALE)
        where = np.asarray(results[output], dtype=np.bool_)
        marks.append((code, Mark(label=label, colour=colour, where=where, detail=detail)))
    return marks


def _dyschromia(say: Findings, results: Mapping[str, Tensor]) -> None:
    spread = float(results["dyschromia"])
    word = "even" if spread < _EVEN_OD else "moderately varied" if spread < _VARIED_OD else "varied"
    say.quantity(
        "dyschromia",
        "Dyschromia, spread of melanin between areas",
        spread,
        "OD",
        text=f"Pigment is {word} between areas of 2 mm; a word for reading, not a clinical scale.",
    )


def _pattern(say: Findings, results: Mapping[str, Tensor]) -> None:
    malar, middle, alike = (float(each) for each in results["pattern"])
    if not np.isfinite([malar, middle]).all() or not mask_of(say.given.beside).any():
        say.withhold("pattern of raised pigment", NO_REGIONS)
        return
    say.quantity("malar-pattern", "Raised pigment on the cheeks", 100.0 * malar, "%")
    say.quantity(
        "centrofacial-pattern", "Raised pigment on the middle of the face", 100.0 * middle, "%"
    )
    if np.isfinite(alike):
        say.quantity("pattern-symmetry", "Raised pigment, symmetry", alike, "of 1")
    say.words(
        "melasma-like-pattern",
        "Pattern of raised pigment",
        _words(malar, middle, alike),
        limits=_PATTERN_LIMITS,
    )


def _words(malar: float, middle: float, alike: float) -> str:
    if max(malar, middle) < _SOME:
        return "No patterning: raised pigment covers under a twentieth of cheeks and middle."
    places = [
        f"{'much' if share >= _MUCH else 'some'} on {name}"
        for name, share in (("the cheeks", malar), ("the middle of the face", middle))
        if share >= _SOME
    ]
    sides = f"symmetry {alike:.2f} of 1"
    if np.isfinite(alike) and alike >= _ALIKE:
        return f"Melasma-like patterning: raised pigment, {' and '.join(places)}, {sides}."
    return f"Raised pigment, {' and '.join(places)}, not alike on both sides; {sides}."
