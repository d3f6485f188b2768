"""One run of a registered model on a capture: asked whether it may, then made ready and executed.

Rules kept here:

1. Consent to analysis is asked again when a run begins, because it may have ended since.
2. A model runs only from bytes with its released digest, under a manifest whose signature holds
   [DRV-18], on inputs inside its released domain [DRV-22].
3. Depth that was recorded under a calibration which cannot be relied on any more is given to no
   run: it fails with that reason [REQ-IN-144].
4. Whether the release is approved is for the caller to know: one in the shadow is not.
"""

from typing import Final

from adapters.captures import geometry_refused, read_capture, read_gate
from adapters.inference.analyses import steps_of
from adapters.inference.analysis import Judged, Reported
from adapters.inference.onnx_model import InferenceRun, ReleasedModel
from adapters.released_model import read_input, read_manifest, steps_after
from adapters.workbench import Workbench
from domain.errors import MalformedInput
from domain.events.inference import InferenceRequested
from domain.handling import load
from domain.rules.consent import CONSENT, covers
from domain.values.consent import Coverage, Purpose
from domain.values.identifiers import ConsentId, SubjectId
from domain.values.model import ModelManifest

CONSENT_RULE: Final = "inference.consent"
APPROVAL_RULE: Final = "inference.approved-release"
REGISTRATION_RULE: Final = "inference.registered-release"
STORED_RULE: Final = "inference.stored-content"
INPUT_RULE: Final = "inference.input"


class NotRun(Exception):
    """The run may not be executed, or gave nothing to report.

    Attributes:
        rule: The rule that refused it.
        evidence: What was found.
    """

    def __init__(self, rule: str, evidence: str) -> None:
        """Say both."""
        super().__init__(f"{rule}: {evidence}")
        self.rule = rule
        self.evidence = evidence


def consent_to_analysis(bench: Workbench, subject: SubjectId) -> Coverage:
    """Return whether consent covers analysis now."""
    consent, _ = load(bench.log, CONSENT, ConsentId.derived(subject).stream)
    return covers(consent, Purpose.AI_ANALYSIS, bench.clock.now())


def run_release(
    bench: Workbench, requested: InferenceRequested, registered: ModelManifest
) -> tuple[InferenceRun, Reported]:
    """Run a model and the steps around it on what a request names.

    Raises:
        NotRun: consent does not cover it, the input is outside the domain, its depth is not to be
            relied on, or nothing came of it.
        NotFound: content that it needs is not stored.
        ContentErased: the subject was erased.
        IntegrityFailure: model or manifest are not what was registered.
        Unavailable: the runtime or the disk gave up.
    """
    consent = consent_to_analysis(bench, requested.subject)
    if not consent.covered:
        raise NotRun(rule=CONSENT_RULE, evidence=consent.evidence)
    _ask_of_depth(bench, requested)
    manifest = read_manifest(bench, registered)
    model = ReleasedModel.load(
        bench.content(requested.model, key=bench.clinic_key), expected=registered.model.digest
    )
    try:
        analysis = steps_of(manifest)
        given = read_input(bench, requested, manifest, analysis)
        verdict = analysis.judge(manifest.input_domain, given)
        if not verdict.permitted:
            evidence = "; ".join(each.evidence for each in verdict.refusals)
            raise NotRun(rule=verdict.refusals[0].rule, evidence=evidence)
        result = steps_after(analysis, given).taken(
            model.run(given.tensors, preprocessing=analysis.preprocessing)
        )
        reported = analysis.reported(
            result.outputs,
            given,
            Judged(inference=requested.inference, domain=manifest.input_domain, verdict=verdict),
        )
    except MalformedInput as error:
        raise NotRun(rule=INPUT_RULE, evidence=str(error)) from error
    return result, reported


def _ask_of_depth(bench: Workbench, requested: InferenceRequested) -> None:
    """Ask again whether the calibration behind recorded depth may be relied on.

    Raises:
        NotRun: it may not.
    """
    capture = read_capture(bench, requested.session, requested.attempt)
    if capture.attempt.depth is None:
        return
    gate = read_gate(bench, capture)
    if gate is None or not gate.passed:
        refused = geometry_refused(gate)
        raise NotRun(rule=refused.rule, evidence=refused.evidence)
