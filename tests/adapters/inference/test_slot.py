"""What a learned model states of itself: complete, of one form, and by subgroup."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from adapters.inference.release import ModelRelease, parse_manifest
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.slot import ElementType, Encoding, InputKind, OutputKind, SlotOutput
from adapters.inference.slot_document import read_slot, slot_document
from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.values.facial_region import FacialRegion
from tests.adapters.inference.learned import a_slot, learned_release

SLOT = a_slot()


@pytest.mark.verifies("DRV-18")
def test_a_manifest_with_a_slot_is_read_back_whole() -> None:
    release = learned_release()
    assert parse_manifest(release.manifest()) == release
    assert read_slot(slot_document(SLOT)) == SLOT


@pytest.mark.verifies("DRV-18")
def test_subgroups_are_the_acceptance_results_with_numbers() -> None:
    first = learned_release().subgroups[0]
    assert first.subgroup == "very light"
    assert first.samples == 40
    assert first.result == "brightness, bias: 0.01 (95 % interval -0.01 to 0.03)"


@pytest.mark.verifies("DRV-18", "DRV-22")
def test_a_skin_tone_without_acceptance_results_is_not_in_the_domain() -> None:
    tested = tuple(each for each in SLOT.acceptance if each.subgroup != "dark")
    with pytest.raises(MalformedInput, match="no results of brightness for dark skin"):
        replace(SLOT, acceptance=tested)
    fewer = tuple(each for each in SkinToneClass if each.value != "dark")
    assert replace(SLOT, acceptance=tested, domain=replace(SLOT.domain, tones=fewer))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": InputKind.REGION_CROP}, "region"),
        ({"region": FacialRegion.CHIN}, "region"),
        ({"width_px": 0}, "sides"),
        ({"height_px": 4096}, "sides"),
        ({"mean": (Decimal(0),)}, "three numbers"),
        ({"deviation": (Decimal(0),) * 3}, "above 0"),
        ({"element_type": ElementType.UINT8, "encoding": Encoding.LINEAR}, "uint8"),
        ({"element_type": ElementType.UINT8, "mean": (Decimal(1),) * 3}, "uint8"),
        ({"name": "slot_crop_px"}, "name"),
    ],
)
def test_an_input_that_cannot_be_made_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedInput, match=message):
        replace(SLOT.input, **change)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"kind": OutputKind.CLASSES}, "classes"),
        ({"kind": OutputKind.CLASSES, "classes": ("a", "a")}, "classes"),
        ({"kind": OutputKind.CLASSES, "classes": ("a", "")}, "classes"),
        ({"kind": OutputKind.SCALAR, "classes": ("a", "b")}, "classes"),
        ({"kind": OutputKind.SCALAR, "high": Decimal(0)}, "range"),
        ({"kind": OutputKind.MAP, "uncertainty": Decimal(1)}, "uncertainty"),
        ({"kind": OutputKind.SCALAR, "uncertainty": Decimal(0)}, "uncertainty"),
    ],
)
def test_an_output_that_says_too_little_is_refused(stated: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedInput, match=message):
        SlotOutput(name="x", **stated)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("domain", {"tones": ()}),
        ("domain", {"makeup": ("clown",)}),
        ("domain", {"age_min_years": 91}),
        ("domain", {"source_side_min_px": 0}),
        ("acceptance", {"cases": 0}),
        ("acceptance", {"metric": ""}),
        ("acceptance", {"value": Decimal(9)}),
    ],
)
def test_a_domain_or_result_that_says_nothing_is_refused(part: str, change: dict[str, Any]) -> None:
    found: Any = SLOT.domain if part == "domain" else SLOT.acceptance[0]
    with pytest.raises(MalformedInput):
        replace(found, **change)


def test_outputs_of_slot_and_release_are_the_same() -> None:
    release = learned_release()
    with pytest.raises(MalformedInput, match="name the same"):
        replace(release, outputs=release.outputs[:1])
    with pytest.raises(MalformedInput, match="acceptance"):
        replace(release, subgroups=release.subgroups[:1])
    with pytest.raises(MalformedInput, match="each once"):
        replace(SLOT, outputs=SLOT.outputs[:1] * 2)
    with pytest.raises(MalformedInput, match="no output is named"):
        replace(SLOT, outputs=SLOT.outputs[:2])


@pytest.mark.parametrize(
    "path",
    [
        ("input", "width_px", "32"),
        ("input", "name", 3),
        ("input", "kind", "hologram"),
        ("outputs", 0, "low", "NaN"),
        ("domain", "colour_chart", "sometimes"),
        ("domain", "more", "1"),
        ("acceptance", 0, "cases", "40"),
    ],
)
def test_a_part_of_another_kind_is_refused(path: tuple[Any, ...]) -> None:
    document: Any = canonical.parse_canonical(learned_release().manifest())
    part = document["slot"]
    for each in path[:-2]:
        part = part[each]
    part[path[-2]] = path[-1]
    with pytest.raises(MalformedInput, match="slot"):
        parse_manifest(canonical.encode(document))


def test_a_manifest_without_its_slot_is_refused() -> None:
    document: Any = canonical.parse_canonical(learned_release().manifest())
    del document["slot"]
    with pytest.raises(MalformedInput):
        parse_manifest(canonical.encode(document))


def test_a_release_of_its_own_steps_has_no_slot() -> None:
    release: ModelRelease = replace(learned_release(), slot=None)
    assert b'"slot"' not in release.manifest()
    assert parse_manifest(release.manifest()) == release
