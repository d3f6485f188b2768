"""Running a recorded inference again."""

import dataclasses
import math

import numpy as np
import pytest

from adapters.inference.onnx_model import ReleasedModel
from adapters.inference.reproduction import (
    Outcome,
    RecordedRun,
    ReproductionResult,
    reproduce,
)
from adapters.inference.skin_colour_graph import build_skin_colour_graph
from adapters.inference.tensors import Tensor, tensor_digest
from domain.errors import DigestMismatch, MalformedInput
from domain.values.content import Digest
from domain.values.model import TensorDigest

GRAPH = build_skin_colour_graph()


def inputs() -> dict[str, Tensor]:
    random = np.random.default_rng(11)
    return {
        "image": random.integers(90, 200, (64, 64, 3), dtype=np.uint8),
        "colour_correction": np.eye(3, dtype=np.float32),
        "skin_mask": np.ones((64, 64), dtype=np.uint8),
        "lit_mask": np.ones((64, 64), dtype=np.uint8),
    }


@pytest.fixture(scope="module")
def recorded() -> RecordedRun:
    model = ReleasedModel.load(GRAPH, expected=Digest.of(GRAPH))
    run = model.run(inputs(), preprocessing="skin-mask/1")
    return RecordedRun(
        facts=run.facts,
        input_digests=run.input_digests,
        output_digests=run.output_digests,
        outputs={name: run.outputs[name] for name in ("mean", "sd", "pixel_count")},
    )


def again(
    recorded: RecordedRun,
    *,
    given: dict[str, Tensor] | None = None,
    model_bytes: bytes = GRAPH,
    preprocessing: str = "skin-mask/1",
    tolerance: float = 1e-6,
) -> ReproductionResult:
    return reproduce(
        model_bytes=model_bytes,
        inputs=inputs() if given is None else given,
        recorded=recorded,
        preprocessing=preprocessing,
        tolerance=tolerance,
    )


@pytest.mark.verifies("DRV-20")
def test_the_same_run_is_bit_identical_and_nothing_changed(recorded: RecordedRun) -> None:
    result = again(recorded)
    assert result.outcome is Outcome.BIT_IDENTICAL
    assert result.changed == ()
    assert len(result.outputs) == 16
    assert result.evidence.startswith("nothing changed; clipped_fraction bit-identical")


def test_a_changed_input_is_named_and_the_result_differs(recorded: RecordedRun) -> None:
    given = inputs()
    given["image"] = given["image"] // 2
    result = again(recorded, given=given)
    assert result.outcome is Outcome.DIFFERENT
    assert result.changed == ("input:image",)


def test_another_model_is_named_and_not_run(recorded: RecordedRun) -> None:
    result = again(recorded, model_bytes=GRAPH + b"\x32\x00")
    assert result == ReproductionResult(outcome=Outcome.DIFFERENT, changed=("model",), outputs=())
    assert result.evidence == "not run; changed: model"


def test_other_settings_and_platforms_are_named_though_results_agree(
    recorded: RecordedRun,
) -> None:
    facts = dataclasses.replace(
        recorded.facts, threads=4, settings=("other=1",), platform=Digest.of(b"elsewhere")
    )
    result = again(dataclasses.replace(recorded, facts=facts), preprocessing="skin-mask/0")
    assert result.outcome is Outcome.BIT_IDENTICAL
    assert result.changed == ("threads", "settings", "platform", "preprocessing")


def nearly(recorded: RecordedRun, shift: float) -> RecordedRun:
    """Return the record as a platform with slightly other rounding would have written it."""
    mean = recorded.outputs["mean"].astype(np.float64) + shift
    digests = tuple(
        TensorDigest(name="mean", digest=tensor_digest(mean)) if each.name == "mean" else each
        for each in recorded.output_digests
    )
    outputs = {**recorded.outputs, "mean": mean}
    return dataclasses.replace(recorded, output_digests=digests, outputs=outputs)


def test_a_small_difference_is_judged_by_the_declared_tolerance(recorded: RecordedRun) -> None:
    close = again(nearly(recorded, 4e-7), tolerance=1e-6)
    assert close.outcome is Outcome.WITHIN_TOLERANCE
    by_name = {each.name: each for each in close.outputs}
    assert by_name["mean"].largest_difference == pytest.approx(4e-7, rel=1e-3)
    assert by_name["sd"].outcome is Outcome.BIT_IDENTICAL
    assert "mean off by at most 4e-07" in close.evidence
    assert again(nearly(recorded, 4e-7), tolerance=1e-7).outcome is Outcome.DIFFERENT


def test_an_output_known_by_digest_alone_can_only_be_identical_or_different(
    recorded: RecordedRun,
) -> None:
    unknown = nearly(recorded, 4e-7)
    kept = {name: unknown.outputs[name] for name in ("sd",)}
    result = again(dataclasses.replace(unknown, outputs=kept), tolerance=1.0)
    assert result.outcome is Outcome.DIFFERENT
    assert "not kept" in result.evidence


def test_a_kept_tensor_that_is_not_the_recorded_one_is_an_integrity_failure(
    recorded: RecordedRun,
) -> None:
    with pytest.raises(DigestMismatch):
        dataclasses.replace(recorded, outputs={"mean": np.zeros(6)})


def test_nan_in_other_places_is_a_difference(recorded: RecordedRun) -> None:
    mean = recorded.outputs["mean"].astype(np.float64)
    mean[0] = math.nan
    digests = tuple(
        TensorDigest(name="mean", digest=tensor_digest(mean)) if each.name == "mean" else each
        for each in recorded.output_digests
    )
    other = dataclasses.replace(recorded, output_digests=digests, outputs={"mean": mean})
    assert again(other, tolerance=1e9).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize("tolerance", [-1e-9, math.nan, math.inf])
def test_a_tolerance_is_a_number_from_zero(recorded: RecordedRun, tolerance: float) -> None:
    with pytest.raises(MalformedInput):
        again(recorded, tolerance=tolerance)
