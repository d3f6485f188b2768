"""Tests of what may be inferred from what, once per attempt and model release."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.inference import (
    InferenceCompleted,
    InferenceEvent,
    InferenceFailed,
    ReproductionChecked,
)
from domain.rules.inference import (
    INFERENCE,
    check_reproduction,
    complete_inference,
    fail_inference,
    request_inference,
)
from domain.values.consent import Purpose
from domain.values.identifiers import FindingId, InferenceId
from domain.values.model import TensorDigest
from tests.builders import PLATFORM, a_coverage, a_digest, a_finding
from tests.event_builders import an_inference_completed, an_inference_requested
from tests.given import given

REQUESTED = an_inference_requested()
COMPLETED = an_inference_completed()
FAILED = InferenceFailed(rule="image.png", evidence="chunk IDAT is cut")
ANALYSIS = a_coverage(Purpose.AI_ANALYSIS)

request = partial(
    request_inference, request=REQUESTED, accepted=True, approved=True, consent=ANALYSIS
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
