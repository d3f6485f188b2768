"""Loading a released model and the facts of its runs."""

import dataclasses

import numpy as np
import onnxruntime
import pytest

from adapters.inference.onnx_model import RECORDED_SETTINGS, ReleasedModel, RuntimeSettings
from adapters.inference.skin_colour_graph import build_skin_colour_graph
from adapters.inference.tensors import Tensor
from domain.errors import DigestMismatch, MalformedInput
from domain.values.content import Digest


@pytest.fixture(scope="module")
def graph() -> bytes:
    return build_skin_colour_graph()


def inputs() -> dict[str, Tensor]:
    random = np.random.default_rng(3)
    return {
        "image": random.integers(0, 256, (48, 64, 3), dtype=np.uint8),
        "colour_correction": np.eye(3, dtype=np.float32),
        "skin_mask": np.ones((48, 64), dtype=np.uint8),
        "lit_mask": np.ones((48, 64), dtype=np.uint8),
    }


@pytest.mark.verifies("DRV-18")
def test_bytes_that_are_not_those_of_the_release_are_refused(graph: bytes) -> None:
    changed = bytes([graph[0] ^ 1]) + graph[1:]
    with pytest.raises(DigestMismatch):
        ReleasedModel.load(changed, expected=Digest.of(graph))


@pytest.mark.parametrize("content", [b"no model", b"", b"\x08\x09"])
def test_bytes_that_are_no_model_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        ReleasedModel.load(content, expected=Digest.of(content))


@pytest.mark.verifies("DRV-19")
def test_a_run_reports_how_it_was_done(graph: bytes) -> None:
    model = ReleasedModel.load(graph, expected=Digest.of(graph))
    run = model.run(inputs(), preprocessing="skin-mask/1")
    facts = run.facts
    assert facts.model == Digest.of(graph)
    assert facts.runtime == f"onnxruntime {onnxruntime.__version__}"
    assert facts.provider == "CPUExecutionProvider"
    assert facts.precision == "float32+float64"
    assert facts.threads == 1
    assert facts.settings == (
        "execution_mode=sequential",
        "graph_optimisation=basic",
        "inter_op_threads=1",
        "intra_op_threads=1",
        "deterministic_compute=true",
    )
    assert facts.preprocessing == "skin-mask/1"
    assert [each.name for each in run.input_digests] == sorted(inputs())
    assert {each.name for each in run.output_digests} == run.outputs.keys()


def test_a_changed_pixel_model_setting_or_preprocessing_changes_the_run_digest(
    graph: bytes,
) -> None:
    model = ReleasedModel.load(graph, expected=Digest.of(graph))
    given = inputs()
    base = model.run(given, preprocessing="none").digest
    assert model.run(given, preprocessing="none").digest == base

    pixel = given["image"].copy()
    pixel[5, 5, 0] ^= 1
    other_model = graph + b"\x32\x00"  # an empty documentation text: another model, the same result
    loaded = ReleasedModel.load(other_model, expected=Digest.of(other_model))
    threads = RuntimeSettings(threads=2)
    two_threads = ReleasedModel.load(graph, expected=Digest.of(graph), settings=threads)
    digests = {
        base,
        model.run(given | {"image": pixel}, preprocessing="none").digest,
        model.run(given, preprocessing="skin-mask/1").digest,
        loaded.run(given, preprocessing="none").digest,
        two_threads.run(given, preprocessing="none").digest,
    }
    assert len(digests) == 5


def test_threads_and_levels_change_facts_but_not_results(graph: bytes) -> None:
    results = []
    for settings in (
        RECORDED_SETTINGS,
        RuntimeSettings(threads=2),
        RuntimeSettings(optimisation="disabled"),
    ):
        model = ReleasedModel.load(graph, expected=Digest.of(graph), settings=settings)
        results.append(model.run(inputs(), preprocessing="none").output_digests)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    "changes",
    [
        {"image": np.zeros((48, 64, 3), dtype=np.float32)},
        {"image": np.zeros((48, 64), dtype=np.uint8)},
        {"image": np.zeros((48, 64, 4), dtype=np.uint8)},
        {"image": np.zeros((48, 65, 3), dtype=np.uint8)},
        {
            "image": np.zeros((0, 64, 3), np.uint8),
            "skin_mask": np.zeros((0, 64), np.uint8),
            "lit_mask": np.zeros((0, 64), np.uint8),
        },
        {"colour_correction": np.eye(4, dtype=np.float32)},
        {"more": np.zeros(1, dtype=np.uint8)},
    ],
)
def test_inputs_that_are_not_the_models_are_refused(
    graph: bytes, changes: dict[str, Tensor]
) -> None:
    model = ReleasedModel.load(graph, expected=Digest.of(graph))
    with pytest.raises(MalformedInput):
        model.run(inputs() | changes, preprocessing="none")


def test_a_missing_input_is_refused(graph: bytes) -> None:
    model = ReleasedModel.load(graph, expected=Digest.of(graph))
    incomplete = inputs()
    del incomplete["skin_mask"]
    with pytest.raises(MalformedInput):
        model.run(incomplete, preprocessing="none")


@pytest.mark.parametrize("change", [{"threads": 0}, {"optimisation": "all"}])
def test_settings_the_runtime_does_not_have_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        dataclasses.replace(RECORDED_SETTINGS, **change)  # type: ignore[arg-type]
