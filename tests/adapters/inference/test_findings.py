"""From the model's outputs to findings, on drawn faces and on the photograph."""

import dataclasses
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.inference.findings import skin_tone_findings
from adapters.inference.onnx_model import InferenceRun, ReleasedModel
from adapters.inference.release import InputFacts, judge_input
from adapters.inference.skin_colour_graph import (
    FIRST_VERSION,
    build_skin_colour_graph,
    decode_table,
)
from adapters.inference.skin_colour_outputs import SkinColourOutputs
from adapters.inference.skin_colour_release import skin_colour_release
from adapters.inference.skin_mask import find_skin
from adapters.inference.tensors import Tensor
from adapters.inference.well_lit import WELL_LIT_L_STAR, well_lit
from domain.errors import MalformedInput
from domain.values.content import Digest
from domain.values.finding import Finding
from domain.values.identifiers import FindingId, InferenceId
from tests.adapters.inference import reference
from tests.adapters.inference.faces import SKIN_LAB, draw_face, photograph, swatch, with_noise

GRAPH = build_skin_colour_graph()
MODEL = ReleasedModel.load(GRAPH, expected=Digest.of(GRAPH))
FIRST_GRAPH = build_skin_colour_graph(FIRST_VERSION)
FIRST_MODEL = ReleasedModel.load(FIRST_GRAPH, expected=Digest.of(FIRST_GRAPH))
DOMAIN = skin_colour_release(Digest.of(GRAPH)).input_domain
INFERENCE = InferenceId.derived("attempt", "release")
CODES = [
    "l-star",
    "a-star",
    "b-star",
    "ita",
    "ita-class",
    "monk-scale",
    "melanin-index",
    "erythema-index",
    "lightness-spread",
    "uniformity-notes",
    "fitzpatrick-suggestion",
]


IDENTITY = np.eye(3, dtype=np.float32)


def measure(image: NDArray[np.uint8], *, first: bool = False) -> tuple[InferenceRun, InputFacts]:
    found = find_skin(image)
    given: dict[str, Tensor] = {
        "image": image,
        "colour_correction": IDENTITY,
        "skin_mask": found.mask,
    }
    if not first:
        linear = decode_table()[image]
        lit = well_lit(linear, found.mask.astype(np.bool_), IDENTITY)
        given["lit_mask"] = lit.astype(np.uint8)
    model = FIRST_MODEL if first else MODEL
    run = model.run(given, preprocessing=found.method)
    facts = InputFacts(
        pixel_count=found.mask.size,
        skin_pixel_count=found.skin_pixel_count,
        clipped_fraction=found.clipped_fraction,
        colour_reference_passed=True,
        colour_residual_delta_e=1.0,
        makeup="none",
        neutral_expression=True,
    )
    return run, facts


def findings_of(run: InferenceRun, facts: InputFacts) -> dict[str, Finding]:
    found = skin_tone_findings(
        SkinColourOutputs.read(run.outputs),
        inference=INFERENCE,
        facts=facts,
        domain=DOMAIN,
        flags=judge_input(DOMAIN, facts).flags,
    )
    return {each.code: each for each in found}


def number(finding: Finding) -> float:
    assert finding.value is not None
    return finding.value


@pytest.mark.verifies("REQ-IN-152")
@pytest.mark.parametrize("tone", list(SKIN_LAB))
def test_a_drawn_face_of_each_class_reads_as_that_class_and_colour(tone: str) -> None:
    drawn, _ = draw_face(SKIN_LAB[tone])
    found = findings_of(*measure(with_noise(drawn, seed=7)))
    true_lab = reference.lab(reference.linear(swatch(SKIN_LAB[tone])))
    for code, true in zip(("l-star", "a-star", "b-star"), true_lab, strict=True):
        assert number(found[code]) == pytest.approx(true, abs=0.5)
    assert number(found["ita"]) == pytest.approx(float(reference.angle_deg(true_lab)), abs=1.5)
    assert found["ita-class"].text == tone


@pytest.mark.verifies("DRV-17", "REQ-IN-042", "REQ-IN-043")
def test_every_finding_carries_unit_uncertainty_confidence_and_limitations() -> None:
    drawn, _ = draw_face(SKIN_LAB["intermediate"])
    found = findings_of(*measure(drawn))
    assert list(found) == CODES
    for each in found.values():
        assert 0 < each.confidence <= 1
        assert each.limitations
        assert each.finding == FindingId.derived(INFERENCE, each.code)
        if each.value is not None:
            assert each.unit
            assert each.uncertainty is not None
            assert each.uncertainty > 0
            assert each.coverage_factor == 2.0


