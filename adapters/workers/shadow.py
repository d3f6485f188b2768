"""Runs releases in the shadow of approved ones, and records how their results differ.

Rules kept here:

1. A release in the shadow is given the capture that the approved one was given, with the same
   consent and under its own domain; what it gives is compared, and shown to nobody as a finding.
2. No map of it is stored: differences of numbers and words are all that is kept.
3. Whatever it does, the approved run stands; what a shadow cannot do is recorded as refused. Bytes
   that are not what was registered stop the workers here as everywhere.
"""

from functools import partial

from adapters.model_run import STORED_RULE, NotRun, run_release
from adapters.workbench import Workbench
from domain.errors import IntegrityFailure
from domain.events.inference import (
    InferenceCompleted,
    InferenceRequested,
    ShadowCompared,
    ShadowRefused,
)
from domain.events.model_release import ModelRegistered
from domain.events.record import Record
from domain.handling import load, load_existing, update
from domain.policies import CompareShadows
from domain.rules.inference import INFERENCE, compare_shadow, differences, refuse_shadow
from domain.rules.model_release import MODEL_RELEASE, approved
from domain.values.identifiers import InferenceId, ReleaseId

WORKER = "shadow"


def compare_shadows(bench: Workbench, step: CompareShadows, calling: Record) -> tuple[Record, ...]:
    """Run every release in the shadow of a run's release; () when all was compared before."""
    run, _ = load_existing(bench.log, INFERENCE, step.inference.stream)
    if run.requested is None or run.completed is None:
        return ()
    made: list[Record] = []
    for registered in _shadows_of(bench, run.requested.release):
        if registered.release not in run.compared:
            made += _compared(bench, run.requested, run.completed, registered, calling)
    return tuple(made)


def _shadows_of(bench: Workbench, release: ReleaseId) -> list[ModelRegistered]:
    lit, _ = load(bench.log, MODEL_RELEASE, release.stream)
    if not approved(lit):
        return []
    found = []
    for stream in bench.streams.of_kind(ReleaseId.kind):
        other, _ = load(bench.log, MODEL_RELEASE, stream)
        if other.registered is not None and other.beside == release:
            found.append(other.registered)
    return sorted(found, key=lambda each: each.release)


def _compared(
    bench: Workbench,
    requested: InferenceRequested,
    completed: InferenceCompleted,
    registered: ModelRegistered,
    calling: Record,
) -> tuple[Record, ...]:
    """Run one release in the shadow and record how it differs, or why it was refused."""
    record = partial(
        update,
        bench.log,
        INFERENCE,
        requested.inference.stream,
        context=bench.context(calling, WORKER, subject=requested.subject),
    )
    beside = InferenceRequested(
        inference=InferenceId.derived(requested.attempt, registered.release),
        subject=requested.subject,
        session=requested.session,
        attempt=requested.attempt,
        release=registered.release,
        model=registered.manifest.model.digest,
        frames=requested.frames,
    )
    try:
        result, reported = run_release(bench, beside, registered.manifest)
    except NotRun as refused:
        why = ShadowRefused(
            release=registered.release, rule=refused.rule, evidence=refused.evidence
        )
        return record(lambda run: refuse_shadow(run, why))
    except IntegrityFailure as found:
        why = ShadowRefused(
            release=registered.release,
            rule=STORED_RULE,
            evidence=f"{type(found).__name__}: {found}",
        )
        record(lambda run: refuse_shadow(run, why))
        raise
    compared = ShadowCompared(
        release=registered.release,
        run=result.facts,
        inputs=result.input_digests,
        outputs=result.output_digests,
        differences=differences(completed.findings, reported.findings),
    )
    return record(lambda run: compare_shadow(run, compared))
