"""What may be inferred from what; once per attempt and model release.

Rules kept here:

1. A run needs an accepted attempt, an approved release and consent to analysis [DRV-18, 29], and
   a picture of exactly one face: of a wall or of two people, numbers about skin look just as good.
2. The model that ran is the one that was asked for, by digest.
3. A run ends once, with results or with a failure; a step taken again decides nothing.
4. A repeat of the run is compared, and "identical" is decided by digests [DRV-20].
5. A run that was refused because of what is stored has not ended: once that is put right, it runs.
6. Each release is compared once with a run, in its shadow; that adds nothing to the run's results.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from domain.errors import Refusal, RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.inference import (
    InferenceCompleted,
    InferenceEvent,
    InferenceFailed,
    InferenceRefused,
    InferenceRequested,
    ReproductionChecked,
    ShadowCompared,
    ShadowRefused,
)
from domain.values.consent import Coverage
from domain.values.finding import Finding
from domain.values.identifiers import FindingId, InferenceId, ReleaseId
from domain.values.model import OutputDifference, TensorDigest
from domain.values.quality import FACE_COUNT, QualityMeasurement
from domain.values.words import said

IDENTICAL = "identical"
OUTCOMES = (IDENTICAL, "within-tolerance", "different")
FACE_RULE: Final = "inference.one-face"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """One run of one release on one attempt.

    Attributes:
        requested: What was called for; none before.
        completed: The results; none before, and none after a failure.
        failed: Whether it ended without results.
        refused: Rule and evidence of each refusal.
        compared: The releases that were compared with it, or refused to be.
    """

    requested: InferenceRequested | None = None
    completed: InferenceCompleted | None = None
    failed: bool = False
    refused: frozenset[tuple[str, str]] = frozenset()
    compared: frozenset[ReleaseId] = frozenset()

    @property
    def ended(self) -> bool:
        """Whether it gave results or failed."""
        return self.completed is not None or self.failed

    @property
    def pending(self) -> bool:
        """Whether it was called for and has not ended."""
        return self.requested is not None and not self.ended


def evolve(run: Inference, event: InferenceEvent) -> Inference:
    """Return the run after the event; history is never refused."""
    match event:
        case InferenceRequested():
            return replace(run, requested=event)
        case InferenceCompleted():
            return replace(run, completed=event)
        case InferenceFailed():
            return replace(run, failed=True)
        case InferenceRefused(rule=rule, evidence=evidence):
            return replace(run, refused=run.refused | {(rule, evidence)})
        case ShadowCompared(release=release) | ShadowRefused(release=release):
            return replace(run, compared=run.compared | {release})
        case ReproductionChecked():
            return run
        case _:
            assert_never(event)


INFERENCE = Aggregate(kind=InferenceId.kind, initial=Inference(), evolve=evolve)


def one_face(measurements: Sequence[QualityMeasurement]) -> Refusal | None:
    """Return why nothing can be told of the face in view; none when exactly one is.

    Args:
        measurements: Ours of the attempt's stored bytes.
    """
    count = next((each.value for each in measurements if each.name == FACE_COUNT), None)
    if count == 1:
        return None
    found = "it was not measured how many faces are" if count is None else f"{count:g} faces are"
    return Refusal(
        rule=FACE_RULE,
        evidence=f"{found} in view, 1 is needed",
        next_step="Capture again with one whole face in view and no picture of another.",
    )


def request_inference(
    run: Inference,
    request: InferenceRequested,
    *,
    accepted: bool,
    approved: bool,
    consent: Coverage,
    measurements: Sequence[QualityMeasurement],
) -> tuple[InferenceRequested, ...]:
    """Call for a run; () when it was called for before.

    Args:
        run: The run.
        request: What to run on what.
        accepted: Whether the attempt was accepted.
        approved: Whether the release is approved now.
        consent: Whether consent covers analysis now.
        measurements: Ours of the attempt's stored bytes.

    Raises:
        RuleViolation: the attempt is not accepted, the release is not approved, consent does not
            cover analysis, not exactly one face is in view, or the run's identifier is not that of
            attempt and release.
    """
    if run.requested is not None:
        return ()
    if request.inference != InferenceId.derived(request.attempt, request.release):
        raise RuleViolation(
            "inference.identity",
            f"run {request.inference} is not named by its attempt and release",
            "Derive the identifier from both.",
        )
    if not accepted:
        raise RuleViolation(
            "inference.accepted-attempt",
            f"attempt {request.attempt} is not accepted",
            "Run models on accepted attempts only.",
        )
    if not approved:
        raise RuleViolation(
            "inference.approved-release",
            f"model release {request.release} is not approved",
            "Have it approved, or use one that is.",
        )
    if not consent.covered:
        raise RuleViolation(
            "inference.consent",
            consent.evidence,
            "Ask the client about analysis by software and record the answer.",
        )
    unseen = one_face(measurements)
    if unseen is not None:
        raise RuleViolation(unseen.rule, unseen.evidence, unseen.next_step)
    return (request,)


def complete_inference(
    run: Inference, completed: InferenceCompleted
) -> tuple[InferenceCompleted, ...]:
    """Record the results of a run; () when it ended before.

    Raises:
        RuleViolation: the run was never called for, another model ran, a finding does not belong
            to it, or inputs or outputs are not named.
    """
    requested = _requested(run)
    if run.ended:
        return ()
    if completed.run.model != requested.model:
        raise RuleViolation(
            "inference.model",
            f"{completed.run.model} ran, but {requested.model} was called for",
            "Run the model of the release.",
        )
    expected = tuple(
        FindingId.derived(requested.inference, each.code) for each in completed.findings
    )
    if tuple(each.finding for each in completed.findings) != expected or len(set(expected)) != len(
        expected
    ):
        raise RuleViolation(
            "inference.findings",
            "a finding is not named by this run and its code, or a code comes twice",
            "Derive every finding's identifier from run and code.",
        )
    if not completed.inputs or not completed.outputs:
        raise RuleViolation(
            "inference.tensors",
            f"{len(completed.inputs)} inputs and {len(completed.outputs)} outputs are named",
            "Name every tensor by digest, so that the run can be repeated.",
        )
    return (completed,)


def fail_inference(run: Inference, *, rule: str, evidence: str) -> tuple[InferenceFailed, ...]:
    """Record that a run gave no result; () when it ended before.

    Raises:
        RuleViolation: the run was never called for, or no evidence was given.
    """
    _requested(run)
    if run.ended:
        return ()
    said(evidence, rule="inference.evidence", what="evidence")
    return (InferenceFailed(rule=rule, evidence=evidence),)


def refuse_inference(run: Inference, *, rule: str, evidence: str) -> tuple[InferenceRefused, ...]:
    """Record that a run was not begun; () when it ended, or this was recorded before.

    Raises:
        RuleViolation: the run was never called for, or no evidence was given.
    """
    _requested(run)
    said(evidence, rule="inference.evidence", what="evidence")
    if run.ended or (rule, evidence) in run.refused:
        return ()
    return (InferenceRefused(rule=rule, evidence=evidence),)


def compare_shadow(run: Inference, compared: ShadowCompared) -> tuple[ShadowCompared, ...]:
    """Record what a release gave in the shadow of a run; () when it was compared before.

    Raises:
        RuleViolation: the run has no results, or they were its own.
    """
    _has_results(run, compared.release)
    return () if compared.release in run.compared else (compared,)


def refuse_shadow(run: Inference, refused: ShadowRefused) -> tuple[ShadowRefused, ...]:
    """Record that a release gave nothing to compare; () when it was compared before.

    Raises:
        RuleViolation: the run has no results, they were its own, or no evidence was given.
    """
    _has_results(run, refused.release)
    said(refused.evidence, rule="inference.evidence", what="evidence")
    return () if refused.release in run.compared else (refused,)


def differences(
    approved: tuple[Finding, ...], shadow: tuple[Finding, ...]
) -> tuple[OutputDifference, ...]:
    """Return each output of two releases side by side, ordered by code.

    Values in different units are not set side by side as numbers: each stands alone.
    """
    ours = {(each.code, each.unit): each for each in approved}
    theirs = {(each.code, each.unit): each for each in shadow}
    found = []
    for code, unit in sorted(ours.keys() | theirs.keys(), key=lambda key: (key[0], key[1] or "")):
        one, other = ours.get((code, unit)), theirs.get((code, unit))
        found.append(
            OutputDifference(
                code=code,
                unit=unit,
                approved=None if one is None else one.value,
                shadow=None if other is None else other.value,
                approved_text=None if one is None else one.text,
                shadow_text=None if other is None else other.text,
            )
        )
    return tuple(found)


def _has_results(run: Inference, release: ReleaseId) -> None:
    if run.completed is None or _requested(run).release == release:
        raise RuleViolation(
            "inference.shadow",
            "the run has no results, or they are this release's own",
            "Compare with a run of another release that has results.",
        )


def check_reproduction(
    run: Inference, checked: ReproductionChecked, *, outputs: tuple[TensorDigest, ...]
) -> ReproductionChecked:
    """Record how a repeat of a run compares with it.

    Args:
        run: The run.
        checked: The comparison.
        outputs: What the repeat gave; none when it was not run, as for another model.

    Raises:
        RuleViolation: the run has no results, or the outcome is not what the digests say.
    """
    if run.completed is None:
        raise RuleViolation(
            "inference.completed", "the run has no results", "Repeat runs that have results."
        )
    same = set(outputs) == set(run.completed.outputs)
    if checked.outcome not in OUTCOMES or same != (checked.outcome == IDENTICAL):
        raise RuleViolation(
            "inference.outcome",
            f"{checked.outcome!r} was said of outputs that are {'' if same else 'not '}identical",
            f"Say one of: {', '.join(OUTCOMES)}, as the digests have it.",
        )
    said(checked.evidence, rule="inference.evidence", what="evidence")
    return checked


def _requested(run: Inference) -> InferenceRequested:
    if run.requested is None:
        raise RuleViolation(
            "inference.requested", "the run was never called for", "Call for it first."
        )
    return run.requested
