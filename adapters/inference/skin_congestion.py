"""Congestion of the skin: comedone-like dots, dark and light, and inflammatory-like red spots.

Rules kept here:

1. Words say what a dot looks like; whether it is a comedone is for the eye and the finger.
2. A dark comedone-like dot is smaller and much darker than a freckle; a light one is lighter than
   its surroundings and a little larger.
3. Inflammatory-like spots need the separation of blood from melanin; without it they are withheld.
4. All of it needs a scale: sizes are what tells these dots from pores and from patches.
5. On brown and dark skin dots are not told apart from its own texture, and are withheld.
6. What an earlier release worked out and said stays as that release has it (``EARLIER``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from adapters.imaging.masked import Map
from adapters.imaging.spots import Spots, SpotSettings, find_spots
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.marks import Mark, draw_marks, grown
from adapters.inference.release import DomainVerdict, InputDomain, ModelRelease, OutputDescription
from adapters.inference.skin_density_graph import (
    HAEMOGLOBIN_MAP,
    LUMINANCE_DENSITY_MAP,
    build_skin_density_graph,
)
from adapters.inference.skin_density_input import (
    density_input,
    has_scale,
    mask_of,
    pixel_mm2_of,
    preprocessing,
)
from adapters.inference.skin_judgement import judge_skin
from adapters.inference.skin_measures import (
    NO_SCALE,
    TONE_LEAST_DEG,
    Findings,
    Tone,
    by_region,
    contrast_uncertainty,
)
from adapters.inference.skin_release import DESCRIBES, skin_release
from adapters.inference.skin_repeatability import ESTIMATED, MEASURED, Repeatability
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.tensors import Tensor
from domain.values.content import Digest

NAME: Final = "skin-congestion"
VERSION: Final = "2.1.0"
CATEGORY: Final = "congestion"
_MAPS: Final = (HAEMOGLOBIN_MAP, LUMINANCE_DENSITY_MAP)
FIRST_LIMITS: Final = (
    DESCRIBES,
    "Told apart by size and colour alone; pores, scars, moles and hairs can be taken for them.",
    "Small or faint dots are missed; on simulated faces half of those found were drawn so.",
)

LIMITS: Final = (
    *FIRST_LIMITS[:2],
    (
        "On simulated faces two thirds of dark dots were found, on very light skin two fifths, and "
        "four in five of those found were drawn so; of light ones a quarter was found, and under "
        "half were drawn so; of red ones found three in ten were drawn."
    ),
)
"""What congestion cannot say; release 1.0.0 said the other."""

FIRST_DARK: Final = SpotSettings(
    fine_mm=0.12,
    surroundings_mm=1.2,
    least_contrast=0.22,
    least_noise=6.0,
    smallest_mm2=0.15,
    largest_mm2=1.6,
    longest=1.8,
)
DARK: Final = replace(FIRST_DARK, least_contrast=0.32)
"""Darker than freckles of a dot's size were on the faces this was developed on."""

LIGHT: Final = SpotSettings(
    fine_mm=0.25,
    surroundings_mm=1.5,
    least_contrast=0.05,
    least_noise=5.0,
    smallest_mm2=0.4,
    largest_mm2=5.0,
    longest=1.8,
)
RED: Final = SpotSettings(
    fine_mm=0.35,
    surroundings_mm=3.5,
    least_contrast=0.10,
    least_noise=5.0,
    smallest_mm2=0.8,
    largest_mm2=50.0,
    longest=2.0,
)
FIRST_DRAWN: Final = (0.5, 0.5, 0.5)
DRAWN: Final = (0.8, 0.4, 0.3)
"""Share of the dots found that were drawn as such, on simulated faces; in the order of kinds."""

_KINDS: Final = (
    ("dark", "dark-comedone-like", "Dark comedone-like dots", (40, 214, 220)),
    ("light", "light-comedone-like", "Light comedone-like dots", (250, 244, 150)),
    ("red", "inflammatory-like", "Inflammatory-like red spots", (255, 64, 120)),
)
_DOTS: Final = {
    SkinToneClass.VERY_LIGHT: (5, 13, 5, 5),
    SkinToneClass.LIGHT: (10, 13, 10, 11),
    SkinToneClass.INTERMEDIATE: (11, 13, 11, 16),
    SkinToneClass.TAN: (9, 12, 9, 11),
}
"""Dark dots that were found, of those drawn; and that were drawn, of those found."""

COLOURS: Final = {code: colour for _, code, _, colour in _KINDS}
"""The colour of each kind of dot, by the permanent word of its overlay."""


