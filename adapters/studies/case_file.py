"""The stored form of a study's cases, one for people and for machines.

Rules kept here:

1. The stored form is canonical JSON, so that the cases behind a result have one digest.
2. Reading is strict: an unknown field, a missing one or a number that is none is refused with the
   case it stands in.
3. The first format knew neither where cases come from, nor heads measured at many places, nor what
   was withheld; the second did not know what was measured with what. Each is read, and written
   again to the byte, as long as it can say all there is.
"""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Measured,
    Origin,
    Place,
    Quantity,
    Sampled,
    Segmented,
    Withheld,
)
from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import Factor

FIRST_FORMAT: Final = "vultus/study-cases/v1"
SECOND_FORMAT: Final = "vultus/study-cases/v2"
FORMAT: Final = "vultus/study-cases/v3"
_FIELDS: Final = {
    FIRST_FORMAT: {"format", "kind", "classes", "cases"},
    SECOND_FORMAT: {"format", "kind", "classes", "cases", "origin"},
    FORMAT: {"format", "kind", "classes", "cases", "origin", "measured"},
}


def encode_cases(cases: Cases) -> bytes:
    """Return the stored form: canonical JSON. Source: RFC 8785."""
    measured = [each for each in cases.cases if not isinstance(each, Withheld)]
    kind = _KINDS[type((measured or cases.cases)[0])]
    plain: dict[str, JsonValue] = {
        "format": FIRST_FORMAT,
        "kind": kind,
        "classes": list(cases.classes),
        "cases": [_to_plain(each) for each in cases.cases],
    }
    told_by_first = len(measured) == len(cases.cases) and kind in _FIRST_KINDS
    if cases.measured is not None:
        plain |= {
            "format": FORMAT,
            "origin": _origin_to_plain(cases.origin),
            "measured": _measured_to_plain(cases.measured),
        }
    elif cases.origin is not None or not told_by_first:
        plain |= {"format": SECOND_FORMAT, "origin": _origin_to_plain(cases.origin)}
    return canonical.encode(plain)


def decode_cases(content: bytes) -> Cases:
    """Read the stored form, or the same as a person wrote it.

    Raises:
        MalformedInput: it is not such a list of cases, with the case it fails in.
    """
    parsed = canonical.parse(content)
    named = str(parsed.get("format")) if isinstance(parsed, dict) else ""
    if named not in _FIELDS:
        raise MalformedInput(f"study.format: the file is not {FORMAT}")
    plain = _object(parsed, _FIELDS[named], "the file")
    listed, classes = plain["cases"], plain["classes"]
    if not isinstance(listed, list) or not isinstance(classes, list):
        raise MalformedInput("study.format: cases and classes are lists")
    readers = _FIRST_KINDS if named == FIRST_FORMAT else _READERS
    read = readers.get(str(plain["kind"]))
    if read is None:
        raise MalformedInput(f"study.format: kind is one of {', '.join(sorted(readers))}")
    return Cases(
        classes=tuple(_text(each, "the classes") for each in classes),
        cases=tuple(
            (_withheld if named != FIRST_FORMAT and _is_withheld(each) else read)(
                each, f"case {number}"
            )
            for number, each in enumerate(listed)
        ),
        origin=_origin(plain.get("origin")),
        measured=_measured(plain["measured"]) if named == FORMAT else None,
    )


def _is_withheld(plain: JsonValue) -> bool:
    return isinstance(plain, dict) and "withheld" in plain


def _origin_to_plain(origin: Origin | None) -> JsonValue:
    if origin is None:
        return None
    return {
        "source": origin.source,
        "labelled_by": origin.labelled_by,
        "manifest": None if origin.manifest is None else str(origin.manifest),
    }


def _origin(plain: JsonValue) -> Origin | None:
    if plain is None:
        return None
    given = _object(plain, {"source", "labelled_by", "manifest"}, "the origin")
    labelled_by, manifest = given["labelled_by"], given["manifest"]
    return Origin(
        source=_text(given["source"], "the origin"),
        labelled_by=None if labelled_by is None else _text(labelled_by, "the origin"),
        manifest=None if manifest is None else Digest(_text(manifest, "the origin")),
    )


