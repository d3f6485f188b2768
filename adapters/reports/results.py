"""What was measured, what was not, and what the practitioner made of it.

Rules kept here:

1. A number has its unit, and an uncertainty its coverage factor; how they are written is decided
   in ``wording.py``.
2. A finding states limitations, confidence and the practitioner's verdict, always
   [REQ-IN-041 to 043, REQ-IN-171, REQ-IN-172].
3. A picture is the bytes of its digest, or the report is refused.
4. Captures that are not comparable are not compared.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.reports.identity import Moment
from adapters.reports.refusal import require, require_text
from domain.errors import DigestMismatch
from domain.values.content import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportImage:
    """One picture of the report.

    Attributes:
        content: PNG or JPEG bytes.
        digest: Digest of ``content``.
        source: Digest of the captured frame it was made from.
        capture_view: The view in words, such as ``Frontal``.
        description: What the picture shows, for readers who cannot see it.
    """

    content: bytes = field(repr=False)
    digest: Digest
    source: Digest
    capture_view: str
    description: str

    def __post_init__(self) -> None:
        """Refuse a missing picture and one that is not the one named.

        Raises:
            MalformedInput: there are no bytes, or no words.
            DigestMismatch: the bytes do not have the digest.
        """
        require(bool(self.content), "the picture of a report is missing")
        require_text(self.capture_view, self.description)
        if Digest.of(self.content) != self.digest:
            raise DigestMismatch("the picture of a report is not the one its digest names")


class Verdict(StrEnum):
    """What the practitioner made of a finding."""

    ACCEPTED = "accepted"
    AMENDED = "amended"
    REJECTED = "rejected"
    PENDING = "not yet reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a finding says: a number with its unit, words, or both.

    Attributes:
        value: The number, or none.
        unit: Its unit; none exactly when there is no number.
        text: The words, or none.
    """

    value: float | None
    unit: str | None
    text: str | None

    def __post_init__(self) -> None:
        """Refuse a number without a unit, and nothing at all."""
        require((self.value is None) == (self.unit is None), "a number has a unit")
        require(self.value is not None or bool(self.text), "a reading has a number or words")
        require(self.value is None or math.isfinite(self.value), "a reading is a finite number")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFinding:
    """One finding with the practitioner's verdict.

    Attributes:
        category: Such as ``Skin tone``.
        label: What was found, in words.
        algorithm: Name and version of what produced it.
        reading: What is reported; after an amendment the practitioner's.
        uncertainty: Expanded uncertainty in the reading's unit, or none.
        coverage_factor: Its coverage factor; none exactly when there is no uncertainty.
        confidence: 0 to 1.
        quality_flags: What about the capture limits it.
        limitations: What it cannot say.
        verdict: The practitioner's.
        reason: Why it was amended or rejected; empty otherwise.
        original: What the algorithm proposed, where that was amended.
        needs_confirmation: Whether it is only a suggestion until accepted.
    """

    category: str
    label: str
    algorithm: str
    reading: Reading
    uncertainty: float | None
    coverage_factor: float | None
    confidence: float
    quality_flags: tuple[str, ...]
    limitations: tuple[str, ...]
    verdict: Verdict
    reason: str
    original: Reading | None
    needs_confirmation: bool

    def __post_init__(self) -> None:
        """Refuse a finding that leaves its reader without something to judge by."""
        require_text(self.category, self.label, self.algorithm)
        require(0 <= self.confidence <= 1, "a confidence lies between 0 and 1")
        require(bool(self.limitations), "a finding states its limitations")
        require(
            (self.uncertainty is None) == (self.coverage_factor is None),
            "an uncertainty has a coverage factor",
        )
        changed = self.verdict in {Verdict.AMENDED, Verdict.REJECTED}
        require(changed == bool(self.reason), "a change of a finding has a reason, and only it")
        require(
            (self.verdict is Verdict.AMENDED) == (self.original is not None),
            "an amended finding shows what it was, and only it",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldOutput:
    """An output that is not reported.

    Attributes:
        label: What would have been reported.
        reason: Why it is not, with numbers where there are any.
        next_step: What would allow it.
    """

    label: str
    reason: str
    next_step: str

    def __post_init__(self) -> None:
        """Refuse a withheld output without its reason."""
        require_text(self.label, self.reason, self.next_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuantity:
    """One quantity then and now.

    Attributes:
        label: What is compared.
        unit: Unit of all numbers.
        earlier: Value then.
        now: Value now.
        detectable_change: Smallest change this system can tell from none, above 0.
    """

    label: str
    unit: str
    earlier: float
    now: float
    detectable_change: float

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        require_text(self.label, self.unit)
        numbers = (self.earlier, self.now, self.detectable_change)
        require(all(map(math.isfinite, numbers)), "a comparison holds finite numbers")
        require(self.detectable_change > 0, "a detectable change is above 0")

    @property
    def change(self) -> float:
        """Return how far the value now is from the earlier one."""
        return self.now - self.earlier

    @property
    def detected(self) -> bool:
        """Return whether the change can be told from none: the one rule, on paper and on screen."""
        return abs(self.change) >= self.detectable_change


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The comparison with an earlier session.

    Attributes:
        earlier: When the earlier session was.
        days_between: Days between the two.
        conditions_differ: How the two captures differ; empty when they are comparable.
        quantities: What was compared; empty when they are not comparable.
    """

    earlier: Moment
    days_between: int
    conditions_differ: tuple[str, ...]
    quantities: tuple[ComparedQuantity, ...]

    def __post_init__(self) -> None:
        """Refuse numbers from captures that are not comparable."""
        require(self.days_between >= 0, "an earlier session was not later")
        require(
            bool(self.conditions_differ) != bool(self.quantities),
            "captures are compared, or it is said why they are not",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCondition:
    """One thing in which two captures were compared.

    Attributes:
        what: What was looked at.
        earlier: The earlier capture's value, in words or as a number with its unit.
        now: The later capture's.
        limit: What would be alike.
        alike: Whether they are.
    """

    what: str
    earlier: str
    now: str
    limit: str
    alike: bool

    def __post_init__(self) -> None:
        """Refuse blanks."""
        require_text(self.what, self.earlier, self.now, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Whether two captures of one view compare, with everything that was looked at.

    Attributes:
        what: What is read off the two, such as ``Volume``.
        view: The view in words.
        earlier: When the earlier capture was taken.
        now: When the later one was.
        conditions: Everything looked at.
    """

    what: str
    view: str
    earlier: Moment
    now: Moment
    conditions: tuple[ComparedCondition, ...]

    def __post_init__(self) -> None:
        """Refuse a verdict without grounds."""
        require_text(self.what, self.view)
        require(bool(self.conditions), "a verdict on two captures says what was looked at")

    @property
    def comparable(self) -> bool:
        """Whether nothing differs."""
        return all(each.alike for each in self.conditions)
