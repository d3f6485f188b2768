"""A study's order: plan, approval by a second person, run, confirmation."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.study import StudyCompleted, StudyConfirmed, StudyPlanApproved, StudyPlanned
from domain.rules.study import (
    STUDY,
    approve_plan,
    complete_study,
    confirm_result,
    holds,
    plan_digest,
    plan_study,
    result_digest,
)
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import StudyId
from domain.values.signature import Meaning
from domain.values.signing import Signing
from domain.values.study import Statistic, judge_study
from tests.builders import (
    PRACTITIONER,
    QUALITY_MANAGER,
    a_content,
    a_digest,
    a_signature,
    a_signing,
)
from tests.domain.values.test_study import AT_MOST_TWO, PLAN, UNBIASED, counted, figure
from tests.given import given

IDENTIFIER = StudyId.derived(PLAN.name, PLAN.version)
LIMITED = replace(PLAN, limits=(AT_MOST_TWO,))
PLANNED = StudyPlanned(study=IDENTIFIER, plan=LIMITED, planned_by=PRACTITIONER)


def signing_of(digest_of_what: Digest) -> Signing:
    signature = a_signature(digest_of_what, signer=QUALITY_MANAGER, meaning=Meaning.APPROVED)
    return a_signing(signature, Role.QUALITY_MANAGER)


APPROVAL = signing_of(plan_digest(LIMITED))
APPROVED = StudyPlanApproved(signature=APPROVAL.signature)
FIGURES = (figure(value=1.5),)
COMPLETED = StudyCompleted(
    data=a_digest("cases"),
    cases=20,
    figures=FIGURES,
    outcomes=judge_study(LIMITED, FIGURES),
    passed=True,
    report=a_content("report", "application/pdf"),
    software="0.1.0",
    platform=a_digest("platform"),
    run_by=PRACTITIONER,
)
CONFIRMATION = signing_of(result_digest(COMPLETED))
CONFIRMED = StudyConfirmed(signature=CONFIRMATION.signature)

plan = partial(plan_study, identifier=IDENTIFIER, plan=LIMITED, planned_by=PRACTITIONER)
approve = partial(approve_plan, signing=APPROVAL)
complete = partial(
    complete_study,
    plan=plan_digest(LIMITED),
    data=COMPLETED.data,
    cases=20,
    figures=FIGURES,
    report=COMPLETED.report,
    software="0.1.0",
    platform=COMPLETED.platform,
    run_by=PRACTITIONER,
)
confirm = partial(confirm_result, signing=CONFIRMATION)


def test_a_study_is_planned_approved_run_and_confirmed() -> None:
    given(STUDY).when(plan).then(PLANNED)
    given(STUDY, PLANNED).when(approve).then(APPROVED)
    given(STUDY, PLANNED, APPROVED).when(complete).then(COMPLETED)
    given(STUDY, PLANNED, APPROVED, COMPLETED).when(confirm).then(CONFIRMED)


@pytest.mark.verifies("REQ-IN-178")
def test_limits_stand_before_the_run() -> None:
    given(STUDY, PLANNED).when(complete).refuses("study.approved-first")
    given(STUDY).when(complete).refuses("study.planned")


def test_a_result_of_another_plan_is_refused() -> None:
    other = partial(complete, plan=plan_digest(PLAN))
    given(STUDY, PLANNED, APPROVED).when(other).refuses("study.same-plan")


def test_a_level_that_nobody_judged_keeps_a_study_from_passing() -> None:
    by_tone = replace(LIMITED, limits=(UNBIASED,))
    planned = replace(PLANNED, plan=by_tone)
    light = figure(Statistic.BIAS, "ita-class=light", 0.2, ends=(-0.5, 0.9))
    run = partial(complete, plan=plan_digest(by_tone))
    approved = given(STUDY, planned, APPROVED)
    result = approved.when(
        partial(run, cases=22, figures=(*counted(light=20, dark=2), light))
    ).ask()
    assert isinstance(result, StudyCompleted)
    assert not result.passed
    assert [each.stratum for each in result.outcomes if not each.met] == ["ita-class=dark"]
    approved.when(partial(run, figures=(light,))).refuses("study.cases-counted")
    all_light = partial(run, cases=22, figures=(*counted(light=20), light))
    approved.when(all_light).refuses("study.cases-counted")


def test_nothing_is_done_twice() -> None:
    given(STUDY, PLANNED).when(plan).refuses("study.planned-once")
    given(STUDY, PLANNED, APPROVED).when(approve).refuses("study.approved-once")
    given(STUDY, PLANNED, APPROVED, COMPLETED).when(complete).refuses("study.run-once")
    given(STUDY, PLANNED, APPROVED, COMPLETED, CONFIRMED).when(confirm).refuses(
        "study.confirmed-once"
    )
    given(STUDY, PLANNED, APPROVED).when(confirm).refuses("study.run")


def test_whoever_did_it_does_not_confirm_it() -> None:
    def own(signing: Signing) -> Signing:
        return replace(signing, signature=replace(signing.signature, signer=PRACTITIONER))

    given(STUDY, PLANNED).when(partial(approve_plan, signing=own(APPROVAL))).refuses(
        "study.second-person"
    )
    given(STUDY, PLANNED, APPROVED, COMPLETED).when(
        partial(confirm_result, signing=own(CONFIRMATION))
    ).refuses("study.second-person")


def test_a_signature_over_something_else_does_not_hold() -> None:
    given(STUDY, PLANNED).when(partial(approve_plan, signing=CONFIRMATION)).refuses(
        "signature.digest"
    )


def test_a_result_that_failed_is_recorded_and_rests_nothing() -> None:
    failed = given(STUDY, PLANNED, APPROVED).when(partial(complete, figures=(figure(value=2.5),)))
    result = failed.ask()
    assert isinstance(result, StudyCompleted)
    assert not result.passed
    state = given(STUDY, PLANNED, APPROVED, result, CONFIRMED).state
    assert not holds(state)
    assert holds(given(STUDY, PLANNED, APPROVED, COMPLETED, CONFIRMED).state)
    assert not holds(given(STUDY, PLANNED, APPROVED, COMPLETED).state)
