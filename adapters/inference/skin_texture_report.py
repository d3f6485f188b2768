"""What is said of texture: numbers with their uncertainty, overlays, and what is withheld.

Rules kept here:

1. A measure that needs a finer picture, or a better depth map, is withheld with both numbers; one
   that needs more skin in one piece, with how much there is. Each says the ground that holds.
2. The relief of a depth map counts as skin only above twice the scatter that its release states.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapters.imaging.line_depth import RESOLVED_AT
from adapters.imaging.skin_scale import RELATIVE_STANDARD_UNCERTAINTY
from adapters.imaging.skin_texture import PORE_LARGEST_PIXEL_MM, TEXTURE_LARGEST_PIXEL_MM
from adapters.inference.analysis import Given, Judged, Reported
from adapters.inference.marks import Mark, dots, draw_marks, grown
from adapters.inference.overlay import TEXTURE_SCALE, Overlay, draw_overlay
from adapters.inference.skin_density_input import mask_of, pixel_mm_of
from adapters.inference.skin_measures import (
    NO_SCALE,
    Findings,
    by_region,
    looked_at_mm2,
    scaled,
    too_coarse,
)
from adapters.inference.skin_release import DESCRIBES
from adapters.inference.skin_repeatability import ESTIMATED, MEASURED, Repeatability
from adapters.inference.tensors import Tensor
from domain.errors import Refusal

CATEGORY: Final = "texture"
FIRST_LIMITS: Final = (
    DESCRIBES,
    "Light and focus change how texture looks; compare only captures of one station and setting.",
    "On simulated faces a third of the drawn length of lines was found, and half of what was deep.",
    "Of the length found half was a drawn line at 55 years, a tenth at 34; the rest were folds.",
    "Pores: counts agreed with drawn ones within a fifth; two in three places were right.",
)
SECOND_LIMITS: Final = (
    *FIRST_LIMITS[:2],
    (
        "On simulated faces four fifths of the length of lines from 0.2 mm deep on was found, less "
        "on darker skin; of 0.1 to 0.2 mm a third, of shallower ones hardly more than by chance."
    ),
    (
        "Of the length found two thirds was a drawn line at 58 years, a tenth at 34, where no line "
        "was 0.1 mm deep; the rest were folds, shade and grain. None is looked for on the nose."
    ),
    *FIRST_LIMITS[4:],
)
LIMITS: Final = (
    *SECOND_LIMITS,
    "Repeatability of relief is an estimate: no depth map resolved relief in repeats.",
)
"""What texture cannot say; release 1.0.0 said the first, 2.0.0 the second."""

DEPTH_SCATTER_UM: Final = 60.0
"""Scatter of the station's depth maps on smooth skin, in the relief's band."""

FIRST_LINES_DRAWN: Final = 0.4
LINES_DRAWN: Final = 0.5
"""Share of the length found that was drawn, simulated faces of 34 to 60 years together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextureWords:
    """What a release says of its own limits.

    Attributes:
        limits: Limitations of every finding.
        lines_drawn: Share of the length found that was there, in verification.
        repeatability: What it states of repeats.
        least_length_mm: Least standard uncertainty of a length: half the shortest line that counts,
            which may be there unseen where none was found. The first release stated none.
    """

    limits: tuple[str, ...]
    lines_drawn: float
    repeatability: Repeatability
    least_length_mm: float


FIRST_WORDS: Final = TextureWords(
    limits=FIRST_LIMITS,
    lines_drawn=FIRST_LINES_DRAWN,
    repeatability=ESTIMATED,
    least_length_mm=0.0,
)
WORDS: Final = TextureWords(
    limits=LIMITS, lines_drawn=LINES_DRAWN, repeatability=MEASURED, least_length_mm=3.0
)
SECOND_WORDS: Final = replace(WORDS, limits=SECOND_LIMITS, repeatability=ESTIMATED)

LENGTH_BY_STEPS: Final = 0.06
"""Relative standard uncertainty of a length counted in pixels, with ends that run out."""

