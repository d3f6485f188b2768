"""What the skin-colour model's outputs mean, as findings for a practitioner's review.

Rules kept here:

1. Wording is descriptive: what was measured, never what it might be a sign of.
2. Every number carries unit, expanded uncertainty (coverage factor 2), confidence, the quality
   flags of its input, and its limitations [DRV-17, REQ-IN-042, REQ-IN-043].
3. Measured colour comes first; the Fitzpatrick skin type is a suggestion that stays one until the
   practitioner confirms it [REQ-IN-152, DRV-21].

Confidence of a number says how well its input served (``confidence.py``). For a class it is that,
times the probability that the class is the true one. It is no probability of health or disease.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.inference.colour_uncertainty import (
    COVERAGE_FACTOR,
    derived_uncertainties,
    mean_colour,
)
from adapters.inference.confidence import input_confidence
from adapters.inference.monk_scale import monk_note, monk_tone
from adapters.inference.release import InputDomain, InputFacts
from adapters.inference.skin_colour_graph import QUANTITIES, TILE_PX
from adapters.inference.skin_colour_release import LIMITATIONS
from adapters.inference.skin_tone import class_probabilities, classify, suggested_skin_type
from adapters.inference.tensors import Tensor
from domain.errors import MalformedInput
from domain.values.finding import Finding
from domain.values.identifiers import FindingId, InferenceId

CATEGORY: Final = "skin-tone"

# Mean ΔE*ab of areas from the mean colour, up to which a tone is called even, then varied.
# Our own words for a reader; no published scale stands behind them, and the note says so.
_EVEN_BELOW_DELTA_E: Final = 2.0
_VARIED_BELOW_DELTA_E: Final = 4.0

# What rounding to 8 bits leaves open: a step of about 0.4 L*, divided by the root of 12.
_CODE_STEP_L_STAR: Final = 0.12

_COLOUR_LIMITS: Final = LIMITATIONS[:3]
# Lightness, and what is told from it, is that of a face in its own shading: right to compare with
# itself, one class too dark beside evenly lit skin. Until shading is removed it is believed half.
_SHADED: Final = 0.5
_FROM_LIGHTNESS: Final = frozenset(
    {"l-star", "ita", "ita-class", "monk-scale", "fitzpatrick-suggestion"}
)
_INDEX_LIMITS: Final = (LIMITATIONS[3], *LIMITATIONS[1:3])
_UNIFORMITY_LIMITS: Final = (LIMITATIONS[4], LIMITATIONS[2])
_MONK_LIMITS: Final = (
    "The scale's swatches are for the eye; light and shade of the face move the nearest one.",
    *_COLOUR_LIMITS[:2],
)
_SKIN_TYPE_LIMITS: Final = (
    LIMITATIONS[5],
    "A suggestion from the measured angle, for the practitioner to confirm or replace.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinColourOutputs:
    """The model's statistics as plain numbers.

    Attributes:
        mean: Each quantity's mean, by name.
        sd: Each quantity's spread over the skin.
        tile_sd: Each quantity's spread between tiles.
        tile_delta_e_mean: Mean ΔE*ab of tiles from the mean colour.
        tile_count: Tiles with enough skin.
        pixel_count: Skin pixels.
    """

    mean: Mapping[str, float]
    sd: Mapping[str, float]
    tile_sd: Mapping[str, float]
    tile_delta_e_mean: float
    tile_count: int
    pixel_count: int

    @classmethod
    def read(cls, outputs: Mapping[str, Tensor]) -> "SkinColourOutputs":
        """Read the statistics from the model's outputs.

        Raises:
            MalformedInput: an output is missing, or no skin pixel was measured.
        """
        try:
            pixel_count = int(outputs["pixel_count"].item())
            mean, sd, tile_sd = (
                dict(zip(QUANTITIES, map(float, outputs[name].tolist()), strict=True))
                for name in ("mean", "sd", "tile_sd")
            )
            tile_delta_e_mean = float(outputs["tile_delta_e_mean"].item())
            tile_count = int(outputs["tile_count"].item())
        except (KeyError, ValueError) as error:
            raise MalformedInput("these are not the outputs of the skin-colour model") from error
        if pixel_count < 1:
            raise MalformedInput("no skin pixel was measured; there is nothing to report")
        return cls(
            mean=mean,
            sd=sd,
            tile_sd=tile_sd,
            tile_delta_e_mean=tile_delta_e_mean,
            tile_count=tile_count,
            pixel_count=pixel_count,
        )


def skin_tone_findings(
    outputs: SkinColourOutputs,
    *,
    inference: InferenceId,
    facts: InputFacts,
    domain: InputDomain,
    flags: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Return the skin tone findings of one run, measured colour first.

    Args:
        outputs: The model's statistics.
        inference: The run; findings derive their identifiers from it.
        facts: What was known of the input.
        domain: The released domain that the input was judged by.
        flags: The flags that the judgement raised.
    """
    return _Reader(outputs, inference, facts, domain, flags).findings()


