"""The steps around any learned model that states its slot.

Rules kept here:

1. What is said of an output is what the signed manifest says of it: meaning, unit, uncertainty,
   limitations. Nothing here knows any model by name.
2. A value that is no number, lies outside the stated range, or is no probability is withheld.
3. What a learned model gives is a suggestion until the practitioner confirms it, and its
   confidence is never above how well the input served.
4. A map lies on the picture where the model looked, and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.inference.analysis import Given, Judged, Reported, Source, WithheldMeasure
from adapters.inference.confidence import input_confidence
from adapters.inference.overlay import TEXTURE_SCALE, Overlay, OverlayScale, draw_overlay
from adapters.inference.release import DomainVerdict, InputDomain, ModelRelease, judge_input
from adapters.inference.slot import OutputKind, Slot, SlotOutput
from adapters.inference.slotted_input import CROP, PREPROCESSING, slotted_input
from adapters.inference.tensors import Tensor
from domain.errors import Refusal
from domain.values.finding import Finding
from domain.values.identifiers import FindingId

CATEGORY: Final = "learned-model"
RANGE_RULE: Final = "model.output-range"
_COVERAGE_FACTOR: Final = 2.0
_SUM_TOLERANCE: Final = 1e-3


class _OutOfRange(Exception):
    """An output that cannot be shown; never leaves this module."""


@dataclass(frozen=True, slots=True)
class SlottedAnalysis:
    """The steps around one learned model.

    Attributes:
        stated: Its release.
        slot: What it states of itself.
        preprocessing: Names and versions of the steps before the model.
        postprocessing: Names and versions of the steps after the model.
    """

    stated: ModelRelease
    slot: Slot
    preprocessing: str = PREPROCESSING
    postprocessing: str = "slotted-findings/1"

    @property
    def name(self) -> str:
        """Name of its release."""
        return self.stated.name

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture."""
        return slotted_input(source, self.slot, domain)

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted, and what its outputs must show."""
        verdict = judge_input(domain, given.facts)
        return replace(
            verdict,
            refusals=(*verdict.refusals, *given.refusals),
            flags=(*verdict.flags, *given.flags),
        )

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return nothing: the model itself gives out all that is said."""
        del outputs, given
        return {}

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return findings and maps as the manifest describes them."""
        findings: list[Finding] = []
        overlays: list[Overlay] = []
        withheld: list[WithheldMeasure] = []
        for output in self.slot.outputs:
            values = results[output.name]
            try:
                if output.kind is OutputKind.MAP:
                    overlays.append(self._map(output, values, given))
                else:
                    findings.append(self._finding(output, values, given, judged))
            except _OutOfRange as refused:
                ground = Refusal(
                    rule=RANGE_RULE,
                    evidence=f"{output.name}: {refused}",
                    next_step="Capture again; if it repeats, have the release reviewed.",
                )
                withheld.append(WithheldMeasure(output=output.name, ground=ground))
        return Reported(
            findings=tuple(findings), overlays=tuple(overlays), withheld=tuple(withheld)
        )

    def _finding(self, output: SlotOutput, values: Tensor, given: Given, judged: Judged) -> Finding:
        confidence = input_confidence(given.facts, judged.domain)
        value, text = None, None
        if output.kind is OutputKind.SCALAR:
            value = _scalar(output, values)
        else:
            text, probability = _class(output, values)
            confidence = min(confidence, probability)
        described = self._described(output)
        uncertainty = None if output.uncertainty is None else float(output.uncertainty)
        return Finding(
            finding=FindingId.derived(judged.inference, output.name),
            category=CATEGORY,
            code=output.name,
            label=described[0],
            value=value,
            unit=None if value is None else described[1],
            uncertainty=uncertainty,
            coverage_factor=None if uncertainty is None else _COVERAGE_FACTOR,
            text=text,
            confidence=round(confidence, 3),
            quality_flags=judged.verdict.flags,
            limitations=(*self.stated.limitations, *self.stated.contraindications),
            needs_confirmation=True,
        )

    def _map(self, output: SlotOutput, values: Tensor, given: Given) -> Overlay:
        low, high = float(output.low), float(output.high)
        plane = np.asarray(values, dtype=np.float32).reshape(values.shape[-2:])
        seen = plane[~np.isnan(plane)]
        if not seen.size or not np.isfinite(seen).all() or seen.min() < low or seen.max() > high:
            message = f"values lie outside {output.low} to {output.high}, or there are none"
            raise _OutOfRange(message)
        meaning, unit = self._described(output)
        scale = OverlayScale(
            name=output.name,
            label=meaning,
            unit=unit,
            lowest=low,
            highest=high,
            colours=TEXTURE_SCALE.colours,
        )
        return draw_overlay(_laid(plane, given.beside[CROP]), scale)

    def _described(self, output: SlotOutput) -> tuple[str, str]:
        """Return the meaning and the unit of an output."""
        found = next(each for each in self.stated.outputs if each.name == output.name)
        return found.meaning, found.unit


def _scalar(output: SlotOutput, values: Tensor) -> float:
    value = float(np.asarray(values, dtype=np.float64).item())
    if not float(output.low) <= value <= float(output.high):
        message = f"{value:g} lies outside {output.low} to {output.high}"
        raise _OutOfRange(message)
    return value


def _class(output: SlotOutput, values: Tensor) -> tuple[str, float]:
    """Return the likeliest class and its probability."""
    odds = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.isfinite(odds).all() or odds.min() < 0 or abs(odds.sum() - 1) > _SUM_TOLERANCE:
        message = f"probabilities from {odds.min():g} with the sum {odds.sum():g} are none"
        raise _OutOfRange(message)
    place = int(odds.argmax())
    return output.classes[place], min(1.0, float(odds[place]))


def _laid(plane: NDArray[np.float32], crop: Tensor) -> NDArray[np.float32]:
    """Return the map on the picture's pixels: (rows, columns) float32, NaN where nobody looked."""
    left, top, width, height, columns, rows = (int(each) for each in crop)
    large = cv2.resize(plane, (width, height), interpolation=cv2.INTER_NEAREST)
    laid = np.full((rows, columns), np.nan, dtype=np.float32)
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + height, rows), min(left + width, columns)
    laid[first_row:last_row, first_column:last_column] = large[
        first_row - top : last_row - top, first_column - left : last_column - left
    ]
    return laid