_OUTPUTS: Final = ("pores", "roughness", "fine lines", "wrinkles", "texture gradient", "relief")
PORE_COLOUR: Final = (80, 220, 235)
FINE_COLOUR: Final = (120, 230, 140)
WRINKLE_COLOUR: Final = (250, 120, 60)
_FINE_BELOW_MM: Final = 1.0


def texture_report(
    results: Mapping[str, Tensor], given: Given, judged: Judged, words: TextureWords
) -> Reported:
    """Return findings, overlays and what is withheld of one run."""
    say = Findings(
        category=CATEGORY,
        given=given,
        judged=judged,
        limits=words.limits,
        repeatability=words.repeatability,
    )
    overlays: list[Overlay] = []
    if not scaled(given):
        for each in _OUTPUTS:
            say.withhold(each, NO_SCALE)
        return Reported(findings=(), overlays=(), withheld=tuple(say.withheld))
    if "pores_px" in results:
        overlays.append(_pores(say, results))
    else:
        say.withhold("pores", too_coarse(given, PORE_LARGEST_PIXEL_MM))
    if "texture" in results:
        _roughness(say, results)
        overlays.append(draw_overlay(results["texture"], TEXTURE_SCALE))
        overlays += _lines(say, results, words)
    else:
        fine = pixel_mm_of(given.beside) <= TEXTURE_LARGEST_PIXEL_MM
        ground = _scattered(given) if fine else too_coarse(given, TEXTURE_LARGEST_PIXEL_MM)
        for each in ("roughness", "fine lines", "wrinkles", "texture gradient"):
            say.withhold(each, ground)
    _relief(say, results)
    return Reported(
        findings=tuple(say.made), overlays=tuple(overlays), withheld=tuple(say.withheld)
    )


def _pores(say: Findings, results: Mapping[str, Tensor]) -> Overlay:
    counts = np.asarray(results["pore_counts"], dtype=np.float64)
    places = np.asarray(results["pores_px"], dtype=np.int32)
    cm2 = looked_at_mm2(say.given) / 100.0
    where = by_region(say.given.beside["regions"], places.astype(np.float64))
    say.count("pores", "Pores", "pores", counts, text=f"By region: {where}." if where else None)
    density = float(counts[0]) / cm2
    say.quantity(
        "pore-density",
        "Pores, density",
        density,
        "per cm²",
        parts=(
            abs(float(counts[1]) - float(counts[2])) / 2.0 / cm2,
            2.0 * RELATIVE_STANDARD_UNCERTAINTY * density,
        ),
    )
    mark = Mark(
        label="Pores",
        colour=PORE_COLOUR,
        where=dots(places, mask_of(say.given.beside).shape, 1),
        detail=f"{int(counts[0])}, {density:.0f} per cm²",
    )
    return draw_marks("pores", (mark,))


def _roughness(say: Findings, results: Mapping[str, Tensor]) -> None:
    say.quantity(
        "roughness",
        "Roughness, texture contrast between 0.15 and 1 mm",
        float(results["texture_median"]),
        "%",
    )
    say.quantity(
        "texture-gradient",
        "Texture gradient, median change of contrast",
        float(results["texture_gradient"]),
        "% per cm",
    )


def _lines(say: Findings, results: Mapping[str, Tensor], words: TextureWords) -> list[Overlay]:
    labels = np.asarray(results["lines"], dtype=np.int32)
    widths = np.asarray(results["line_widths_mm"], dtype=np.float64)
    totals = np.asarray(results["line_totals_mm"], dtype=np.float64)
    fine = np.concatenate([[False], widths < _FINE_BELOW_MM])
    marks = []
    for kind, (code, label, colour, which) in enumerate(
        (
            ("fine-line-length", "Fine lines", FINE_COLOUR, fine),
            ("wrinkle-length", "Wrinkles", WRINKLE_COLOUR, ~fine),
        )
    ):
        total = float(totals[0, kind])
        count = int(np.count_nonzero(which[1:]))
        say.quantity(
            code,
            f"{label}, length",
            total,
            "mm",
            parts=(
                abs(totals[1, kind] - totals[2, kind]) / 2.0,
                math.hypot(RELATIVE_STANDARD_UNCERTAINTY, LENGTH_BY_STEPS) * total,
                words.least_length_mm,
            ),
            text=f"{count} in all.",
            trust=words.lines_drawn,
        )
        where = grown(which[labels] & (labels > 0), 1)
        marks.append(Mark(label=label, colour=colour, where=where, detail=f"{total:.0f} mm"))
    _wrinkle_depth(say, results, ~fine[1:])
    return [draw_marks("lines", marks)]


