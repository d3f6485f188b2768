"""What slotted models are given and what is said of their outputs, on drawn pictures."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

import cv2
import numpy as np
import pytest

from adapters.imaging.decode import DecodedImage, decode
from adapters.inference.analyses import steps_of
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.release import judge_input
from adapters.inference.slot import (
    ElementType,
    Encoding,
    InputKind,
    Layout,
    OutputKind,
    Slot,
)
from adapters.inference.slotted_analysis import RANGE_RULE
from adapters.inference.slotted_input import BEYOND, CROP, slotted_input
from adapters.inference.tensors import Tensor
from domain.errors import MalformedInput
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import InferenceId
from tests.adapters.inference.learned import a_slot, learned_release
from tests.adapters.workers import frames

SLOT = a_slot()
DOMAIN = learned_release().input_domain
ROWS, COLUMNS = frames.SCENE.height, frames.SCENE.width


@cache
def picture() -> DecodedImage:
    return decode(frames.pair()[0])


def source(**changes: object) -> Source:
    chin = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    chin[400:460, 200:260] = True
    nose = np.zeros_like(chin)
    nose[250:300, 210:250] = True
    made = Source(
        model=b"",
        image=picture(),
        depth=None,
        camera=None,
        regions={FacialRegion.CHIN: chin, FacialRegion.NOSE: nose},
        makeup="none",
        neutral_expression=True,
        hair_back=True,
        age_years=40,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def made(given: Source | None = None, **changes: object) -> Given:
    slot = replace(SLOT, input=replace(SLOT.input, **changes))  # type: ignore[arg-type]
    return slotted_input(given or source(), slot, DOMAIN)


def tensor(found: Given) -> Tensor:
    return found.tensors["picture"]


def test_a_whole_picture_is_laid_on_black_without_stretching_it() -> None:
    found = made()
    left, top, width, height, columns, rows = found.beside[CROP].tolist()
    assert (columns, rows, top, height) == (COLUMNS, ROWS, 0, ROWS)
    assert width == round(ROWS * 32 / 24)
    assert left < 0
    assert BEYOND in found.flags
    assert tensor(found).shape == (1, 3, 24, 32)
    assert not tensor(found)[..., :4].any()
    assert 0 < tensor(found).max() <= 1


def test_pixels_are_averaged_over_their_areas() -> None:
    found = made(width_px=COLUMNS // 4, height_px=ROWS // 4)
    by_hand = picture().encoded.reshape(ROWS // 4, 4, COLUMNS // 4, 4, 3).mean(axis=(1, 3)) / 255
    assert np.abs(tensor(found)[0].transpose(1, 2, 0) - by_hand).max() < 1e-5
    assert BEYOND not in found.flags


def test_encoding_layout_and_element_type_are_the_manifests() -> None:
    linear = made(encoding=Encoding.LINEAR, layout=Layout.CHANNELS_LAST)
    assert tensor(linear).shape == (1, 24, 32, 3)
    assert tensor(linear).dtype == np.float32
    assert tensor(linear).mean() < tensor(made()).mean()
    whole = made(element_type=ElementType.UINT8)
    assert tensor(whole).dtype == np.uint8
    shown = tensor(whole).astype(np.float32) / 255
    assert np.allclose(shown, tensor(made()).astype(np.float32), atol=0.01)


def test_each_channel_is_normalised_by_its_own_numbers() -> None:
    mean = (Decimal("0.1"), Decimal("0.2"), Decimal("0.3"))
    deviation = (Decimal(1), Decimal(2), Decimal(4))
    plain, found = tensor(made())[0], tensor(made(mean=mean, deviation=deviation))[0]
    for channel in range(3):
        expected = (plain[channel] - float(mean[channel])) / float(deviation[channel])
        assert np.allclose(found[channel], expected, atol=1e-6)


def test_a_crop_surrounds_the_region_or_the_face() -> None:
    chin = made(kind=InputKind.REGION_CROP, region=FacialRegion.CHIN).beside[CROP]
    left, top, width, height = chin[:4].tolist()
    assert left < 200
    assert top <= 400 - 5
    assert left + width > 260
    assert top + height >= 460 + 5
    face = made(kind=InputKind.FACE_CROP).beside[CROP]
    assert face[1] < 250
    assert face[1] + face[3] > 460
    assert BEYOND not in made(kind=InputKind.FACE_CROP).flags


@pytest.mark.verifies("DRV-22")
def test_without_its_region_nothing_is_run() -> None:
    with pytest.raises(MalformedInput, match=r"model\.face: chin was not found"):
        made(source(regions={}), kind=InputKind.REGION_CROP, region=FacialRegion.CHIN)
    with pytest.raises(MalformedInput, match="the face was not found"):
        made(source(regions={}), kind=InputKind.FACE_CROP)


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"makeup": "full"}, "model.makeup"),
        ({"neutral_expression": False}, "model.expression"),
        ({"age_years": 17}, "model.age"),
        ({"age_years": 91}, "model.age"),
    ],
)
def test_whoever_is_outside_the_domain_is_refused(changes: dict[str, object], rule: str) -> None:
    assert [each.rule for each in made(source(**changes)).refusals] == [rule]
    assert not made().refusals


@pytest.mark.verifies("DRV-22")
def test_what_is_not_known_is_flagged() -> None:
    assert "age-not-recorded" in made(source(age_years=None)).flags
    assert "age-not-recorded" not in made().flags


@pytest.mark.verifies("DRV-22")
def test_a_picture_without_skin_has_no_tone_to_be_in_the_domain() -> None:
    nothing = decode(frames.dark())
    found = made(source(image=nothing))
    assert "model.skin-tone" in [each.rule for each in found.refusals]


def reported(outputs: dict[str, Tensor], slot: Slot = SLOT) -> Reported:
    given = made()
    steps = steps_of(learned_release(slot=slot))
    judged = Judged(
        inference=InferenceId.derived("test"),
        domain=DOMAIN,
        verdict=judge_input(DOMAIN, given.facts),
    )
    return steps.reported(outputs, given, judged)


def outputs(**changes: Tensor) -> dict[str, Tensor]:
    usual: dict[str, Tensor] = {
        "brightness": np.array([0.5], dtype=np.float32),
        "light_class": np.array([[0.25, 0.75]], dtype=np.float32),
        "light_map": np.full((1, 1, 24, 32), 0.5, dtype=np.float32),
    }
    return usual | changes


def test_a_class_is_named_and_never_surer_than_its_input() -> None:
    likely = np.array([[0.01, 0.99]], dtype=np.float32)
    _, unsure = reported(outputs()).findings
    _, sure = reported(outputs(light_class=likely)).findings
    assert (unsure.text, sure.text) == ("bright", "bright")
    assert unsure.confidence <= sure.confidence < 0.99


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("output", "values"),
    [
        ("brightness", [np.nan]),
        ("brightness", [1.5]),
        ("light_class", [[0.5, 0.7]]),
        ("light_class", [[-0.5, 1.5]]),
        ("light_class", [[np.nan, 1.0]]),
        ("light_map", np.full((1, 1, 24, 32), 2.0)),
        ("light_map", np.full((1, 1, 24, 32), np.nan)),
    ],
)
def test_what_is_no_value_of_the_output_is_withheld(output: str, values: object) -> None:
    found = reported(outputs(**{output: np.array(values, dtype=np.float32)}))
    assert [(each.output, each.ground.rule) for each in found.withheld] == [(output, RANGE_RULE)]
    shown = [each.code for each in found.findings] + [each.name for each in found.overlays]
    assert output not in shown
    assert len(shown) == 2


def test_a_map_lies_where_the_model_looked() -> None:
    half = np.zeros((1, 1, 24, 32), dtype=np.float32)
    half[..., 16:] = 1
    (overlay,) = reported(outputs(light_map=half)).overlays
    assert (overlay.width_px, overlay.height_px) == (COLUMNS, ROWS)
    drawn = cv2.imdecode(np.frombuffer(overlay.png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert drawn is not None
    middle = COLUMNS // 2
    assert (drawn[:, : middle - 2] == drawn[0, 0]).all()
    assert (drawn[:, middle + 2 :] == drawn[0, -1]).all()
    assert (drawn[0, 0] != drawn[0, -1]).any()


def test_a_scalar_without_uncertainty_states_none() -> None:
    plain = replace(SLOT.outputs[0], uncertainty=None)
    slot = replace(SLOT, outputs=(plain, *SLOT.outputs[1:]))
    assert plain.kind is OutputKind.SCALAR
    bright, _ = reported(outputs(), slot).findings
    assert (bright.uncertainty, bright.coverage_factor) == (None, None)
