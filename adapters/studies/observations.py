"""What a study measured: cases with their strata.

Rules kept here:

1. A case is named by a pseudonym; nothing of a person is in it.
2. All cases of a study are of one kind: quantities, quantities at many places, classes or
   segmentations. What the measurement withheld is a case, too, and is counted like the others.
3. Cases are independent of one another: many places of one head are one case.
4. What was measured, and with what, is stated with the cases by whatever measured them, not copied
   from the plan they are held against.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from domain.errors import MalformedInput
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import Factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One thing measured, once or repeatedly.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor, such as ``ita-class`` → ``dark``.
        repeats: Measurements under the same conditions, in the plan's unit.
        reference: What they should have been; None where only repeats are studied.
    """

    case: str
    factors: Mapping[Factor, str]
    repeats: tuple[float, ...]
    reference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of a head that was measured at many.

    Attributes:
        repeats: Measurements under the same conditions, in the plan's unit.
        reference: What they should have been.
    """

    repeats: tuple[float, ...]
    reference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One head, or one person, measured at many places, which share what is wrong with a capture.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor.
        places: At least one, each with the same number of repeats.
    """

    case: str
    factors: Mapping[Factor, str]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """One thing put into a class, by us and by whoever knows.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor.
        said: Our class, by its place in the study's ordered classes.
        true: The reference's.
    """

    case: str
    factors: Mapping[Factor, str]
    said: int
    true: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmented:
    """One segmentation against the reference, as counts of pixels.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor.
        found: Pixels we marked.
        there: Pixels the reference marked.
        common: Pixels marked by both.
    """

    case: str
    factors: Mapping[Factor, str]
    found: int
    there: int
    common: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One thing that the measurement said nothing about, by its own rule.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor.
        why: The rule and its evidence, in words.
    """

    case: str
    factors: Mapping[Factor, str]
    why: str


Case: TypeAlias = Quantity | Sampled | Classified | Segmented | Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where cases come from.

    Attributes:
        source: Where pictures and labels come from, or what was simulated, in words.
        labelled_by: Who labelled, by qualification and number, not by name; none without labels.
        manifest: Digest of the manifest that lists pictures and labels; none without one.
    """

    source: str
    labelled_by: str | None
    manifest: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What cases are measurements of.

    Attributes:
        output: Permanent word of what was measured, such as ``ita``.
        unit: Unit of the measurements; ``1`` for classes and overlaps.
        method: Algorithm and version that measured.
        evidence: Pictures or depth.
    """

    output: str
    unit: str
    method: str
    evidence: EvidenceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """All cases of one study.

    Attributes:
        classes: The ordered classes, for classified cases; two of them mean no and yes.
        cases: The cases.
        origin: Where they come from; none where that was not stored.
        measured: What they are measurements of; none where that was not stored.
    """

    classes: tuple[str, ...] = ()
    cases: tuple[Case, ...]
    origin: Origin | None = None
    measured: Measured | None = None

    def __post_init__(self) -> None:
        """Refuse mixtures, classes that do not exist and impossible counts.

        Raises:
            MalformedInput: the cases are no study.
        """
        kinds = {type(each) for each in self.cases} - {Withheld}
        if not self.cases or len(kinds) > 1:
            raise MalformedInput("study.cases: cases of one kind are needed")
        for each in self.cases:
            match each:
                case Classified(said=said, true=true) if not (
                    0 <= said < len(self.classes) and 0 <= true < len(self.classes)
                ):
                    raise MalformedInput(f"study.class: {each.case} names a class there is not")
                case Segmented(found=found, there=there, common=common) if not (
                    0 <= common <= min(found, there)
                ):
                    raise MalformedInput(f"study.overlap: {each.case} shares more than it has")
                case Quantity(repeats=repeats, reference=reference):
                    _require_finite(each.case, repeats, reference)
                case Sampled(places=places):
                    if not places or len({len(place.repeats) for place in places}) > 1:
                        raise MalformedInput(
                            f"study.places: {each.case} needs places of one number of repeats"
                        )
                    for place in places:
                        _require_finite(each.case, place.repeats, place.reference)


def _require_finite(case: str, repeats: tuple[float, ...], reference: float | None) -> None:
    values = repeats if reference is None else (*repeats, reference)
    if not repeats or not all(map(math.isfinite, values)):
        raise MalformedInput(f"study.values: {case} has no finite measurement")


def levels(cases: Sequence[Case], factor: Factor) -> list[str]:
    """Return the levels of a factor that occur, in order."""
    return sorted({each.factors[factor] for each in cases if factor in each.factors})


def pairs(cases: Sequence[Case]) -> Iterator[tuple[float, float]]:
    """Yield what was measured first, beside its reference, of every place and every quantity."""
    for each in cases:
        match each:
            case Quantity(repeats=repeats, reference=reference) if reference is not None:
                yield repeats[0], reference
            case Sampled(places=places):
                yield from ((place.repeats[0], place.reference) for place in places)
