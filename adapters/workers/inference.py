"""Calls for runs of approved models on accepted attempts, and executes them.

Rules kept here:

1. Only accepted attempts are analysed [DRV-29], and only with consent to analysis; without, the
   output is withheld with the reason. Consent and approval are asked again when a run begins,
   because either may have ended since. It is withheld, too, unless one face is in view.
2. What is stored of a model and is not what was released is refused, on the record, and stops the
   workers; once it is put right the run goes on [DRV-18]. Every other refusal ends the run.
3. Maps are stored, and what is withheld is recorded, before the results are: whoever reads a run's
   end finds all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapters.captures import Capture, read_capture
from adapters.inference.analyses import ANALYSES
from adapters.inference.analysis import Reported, WithheldMeasure
from adapters.model_run import (
    APPROVAL_RULE,
    CONSENT_RULE,
    REGISTRATION_RULE,
    STORED_RULE,
    NotRun,
    consent_to_analysis,
    run_release,
)
from adapters.workbench import Workbench
from domain.errors import IntegrityFailure, NotFound, Refusal
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.model_release import ModelRegistered
from domain.events.record import Record, StoredBlob
from domain.handling import Context, load, load_existing, update
from domain.policies import RequestInferences, RunInference
from domain.rules.attempt import withhold
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.inference import (
    FACE_RULE,
    INFERENCE,
    complete_inference,
    fail_inference,
    one_face,
    refuse_inference,
    request_inference,
)
from domain.rules.model_release import MODEL_RELEASE, approved
from domain.values.consent import Coverage
from domain.values.identifiers import InferenceId, ReleaseId
from domain.values.model import Artefact, ModelManifest
from domain.values.quality import QualityMeasurement

WORKER = "inference"
_ASK: Final = "Ask the client about analysis by software and capture again."
_MEDIA_TYPE: Final = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Executed:
    """What a run gave.

    Attributes:
        completed: Its results.
        stored: The maps that were stored.
        withheld: What it could not say.
    """

    completed: InferenceCompleted
    stored: tuple[StoredBlob, ...]
    withheld: tuple[WithheldMeasure, ...]


def request_inferences(
    bench: Workbench, step: RequestInferences, calling: Record
) -> tuple[Record, ...]:
    """Call for a run of every approved release, or withhold its output; () when all is done."""
    capture = read_capture(bench, step.session, step.attempt)
    consent = consent_to_analysis(bench, capture.subject)
    ground = _ground(capture, consent)
    context = bench.context(calling, WORKER, subject=capture.subject)
    made: list[Record] = []
    for registered in _approved_releases(bench):
        manifest = registered.manifest
        request = _request(capture, step, registered.release, manifest)
        if _settled(bench, capture, request, manifest):
            continue
        if ground is None:
            made += _call_for(bench, request, capture.attempt.measurements or (), consent, context)
        else:
            made += _withhold(bench, step, manifest, ground, context)
    return tuple(made)


def _approved_releases(bench: Workbench) -> list[ModelRegistered]:
    """Return every approved release, those first whose results others are given."""
    order = {name: place for place, name in enumerate(ANALYSES)}
    found = []
    for stream in bench.streams.of_kind(ReleaseId.kind):
        release, _ = load(bench.log, MODEL_RELEASE, stream)
        if release.registered is not None and approved(release):
            found.append(release.registered)
    return sorted(found, key=lambda each: order.get(each.manifest.name, len(order)))


def run_inference(bench: Workbench, step: RunInference, calling: Record) -> tuple[Record, ...]:
    """Execute a run and record its result or its failure; () when it ended before."""
    run, _ = load_existing(bench.log, INFERENCE, step.inference.stream)
    if run.requested is None or run.ended:
        return ()
    requested = run.requested
    try:
        executed = _execute(bench, requested)
    except (IntegrityFailure, NotFound) as found:
        evidence = f"{type(found).__name__}: {found}"
        update(
            bench.log,
            INFERENCE,
            step.inference.stream,
            lambda state: refuse_inference(state, rule=STORED_RULE, evidence=evidence),
            bench.context(calling, WORKER, subject=requested.subject),
        )
        raise
    except NotRun as refused:
        rule, evidence = refused.rule, refused.evidence
        return update(
            bench.log,
            INFERENCE,
            step.inference.stream,
            lambda state: fail_inference(state, rule=rule, evidence=evidence),
            bench.context(calling, WORKER, subject=requested.subject),
        )
    withheld = _withhold_measures(bench, requested, executed.withheld, calling)
    ended = update(
        bench.log,
        INFERENCE,
        step.inference.stream,
        lambda state: complete_inference(state, executed.completed),
        bench.context(calling, WORKER, subject=requested.subject, blobs=executed.stored),
    )
    return (*withheld, *ended)


def _request(
    capture: Capture, step: RequestInferences, release: ReleaseId, manifest: ModelManifest
) -> InferenceRequested:
    """Return the request to run a release on the attempt's first frame."""
    return InferenceRequested(
        inference=InferenceId.derived(step.attempt, release),
        subject=capture.subject,
        session=step.session,
        attempt=step.attempt,
        release=release,
        model=manifest.model.digest,
        frames=capture.attempt.digests[:1],
    )