class _Reader:
    """Holds one run's parts while its findings are put into words."""

    def __init__(
        self,
        outputs: SkinColourOutputs,
        inference: InferenceId,
        facts: InputFacts,
        domain: InputDomain,
        flags: tuple[str, ...],
    ) -> None:
        self._outputs = outputs
        self._inference = inference
        self._flags = flags
        self._confidence = input_confidence(facts, domain)
        colour = mean_colour(
            lab=self._lab(outputs.mean),
            sd=self._lab(outputs.sd),
            tile_sd=self._lab(outputs.tile_sd),
            tile_count=outputs.tile_count,
            residual_delta_e=facts.colour_residual_delta_e,
        )
        self._standard = dict(
            zip(
                QUANTITIES,
                (*colour.standard_uncertainty, *derived_uncertainties(colour)),
                strict=True,
            )
        )

    @staticmethod
    def _lab(values: Mapping[str, float]) -> tuple[float, float, float]:
        return values["l_star"], values["a_star"], values["b_star"]

    def findings(self) -> tuple[Finding, ...]:
        ita_deg = self._outputs.mean["ita_deg"]
        tone = classify(ita_deg)
        class_confidence = (
            self._confidence * class_probabilities(ita_deg, self._standard["ita_deg"])[tone.value]
        )
        return (
            self._quantity("l_star", "Lightness L*", "CIELAB", _COLOUR_LIMITS),
            self._quantity("a_star", "Green to red a*", "CIELAB", _COLOUR_LIMITS),
            self._quantity("b_star", "Blue to yellow b*", "CIELAB", _COLOUR_LIMITS),
            self._quantity("ita_deg", "Individual typology angle", "°", _COLOUR_LIMITS),
            self._words(
                "ita-class", "Skin tone class", tone.value, class_confidence, _COLOUR_LIMITS
            ),
            self._monk(),
            self._quantity("melanin_index", "Melanin index", "index points", _INDEX_LIMITS),
            self._quantity("erythema_index", "Erythema index", "index points", _INDEX_LIMITS),
            self._quantity_of_uniformity(),
            self._words(
                "uniformity-notes",
                "Skin tone uniformity",
                self._uniformity(),
                self._confidence,
                _UNIFORMITY_LIMITS,
            ),
            self._words(
                "fitzpatrick-suggestion",
                "Fitzpatrick skin type, suggested",
                suggested_skin_type(tone),
                class_confidence,
                _SKIN_TYPE_LIMITS,
                needs_confirmation=True,
            ),
        )

    def _quantity(self, name: str, label: str, unit: str, limits: tuple[str, ...]) -> Finding:
        code = name.removesuffix("_deg").replace("_", "-")
        return self._finding(
            code,
            label,
            value=self._outputs.mean[name],
            unit=unit,
            uncertainty=COVERAGE_FACTOR * self._standard[name],
            limits=limits,
        )

    def _monk(self) -> Finding:
        tone = monk_tone(self._lab(self._outputs.mean))
        radius = math.hypot(*(self._standard[each] for each in ("l_star", "a_star", "b_star")))
        return self._finding(
            "monk-scale",
            "Monk skin tone, nearest",
            text=monk_note(tone),
            confidence=self._confidence * tone.probability(radius),
            limits=_MONK_LIMITS,
        )

    def _quantity_of_uniformity(self) -> Finding:
        spread = self._outputs.sd["l_star"]
        # Standard uncertainty of a standard deviation of n values. Source: GUM, E.4.3.
        of_spread = spread / math.sqrt(2.0 * max(self._outputs.tile_count - 1, 1))
        return self._finding(
            "lightness-spread",
            "Spread of lightness over the skin",
            value=spread,
            unit="CIELAB",
            uncertainty=COVERAGE_FACTOR * math.hypot(of_spread, _CODE_STEP_L_STAR),
            limits=_UNIFORMITY_LIMITS,
        )

    def _uniformity(self) -> str:
        difference = self._outputs.tile_delta_e_mean
        if self._outputs.tile_count < 2:  # noqa: PLR2004  one area cannot differ from itself
            return "Too little skin to describe how evenly it is coloured."
        if difference < _EVEN_BELOW_DELTA_E:
            word = "even"
        elif difference < _VARIED_BELOW_DELTA_E:
            word = "moderately varied"
        else:
            word = "varied"
        return (
            f"Tone is {word}: areas of {TILE_PX} px differ from the mean colour by "
            f"{difference:.1f} ΔE*ab on average ({self._outputs.tile_count} areas); angle spreads "
            f"by {self._outputs.tile_sd['ita_deg']:.1f}°, melanin index by "
            f"{self._outputs.tile_sd['melanin_index']:.1f}, erythema index by "
            f"{self._outputs.tile_sd['erythema_index']:.1f} between areas. Even and varied are "
            "words for reading, not a clinical scale."
        )

    def _words(
        self,
        code: str,
        label: str,
        text: str,
        confidence: float,
        limits: tuple[str, ...],
        *,
        needs_confirmation: bool = False,
    ) -> Finding:
        return self._finding(
            code,
            label,
            text=text,
            confidence=confidence,
            limits=limits,
            needs_confirmation=needs_confirmation,
        )

    def _finding(
        self,
        code: str,
        label: str,
        *,
        limits: tuple[str, ...],
        value: float | None = None,
        unit: str | None = None,
        uncertainty: float | None = None,
        text: str | None = None,
        confidence: float | None = None,
        needs_confirmation: bool = False,
    ) -> Finding:
        return Finding(
            finding=FindingId.derived(self._inference, code),
            category=CATEGORY,
            code=code,
            label=label,
            value=value,
            unit=unit,
            uncertainty=uncertainty,
            coverage_factor=None if uncertainty is None else COVERAGE_FACTOR,
            text=text,
            confidence=round(
                (self._confidence if confidence is None else confidence)
                * (_SHADED if code in _FROM_LIGHTNESS else 1.0),
                3,
            ),
            quality_flags=self._flags,
            limitations=limits,
            needs_confirmation=needs_confirmation,
        )
