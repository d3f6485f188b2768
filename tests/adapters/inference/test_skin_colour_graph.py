"""The skin-colour model against an independent computation, published colours and itself."""

import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.inference.onnx_model import InferenceRun, ReleasedModel
from adapters.inference.skin_colour_graph import (
    QUANTITIES,
    TILE_PX,
    VERSION,
    build_skin_colour_graph,
)
from adapters.inference.skin_colour_release import (
    SUBGROUP_ANGLE_LIMIT_DEG,
    SUBGROUP_INDEX_LIMIT,
    SUBGROUP_SAMPLES,
)
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.tensors import Tensor
from domain.values.content import Digest
from tests.adapters.inference import reference

ROOT = Path(__file__).parents[3]
# Changing the graph changes its released bytes: raise VERSION together with this digest.
RELEASED = {
    "1.0.0": "a1d5990e41488fd105edbd372062246bba8c4bfb28b890597fa0deec5961cd2a",
    "2.0.0": "04b41743e630fc242ba2a19faab152e5292a600d963eb696492e20e84c1c1df8",
}
IDENTITY = np.eye(3, dtype=np.float32)


@pytest.fixture(scope="module")
def model() -> ReleasedModel:
    graph = build_skin_colour_graph()
    return ReleasedModel.load(graph, expected=Digest.of(graph))


def run(
    model: ReleasedModel,
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8] | None = None,
    correction: NDArray[np.float32] = IDENTITY,
    lit: NDArray[np.uint8] | None = None,
) -> InferenceRun:
    everywhere = np.ones(image.shape[:2], dtype=np.uint8)
    inputs: dict[str, Tensor] = {
        "image": image,
        "colour_correction": correction,
        "skin_mask": everywhere if mask is None else mask,
        "lit_mask": everywhere if lit is None else lit,
    }
    return model.run(inputs, preprocessing="none")


def numbers(outputs: Mapping[str, Tensor], name: str) -> NDArray[np.float64]:
    return outputs[name].astype(np.float64)


