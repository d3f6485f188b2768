"""Runs of released models, and what ran in their shadow, executed again [DRV-20].

Rules kept here:

1. Model and frame are read from where they were stored then; the inputs are made of them anew.
2. Only digests of the outputs were kept, so a repeat that is not identical counts as different.
"""

from dataclasses import replace
from typing import Final

from adapters.inference.analyses import steps_of
from adapters.inference.reproduction import RecordedRun, ReproductionResult, reproduce
from adapters.released_model import read_input, read_manifest, steps_after
from adapters.repeating.repeated import Repeated
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.inference import InferenceCompleted, InferenceRequested, ShadowCompared
from domain.events.record import Record
from domain.handling import load_existing
from domain.rules.inference import INFERENCE
from domain.rules.model_release import MODEL_RELEASE
from domain.values.content import Digest
from domain.values.identifiers import InferenceId

INFERENCE_RUN: Final = "inference"
SHADOW_RUN: Final = "shadow"


def run_again(
    bench: Workbench, requested: InferenceRequested, recorded: InferenceCompleted | ShadowCompared
) -> ReproductionResult:
    """Execute a recorded run again and compare.

    Raises:
        NotFound: content that it needs is not stored, or its release is not registered.
        ContentErased: the subject was erased.
        IntegrityFailure: what is stored is not what was recorded.
        MalformedInput: what is stored is nothing that the model can be given.
    """
    release, _ = load_existing(bench.log, MODEL_RELEASE, requested.release.stream)
    if release.registered is None:
        message = f"nothing was registered under {requested.release}"
        raise NotFound(message)
    manifest = read_manifest(bench, release.registered.manifest)
    altered = _altered_frames(bench, requested)
    steps = steps_of(manifest)
    given = read_input(bench, requested, manifest, steps)
    result = reproduce(
        model_bytes=bench.content(requested.model, key=bench.clinic_key),
        inputs=given.tensors,
        recorded=RecordedRun(
            facts=recorded.run,
            input_digests=recorded.inputs,
            output_digests=recorded.outputs,
            outputs={},
        ),
        preprocessing=steps.preprocessing,
        tolerance=0.0,
        after=steps_after(steps, given),
    )
    return replace(result, changed=(*altered, *result.changed))


def repeat_run(bench: Workbench, record: Record, event: InferenceCompleted) -> Repeated:
    """Execute a run again."""
    requested = _requested(bench, record)
    return _repeated(record, INFERENCE_RUN, run_again(bench, requested, event))


def repeat_shadow(bench: Workbench, record: Record, event: ShadowCompared) -> Repeated:
    """Execute again what ran in the shadow of a run."""
    beside = replace(_requested(bench, record), release=event.release, model=event.run.model)
    return _repeated(record, SHADOW_RUN, run_again(bench, beside, event))


def _altered_frames(bench: Workbench, requested: InferenceRequested) -> tuple[str, ...]:
    """Name frames that are not the recorded ones, also where the model sees no difference."""
    key = f"subject:{requested.subject}"
    return tuple(
        f"frame:{number}"
        for number, digest in enumerate(requested.frames, start=1)
        if Digest.of(bench.content(digest, key=key)) != digest
    )


def _requested(bench: Workbench, record: Record) -> InferenceRequested:
    run, _ = load_existing(bench.log, INFERENCE, InferenceId.of_stream(record.stream).stream)
    if run.requested is None:
        message = f"nobody called for {record.stream}"
        raise NotFound(message)
    return run.requested


def _repeated(record: Record, what: str, result: ReproductionResult) -> Repeated:
    return Repeated(
        seq=record.seq,
        what=what,
        of=record.stream,
        outcome=result.outcome,
        evidence=result.evidence,
    )
