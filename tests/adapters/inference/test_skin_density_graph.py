"""The density models against the optics they stand on, and against plain arithmetic."""

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.inference.onnx_model import ReleasedModel, RuntimeSettings
from adapters.inference.skin_density_graph import (
    HAEMOGLOBIN_VECTOR,
    LUMINANCE_DENSITY_MAP,
    MAPS,
    MELANIN_VECTOR,
    RED_DENSITY_MAP,
    build_skin_density_graph,
    density_to_parts,
)
from adapters.inference.tensors import Tensor
from device.simulation.identity import TypologyClass
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, skin_linear
from domain.values.content import Digest

SEPARATED = list(TypologyClass)[:4]


def density(melanin: float, blood: float) -> NDArray[np.float64]:
    return np.asarray(-np.log(skin_linear(np.array(melanin), np.array(blood))))


def run(linear: Tensor, mask: Tensor, *, threads: int = 1) -> dict[str, Tensor]:
    graph = build_skin_density_graph("test", "1.0.0", MAPS)
    model = ReleasedModel.load(
        graph, expected=Digest.of(graph), settings=RuntimeSettings(threads=threads)
    )
    correction = np.diag([1.1, 1.0, 0.9]).astype(np.float32)
    result = model.run(
        {"linear": linear, "colour_correction": correction, "skin_mask": mask},
        preprocessing="none",
    )
    return dict(result.outputs)


def test_the_absorption_vectors_follow_from_the_published_optics() -> None:
    changes = []
    for tone in SEPARATED:
        melanin, step = melanin_of(tone), 1e-4
        by_melanin = density(melanin + step, BLOOD_FRACTION) - density(
            melanin - step, BLOOD_FRACTION
        )
        by_blood = density(melanin, BLOOD_FRACTION + step) - density(melanin, BLOOD_FRACTION - step)
        changes.append([each / each[1] for each in (by_melanin, by_blood)])
    mean = np.mean(changes, axis=0)
    assert mean[0] == pytest.approx(MELANIN_VECTOR, abs=1e-3)
    assert mean[1] == pytest.approx(HAEMOGLOBIN_VECTOR, abs=1e-3)


@pytest.mark.parametrize("tone", SEPARATED)
def test_melanin_moves_the_melanin_map_blood_the_other_and_shade_neither(
    tone: TypologyClass,
) -> None:
    parts, melanin, step = density_to_parts(), melanin_of(tone), 0.002
    plain = parts @ density(melanin, BLOOD_FRACTION)
    more_melanin = parts @ density(melanin + step, BLOOD_FRACTION) - plain
    more_blood = parts @ density(melanin, BLOOD_FRACTION + step) - plain
    assert abs(more_melanin[1]) < 0.05 * more_melanin[0]
    assert abs(more_blood[0]) < 0.16 * more_blood[1]
    shaded = parts @ (density(melanin, BLOOD_FRACTION) + 0.7) - plain
    assert shaded == pytest.approx([0, 0, 0.7], abs=1e-12)


def test_on_dark_skin_the_separation_fails_which_is_why_it_is_withheld_there() -> None:
    parts, melanin = density_to_parts(), melanin_of(TypologyClass.DARK)
    change = parts @ (density(melanin + 0.002, BLOOD_FRACTION) - density(melanin, BLOOD_FRACTION))
    assert change[0] < 0


def test_the_graph_computes_what_the_formula_says_and_nothing_off_the_skin() -> None:
    rng = np.random.default_rng(3)
    linear = rng.uniform(0.0, 1.0, (40, 30, 3)).astype(np.float32)
    mask = (rng.random((40, 30)) > 0.3).astype(np.uint8)
    found = run(linear, mask)
    corrected = linear.astype(np.float64) * [1.1, 1.0, 0.9]
    expected = -np.log(np.maximum(corrected, 1e-3))
    parts = expected @ density_to_parts().T
    for place, name in enumerate(("melanin_map", "haemoglobin_map", "shading_map")):
        assert np.asarray(found[name])[mask > 0] == pytest.approx(
            parts[mask > 0][:, place], abs=1e-4
        )
    assert np.asarray(found[RED_DENSITY_MAP])[mask > 0] == pytest.approx(
        expected[mask > 0][:, 0], abs=1e-5
    )
    luminance = corrected @ [0.2126390, 0.7151687, 0.0721923]
    assert np.asarray(found[LUMINANCE_DENSITY_MAP])[mask > 0] == pytest.approx(
        -np.log(luminance[mask > 0]), abs=1e-4
    )
    assert all(np.isnan(np.asarray(found[name], np.float32)[mask == 0]).all() for name in MAPS)


@pytest.mark.verifies("DRV-20")
def test_bytes_and_results_repeat_and_threads_change_the_last_bit_at_most() -> None:
    assert build_skin_density_graph("a", "1", MAPS) == build_skin_density_graph("a", "1", MAPS)
    assert build_skin_density_graph("a", "1", MAPS) != build_skin_density_graph("a", "2", MAPS)
    linear = np.random.default_rng(1).random((90, 70, 3), dtype=np.float32)
    mask = np.ones((90, 70), np.uint8)
    one, again, two = run(linear, mask), run(linear, mask), run(linear, mask, threads=2)
    assert all(np.array_equal(np.asarray(one[name]), np.asarray(again[name])) for name in MAPS)
    # The runtime cuts its matrices elsewhere, which is why recorded runs have one thread.
    for name in MAPS:
        assert np.asarray(two[name]) == pytest.approx(np.asarray(one[name]), abs=1e-6)
