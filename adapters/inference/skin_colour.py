"""Skin tone: measured colour first, its place on published scales second.

Rules kept here:

1. What release 1.0.0 is given, gives out and says stays as that release has it, so that earlier
   runs repeat and a clinic changes over when it approves the newer one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.findings import skin_tone_findings
from adapters.inference.overlay import ERYTHEMA_SCALE, ITA_SCALE, MELANIN_SCALE, draw_overlay
from adapters.inference.release import DomainVerdict, InputDomain, ModelRelease, judge_input
from adapters.inference.skin_colour_graph import NAME, build_skin_colour_graph
from adapters.inference.skin_colour_input import (
    FIRST_PREPROCESSING,
    PREPROCESSING,
    skin_colour_input,
)
from adapters.inference.skin_colour_outputs import SkinColourOutputs
from adapters.inference.skin_colour_release import skin_colour_release
from adapters.inference.tensors import Tensor
from domain.values.content import Digest


@dataclass(frozen=True, slots=True)
class FirstSkinColour:
    """The steps around release 1.0.0, which knew nothing of the light on the face."""

    name: str = NAME
    preprocessing: str = FIRST_PREPROCESSING
    postprocessing: str = "skin-tone-findings/2"
    lit: bool = False

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture."""
        made = skin_colour_input(
            source.image,
            colour_residual_max_delta_e=float(domain.colour_residual_max_delta_e),
            makeup=source.makeup,
            neutral_expression=source.neutral_expression,
            lit=self.lit,
        )
        return Given(tensors=made.tensors, beside={}, facts=made.facts)

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted."""
        return judge_input(domain, given.facts)

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return nothing: the model itself gives out all that is said."""
        del outputs, given
        return {}

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return the findings of skin tone and the three maps."""
        findings = skin_tone_findings(
            SkinColourOutputs.read(results),
            inference=judged.inference,
            facts=given.facts,
            domain=judged.domain,
            flags=judged.verdict.flags,
        )
        overlays = tuple(
            draw_overlay(results[output], scale)
            for output, scale in (
                ("ita_map", ITA_SCALE),
                ("melanin_map", MELANIN_SCALE),
                ("erythema_map", ERYTHEMA_SCALE),
            )
        )
        return Reported(findings=findings, overlays=overlays)


@dataclass(frozen=True, slots=True)
class SkinColour(FirstSkinColour):
    """The steps around the skin-colour model, which tells tone from well-lit skin."""

    preprocessing: str = PREPROCESSING
    postprocessing: str = "skin-tone-findings/3"
    lit: bool = True

    def model(self) -> bytes:
        """Return the model as ONNX bytes."""
        return build_skin_colour_graph()

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
        return skin_colour_release(model)
