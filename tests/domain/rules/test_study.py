"""A study's order: plan, approval by a second person, run, confirmation."""

from dataclasses import replace
from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.codec import to_plain
from domain.events.study import (
    StudyCompleted,
    StudyConfirmed,
    StudyPlanApproved,
    StudyPlanned,
    StudyResultRefused,
)
from domain.ledger import canonical
from domain.rules.study import (
    STUDY,
    approve_plan,
    complete_study,
    confirm_result,
    holds,
    plan_digest,
    plan_study,
    refuse_result,
    result_digest,
)
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import StudyId
from domain.values.signature import Meaning
from domain.values.signing import Signing
from domain.values.study import Statistic, StudyFigure, judge_study
from domain.values.study_figures import StatedResult, StudyEvaluation
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
EVALUATION = StudyEvaluation(
    method="study-figures/1", software="0.1.0", platform=a_digest("platform of the service")
)
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
    evaluation=EVALUATION,
)
STATED = StatedResult(
    cases=20, figures=FIGURES, software=COMPLETED.software, platform=COMPLETED.platform
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
    stated=STATED,
    evaluation=EVALUATION,
    report=COMPLETED.report,
    run_by=PRACTITIONER,
)
REFUSAL = RuleViolation("study.figures", "rms of all: stated 1.0, found 1.5", "Run it again.")
refuse = partial(
    refuse_result,
    plan=plan_digest(LIMITED),
    data=COMPLETED.data,
    stated=STATED,
    refusal=REFUSAL,
    handed_in_by=PRACTITIONER,
)
REFUSED = StudyResultRefused(
    data=COMPLETED.data,
    rule=REFUSAL.rule,
    evidence=REFUSAL.evidence,
    next_step=REFUSAL.next_step,
    software=STATED.software,
    platform=STATED.platform,
    handed_in_by=PRACTITIONER,
)
confirm = partial(confirm_result, signing=CONFIRMATION)


def of(cases: int, *figures: StudyFigure) -> partial[StudyCompleted]:
    """Return the completing of a study of such cases, whose figures were handed in as they are."""
    stated = replace(STATED, cases=cases, figures=figures)
    return partial(complete, cases=cases, figures=figures, stated=stated)


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
    plan = plan_digest(by_tone)
    approved = given(STUDY, planned, APPROVED)
    result = approved.when(partial(of(22, *counted(light=20, dark=2), light), plan=plan)).ask()
    assert isinstance(result, StudyCompleted)
    assert not result.passed
    assert [each.stratum for each in result.outcomes if not each.met] == ["ita-class=dark"]
    approved.when(partial(of(20, light), plan=plan)).refuses("study.cases-counted")
    all_light = partial(of(22, *counted(light=20), light), plan=plan)
    approved.when(all_light).refuses("study.cases-counted")


@pytest.mark.verifies("REQ-IN-178")
def test_figures_that_do_not_follow_from_the_cases_make_no_study_pass() -> None:
    approved = given(STUDY, PLANNED, APPROVED)
    better = replace(STATED, figures=(figure(value=0.5),))
    refused = approved.when(partial(complete, stated=better)).refuses("study.figures")
    assert refused.evidence.endswith("rms of all: stated 0.5, found 1.5")
    more = partial(complete, stated=replace(STATED, cases=21))
    refused = approved.when(more).refuses("study.figures")
    assert refused.evidence.endswith("number of cases: stated 21, found 20")
    missed = partial(complete, figures=(figure(value=2.5),))
    approved.when(missed).refuses("study.figures")


def test_figures_of_another_platform_may_differ_in_what_nobody_reads() -> None:
    approved = given(STUDY, PLANNED, APPROVED)
    off = replace(STATED, figures=(figure(value=1.5 + 1e-12),))
    approved.when(partial(complete, stated=off)).then(COMPLETED)
    here = replace(off, platform=EVALUATION.platform)
    approved.when(partial(complete, stated=here)).refuses("study.figures")
    earlier = replace(here, software="0.0.9")
    given(STUDY, PLANNED, APPROVED).when(partial(complete, stated=earlier)).then(
        replace(COMPLETED, software="0.0.9", platform=EVALUATION.platform)
    )
    far = replace(STATED, figures=(figure(value=1.5 + 1e-6),))
    approved.when(partial(complete, stated=far)).refuses("study.figures")


def test_a_refused_result_is_recorded_and_the_study_still_awaits_one() -> None:
    given(STUDY, PLANNED, APPROVED).when(refuse).then(REFUSED)
    given(STUDY, PLANNED, APPROVED, REFUSED).when(complete).then(COMPLETED)
    given(STUDY, PLANNED).when(refuse).refuses("study.approved-first")
    given(STUDY, PLANNED, APPROVED, COMPLETED).when(refuse).refuses("study.run-once")
    given(STUDY, PLANNED, APPROVED).when(partial(refuse, plan=plan_digest(PLAN))).refuses(
        "study.same-plan"
    )


def test_a_result_signed_before_figures_were_worked_out_here_keeps_its_digest() -> None:
    before = replace(COMPLETED, evaluation=None)
    plain = to_plain(before)
    assert isinstance(plain, dict)
    del plain["evaluation"]
    assert result_digest(before) == Digest.of(canonical.encode(plain))
    assert result_digest(COMPLETED) == Digest.of(canonical.encode(to_plain(COMPLETED)))


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
    failed = given(STUDY, PLANNED, APPROVED).when(of(20, figure(value=2.5)))
    result = failed.ask()
    assert isinstance(result, StudyCompleted)
    assert not result.passed
    state = given(STUDY, PLANNED, APPROVED, result, CONFIRMED).state
    assert not holds(state)
    assert holds(given(STUDY, PLANNED, APPROVED, COMPLETED, CONFIRMED).state)
    assert not holds(given(STUDY, PLANNED, APPROVED, COMPLETED).state)