def shade(image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a face whose light falls off towards its outline, as one before a ring light."""
    rows, columns = np.nonzero(truth)
    middle = rows.mean(), columns.mean()
    across, down = (columns.max() - columns.min()) / 2, (rows.max() - rows.min()) / 2
    row, column = np.indices(truth.shape)
    away = np.hypot((row - middle[0]) / down, (column - middle[1]) / across)
    light = 1.0 - 0.45 * np.clip(away, 0, 1) ** 2
    return reference.encode(reference.linear(image) * light[..., None])


# A face shades itself, and the mean of all its skin reads darker than its skin.
@pytest.mark.verifies("DRV-17", "REQ-IN-152")
@pytest.mark.parametrize("tone", list(SKIN_LAB))
def test_a_face_in_its_own_shading_reads_as_its_well_lit_skin(tone: str) -> None:
    drawn, truth = draw_face(SKIN_LAB[tone])
    shaded = shade(drawn, truth)
    found, before = findings_of(*measure(shaded)), findings_of(*measure(shaded, first=True))
    true = float(reference.lab(reference.linear(swatch(SKIN_LAB[tone])))[0])
    assert number(before["l-star"]) < true - 3.0
    uncertainty = found["l-star"].uncertainty
    assert uncertainty is not None
    assert uncertainty >= 2 * WELL_LIT_L_STAR
    missed = abs(number(found["l-star"]) - true)
    assert missed < uncertainty
    assert missed < 0.6 * abs(number(before["l-star"]) - true)


@pytest.mark.verifies("DRV-17")
def test_what_the_first_release_tells_from_lightness_is_believed_half_and_says_why() -> None:
    drawn, _ = draw_face(SKIN_LAB["intermediate"])
    found, newer = findings_of(*measure(drawn, first=True)), findings_of(*measure(drawn))
    for code in ("l-star", "ita", "ita-class"):
        assert found[code].confidence <= 0.5 * found["a-star"].confidence + 0.001  # rounded
        assert any("darker than evenly lit skin" in limit for limit in found[code].limitations)
        assert any("light that falls on the chart" in limit for limit in newer[code].limitations)
    assert newer["l-star"].confidence == newer["a-star"].confidence
    assert found["fitzpatrick-suggestion"].confidence <= 0.5


@pytest.mark.verifies("DRV-21")
def test_measured_colour_comes_first_and_the_skin_type_waits_for_the_practitioner() -> None:
    drawn, _ = draw_face(SKIN_LAB["tan"])
    found = findings_of(*measure(drawn))
    assert next(iter(found)) == "l-star"
    assert list(found)[-1] == "fitzpatrick-suggestion"
    suggestion = found["fitzpatrick-suggestion"]
    assert suggestion.needs_confirmation
    assert suggestion.text == "IV"
    assert "cannot be seen in a picture" in suggestion.limitations[0]
    assert [each.code for each in found.values() if each.needs_confirmation] == [suggestion.code]


@pytest.mark.verifies("REQ-IN-153")
def test_uniformity_is_described_and_uneven_skin_reads_as_varied() -> None:
    drawn, truth = draw_face(SKIN_LAB["light"])
    even = findings_of(*measure(drawn))["uniformity-notes"].text
    blotched = drawn.copy()
    rows, columns = np.indices(truth.shape)
    patches = ((rows // 80 + columns // 80) % 2 == 0) & (truth > 0)
    blotched[patches] = swatch((56.0, 14.0, 19.0))
    uneven = findings_of(*measure(blotched))["uniformity-notes"].text
    assert even is not None
    assert uneven is not None
    assert "Tone is even" in even
    assert "Tone is varied" in uneven
    assert "not a clinical scale" in uneven


def test_wording_names_no_disease() -> None:
    drawn, _ = draw_face(SKIN_LAB["brown"])
    found = findings_of(*measure(drawn))
    words = " ".join(
        " ".join((each.label, each.text or "", *each.limitations)) for each in found.values()
    ).lower()
    forbidden = r"melasma|rosacea|acne|cancer|lesion|disease|abnormal|patholog|treat|beaut"
    assert not re.search(forbidden, words)
    assert "it is not a diagnosis" in words


@pytest.mark.verifies("DRV-22", "REQ-IN-042")
def test_poor_input_lowers_confidence_widens_uncertainty_and_raises_flags() -> None:
    drawn, _ = draw_face(SKIN_LAB["light"])
    run, facts = measure(drawn)
    good = findings_of(run, facts)
    poor_facts = dataclasses.replace(
        facts, colour_reference_passed=None, colour_residual_delta_e=None, makeup="full"
    )
    poor = findings_of(run, poor_facts)
    for code in CODES:
        assert poor[code].confidence < good[code].confidence, code
        assert poor[code].quality_flags == ("colour-reference-absent", "makeup-present")
        assert good[code].quality_flags == ()
    wide, narrow = poor["ita"].uncertainty, good["ita"].uncertainty
    assert wide is not None
    assert narrow is not None
    assert wide > 3 * narrow


def test_the_photograph_gives_a_plausible_light_skin() -> None:
    found = findings_of(*measure(photograph()))
    assert 65 < number(found["l-star"]) < 82
    assert 5 < number(found["a-star"]) < 13
    assert 12 < number(found["b-star"]) < 22
    assert 35 < number(found["ita"]) < 65
    assert found["ita-class"].text in {"very light", "light"}
    assert found["fitzpatrick-suggestion"].text in {"I", "II"}


def test_outputs_of_something_else_and_of_no_skin_are_refused() -> None:
    with pytest.raises(MalformedInput):
        SkinColourOutputs.read({"mean": np.zeros(6)})
    run, _ = measure(np.full((64, 64, 3), 128, dtype=np.uint8))
    with pytest.raises(MalformedInput):
        SkinColourOutputs.read(run.outputs)


def test_too_little_skin_to_compare_areas_is_said_in_words() -> None:
    mask = np.zeros((64, 64), dtype=np.uint8)
    mask[:20, :20] = 1
    run = MODEL.run(
        {
            "image": np.full((64, 64, 3), (190, 150, 130), dtype=np.uint8),
            "colour_correction": np.eye(3, dtype=np.float32),
            "skin_mask": mask,
            "lit_mask": mask,
        },
        preprocessing="none",
    )
    facts = dataclasses.replace(measure(photograph())[1], skin_pixel_count=400)
    assert "Too little skin" in str(findings_of(run, facts)["uniformity-notes"].text)
