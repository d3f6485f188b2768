"""Running a recorded inference again, and saying what became of it [DRV-20].

Rules kept here:

1. A model that is not the recorded one is named as the difference, and not run.
2. Bit-identical is decided by digests; closeness only for outputs whose tensors were kept.
3. Whatever differs in model, inputs, settings or platform is named, whether or not results agree.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from adapters.inference.onnx_model import InferenceRun, ReleasedModel, StepsAfter
from adapters.inference.tensors import Tensor, tensor_digests
from domain.errors import DigestMismatch, MalformedInput
from domain.values.content import Digest
from domain.values.model import RunFacts, TensorDigest


class Outcome(StrEnum):
    """How the repeated run compares with the recorded one."""

    BIT_IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within-tolerance"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """What the record kept of a run.

    Attributes:
        facts: Model, runtime, settings and platform.
        input_digests: Inputs by name and digest.
        output_digests: Outputs by name and digest.
        outputs: The output tensors that were kept; the others are known by digest alone.
    """

    facts: RunFacts
    input_digests: tuple[TensorDigest, ...]
    output_digests: tuple[TensorDigest, ...]
    outputs: Mapping[str, Tensor]

    def __post_init__(self) -> None:
        """Refuse kept tensors that are not the recorded ones.

        Raises:
            DigestMismatch: a kept tensor does not have its recorded digest.
        """
        recorded = {each.name: each.digest for each in self.output_digests}
        for each in tensor_digests(self.outputs):
            if recorded.get(each.name) != each.digest:
                raise DigestMismatch(f"the kept output {each.name} is not the one recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputComparison:
    """One output of both runs.

    Attributes:
        name: The output's name.
        outcome: How it compares.
        largest_difference: Largest absolute difference of an element; absent when the recorded
            tensor was not kept, shapes differ, or NaNs stand in other places.
    """

    name: str
    outcome: Outcome
    largest_difference: float | None

    @property
    def words(self) -> str:
        """The comparison in words."""
        if self.outcome is Outcome.BIT_IDENTICAL:
            return "bit-identical"
        if self.largest_difference is None:
            return "different, its recorded values were not kept or have another shape"
        return f"off by at most {self.largest_difference:.3g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproductionResult:
    """What running a recorded inference again showed.

    Attributes:
        outcome: The worst outcome of any output.
        changed: What differs from the record: ``model``, ``input:<name>``, ``runtime``,
            ``provider``, ``precision``, ``threads``, ``settings``, ``platform``,
            ``preprocessing``; empty when nothing does.
        outputs: Each output, ordered by name; empty when nothing was run.
    """

    outcome: Outcome
    changed: tuple[str, ...]
    outputs: tuple[OutputComparison, ...]

    @property
    def evidence(self) -> str:
        """What was compared, in words, for the record."""
        changed = f"changed: {', '.join(self.changed)}" if self.changed else "nothing changed"
        if not self.outputs:
            return f"not run; {changed}"
        words = ", ".join(f"{each.name} {each.words}" for each in self.outputs)
        return f"{changed}; {words}"


def reproduce(
    *,
    model_bytes: bytes,
    inputs: Mapping[str, Tensor],
    recorded: RecordedRun,
    preprocessing: str,
    tolerance: float,
    after: StepsAfter | None = None,
) -> ReproductionResult:
    """Run the recorded inference again under the recorded settings of this build, and compare.

    Args:
        model_bytes: The stored model.
        inputs: The stored inputs.
        recorded: What the record kept.
        preprocessing: Name and version of the steps that made ``inputs``.
        tolerance: Largest absolute difference of an element that still counts as reproduced.
        after: The steps after the model.

    Raises:
        MalformedInput: the tolerance is negative or no number, or the inputs do not fit the model.
    """
    if not tolerance >= 0 or not math.isfinite(tolerance):
        raise MalformedInput("a tolerance is a finite number, at least 0")
    if Digest.of(model_bytes) != recorded.facts.model:
        given = {**inputs, **({} if after is None else after.beside)}
        changed = ("model", *_changed_inputs(tensor_digests(given), recorded.input_digests))
        return ReproductionResult(outcome=Outcome.DIFFERENT, changed=changed, outputs=())
    model = ReleasedModel.load(model_bytes, expected=recorded.facts.model)
    run = model.run(inputs, preprocessing=preprocessing)
    if after is not None:
        run = after.taken(run)
    changed = (
        *_changed_inputs(run.input_digests, recorded.input_digests),
        *_changed_facts(run.facts, recorded.facts),
    )
    comparisons = tuple(_compare(each, run, recorded, tolerance) for each in _names(run, recorded))
    severity = list(Outcome)
    worst = max((each.outcome for each in comparisons), key=severity.index)
    return ReproductionResult(outcome=worst, changed=changed, outputs=comparisons)


def _changed_inputs(
    now: tuple[TensorDigest, ...], then: tuple[TensorDigest, ...]
) -> tuple[str, ...]:
    before = {each.name: each.digest for each in then}
    after = {each.name: each.digest for each in now}
    names = sorted(before.keys() | after.keys())
    return tuple(f"input:{name}" for name in names if before.get(name) != after.get(name))


def _changed_facts(now: RunFacts, then: RunFacts) -> tuple[str, ...]:
    pairs = (
        ("runtime", now.runtime, then.runtime),
        ("provider", now.provider, then.provider),
        ("precision", now.precision, then.precision),
        ("threads", now.threads, then.threads),
        ("settings", now.settings, then.settings),
        ("platform", now.platform, then.platform),
        ("preprocessing", now.preprocessing, then.preprocessing),
    )
    return tuple(name for name, after, before in pairs if after != before)


def _names(run: InferenceRun, recorded: RecordedRun) -> list[str]:
    names = {each.name for each in run.output_digests}
    return sorted(names | {each.name for each in recorded.output_digests})


def _compare(
    name: str, run: InferenceRun, recorded: RecordedRun, tolerance: float
) -> OutputComparison:
    """Compare one output by digest and, where that fails and a tensor was kept, by value."""
    before = {each.name: each.digest for each in recorded.output_digests}
    after = {each.name: each.digest for each in run.output_digests}
    if before.get(name) == after.get(name):
        return OutputComparison(name=name, outcome=Outcome.BIT_IDENTICAL, largest_difference=0.0)
    difference = _largest_difference(run.outputs.get(name), recorded.outputs.get(name))
    close = difference is not None and difference <= tolerance
    return OutputComparison(
        name=name,
        outcome=Outcome.WITHIN_TOLERANCE if close else Outcome.DIFFERENT,
        largest_difference=difference,
    )


def _largest_difference(now: Tensor | None, then: Tensor | None) -> float | None:
    if now is None or then is None or now.shape != then.shape or now.dtype != then.dtype:
        return None
    left, right = now.astype(np.float64), then.astype(np.float64)
    nowhere = np.isnan(left)
    if not np.array_equal(nowhere, np.isnan(right)):
        return None
    differences = np.abs(left[~nowhere] - right[~nowhere])
    return float(differences.max(initial=0.0))
