"""Executes a recorded run again from stored content and records how it compares [DRV-20].

Rules kept here:

1. Model and frame are read from where they were stored then; the inputs are made of them anew.
2. Whoever asks is the actor; a repeat is recorded each time it is asked for.
3. Only digests of the outputs were kept, so a repeat that is not identical counts as different.
"""

from adapters.inference.analyses import steps_of
from adapters.inference.onnx_model import platform_digest
from adapters.inference.reproduction import Outcome, RecordedRun, reproduce
from adapters.released_model import read_input, read_manifest, steps_after
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.inference import ReproductionChecked
from domain.events.record import Record
from domain.handling import Context, load_existing, update
from domain.rules.inference import INFERENCE, check_reproduction
from domain.rules.model_release import MODEL_RELEASE
from domain.values.actor import Actor
from domain.values.identifiers import InferenceId


def reproduce_inference(
    bench: Workbench, inference: InferenceId, *, actor: Actor, correlation: str
) -> Record:
    """Execute a recorded run again and record how it compares.

    Args:
        bench: What to work with.
        inference: The run.
        actor: Who asked for the repeat.
        correlation: Identifier of the piece of work it belongs to.

    Raises:
        NotFound: the run has no results, or content it needs is not stored.
        ContentErased: the subject was erased.
        IntegrityFailure: what is stored is not what was recorded.
    """
    run, _ = load_existing(bench.log, INFERENCE, inference.stream)
    requested, completed = run.requested, run.completed
    if requested is None or completed is None:
        message = f"run {inference} has no results to compare with"
        raise NotFound(message)
    release, _ = load_existing(bench.log, MODEL_RELEASE, requested.release.stream)
    if release.registered is None:
        message = f"nothing was registered under {requested.release}"
        raise NotFound(message)
    manifest = read_manifest(bench, release.registered.manifest)
    analysis = steps_of(manifest)
    given = read_input(bench, requested, manifest, analysis)
    result = reproduce(
        model_bytes=bench.content(requested.model, key=bench.clinic_key),
        inputs=given.tensors,
        recorded=RecordedRun(
            facts=completed.run,
            input_digests=completed.inputs,
            output_digests=completed.outputs,
            outputs={},
        ),
        preprocessing=analysis.preprocessing,
        tolerance=0.0,
        after=steps_after(analysis, given),
    )
    checked = ReproductionChecked(
        outcome=result.outcome.value, evidence=result.evidence, platform=platform_digest()
    )
    outputs = completed.outputs if result.outcome is Outcome.BIT_IDENTICAL else ()
    (record,) = update(
        bench.log,
        INFERENCE,
        inference.stream,
        lambda state: check_reproduction(state, checked, outputs=outputs),
        Context(
            clinic=bench.clinic, actor=actor, correlation=correlation, subject=requested.subject
        ),
    )
    return record