def _wrinkle_depth(say: Findings, results: Mapping[str, Tensor], wrinkles: Tensor) -> None:
    if not np.any(wrinkles):
        return
    output = "wrinkle depth"
    if "line_depths_mm" not in results:
        say.withhold(output, NO_SCALE)
        return
    depth = np.nan_to_num(np.asarray(results["line_depths_mm"], np.float64)[wrinkles], nan=0.0)
    standard = np.asarray(results["line_depth_uncertainties_mm"], np.float64)[wrinkles]
    length = np.asarray(results["line_lengths_mm"], np.float64)[wrinkles]
    resolved = depth > RESOLVED_AT * standard
    if not resolved.any():
        say.withhold(
            output,
            Refusal(
                rule="model.depth-resolution",
                evidence=f"the deepest of {len(depth)} wrinkles reads {depth.max():.2f} mm, "
                f"{RESOLVED_AT * float(standard.min()):.2f} mm is needed to be told from noise",
                next_step="Judge it by eye, or capture at full resolution.",
            ),
        )
        return
    weights = length[resolved] / length[resolved].sum()
    mean = float((weights * depth[resolved]).sum())
    say.quantity(
        "wrinkle-depth",
        "Wrinkles, mean depth",
        mean,
        "mm",
        parts=(float(np.sqrt((weights**2 * standard[resolved] ** 2).sum())),),
        text=f"Of the {int(resolved.sum())} of {len(depth)} wrinkles that the depth map resolves.",
    )


def _relief(say: Findings, results: Mapping[str, Tensor]) -> None:
    if "relief_um" not in results:
        say.withhold("relief", _no_relief(say.given, results))
        return
    height = float(results["relief_um"])
    if height < RESOLVED_AT * DEPTH_SCATTER_UM:
        say.withhold(
            "relief",
            Refusal(
                rule="model.depth-resolution",
                evidence=f"relief of {height:.0f} µm, at least "
                f"{RESOLVED_AT * DEPTH_SCATTER_UM:.0f} µm can be told from the depth map's scatter",
                next_step="Use the texture contrast instead.",
            ),
        )
        return
    noise = (DEPTH_SCATTER_UM**2 / (2.0 * height),)
    say.quantity("relief-roughness", "Relief, robust spread of height", height, "µm", parts=noise)
    slope = float(results["relief_slope_um_per_mm"])
    say.quantity("relief-slope", "Relief, median slope", slope, "µm/mm")


def _no_relief(given: Given, results: Mapping[str, Tensor]) -> Refusal:
    """Return why relief was not worked out."""
    if "depth_mm" not in given.beside:
        return NO_SCALE
    fine = pixel_mm_of(given.beside) <= TEXTURE_LARGEST_PIXEL_MM
    if fine and "texture" not in results:
        return _scattered(given)  # without skin for texture nothing further was worked out
    return Refusal(
        rule="model.depth-on-skin",
        evidence="nowhere on the skin looked at is there depth all around a place",
        next_step="Capture again with the face unobstructed; look at the depth map for holes.",
    )


def _scattered(given: Given) -> Refusal:
    """Return the ground on which an output is withheld where no whole block of skin is left."""
    return Refusal(
        rule="model.skin-in-one-piece",
        evidence=f"the {looked_at_mm2(given):.0f} mm² of skin looked at lie scattered; no block of "
        "pixels is skin as a whole",
        next_step="Capture again with the face unobstructed and hair held back.",
    )