def test_the_same_version_is_the_same_bytes_in_every_process() -> None:
    assert {
        each: sha256(build_skin_colour_graph(each)).hexdigest() for each in RELEASED
    } == RELEASED
    here = RELEASED[VERSION]
    command = (
        "import hashlib; from adapters.inference.skin_colour_graph import *;"
        "print(hashlib.sha256(build_skin_colour_graph()).hexdigest())"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert elsewhere.stdout.strip() == here


@pytest.mark.parametrize("seed", range(4))
def test_the_model_agrees_with_an_independent_double_precision_computation(
    model: ReleasedModel, seed: int
) -> None:
    random = np.random.default_rng(seed)
    rows, columns = int(random.integers(40, 120)), int(random.integers(40, 120))
    image = random.integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    mask = (random.random((rows, columns)) < 0.7).astype(np.uint8)
    correction = (np.eye(3) + random.normal(0, 0.05, (3, 3))).astype(np.float32)
    lit = (random.random((rows, columns)) < 0.6).astype(np.uint8)  # also off the skin
    expected = reference.measure(image, correction.astype(np.float64), mask, TILE_PX)
    of_lit = reference.measure(image, correction.astype(np.float64), mask & lit, TILE_PX)
    outputs = run(model, image, mask, correction, lit).outputs

    for of, known, counted in (("", expected, mask), ("lit_", of_lit, mask & lit)):
        assert outputs[f"{of}pixel_count"] == counted.sum()
        assert outputs[f"{of}tile_count"] == known.tile_count
        # A mean angle and its spreads depend on how ±180° falls on noise: compared for skin below.
        for name in ("mean", "sd", "tile_sd"):
            difference = np.abs(numbers(outputs, f"{of}{name}") - getattr(known, name))
            assert np.delete(difference, 3).max() < 2e-3, f"{of}{name}"
    assert outputs["delta_e_mean"] == pytest.approx(expected.delta_e_mean, abs=1e-3)
    assert outputs["tile_delta_e_mean"] == pytest.approx(expected.tile_delta_e_mean, abs=1e-3)
    skin = mask > 0
    for name, column in (("melanin_map", 4), ("erythema_map", 5)):
        values = numbers(outputs, name)
        assert np.isnan(values[~skin]).all()
        # Right at the floor a rounding of the correction shows most: 1e-4 of light is 0.04 points.
        assert np.abs(values[skin] - expected.quantities[skin][:, column]).max() < 0.05, name
    turn = np.abs(numbers(outputs, "ita_map")[skin] - expected.quantities[skin][:, 3])
    turn = np.minimum(turn, 360 - turn)
    arm = np.hypot(expected.quantities[skin][:, 0] - 50, expected.quantities[skin][:, 2])
    assert (np.radians(turn) * arm).max() < 1e-3


@pytest.mark.verifies("REQ-IN-152")
@pytest.mark.parametrize("tone", list(SkinToneClass))
def test_each_skin_tone_class_is_measured_as_exactly_as_the_release_says(
    model: ReleasedModel, tone: SkinToneClass
) -> None:
    colours = skin_colours(tone, SUBGROUP_SAMPLES)
    image = colours.reshape(-1, 50, 3)
    outputs = run(model, image).outputs
    rgb = reference.linear(image)
    angle_deg = reference.angle_deg(reference.lab(rgb))
    density = -100 * np.log10(rgb)
    angle_error = np.abs(numbers(outputs, "ita_map") - angle_deg).max()
    melanin_error = np.abs(numbers(outputs, "melanin_map") - density[..., 0]).max()
    erythema_error = np.abs(
        numbers(outputs, "erythema_map") - (density[..., 1] - density[..., 0])
    ).max()
    assert angle_error < SUBGROUP_ANGLE_LIMIT_DEG
    assert max(melanin_error, erythema_error) < SUBGROUP_INDEX_LIMIT


def skin_colours(tone: SkinToneClass, count: int) -> NDArray[np.uint8]:
    """Return sRGB codes of skin-like colours inside a class: (count, 3) uint8."""
    angles = {
        "very light": (56, 75),
        "light": (42, 55),
        "intermediate": (29, 41),
        "tan": (11, 28),
        "brown": (-29, 10),
        "dark": (-65, -31),
    }[tone.value]
    random = np.random.default_rng(list(SkinToneClass).index(tone))
    angle = np.radians(random.uniform(*angles, count))
    yellow = random.uniform(8, 18, count)
    lightness = np.clip(50 + np.tan(angle) * yellow, 18, 92)
    lab = np.stack([lightness, random.uniform(5, 14, count), yellow], axis=-1)
    return reference.encode(reference.rgb_of(lab))


@pytest.mark.parametrize(
    ("code", "lab"),
    [
        # Source: Lindbloom, colour calculator, sRGB under D65.
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((255, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 255), (32.2970, 79.1875, -107.8602)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((119, 119, 119), (50.0344, 0.0, 0.0)),
    ],
)
def test_known_colours_have_their_published_lab_values(
    model: ReleasedModel, code: tuple[int, int, int], lab: tuple[float, float, float]
) -> None:
    image = np.full((TILE_PX, TILE_PX, 3), code, dtype=np.uint8)
    mean = run(model, image).outputs["mean"]
    assert mean[:3].tolist() == pytest.approx(lab, abs=0.02)


def test_indices_follow_from_reflectance_by_hand(model: ReleasedModel) -> None:
    image = np.full((TILE_PX, TILE_PX, 3), (188, 137, 60), dtype=np.uint8)
    red, green = ((188 / 255 + 0.055) / 1.055) ** 2.4, ((137 / 255 + 0.055) / 1.055) ** 2.4
    mean = dict(zip(QUANTITIES, run(model, image).outputs["mean"].tolist(), strict=True))
    assert mean["melanin_index"] == pytest.approx(100 * np.log10(1 / red), abs=1e-3)
    erythema = 100 * (np.log10(1 / green) - np.log10(1 / red))
    assert mean["erythema_index"] == pytest.approx(erythema, abs=1e-3)


def test_the_colour_correction_is_applied_to_linear_light(model: ReleasedModel) -> None:
    image = np.full((TILE_PX, TILE_PX, 3), (128, 128, 128), dtype=np.uint8)
    brighter = run(model, image, correction=np.float32(2) * IDENTITY).outputs["mean"]
    plain = run(model, image).outputs["mean"]
    assert plain[4] - brighter[4] == pytest.approx(100 * np.log10(2), abs=1e-3)
    swapped = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=np.float32)
    coloured = np.full((TILE_PX, TILE_PX, 3), (200, 100, 50), dtype=np.uint8)
    turned = np.ascontiguousarray(coloured[..., [1, 0, 2]])
    left = run(model, coloured, correction=swapped).outputs["mean"]
    right = run(model, turned).outputs["mean"]
    assert left.tolist() == pytest.approx(right.tolist(), abs=1e-4)


def test_only_skin_is_measured_and_uneven_skin_is_told_from_even_skin(
    model: ReleasedModel,
) -> None:
    image = np.full((4 * TILE_PX, 4 * TILE_PX, 3), (190, 140, 115), dtype=np.uint8)
    even = run(model, image).outputs
    image[: 2 * TILE_PX] = (150, 105, 90)
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    mask[2 * TILE_PX :] = 255
    lower_half = run(model, image, mask).outputs
    assert lower_half["mean"].tolist() == pytest.approx(even["mean"].tolist())
    assert lower_half["tile_count"] == 8
    uneven = run(model, image).outputs
    assert numbers(lower_half, "tile_delta_e_mean") < 0.001
    assert numbers(uneven, "tile_delta_e_mean") > 5
    assert numbers(uneven, "sd")[0] > 5


def test_skin_out_of_range_is_counted(model: ReleasedModel) -> None:
    image = np.full((TILE_PX, TILE_PX, 3), 120, dtype=np.uint8)
    image[:8] = (250, 100, 100)
    image[8:12] = (5, 3, 0)
    assert run(model, image).outputs["clipped_fraction"] == pytest.approx(12 / TILE_PX)


@pytest.mark.verifies("DRV-20")
def test_all_that_the_first_release_gives_out_is_unchanged_in_the_newer_one(
    model: ReleasedModel,
) -> None:
    random = np.random.default_rng(8)
    image = random.integers(60, 220, (90, 70, 3), dtype=np.uint8)
    mask = (random.random((90, 70)) < 0.8).astype(np.uint8)
    content = build_skin_colour_graph("1.0.0")
    first = ReleasedModel.load(content, expected=Digest.of(content))
    given: dict[str, Tensor] = {
        "image": image,
        "colour_correction": IDENTITY,
        "skin_mask": mask,
    }
    before = first.run(given, preprocessing="none").outputs
    now = run(model, image, mask).outputs
    for name, each in before.items():
        assert each.tobytes() == now[name].tobytes(), name


@pytest.mark.verifies("DRV-20")
def test_two_processes_and_repeated_runs_give_the_same_bits(model: ReleasedModel) -> None:
    code = (
        "import numpy as np;"
        "from adapters.inference.onnx_model import ReleasedModel;"
        "from adapters.inference.skin_colour_graph import build_skin_colour_graph;"
        "from domain.values.content import Digest;"
        "r=np.random.default_rng(5);g=build_skin_colour_graph();"
        "i=r.integers(0,256,(200,180,3),dtype=np.uint8);m=(r.random((200,180))<.5).astype('uint8');"
        "l=np.ones((200,180),dtype=np.uint8);"
        "x={'image':i,'skin_mask':m,'lit_mask':l,'colour_correction':np.eye(3,dtype=np.float32)};"
        "print(ReleasedModel.load(g,expected=Digest.of(g)).run(x,preprocessing='none').digest)"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    random = np.random.default_rng(5)
    image = random.integers(0, 256, (200, 180, 3), dtype=np.uint8)
    mask = (random.random((200, 180)) < 0.5).astype(np.uint8)
    first, second = run(model, image, mask), run(model, image, mask)
    assert first.digest == second.digest == other.stdout.strip()
