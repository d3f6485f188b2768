"""A slot as the part of a signed manifest that states it, and back.

Rules kept here:

1. Numbers with fractions are text, so that what is signed has one form only; counts are whole
   numbers.
2. A part that is unknown, missing or of another kind is refused; nothing is filled in.
"""

from decimal import Decimal
from typing import Final, cast

from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.slot import (
    AcceptanceResult,
    ElementType,
    Encoding,
    InputKind,
    Layout,
    OutputKind,
    Slot,
    SlotDomain,
    SlotInput,
    SlotOutput,
)
from domain.errors import MalformedInput
from domain.ledger.canonical import JsonValue
from domain.values.facial_region import FacialRegion

_NONE: Final = "none"


def slot_document(slot: Slot) -> dict[str, JsonValue]:
    """Return a slot as plain JSON."""
    given, domain = slot.input, slot.domain
    return {
        "input": {
            "name": given.name,
            "kind": given.kind.value,
            "region": _NONE if given.region is None else given.region.value,
            "encoding": given.encoding.value,
            "layout": given.layout.value,
            "width_px": given.width_px,
            "height_px": given.height_px,
            "element_type": given.element_type.value,
            "mean": [str(each) for each in given.mean],
            "deviation": [str(each) for each in given.deviation],
        },
        "outputs": [
            {
                "name": each.name,
                "kind": each.kind.value,
                "classes": list(each.classes),
                "low": str(each.low),
                "high": str(each.high),
                "uncertainty": _NONE if each.uncertainty is None else str(each.uncertainty),
            }
            for each in slot.outputs
        ],
        "domain": {
            "tones": [each.value for each in domain.tones],
            "age_min_years": domain.age_min_years,
            "age_max_years": domain.age_max_years,
            "makeup": list(domain.makeup),
            "neutral_expression": "required" if domain.neutral_expression else "any",
            "colour_chart": "required" if domain.colour_chart else "any",
            "source_side_min_px": domain.source_side_min_px,
        },
        "acceptance": [
            {
                "subgroup": each.subgroup,
                "output": each.output,
                "metric": each.metric,
                "value": str(each.value),
                "low": str(each.low),
                "high": str(each.high),
                "unit": each.unit,
                "cases": each.cases,
            }
            for each in slot.acceptance
        ],
    }


def read_slot(document: JsonValue) -> Slot:
    """Return the slot that plain JSON states.

    Raises:
        MalformedInput: it lacks a part, holds one that is unknown, or states what cannot be.
    """
    try:
        slot = _slot(cast("dict[str, JsonValue]", document))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedInput(
            "slot.form: the slot lacks a part, or holds one of another kind"
        ) from error
    if slot_document(slot) != document:
        raise MalformedInput("slot.form: the slot holds parts that this build does not know")
    return slot


def _slot(document: dict[str, JsonValue]) -> Slot:
    outputs = cast("list[dict[str, JsonValue]]", document["outputs"])
    acceptance = cast("list[dict[str, JsonValue]]", document["acceptance"])
    return Slot(
        input=_input(cast("dict[str, JsonValue]", document["input"])),
        outputs=tuple(_output(each) for each in outputs),
        domain=_domain(cast("dict[str, JsonValue]", document["domain"])),
        acceptance=tuple(_accepted(each) for each in acceptance),
    )


def _input(part: dict[str, JsonValue]) -> SlotInput:
    region = _text(part["region"])
    return SlotInput(
        name=_text(part["name"]),
        kind=InputKind(_text(part["kind"])),
        region=None if region == _NONE else FacialRegion(region),
        encoding=Encoding(_text(part["encoding"])),
        layout=Layout(_text(part["layout"])),
        width_px=_count(part["width_px"]),
        height_px=_count(part["height_px"]),
        element_type=ElementType(_text(part["element_type"])),
        mean=tuple(_number(each) for each in cast("list[JsonValue]", part["mean"])),
        deviation=tuple(_number(each) for each in cast("list[JsonValue]", part["deviation"])),
    )


def _output(part: dict[str, JsonValue]) -> SlotOutput:
    uncertainty = part["uncertainty"]
    return SlotOutput(
        name=_text(part["name"]),
        kind=OutputKind(_text(part["kind"])),
        classes=tuple(_text(each) for each in cast("list[JsonValue]", part["classes"])),
        low=_number(part["low"]),
        high=_number(part["high"]),
        uncertainty=None if uncertainty == _NONE else _number(uncertainty),
    )


def _domain(part: dict[str, JsonValue]) -> SlotDomain:
    return SlotDomain(
        tones=tuple(SkinToneClass(_text(each)) for each in cast("list[JsonValue]", part["tones"])),
        age_min_years=_count(part["age_min_years"]),
        age_max_years=_count(part["age_max_years"]),
        makeup=tuple(_text(each) for each in cast("list[JsonValue]", part["makeup"])),
        neutral_expression=part["neutral_expression"] == "required",
        colour_chart=part["colour_chart"] == "required",
        source_side_min_px=_count(part["source_side_min_px"]),
    )


def _accepted(part: dict[str, JsonValue]) -> AcceptanceResult:
    return AcceptanceResult(
        subgroup=_text(part["subgroup"]),
        output=_text(part["output"]),
        metric=_text(part["metric"]),
        value=_number(part["value"]),
        low=_number(part["low"]),
        high=_number(part["high"]),
        unit=_text(part["unit"]),
        cases=_count(part["cases"]),
    )


def _text(value: JsonValue) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return value


def _count(value: JsonValue) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _number(value: JsonValue) -> Decimal:
    number = Decimal(_text(value))
    if not number.is_finite():
        raise ValueError(value)
    return number
