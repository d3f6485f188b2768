"""Findings: observed or inferred quantities with unit, uncertainty and origin.

Rules kept here:

1. A number never travels without its unit; uncertainty is expanded with its coverage factor.
2. A finding carries its own limitations and quality flags, so that no screen can drop them.
3. Wording is descriptive. A finding is decision support, never a diagnosis.
"""

import math
from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.values.identifiers import FindingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One quantity or note about the subject's face.

    Attributes:
        finding: Identifier.
        category: Such as ``skin-tone``.
        code: Permanent word, such as ``ita``.
        label: The words shown to the practitioner.
        value: The number, absent for a note.
        unit: Unit of value and uncertainty; absent for a note.
        uncertainty: Expanded uncertainty in the unit, absent when not stated.
        coverage_factor: Coverage factor of the uncertainty, usually 2.
        text: Words of a note, or the class that a value falls in.
        confidence: 0 to 1.
        quality_flags: What about the capture limits this finding.
        limitations: What the finding cannot say.
        needs_confirmation: Shown only as a suggestion until the practitioner confirms it.
    """

    finding: FindingId
    category: str
    code: str
    label: str
    value: float | None
    unit: str | None
    uncertainty: float | None
    coverage_factor: float | None
    text: str | None
    confidence: float
    quality_flags: tuple[str, ...]
    limitations: tuple[str, ...]
    needs_confirmation: bool

    def __post_init__(self) -> None:
        """Refuse numbers without units and confidences outside 0 to 1."""
        numbers = (self.value, self.uncertainty, self.coverage_factor)
        if any(number is not None and not math.isfinite(number) for number in numbers):
            message = f"{self.code}: a finding holds finite numbers"
            raise MalformedInput(message)
        if (self.value is None) != (self.unit is None):
            message = f"{self.code}: a value needs a unit, and a unit a value"
            raise MalformedInput(message)
        if (self.uncertainty is None) != (self.coverage_factor is None):
            message = f"{self.code}: an uncertainty needs its coverage factor"
            raise MalformedInput(message)
        if not 0 <= self.confidence <= 1:
            message = f"{self.code}: a confidence lies between 0 and 1"
            raise MalformedInput(message)
        if self.value is None and self.text is None:
            message = f"{self.code}: a finding has a value, words or both"
            raise MalformedInput(message)
