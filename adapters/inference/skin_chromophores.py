"""Melanin and haemoglobin of the skin as maps and medians.

Rules kept here:

1. A map means the same in every picture: the separation is fixed, its legend too.
2. Medians are absolute, so they need the colour chart and a tone inside the verified range.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from adapters.imaging.masked import robust_spread
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.overlay import (
    HAEMOGLOBIN_DENSITY_SCALE,
    MELANIN_DENSITY_SCALE,
    SHADING_DENSITY_SCALE,
    draw_overlay,
)
from adapters.inference.release import (
    DomainVerdict,
    InputDomain,
    ModelRelease,
    OutputDescription,
)
from adapters.inference.skin_density_graph import (
    HAEMOGLOBIN_MAP,
    MELANIN_MAP,
    SHADING_MAP,
    build_skin_density_graph,
)
from adapters.inference.skin_density_input import density_input, mask_of, preprocessing
from adapters.inference.skin_judgement import judge_skin
from adapters.inference.skin_measures import TONE_LEAST_DEG, Findings, Tone, density_uncertainty
from adapters.inference.skin_release import DESCRIBES, skin_release
from adapters.inference.skin_repeatability import ESTIMATED, MEASURED, Repeatability
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.tensors import Tensor
from domain.errors import Refusal
from domain.values.content import Digest

NAME: Final = "skin-chromophores"
VERSION: Final = "1.1.0"
_MAPS: Final = (MELANIN_MAP, HAEMOGLOBIN_MAP, SHADING_MAP)
_LIMITS: Final = (
    DESCRIBES,
    "Optical densities of camera channels after a fixed separation, not concentrations.",
)
NO_CHART: Final = Refusal(
    rule="model.colour-reference",
    evidence="no colour chart was measured, so the colour is not absolute",
    next_step="Capture with the colour chart in view.",
)


@dataclass(frozen=True, slots=True)
class SkinChromophores:
    """The steps around the chromophore model."""

    name: str = NAME
    preprocessing: str = preprocessing(shrunk=False)
    postprocessing: str = "skin-chromophores-findings/2"
    repeatability: Repeatability = MEASURED

    def model(self) -> bytes:
        """Return the model as ONNX bytes."""
        return build_skin_density_graph(NAME, VERSION, _MAPS)

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
        verified = "densities follow the drawn melanin and blood; see the benchmark"
        outside = "separation not verified; medians are withheld"
        return skin_release(
            name=NAME,
            version=VERSION,
            model=model,
            intended_use="maps of what dims the light of facial skin, for a practitioner's review.",
            outputs=tuple(
                OutputDescription(name=each, meaning=meaning, unit="OD of green light, natural")
                for each, meaning in (
                    (MELANIN_MAP, "what melanin dims"),
                    (HAEMOGLOBIN_MAP, "what haemoglobin dims"),
                    (SHADING_MAP, "what dims all colours alike: light, slope, dirt"),
                )
            ),
            limitations=_LIMITS,
            results=tuple(
                (
                    tone,
                    2,
                    outside if tone in {SkinToneClass.BROWN, SkinToneClass.DARK} else verified,
                )
                for tone in SkinToneClass
            ),
        )

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture."""
        return density_input(source, domain, shrunk=False)

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted."""
        return judge_skin(domain, given)

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return medians and spreads of the maps over what is looked at."""
        mask = mask_of(given.beside)
        values = [np.asarray(outputs[each], dtype=np.float32)[mask] for each in _MAPS]
        return {
            "median": np.array([float(np.median(each)) for each in values]),
            "spread": np.array([robust_spread(each) for each in values]),
        }

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return the medians, or why they are withheld, and the three maps."""
        say = Findings(
            category="chromophores",
            given=given,
            judged=judged,
            limits=_LIMITS,
            repeatability=self.repeatability,
        )
        tone = Tone.of(given)
        ground = None
        if not tone.above(TONE_LEAST_DEG):
            ground = tone.refusal(TONE_LEAST_DEG)
        elif given.facts.colour_residual_delta_e is None:
            ground = NO_CHART
        for place, (code, label) in enumerate(
            (("melanin-density", "Melanin density"), ("haemoglobin-density", "Haemoglobin density"))
        ):
            median, spread = (float(results[each][place]) for each in ("median", "spread"))
            if ground is not None:
                say.withhold(label.lower(), ground)
                continue
            say.quantity(
                code,
                f"{label}, median",
                median,
                "OD",
                parts=(density_uncertainty(given, place),),
                text=f"Half of the skin lies within {0.6745 * spread:.2f} OD of the median.",
            )
        overlays = tuple(
            draw_overlay(results[each], scale)
            for each, scale in zip(
                _MAPS,
                (MELANIN_DENSITY_SCALE, HAEMOGLOBIN_DENSITY_SCALE, SHADING_DENSITY_SCALE),
                strict=True,
            )
        )
        return Reported(findings=tuple(say.made), overlays=overlays, withheld=tuple(say.withheld))


FIRST: Final = SkinChromophores(
    postprocessing="skin-chromophores-findings/1", repeatability=ESTIMATED
)
EARLIER: Final[Mapping[str, SkinChromophores]] = MappingProxyType({"1.0.0": FIRST})
"""The steps around earlier releases, by version."""
