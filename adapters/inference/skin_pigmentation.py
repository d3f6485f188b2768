"""Pigmentation and redness of the skin: spots, areas, unevenness, and how they lie on the face.

Rules kept here:

1. Words describe where colour lies and how evenly; none names a condition.
2. Brown spots are found in the melanin map; on brown skin, where separation is not verified, in
   the density of red light, and that is said. On dark skin spots are withheld: the verification
   found no useful share of them.
3. Redness needs the separation; without it, it is withheld.
4. With a scale: number and area. Without: the share of the skin, and nothing else.
5. Release 1.1.0 works out what 1.0.0 did and says more of its limits; each says its own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from adapters.imaging.masked import Map
from adapters.imaging.skin_patterns import (
    middle_column,
    raised_areas,
    symmetry,
    unevenness,
)
from adapters.imaging.spots import Spots, SpotSettings, find_spots
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.release import DomainVerdict, InputDomain, ModelRelease, OutputDescription
from adapters.inference.skin_density_graph import (
    HAEMOGLOBIN_MAP,
    MELANIN_MAP,
    RED_DENSITY_MAP,
    build_skin_density_graph,
)
from adapters.inference.skin_density_input import (
    REGIONS,
    density_input,
    mask_of,
    pixel_mm2_of,
    pixel_mm_of,
    preprocessing,
)
from adapters.inference.skin_judgement import judge_skin
from adapters.inference.skin_measures import (
    TONE_LEAST_DEG,
    Tone,
    contrast_uncertainty,
)
from adapters.inference.skin_pigmentation_report import (
    FIRST_LIMITS,
    LIMITS,
    pigmentation_report,
)
from adapters.inference.skin_release import skin_release
from adapters.inference.skin_repeatability import ESTIMATED, MEASURED, Repeatability
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.tensors import Tensor
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion

NAME: Final = "skin-pigmentation"
VERSION: Final = "1.2.0"
_MAPS: Final = (MELANIN_MAP, HAEMOGLOBIN_MAP, RED_DENSITY_MAP)

BROWN: Final = SpotSettings(
    fine_mm=0.30,
    surroundings_mm=3.5,
    least_contrast=0.06,
    least_noise=4.5,
    smallest_mm2=0.35,
    largest_mm2=80.0,
    longest=2.5,
)
BROWN_BY_RED_DENSITY: Final = SpotSettings(
    fine_mm=0.30,
    surroundings_mm=1.5,
    least_contrast=0.06,
    least_noise=5.0,
    smallest_mm2=0.35,
    largest_mm2=20.0,
    longest=2.5,
)
MELANIN_STEP: Final = 0.12
HAEMOGLOBIN_STEP: Final = 0.12

MALAR: Final = (FacialRegion.CHEEK_LEFT, FacialRegion.CHEEK_RIGHT)
CENTROFACIAL: Final = (
    FacialRegion.FOREHEAD,
    FacialRegion.GLABELLA,
    FacialRegion.NOSE,
    FacialRegion.PERIORAL,
    FacialRegion.CHIN,
)

_OVERLAPS: Final = {
    SkinToneClass.VERY_LIGHT: (4, 0.76, 0.26),
    SkinToneClass.LIGHT: (4, 0.76, 0.64),
    SkinToneClass.INTERMEDIATE: (3, 0.73, 0.65),
    SkinToneClass.TAN: (3, 0.72, 0.46),
}
"""How many faces, and overlap of redness and of hyperpigmentation with exact areas, 0..1."""


@dataclass(frozen=True, slots=True)
class SkinPigmentation:
    """The steps around the pigmentation model."""

    name: str = NAME
    preprocessing: str = preprocessing(shrunk=True)
    postprocessing: str = "skin-spots/1 skin-patterns/1 skin-pigmentation-findings/3"
    limits: tuple[str, ...] = LIMITS
    repeatability: Repeatability = MEASURED

    def model(self) -> bytes:
        """Return the model as ONNX bytes."""
        return build_skin_density_graph(NAME, VERSION, _MAPS)

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
        return skin_release(
            name=NAME,
            version=VERSION,
            model=model,
            intended_use=(
                "spots, raised areas and unevenness of pigmentation and redness of facial skin, "
                "for a practitioner's review."
            ),
            outputs=(
                *(
                    OutputDescription(name=each, meaning="see skin-chromophores", unit="OD")
                    for each in _MAPS
                ),
                OutputDescription(name="brown_spots", meaning="number of each spot", unit="1"),
                OutputDescription(name="redness", meaning="raised haemoglobin", unit="1"),
                OutputDescription(name="hyperpigmented", meaning="raised melanin", unit="1"),
            ),
            limitations=LIMITS,
            results=tuple((tone, *_result(tone)) for tone in SkinToneClass),
        )

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture."""
        return density_input(source, domain, shrunk=True)

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted."""
        return judge_skin(domain, given)

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return spots, areas and patterns."""
        mask, pixel_mm = mask_of(given.beside), pixel_mm_of(given.beside)
        pixel_mm2 = pixel_mm2_of(given.beside)
        melanin, haemoglobin, red = (np.asarray(outputs[each], np.float32) for each in _MAPS)
        separated = Tone.of(given).above(TONE_LEAST_DEG)
        source, settings = (melanin, BROWN) if separated else (red, BROWN_BY_RED_DENSITY)
        spots = find_spots(source, mask, pixel_mm2, settings)
        found: dict[str, Tensor] = {
            "brown_spots": spots.labels,
            "brown_spot_areas_mm2": spots.area_mm2,
            "brown_spot_contrasts": spots.contrast,
            **_at_thresholds(source, given, settings, spots),
        }
        for name, values, step in (
            ("hyperpigmented", melanin, MELANIN_STEP),
            ("redness", haemoglobin, HAEMOGLOBIN_STEP),
        ):
            wider = contrast_uncertainty(given)
            planes = [
                raised_areas(values, mask, pixel_mm, step * factor)
                for factor in (1.0, 1.0 - wider, 1.0 + wider)
            ]
            found[name] = planes[0].astype(np.uint8)
            found[f"{name}_mm2"] = np.array([_area(each, pixel_mm2) for each in planes])
        found["looked_at_mm2"] = np.array(_area(mask, pixel_mm2))
        found["dyschromia"] = np.array(unevenness(melanin, mask, pixel_mm))
        found["pattern"] = _pattern(found["hyperpigmented"], given)
        return found

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return what is said of one run."""
        return pigmentation_report(results, given, judged, self.limits, self.repeatability)


FIRST: Final = SkinPigmentation(
    postprocessing="skin-spots/1 skin-patterns/1 skin-pigmentation-findings/1",
    limits=FIRST_LIMITS,
    repeatability=ESTIMATED,
)
EARLIER: Final[Mapping[str, SkinPigmentation]] = MappingProxyType(
    {
        "1.0.0": FIRST,
        "1.1.0": SkinPigmentation(
            postprocessing="skin-spots/1 skin-patterns/1 skin-pigmentation-findings/2",
            repeatability=ESTIMATED,
        ),
    }
)
"""The steps around earlier releases, by version."""


def _result(tone: SkinToneClass) -> tuple[int, str]:
    if tone is SkinToneClass.DARK:
        return 0, "spots and redness not verified; both are withheld"
    if tone is SkinToneClass.BROWN:
        return 2, "spots by density of red light, flagged; redness withheld"
    faces, redness, hyperpigmentation = _OVERLAPS[tone]
    return faces, (
        "areas against exact ones (Dice): "
        f"redness {redness}, hyperpigmentation {hyperpigmentation}; spots: see the benchmark"
    )


def _at_thresholds(
    values: Map, given: Given, settings: SpotSettings, spots: Spots
) -> dict[str, Tensor]:
    """Return number and area at the threshold, and where its uncertainty could put it."""
    mask, pixel_mm2 = mask_of(given.beside), pixel_mm2_of(given.beside)
    wider = contrast_uncertainty(given)
    others = [
        find_spots(values, mask, pixel_mm2, settings, threshold=spots.threshold * factor)
        for factor in (1.0 - wider, 1.0 + wider)
    ]
    every = (spots, *others)
    return {
        "brown_spot_counts": np.array([float(each.count) for each in every]),
        "brown_spot_total_mm2": np.array([float(each.area_mm2.sum()) for each in every]),
    }


def _area(where: Tensor, pixel_mm2: Map) -> float:
    return float(pixel_mm2[np.asarray(where, dtype=np.bool_)].sum(dtype=np.float64))


def _pattern(raised: Tensor, given: Given) -> Tensor:
    """Return raised share of malar and of centrofacial skin, and symmetry; NaN if unknown."""
    areas, mask = np.asarray(raised, np.bool_), mask_of(given.beside)
    regions = np.asarray(given.beside["regions"])
    shares = []
    for group in (MALAR, CENTROFACIAL):
        numbers = [REGIONS.index(each) + 1 for each in group]
        skin = mask & np.isin(regions, numbers)
        whole = np.count_nonzero(skin)
        shares.append(np.count_nonzero(areas & skin) / whole if whole else np.nan)
    left, right = (regions == REGIONS.index(each) + 1 for each in MALAR)
    middle = middle_column(left, right)
    alike = None
    if middle is not None:
        alike = symmetry(areas, mask, middle, pixel_mm_of(given.beside))
    return np.array([*shares, np.nan if alike is None else alike])
