"""Tests of what may be inferred from what, once per attempt and model release."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.inference import (
    InferenceCompleted,
    InferenceEvent,
    InferenceFailed,
    InferenceRefused,
    ReproductionChecked,
    ShadowCompared,
    ShadowRefused,
)
from domain.rules.inference import (
    INFERENCE,
    check_reproduction,
    compare_shadow,
    complete_inference,
    differences,
    fail_inference,
    one_face,
    refuse_inference,
    refuse_shadow,
    request_inference,
)
from domain.values.consent import Purpose
from domain.values.identifiers import FindingId, InferenceId, ReleaseId
from domain.values.model import TensorDigest
from domain.values.quality import QualityMeasurement
from tests.builders import PLATFORM, a_coverage, a_digest, a_finding, faces_in_view
from tests.event_builders import an_inference_completed, an_inference_requested
from tests.given import given

REQUESTED = an_inference_requested()
COMPLETED = an_inference_completed()
FAILED = InferenceFailed(rule="image.png", evidence="chunk IDAT is cut")
ANALYSIS = a_coverage(Purpose.AI_ANALYSIS)

request = partial(
    request_inference,
    request=REQUESTED,
    accepted=True,
    approved=True,
    consent=ANALYSIS,
    measurements=(faces_in_view(1),),
)
complete = partial(complete_inference, completed=COMPLETED)
fail = partial(fail_inference, rule=FAILED.rule, evidence=FAILED.evidence)


@pytest.mark.verifies("DRV-18")
def test_an_approved_release_runs_on_an_accepted_attempt_under_consent_once() -> None:
    given(INFERENCE).when(request).then(REQUESTED)
    given(INFERENCE, REQUESTED).when(request).then()
    given(INFERENCE, REQUESTED, COMPLETED).when(request).then()


@pytest.mark.verifies("DRV-18")
def test_a_release_that_is_not_approved_does_not_run() -> None:
    given(INFERENCE).when(partial(request, approved=False)).refuses("inference.approved-release")


def test_nothing_runs_on_an_attempt_that_was_not_accepted() -> None:
    given(INFERENCE).when(partial(request, accepted=False)).refuses("inference.accepted-attempt")


@pytest.mark.verifies("REQ-IN-209")
def test_nothing_runs_without_consent_to_analysis() -> None:
    declined = a_coverage(Purpose.AI_ANALYSIS, covered=False)
    given(INFERENCE).when(partial(request, consent=declined)).refuses("inference.consent")


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("measurements", "evidence"),
    [
        ((faces_in_view(0),), "0 faces are in view, 1 is needed"),
        ((faces_in_view(2),), "2 faces are in view, 1 is needed"),
        ((), "it was not measured how many faces are in view, 1 is needed"),
    ],
)
def test_nothing_runs_unless_exactly_one_face_is_in_view(
    measurements: tuple[QualityMeasurement, ...], evidence: str
) -> None:
    given(INFERENCE).when(partial(request, measurements=measurements)).refuses("inference.one-face")
    found = one_face(measurements)
    assert found is not None
    assert found.evidence == evidence


def test_a_run_is_named_by_its_attempt_and_release() -> None:
    other = replace(REQUESTED, inference=InferenceId.derived("other"))
    given(INFERENCE).when(partial(request, request=other)).refuses("inference.identity")


def test_a_run_ends_once() -> None:
    given(INFERENCE, REQUESTED).when(complete).then(COMPLETED)
    given(INFERENCE, REQUESTED).when(fail).then(FAILED)
    for outcome in (COMPLETED, FAILED):
        after = given(INFERENCE, REQUESTED, outcome)
        assert after.state.ended
        assert not after.state.pending
        after.when(complete).then()
        after.when(fail).then()


def test_a_run_is_pending_between_request_and_end() -> None:
    assert not given(INFERENCE).state.pending
    assert given(INFERENCE, REQUESTED).state.pending


def test_a_run_nobody_called_for_does_not_end() -> None:
    given(INFERENCE).when(complete).refuses("inference.requested")
    given(INFERENCE).when(fail).refuses("inference.requested")


def test_a_failure_says_what_was_found() -> None:
    given(INFERENCE, REQUESTED).when(partial(fail, evidence=" ")).refuses("inference.evidence")


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize(
    ("completed", "rule"),
    [
        (
            replace(COMPLETED, run=replace(COMPLETED.run, model=a_digest("another model"))),
            "inference.model",
        ),
        (
            replace(
                COMPLETED, findings=(replace(a_finding(), finding=FindingId.derived("other")),)
            ),
            "inference.findings",
        ),
        (replace(COMPLETED, findings=(a_finding(), a_finding())), "inference.findings"),
        (replace(COMPLETED, inputs=()), "inference.tensors"),
        (replace(COMPLETED, outputs=()), "inference.tensors"),
    ],
)
def test_results_of_another_model_or_without_a_trace_are_refused(
    completed: InferenceCompleted, rule: str
) -> None:
    given(INFERENCE, REQUESTED).when(partial(complete, completed=completed)).refuses(rule)


def a_check(outcome: str, evidence: str = "1 output compared") -> ReproductionChecked:
    return ReproductionChecked(outcome=outcome, evidence=evidence, platform=PLATFORM)


SAME = COMPLETED.outputs
OTHER = (TensorDigest(name="ita", digest=a_digest("another tensor")),)


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("outcome", "outputs"),
    [("identical", SAME), ("within-tolerance", OTHER), ("different", OTHER), ("different", ())],
)
def test_a_repeat_is_recorded_with_its_outcome(
    outcome: str, outputs: tuple[TensorDigest, ...]
) -> None:
    check = partial(check_reproduction, checked=a_check(outcome), outputs=outputs)
    after = given(INFERENCE, REQUESTED, COMPLETED)
    after.when(check).then(a_check(outcome))
    assert given(INFERENCE, REQUESTED, COMPLETED, a_check(outcome)).state == after.state


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("outcome", "outputs"), [("identical", OTHER), ("different", SAME), ("similar", OTHER)]
)
def test_identical_is_decided_by_digests(outcome: str, outputs: tuple[TensorDigest, ...]) -> None:
    check = partial(check_reproduction, checked=a_check(outcome), outputs=outputs)
    given(INFERENCE, REQUESTED, COMPLETED).when(check).refuses("inference.outcome")


@pytest.mark.parametrize("history", [(), (REQUESTED,), (REQUESTED, FAILED)])
def test_only_runs_with_results_are_repeated(history: tuple[InferenceEvent, ...]) -> None:
    check = partial(check_reproduction, checked=a_check("identical"), outputs=SAME)
    given(INFERENCE, *history).when(check).refuses("inference.completed")


def test_a_repeat_says_what_was_compared() -> None:
    check = partial(check_reproduction, checked=a_check("identical", ""), outputs=SAME)
    given(INFERENCE, REQUESTED, COMPLETED).when(check).refuses("inference.evidence")


@pytest.mark.verifies("DRV-18")
def test_a_run_that_is_refused_has_not_ended_and_the_refusal_is_said_once() -> None:
    refused = InferenceRefused(rule="inference.stored-content", evidence="another digest")
    refuse = partial(refuse_inference, rule=refused.rule, evidence=refused.evidence)
    given(INFERENCE, REQUESTED).when(refuse).then(refused)
    after = given(INFERENCE, REQUESTED, refused)
    after.when(refuse).then()
    assert after.state.pending
    after.when(complete).then(COMPLETED)
    given(INFERENCE, REQUESTED, COMPLETED).when(refuse).then()
    given(INFERENCE).when(refuse).refuses("inference.requested")


def test_each_release_is_compared_once_with_a_run_of_another() -> None:
    dark = ReleaseId.derived("in the shadow")
    compared = ShadowCompared(
        release=dark,
        run=COMPLETED.run,
        inputs=COMPLETED.inputs,
        outputs=COMPLETED.outputs,
        differences=(),
    )
    refused = ShadowRefused(release=dark, rule="model.age", evidence="the age lies outside")
    compare = partial(compare_shadow, compared=compared)
    refuse = partial(refuse_shadow, refused=refused)
    after = given(INFERENCE, REQUESTED, COMPLETED)
    after.when(compare).then(compared)
    after.when(refuse).then(refused)
    for once in (compared, refused):
        twice = given(INFERENCE, REQUESTED, COMPLETED, once)
        twice.when(compare).then()
        twice.when(refuse).then()
    given(INFERENCE, REQUESTED).when(compare).refuses("inference.shadow")
    own = replace(compared, release=REQUESTED.release)
    after.when(partial(compare_shadow, compared=own)).refuses("inference.shadow")


def test_values_in_different_units_are_not_set_side_by_side() -> None:
    ours = a_finding("ita")
    theirs = replace(ours, unit="rad", value=0.5)
    found = differences((ours,), (theirs,))
    assert [(each.approved is None, each.shadow is None) for each in found].count(
        (False, False)
    ) == 0
    (both,) = differences((ours,), (replace(ours, value=1.0),))
    assert (both.approved, both.shadow) == (ours.value, 1.0)
