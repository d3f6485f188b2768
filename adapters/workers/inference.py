"""Calls for runs of approved models on accepted attempts, and executes them.

Rules kept here:

1. Only accepted attempts are analysed [DRV-29], and only with consent to analysis; without, the
   output is withheld with the reason. Consent and approval are asked again when a run begins,
   because either may have ended since.
2. A model runs only from bytes with its released digest, under a manifest whose signature holds
   [DRV-18], on inputs inside its released domain [DRV-22].
3. Maps are stored before the results that name them are recorded.
"""

from typing import Final

from adapters.captures import Capture, read_capture
from adapters.inference.findings import SkinColourOutputs, skin_tone_findings
from adapters.inference.onnx_model import InferenceRun, ReleasedModel
from adapters.inference.overlay import ERYTHEMA_SCALE, ITA_SCALE, MELANIN_SCALE, draw_overlay
from adapters.inference.release import judge_input
from adapters.inference.skin_colour_input import PREPROCESSING
from adapters.released_model import read_input, read_manifest
from adapters.workbench import Workbench
from domain.errors import MalformedInput, Refusal
from domain.events.inference import InferenceCompleted, InferenceRequested
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
_OVERLAYS: Final = (
    ("ita_map", ITA_SCALE),
    ("melanin_map", MELANIN_SCALE),
    ("erythema_map", ERYTHEMA_SCALE),
)


class _Refused(Exception):
    """The run may not be executed, or gave nothing to report; never leaves this module."""

    def __init__(self, rule: str, evidence: str) -> None:
        super().__init__(f"{rule}: {evidence}")
        self.rule = rule
        self.evidence = evidence


def request_inferences(
    bench: Workbench, step: RequestInferences, calling: Record
) -> tuple[Record, ...]:
    """Call for a run of every approved release, or withhold its output; () when all is done."""
    capture = read_capture(bench, step.session, step.attempt)
    consent = _consent(bench, capture.subject)
    context = bench.context(calling, WORKER, subject=capture.subject)
    made: list[Record] = []
    for stream in bench.streams.of_kind(ReleaseId.kind):
        release, _ = load(bench.log, MODEL_RELEASE, stream)
        if release.registered is None or not approved(release):
            continue
        manifest = release.registered.manifest
        request = _request(capture, step, release.registered.release, manifest)
        if _settled(bench, capture, request, manifest):
            continue
        if consent.covered:
            made += _call_for(bench, request, consent, context)
        else:
            made += _withhold(bench, step, manifest, consent, context)
    return tuple(made)


def run_inference(bench: Workbench, step: RunInference, calling: Record) -> tuple[Record, ...]:
    """Execute a run and record its result or its failure; () when it ended before."""
    run, _ = load_existing(bench.log, INFERENCE, step.inference.stream)
    if run.requested is None or run.ended:
        return ()
    requested = run.requested
    try:
        completed, stored = _execute(bench, requested)
    except _Refused as refused:
        rule, evidence = refused.rule, refused.evidence
        return update(
            bench.log,
            INFERENCE,
            step.inference.stream,
            lambda state: fail_inference(state, rule=rule, evidence=evidence),
            bench.context(calling, WORKER, subject=requested.subject),
        )
    return update(
        bench.log,
        INFERENCE,
        step.inference.stream,
        lambda state: complete_inference(state, completed),
        bench.context(calling, WORKER, subject=requested.subject, blobs=stored),
    )


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


def _execute(
    bench: Workbench, requested: InferenceRequested
) -> tuple[InferenceCompleted, tuple[StoredBlob, ...]]:
    """Run the model and return the results with the maps that were stored.

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
        given = read_input(bench, requested, manifest)
        verdict = judge_input(manifest.input_domain, given.facts)
        if not verdict.permitted:
            evidence = "; ".join(each.evidence for each in verdict.refusals)
            raise _Refused(rule=verdict.refusals[0].rule, evidence=evidence)
        result = model.run(given.tensors, preprocessing=PREPROCESSING)
        findings = skin_tone_findings(
            SkinColourOutputs.read(result.outputs),
            inference=requested.inference,
            facts=given.facts,
            domain=manifest.input_domain,
            flags=verdict.flags,
        )
        artefacts, stored = _keep_overlays(bench, result, f"subject:{requested.subject}")
    except MalformedInput as error:
        raise _Refused(rule="inference.input", evidence=str(error)) from error
    completed = InferenceCompleted(
        run=result.facts,
        inputs=result.input_digests,
        outputs=result.output_digests,
        findings=findings,
        artefacts=artefacts,
    )
    return completed, stored


def _keep_overlays(
    bench: Workbench, result: InferenceRun, key: str
) -> tuple[tuple[Artefact, ...], tuple[StoredBlob, ...]]:
    artefacts, kept = [], []
    for output, scale in _OVERLAYS:
        overlay = draw_overlay(result.outputs[output], scale)
        content, stored = bench.keep(overlay.png, key=key, media_type=_MEDIA_TYPE)
        artefacts.append(Artefact(name=scale.name, content=content, legend=overlay.legend))
        kept.append(stored)
    return tuple(artefacts), tuple(kept)
