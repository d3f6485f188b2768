"""What a study measured: cases with their strata, one form for people and for machines.

Rules kept here:

1. A case is named by a pseudonym; nothing of a person is in it.
2. All cases of a study are of one kind: quantities, classes or segmentations.
3. The stored form is canonical JSON, so that the cases behind a result have one digest.
4. Reading is strict: an unknown field, a missing one or a number that is none is refused with the
   case it stands in.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.values.study import Factor

FORMAT: Final = "vultus/study-cases/v1"
MOST_CASES: Final = 1_000_000


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


Case: TypeAlias = Quantity | Classified | Segmented


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """All cases of one study.

    Attributes:
        classes: The ordered classes, for classified cases; two of them mean no and yes.
        cases: The cases.
    """

    classes: tuple[str, ...] = ()
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        """Refuse mixtures, classes that do not exist and impossible counts.

        Raises:
            MalformedInput: the cases are no study.
        """
        if not self.cases or len({type(each) for each in self.cases}) > 1:
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
                case Quantity(repeats=repeats, reference=reference) if not repeats or not all(
                    map(math.isfinite, (*repeats, *(() if reference is None else (reference,))))
                ):
                    raise MalformedInput(f"study.values: {each.case} has no finite measurement")


def encode_cases(cases: Cases) -> bytes:
    """Return the stored form: canonical JSON. Source: RFC 8785."""
    return canonical.encode(
        {
            "format": FORMAT,
            "kind": _KINDS[type(cases.cases[0])],
            "classes": list(cases.classes),
            "cases": [_to_plain(each) for each in cases.cases],
        }
    )


def decode_cases(content: bytes) -> Cases:
    """Read the stored form, or the same as a person wrote it.

    Raises:
        MalformedInput: it is not such a list of cases, with the case it fails in.
    """
    plain = _object(canonical.parse(content), {"format", "kind", "classes", "cases"}, "the file")
    if plain["format"] != FORMAT:
        raise MalformedInput(f"study.format: the file is not {FORMAT}")
    listed, classes = plain["cases"], plain["classes"]
    if not isinstance(listed, list) or not isinstance(classes, list) or len(listed) > MOST_CASES:
        raise MalformedInput(f"study.format: lists are needed, of {MOST_CASES} cases at most")
    kind = plain["kind"]
    if kind not in _READERS:
        raise MalformedInput(f"study.format: kind is one of {', '.join(sorted(_READERS))}")
    read = _READERS[str(kind)]
    return Cases(
        classes=tuple(map(str, classes)),
        cases=tuple(read(each, f"case {number}") for number, each in enumerate(listed)),
    )


def _to_plain(case: Case) -> dict[str, JsonValue]:
    shared: dict[str, JsonValue] = {
        "case": case.case,
        "factors": {str(factor): level for factor, level in case.factors.items()},
    }
    match case:
        case Quantity():
            return shared | {"repeats": list(case.repeats), "reference": case.reference}
        case Classified():
            return shared | {"said": case.said, "true": case.true}
        case Segmented():
            return shared | {"found": case.found, "there": case.there, "common": case.common}


def _quantity(plain: JsonValue, where: str) -> Quantity:
    given = _object(plain, {"case", "factors", "repeats", "reference"}, where)
    repeats, reference = given["repeats"], given["reference"]
    if not isinstance(repeats, list):
        raise MalformedInput(f"study.format: {where}: repeats are a list of numbers")
    return Quantity(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        repeats=tuple(_number(each, where) for each in repeats),
        reference=None if reference is None else _number(reference, where),
    )


def _classified(plain: JsonValue, where: str) -> Classified:
    given = _object(plain, {"case", "factors", "said", "true"}, where)
    return Classified(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        said=_count(given["said"], where),
        true=_count(given["true"], where),
    )


def _segmented(plain: JsonValue, where: str) -> Segmented:
    given = _object(plain, {"case", "factors", "found", "there", "common"}, where)
    return Segmented(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        found=_count(given["found"], where),
        there=_count(given["there"], where),
        common=_count(given["common"], where),
    )


_KINDS: Final = {Quantity: "quantity", Classified: "class", Segmented: "segmentation"}
_READERS: Final[Mapping[str, Callable[[JsonValue, str], Case]]] = {
    "quantity": _quantity,
    "class": _classified,
    "segmentation": _segmented,
}


def _object(plain: JsonValue, names: set[str], where: str) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != names:
        raise MalformedInput(f"study.format: {where} has the fields {', '.join(sorted(names))}")
    return plain


def _factors(plain: JsonValue, where: str) -> Mapping[Factor, str]:
    if not isinstance(plain, dict) or not plain.keys() <= set(Factor):
        raise MalformedInput(f"study.format: {where}: factors are {', '.join(Factor)}")
    return {Factor(name): _text(level, where) for name, level in plain.items()}


def _text(plain: JsonValue, where: str) -> str:
    if not isinstance(plain, str) or not plain:
        raise MalformedInput(f"study.format: {where} lacks a word")
    return plain


def _number(plain: JsonValue, where: str) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        raise MalformedInput(f"study.format: {where} holds a value that is no number")
    return float(plain)


def _count(plain: JsonValue, where: str) -> int:
    if isinstance(plain, bool) or not isinstance(plain, int) or plain < 0:
        raise MalformedInput(f"study.format: {where} holds a value that is no count")
    return plain


def levels(cases: Sequence[Case], factor: Factor) -> list[str]:
    """Return the levels of a factor that occur, in order."""
    return sorted({each.factors[factor] for each in cases if factor in each.factors})