def _settled(
    bench: Workbench, capture: Capture, request: InferenceRequested, manifest: ModelManifest
) -> bool:
    """Return whether this was called for or withheld before; a later consent changes neither."""
    run, _ = load(bench.log, INFERENCE, request.inference.stream)
    withheld = {(manifest.name, rule) for rule in (CONSENT_RULE, FACE_RULE)}
    return run.requested is not None or bool(withheld & set(capture.attempt.withheld))


def _call_for(
    bench: Workbench,
    request: InferenceRequested,
    measurements: Sequence[QualityMeasurement],
    consent: Coverage,
    context: Context,
) -> tuple[Record, ...]:
    return update(
        bench.log,
        INFERENCE,
        request.inference.stream,
        lambda run: request_inference(
            run,
            request,
            accepted=True,
            approved=True,
            consent=consent,
            measurements=measurements,
        ),
        context,
    )


def _ground(capture: Capture, consent: Coverage) -> Refusal | None:
    """Return on which ground every output is withheld; none when runs may be called for."""
    if not consent.covered:
        return Refusal(rule=CONSENT_RULE, evidence=consent.evidence, next_step=_ASK)
    return one_face(capture.attempt.measurements or ())


def _withhold(
    bench: Workbench,
    step: RequestInferences,
    manifest: ModelManifest,
    ground: Refusal,
    context: Context,
) -> tuple[Record, ...]:
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: withhold(session, step.attempt, output=manifest.name, grounds=(ground,)),
        context,
    )


def _execute(bench: Workbench, requested: InferenceRequested) -> _Executed:
    """Run the model and the steps around it, and store the maps.

    Raises:
        NotRun: the run may not be executed, or gave nothing that can be reported.
        IntegrityFailure: model or manifest are not what was registered.
        Unavailable: the runtime or the disk gave up.
    """
    release, _ = load(bench.log, MODEL_RELEASE, requested.release.stream)
    if release.registered is None:
        evidence = f"nothing was registered under {requested.release}"
        raise NotRun(rule=REGISTRATION_RULE, evidence=evidence)
    if not approved(release):
        evidence = f"model release {requested.release} is not approved any more"
        raise NotRun(rule=APPROVAL_RULE, evidence=evidence)
    result, reported = run_release(bench, requested, release.registered.manifest)
    artefacts, stored = _keep_results(bench, reported, f"subject:{requested.subject}")
    completed = InferenceCompleted(
        run=result.facts,
        inputs=result.input_digests,
        outputs=result.output_digests,
        findings=reported.findings,
        artefacts=artefacts,
    )
    return _Executed(completed=completed, stored=stored, withheld=reported.withheld)


def _keep_results(
    bench: Workbench, reported: Reported, key: str
) -> tuple[tuple[Artefact, ...], tuple[StoredBlob, ...]]:
    artefacts, kept = [], []
    for each in reported.overlays:
        content, stored = bench.keep(each.png, key=key, media_type=_MEDIA_TYPE)
        artefacts.append(Artefact(name=each.name, content=content, legend=each.legend))
        kept.append(stored)
    for document in reported.documents:
        content, stored = bench.keep(document.content, key=key, media_type=document.media_type)
        artefacts.append(Artefact(name=document.name, content=content, legend=document.legend))
        kept.append(stored)
    return tuple(artefacts), tuple(kept)


def _withhold_measures(
    bench: Workbench,
    requested: InferenceRequested,
    withheld: tuple[WithheldMeasure, ...],
    calling: Record,
) -> tuple[Record, ...]:
    """Record what a run could not say, before its end is recorded."""
    made: list[Record] = []
    context = bench.context(calling, WORKER, subject=requested.subject)
    for each in withheld:
        made += update(
            bench.log,
            CAPTURE_SESSION,
            requested.session.stream,
            partial(
                withhold, attempt=requested.attempt, output=each.output, grounds=(each.ground,)
            ),
            context,
        )
    return tuple(made)