def _measured_to_plain(measured: Measured) -> JsonValue:
    return {
        "output": measured.output,
        "unit": measured.unit,
        "method": measured.method,
        "evidence": str(measured.evidence),
    }


def _measured(plain: JsonValue) -> Measured:
    where = "what was measured"
    given = _object(plain, {"output", "unit", "method", "evidence"}, where)
    evidence = _text(given["evidence"], where)
    if evidence not in set(EvidenceSource):
        raise MalformedInput(f"study.format: evidence is one of {', '.join(EvidenceSource)}")
    return Measured(
        output=_text(given["output"], where),
        unit=_text(given["unit"], where),
        method=_text(given["method"], where),
        evidence=EvidenceSource(evidence),
    )


def _to_plain(case: Case) -> dict[str, JsonValue]:
    shared: dict[str, JsonValue] = {
        "case": case.case,
        "factors": {str(factor): level for factor, level in case.factors.items()},
    }
    match case:
        case Quantity():
            return shared | {"repeats": list(case.repeats), "reference": case.reference}
        case Sampled(places=places):
            plain: list[JsonValue] = [
                {"repeats": list(each.repeats), "reference": each.reference} for each in places
            ]
            return shared | {"places": plain}
        case Withheld(why=why):
            return shared | {"withheld": why}
        case Classified():
            return shared | {"said": case.said, "true": case.true}
        case Segmented():
            return shared | {"found": case.found, "there": case.there, "common": case.common}


def _quantity(plain: JsonValue, where: str) -> Quantity:
    given = _object(plain, {"case", "factors", "repeats", "reference"}, where)
    reference = given["reference"]
    return Quantity(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        repeats=_repeats(given["repeats"], where),
        reference=None if reference is None else _number(reference, where),
    )


def _sampled(plain: JsonValue, where: str) -> Sampled:
    given = _object(plain, {"case", "factors", "places"}, where)
    places = given["places"]
    if not isinstance(places, list):
        raise MalformedInput(f"study.format: {where}: places are a list")
    read = [_object(each, {"repeats", "reference"}, where) for each in places]
    return Sampled(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        places=tuple(
            Place(
                repeats=_repeats(each["repeats"], where),
                reference=_number(each["reference"], where),
            )
            for each in read
        ),
    )


def _withheld(plain: JsonValue, where: str) -> Withheld:
    given = _object(plain, {"case", "factors", "withheld"}, where)
    return Withheld(
        case=_text(given["case"], where),
        factors=_factors(given["factors"], where),
        why=_text(given["withheld"], where),
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


_KINDS: Final = {
    Quantity: "quantity",
    Sampled: "sampled",
    Classified: "class",
    Segmented: "segmentation",
    Withheld: "withheld",
}
_FIRST_KINDS: Final[Mapping[str, Callable[[JsonValue, str], Case]]] = {
    "quantity": _quantity,
    "class": _classified,
    "segmentation": _segmented,
}
_READERS: Final[Mapping[str, Callable[[JsonValue, str], Case]]] = {
    **_FIRST_KINDS,
    "sampled": _sampled,
    "withheld": _withheld,
}


def _object(plain: JsonValue, names: set[str], where: str) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != names:
        raise MalformedInput(f"study.format: {where} has the fields {', '.join(sorted(names))}")
    return plain


def _factors(plain: JsonValue, where: str) -> Mapping[Factor, str]:
    if not isinstance(plain, dict) or not plain.keys() <= set(Factor):
        raise MalformedInput(f"study.format: {where}: factors are {', '.join(Factor)}")
    return {Factor(name): _text(level, where) for name, level in plain.items()}


def _repeats(plain: JsonValue, where: str) -> tuple[float, ...]:
    if not isinstance(plain, list):
        raise MalformedInput(f"study.format: {where}: repeats are a list of numbers")
    return tuple(_number(each, where) for each in plain)


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
