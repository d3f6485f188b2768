"""Calls for runs of approved models on accepted attempts, and executes them.

Rules kept here:

1. Only accepted attempts are analysed [DRV-29], and only with consent to analysis; without, the
   output is withheld with the reason. Consent and approval are asked again when a run begins,
   because either may have ended since.
2. A model runs only from bytes with its released digest, under a manifest whose signature holds
   [DRV-18], on inputs inside its released domain [DRV-22].
3. Maps are stored, and what is withheld is recorded, before the results are: whoever reads a run's
   end finds all of it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from adapters.captures import Capture, read_capture
from adapters.inference.analyses import ANALYSES, analysis_of
from adapters.inference.analysis import Judged, Reported, WithheldMeasure
from adapters.inference.onnx_model import ReleasedModel
from adapters.released_model import read_input, read_manifest, steps_after
from adapters.workbench import Workbench
from domain.errors import MalformedInput, Refusal
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.model_release import ModelRegistered
from domain.events.record import Record, StoredBlob
from domain.handling import Context, load, load_existing, update
from domain.policies import RequestInferences, RunInference
from domain.rules.attempt import withhold
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.consent import CONSENT, covers
from domain.rules.inference import (
    INFERENCE,
    complete_inference,
    fail_inference,
    request_inference,
)
from domain.rules.model_release import MODEL_RELEASE, approved
from domain.values.consent import Coverage, Purpose
from domain.values.identifiers import ConsentId, InferenceId, ReleaseId, SubjectId
from domain.values.model import Artefact, ModelManifest

WORKER = "inference"
CONSENT_RULE: Final = "inference.consent"
APPROVAL_RULE: Final = "inference.approved-release"
_ASK: Final = "Ask the client about analysis by software and capture again."
_MEDIA_TYPE: Final = "image/png"


class _Refused(Exception):
    """The run may not be executed, or gave nothing to report; never leaves this module."""

    def __init__(self, rule: str, evidence: str) -> None:
        super().__init__(f"{rule}: {evidence}")
        self.rule = rule
        self.evidence = evidence


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
    consent = _consent(bench, capture.subject)
    context = bench.context(calling, WORKER, subject=capture.subject)
    made: list[Record] = []
    for registered in _approved_releases(bench):
        manifest = registered.manifest
        request = _request(capture, step, registered.release, manifest)
        if _settled(bench, capture, request, manifest):
            continue
        if consent.covered:
            made += _call_for(bench, request, consent, context)
        else:
            made += _withhold(bench, step, manifest, consent, context)
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
    except _Refused as refused:
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


def _consent(bench: Workbench, subject: SubjectId) -> Coverage:
    consent, _ = load(bench.log, CONSENT, ConsentId.derived(subject).stream)
    return covers(consent, Purpose.AI_ANALYSIS, bench.clock.now())


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
    return run.requested is not None or (manifest.name, CONSENT_RULE) in capture.attempt.withheld


def _call_for(
    bench: Workbench, request: InferenceRequested, consent: Coverage, context: Context
) -> tuple[Record, ...]:
    return update(
        bench.log,
        INFERENCE,
        request.inference.stream,
        lambda run: request_inference(run, request, accepted=True, approved=True, consent=consent),
        context,
    )


def _withhold(
    bench: Workbench,
    step: RequestInferences,
    manifest: ModelManifest,
    consent: Coverage,
    context: Context,
) -> tuple[Record, ...]:
    ground = Refusal(rule=CONSENT_RULE, evidence=consent.evidence, next_step=_ASK)
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
        _Refused: the run may not be executed, or gave nothing that can be reported.
        IntegrityFailure: model or manifest are not what was registered.
        Unavailable: the runtime or the disk gave up.
    """
    release, _ = load_existing(bench.log, MODEL_RELEASE, requested.release.stream)
    if release.registered is None or not approved(release):
        evidence = f"model release {requested.release} is not approved any more"
        raise _Refused(rule=APPROVAL_RULE, evidence=evidence)
    consent = _consent(bench, requested.subject)
    if not consent.covered:
        raise _Refused(rule=CONSENT_RULE, evidence=consent.evidence)
    manifest = read_manifest(bench, release.registered.manifest)
    model = ReleasedModel.load(
        bench.content(requested.model, key=bench.clinic_key), expected=requested.model
    )
    try:
        analysis = analysis_of(manifest.name)
        given = read_input(bench, requested, manifest, analysis)
        verdict = analysis.judge(manifest.input_domain, given)
        if not verdict.permitted:
            evidence = "; ".join(each.evidence for each in verdict.refusals)
            raise _Refused(rule=verdict.refusals[0].rule, evidence=evidence)
        result = steps_after(analysis, given).taken(
            model.run(given.tensors, preprocessing=analysis.preprocessing)
        )
        reported = analysis.reported(
            result.outputs,
            given,
            Judged(inference=requested.inference, domain=manifest.input_domain, verdict=verdict),
        )
    except MalformedInput as error:
        raise _Refused(rule="inference.input", evidence=str(error)) from error
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
