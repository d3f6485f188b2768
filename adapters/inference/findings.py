"""What the skin-colour model's outputs mean, as findings for a practitioner's review.

Rules kept here:

1. Wording is descriptive: what was measured, never what it might be a sign of.
2. Every number carries unit, expanded uncertainty (coverage factor 2), confidence, the quality
   flags of its input, and its limitations [DRV-17, REQ-IN-042, REQ-IN-043].
3. Measured colour comes first; the Fitzpatrick skin type is a suggestion that stays one until the
   practitioner confirms it [REQ-IN-152, DRV-21].

4. Tone is told from well-lit skin. A run of release 1.0.0 knows the mean of the whole face in its
   own shading only: right to compare with itself, one class too dark beside evenly lit skin, so
   what is told from its lightness is believed half.

Confidence of a number says how well its input served (``confidence.py``). For a class it is that,
times the probability that the class is the true one. It is no probability of health or disease.
"""

import math
from collections.abc import Mapping
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
from adapters.inference.skin_colour_outputs import SkinColourOutputs
from adapters.inference.skin_colour_release import FIRST_LIMITATIONS, LIMITATIONS
from adapters.inference.skin_tone import class_probabilities, classify, suggested_skin_type
from adapters.inference.well_lit import WELL_LIT_L_STAR
from domain.values.finding import Finding
from domain.values.identifiers import FindingId, InferenceId

CATEGORY: Final = "skin-tone"

# Mean ΔE*ab of areas from the mean colour, up to which a tone is called even, then varied.
# Our own words for a reader; no published scale stands behind them, and the note says so.
_EVEN_BELOW_DELTA_E: Final = 2.0
_VARIED_BELOW_DELTA_E: Final = 4.0

# What rounding to 8 bits leaves open: a step of about 0.4 L*, divided by the root of 12.
_CODE_STEP_L_STAR: Final = 0.12

_SHADED: Final = 0.5
_FROM_LIGHTNESS: Final = frozenset(
    {"l-star", "ita", "ita-class", "monk-scale", "fitzpatrick-suggestion"}
)
_MONK_LIMIT: Final = (
    "The scale's swatches are for the eye; light and shade of the face move the nearest one."
)
_SHADING_LIMIT: Final = (
    "The face's own shading is part of the spread; make-up, facial hair and gloss change it, too."
)
_SKIN_TYPE_LIMIT: Final = (
    "A suggestion from the measured angle, for the practitioner to confirm or replace."
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
        self._tone = tone = outputs.tone
        self._inference = inference
        self._flags = flags
        self._confidence = input_confidence(facts, domain)
        shaded = outputs.lit is None
        words = FIRST_LIMITATIONS if shaded else LIMITATIONS
        self._colour_limits = words[:3]
        self._index_limits = (words[3], *words[1:3])
        self._uniformity_limits = (words[4], words[2] if shaded else _SHADING_LIMIT)
        self._monk_limits = (_MONK_LIMIT, *words[:2])
        self._skin_type_limits = (words[5], _SKIN_TYPE_LIMIT)
        colour = mean_colour(
            lab=self._lab(tone.mean),
            sd=self._lab(tone.sd),
            tile_sd=self._lab(tone.tile_sd),
            tile_count=tone.tile_count,
            residual_delta_e=facts.colour_residual_delta_e,
            light_l_star=0.0 if shaded else WELL_LIT_L_STAR,
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
        ita_deg = self._tone.mean["ita_deg"]
        tone = classify(ita_deg)
        class_confidence = (
            self._confidence * class_probabilities(ita_deg, self._standard["ita_deg"])[tone.value]
        )
        return (
            self._quantity("l_star", "Lightness L*", "CIELAB", self._colour_limits),
            self._quantity("a_star", "Green to red a*", "CIELAB", self._colour_limits),
            self._quantity("b_star", "Blue to yellow b*", "CIELAB", self._colour_limits),
            self._quantity("ita_deg", "Individual typology angle", "°", self._colour_limits),
            self._words(
                "ita-class", "Skin tone class", tone.value, class_confidence, self._colour_limits
            ),
            self._monk(),
            self._quantity("melanin_index", "Melanin index", "index points", self._index_limits),
            self._quantity("erythema_index", "Erythema index", "index points", self._index_limits),
            self._quantity_of_uniformity(),
            self._words(
                "uniformity-notes",
                "Skin tone uniformity",
                self._uniformity(),
                self._confidence,
                self._uniformity_limits,
            ),
            self._words(
                "fitzpatrick-suggestion",
                "Fitzpatrick skin type, suggested",
                suggested_skin_type(tone),
                class_confidence,
                self._skin_type_limits,
                needs_confirmation=True,
            ),
        )

    def _quantity(self, name: str, label: str, unit: str, limits: tuple[str, ...]) -> Finding:
        code = name.removesuffix("_deg").replace("_", "-")
        return self._finding(
            code,
            label,
            value=self._tone.mean[name],
            unit=unit,
            uncertainty=COVERAGE_FACTOR * self._standard[name],
            limits=limits,
        )

    def _monk(self) -> Finding:
        tone = monk_tone(self._lab(self._tone.mean))
        radius = math.hypot(*(self._standard[each] for each in ("l_star", "a_star", "b_star")))
        return self._finding(
            "monk-scale",
            "Monk skin tone, nearest",
            text=monk_note(tone),
            confidence=self._confidence * tone.probability(radius),
            limits=self._monk_limits,
        )

    def _quantity_of_uniformity(self) -> Finding:
        spread = self._outputs.skin.sd["l_star"]
        # Standard uncertainty of a standard deviation of n values. Source: GUM, E.4.3.
        of_spread = spread / math.sqrt(2.0 * max(self._outputs.skin.tile_count - 1, 1))
        return self._finding(
            "lightness-spread",
            "Spread of lightness over the skin",
            value=spread,
            unit="CIELAB",
            uncertainty=COVERAGE_FACTOR * math.hypot(of_spread, _CODE_STEP_L_STAR),
            limits=self._uniformity_limits,
        )

    def _uniformity(self) -> str:
        difference, skin = self._outputs.tile_delta_e_mean, self._outputs.skin
        if skin.tile_count < 2:  # noqa: PLR2004  one area cannot differ from itself
            return "Too little skin to describe how evenly it is coloured."
        if difference < _EVEN_BELOW_DELTA_E:
            word = "even"
        elif difference < _VARIED_BELOW_DELTA_E:
            word = "moderately varied"
        else:
            word = "varied"
        return (
            f"Tone is {word}: areas of {TILE_PX} px differ from the mean colour by "
            f"{difference:.1f} ΔE*ab on average ({skin.tile_count} areas); angle spreads "
            f"by {skin.tile_sd['ita_deg']:.1f}°, melanin index by "
            f"{skin.tile_sd['melanin_index']:.1f}, erythema index by "
            f"{skin.tile_sd['erythema_index']:.1f} between areas. Even and varied are "
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
            confidence=round(self._believed(code, confidence), 3),
            quality_flags=self._flags,
            limitations=limits,
            needs_confirmation=needs_confirmation,
        )

    def _believed(self, code: str, confidence: float | None) -> float:
        believed = self._confidence if confidence is None else confidence
        return believed * (_SHADED if self._outputs.lit is None and code in _FROM_LIGHTNESS else 1)