@dataclass(frozen=True, slots=True)
class SkinCongestion:
    """The steps around the congestion model."""

    name: str = NAME
    preprocessing: str = preprocessing(shrunk=True)
    postprocessing: str = "skin-spots/1 skin-congestion-findings/3"
    dark: SpotSettings = DARK
    toned: frozenset[str] = frozenset({"dark", "light", "red"})
    """Kinds that are withheld below the tone that separation is verified for."""
    drawn: tuple[float, float, float] = DRAWN
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
            intended_use="dots that look like congestion of skin, for a practitioner's review.",
            outputs=(
                *(
                    OutputDescription(name=each, meaning="see skin-chromophores", unit="OD")
                    for each in _MAPS
                ),
                *(
                    OutputDescription(name=f"{kind}_spots", meaning=label, unit="1")
                    for kind, _, label, _ in _KINDS
                ),
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
        """Return the dots of each kind, and their number about the threshold."""
        if not has_scale(given.beside):
            return {}
        haemoglobin, luminance = (np.asarray(outputs[each], np.float32) for each in _MAPS)
        found: dict[str, Tensor] = {}
        for kind, values, settings in (
            ("dark", luminance, self.dark),
            ("light", -luminance, LIGHT),
            ("red", haemoglobin, RED),
        ):
            every = _at_thresholds(values, given, settings)
            found[f"{kind}_spots"] = every[0].labels
            found[f"{kind}_places_px"] = every[0].centre_px
            found[f"{kind}_areas_mm2"] = every[0].area_mm2
            found[f"{kind}_counts"] = np.array([float(each.count) for each in every])
        return found

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return what is said of one run."""
        say = Findings(
            category=CATEGORY,
            given=given,
            judged=judged,
            limits=self.limits,
            repeatability=self.repeatability,
        )
        tone = Tone.of(given)
        marks = []
        for (kind, code, label, colour), drawn in zip(_KINDS, self.drawn, strict=True):
            if not has_scale(given.beside):
                say.withhold(label.lower(), NO_SCALE)
                continue
            if kind in self.toned and not tone.above(TONE_LEAST_DEG):
                say.withhold(label.lower(), tone.refusal(TONE_LEAST_DEG))
                continue
            places = np.asarray(results[f"{kind}_places_px"], dtype=np.float64)
            where = by_region(given.beside["regions"], places)
            areas = np.asarray(results[f"{kind}_areas_mm2"], dtype=np.float64)
            said = f"By region: {where}. " if where else ""
            if areas.size:
                said += f"Median size {2.0 * np.sqrt(np.median(areas) / np.pi):.1f} mm across."
            say.count(
                code,
                label,
                "spots",
                results[f"{kind}_counts"],
                text=said.strip() or None,
                trust=drawn,
            )
            labels = np.asarray(results[f"{kind}_spots"], dtype=np.int32)
            marks.append(
                (
                    code,
                    Mark(
                        label=label,
                        colour=colour,
                        where=grown(labels > 0, 1),
                        detail=str(len(places)),
                    ),
                )
            )
        overlays = tuple(draw_marks(name, (mark,)) for name, mark in marks)
        return Reported(findings=tuple(say.made), overlays=overlays, withheld=tuple(say.withheld))


FIRST: Final = SkinCongestion(
    postprocessing="skin-spots/1 skin-congestion-findings/1",
    dark=FIRST_DARK,
    toned=frozenset({"red"}),
    drawn=FIRST_DRAWN,
    limits=FIRST_LIMITS,
    repeatability=ESTIMATED,
)
EARLIER: Final[Mapping[str, SkinCongestion]] = MappingProxyType(
    {
        "1.0.0": FIRST,
        "2.0.0": SkinCongestion(
            postprocessing="skin-spots/1 skin-congestion-findings/2", repeatability=ESTIMATED
        ),
    }
)
"""The steps around earlier releases, by version."""


def _result(tone: SkinToneClass) -> tuple[int, str]:
    if tone in {SkinToneClass.BROWN, SkinToneClass.DARK}:
        return 0, "not told from the skin's own texture; withheld"
    met, drawn, right, found = _DOTS[tone]
    return 2, f"dark dots: {met} of {drawn} drawn ones found, {right} of {found} found ones drawn"


def _at_thresholds(values: Map, given: Given, settings: SpotSettings) -> tuple[Spots, ...]:
    """Return the spots at the threshold, and where its uncertainty could put it."""
    mask, pixel_mm2 = mask_of(given.beside), pixel_mm2_of(given.beside)
    spots = find_spots(values, mask, pixel_mm2, settings)
    wider = contrast_uncertainty(given)
    return (
        spots,
        *(
            find_spots(values, mask, pixel_mm2, settings, threshold=spots.threshold * factor)
            for factor in (1.0 - wider, 1.0 + wider)
        ),
    )
