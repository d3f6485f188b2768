"""A study's order: planned, approved by a second person, run, confirmed.

Rules kept here:

1. A plan is approved by a quality manager other than its author before anything is run: limits
   cannot follow results.
2. A study is run once; its figures are those that follow from its cases, and whether it passed
   follows from them and the plan. Figures handed in that do not follow are refused, and that is
   recorded: who sees that a study did not pass may not try until it does, unseen.
3. The figures count the cases that were measured, level by level, wherever a limit holds for each
   level: a level that nobody judged cannot be left out of them.
4. A result that failed is recorded and confirmed like one that passed; another try is another
   study, and both stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.aggregate import Aggregate
from domain.events.study import (
    StudyCompleted,
    StudyConfirmed,
    StudyEvent,
    StudyPlanApproved,
    StudyPlanned,
    StudyResultRefused,
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, StudyId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.study import StudyFigure, StudyPlan, asks_each_level, counted_cases, judge_study
from domain.values.study_figures import (
    TOLERANCE,
    StatedResult,
    StudyEvaluation,
    first_difference,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study.

    Attributes:
        planned: The plan; none before.
        approved: Whether the plan was approved.
        completed: The result; none before.
        confirmed: Whether the result was confirmed.
    """

    planned: StudyPlanned | None = None
    approved: bool = False
    completed: StudyCompleted | None = None
    confirmed: bool = False


def evolve(study: Study, event: StudyEvent) -> Study:
    """Return the study after the event; history is never refused."""
    match event:
        case StudyPlanned():
            return replace(study, planned=event)
        case StudyPlanApproved():
            return replace(study, approved=True)
        case StudyCompleted():
            return replace(study, completed=event)
        case StudyResultRefused():
            return study
        case StudyConfirmed():
            return replace(study, confirmed=True)
        case _:
            assert_never(event)


STUDY = Aggregate(kind=StudyId.kind, initial=Study(), evolve=evolve)


def plan_digest(plan: StudyPlan) -> Digest:
    """Return the digest that a person signs to approve a plan: of its canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(plan)))


def result_digest(result: StudyCompleted) -> Digest:
    """Return the digest that a person signs to confirm a result: of its canonical JSON.

    A result whose figures were recorded as handed in is written as it was when it was signed.
    """
    plain = codec.to_plain(result)
    if isinstance(plain, dict) and result.evaluation is None:
        del plain["evaluation"]
    return Digest.of(canonical.encode(plain))


def holds(study: Study) -> bool:
    """Return whether the study may be rested on: run as approved, passed and confirmed."""
    return study.confirmed and study.completed is not None and study.completed.passed


def plan_study(
    study: Study, *, identifier: StudyId, plan: StudyPlan, planned_by: PractitionerId
) -> StudyPlanned:
    """Lay a study down.

    Raises:
        RuleViolation: it was laid down before.
    """
    if study.planned is not None:
        raise RuleViolation(
            "study.planned-once",
            f"{study.planned.plan.name} {study.planned.plan.version} stands here",
            "Write a change as a new version of the plan.",
        )
    return StudyPlanned(study=identifier, plan=plan, planned_by=planned_by)


def approve_plan(study: Study, signing: Signing) -> StudyPlanApproved:
    """Approve plan and limits, before the run.

    Raises:
        RuleViolation: there is no plan, it is approved, its author approves it, or the signature
            does not hold.
    """
    planned = _planned(study)
    if study.approved:
        raise RuleViolation(
            "study.approved-once", "the plan is approved", "Run the study, or write a new plan."
        )
    _require_second(signing, planned.planned_by, "the plan is approved by its author")
    signature = check_signing(
        signing,
        digest=plan_digest(planned.plan),
        meanings=(Meaning.APPROVED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return StudyPlanApproved(signature=signature)


def awaited(study: Study, plan: Digest) -> StudyPlan:
    """Return the plan whose result is awaited.

    Args:
        study: The study.
        plan: Digest of the plan that the result is of.

    Raises:
        RuleViolation: the plan is not approved yet, the study was run before, or the result is of
            another plan.
    """
    planned = _planned(study)
    if not study.approved:
        raise RuleViolation(
            "study.approved-first",
            "the plan was not approved before the run",
            "Have a second person approve plan and limits, then run it.",
        )
    if study.completed is not None:
        raise RuleViolation(
            "study.run-once", "the study was run", "Plan another study; this result stays."
        )
    if plan != plan_digest(planned.plan):
        raise RuleViolation(
            "study.same-plan",
            f"the result is of the plan {plan}",
            "Run the study under the plan that was approved.",
        )
    return planned.plan


def require_figures(
    stated: StatedResult,
    *,
    cases: int,
    figures: Sequence[StudyFigure],
    evaluation: StudyEvaluation,
) -> None:
    """Refuse a result whose figures do not follow from its cases.

    Args:
        stated: What was handed in.
        cases: Number of cases there are.
        figures: The figures that follow from them.
        evaluation: With what these were worked out; figures of the same software on the same
            platform agree to the bit, others within ``TOLERANCE``.

    Raises:
        RuleViolation: a figure or the number of cases differs; the first is named.
    """
    evidence = None
    if stated.cases != cases:
        evidence = f"number of cases: stated {stated.cases}, found {cases}"
    else:
        here = (stated.software, stated.platform) == (evaluation.software, evaluation.platform)
        tolerance = 0.0 if here else TOLERANCE
        difference = first_difference(stated.figures, figures, tolerance=tolerance)
        evidence = None if difference is None else str(difference)
    if evidence is not None:
        raise RuleViolation(
            "study.figures",
            f"the figures are not those of the cases: {evidence}",
            "Hand in the files that one run wrote, as it wrote them; work figures of the same "
            "cases out again with this version: vultus study run --cases.",
        )


def complete_study(
    study: Study,
    *,
    plan: Digest,
    data: Digest,
    cases: int,
    figures: Sequence[StudyFigure],
    stated: StatedResult,
    evaluation: StudyEvaluation,
    report: ContentReference,
    run_by: PractitionerId,
) -> StudyCompleted:
    """Record what came of a study, with the figures that follow from its cases.

    Args:
        study: The study.
        plan: Digest of the plan under which the figures were worked out.
        data: Digest of the cases.
        cases: Number of cases.
        figures: Every figure of every stratum, worked out of the cases.
        stated: What was handed in.
        evaluation: With what the figures were worked out.
        report: The readable report.
        run_by: Who ran it.

    Raises:
        RuleViolation: the plan is not approved yet, the study was run before, it was run under
            another plan, what was handed in does not follow from the cases, or the figures do not
            count them.
    """
    content = awaited(study, plan)
    require_figures(stated, cases=cases, figures=figures, evaluation=evaluation)
    _require_counted(content, figures, cases)
    outcomes = judge_study(content, figures)
    return StudyCompleted(
        data=data,
        cases=cases,
        figures=tuple(figures),
        outcomes=outcomes,
        passed=all(each.met for each in outcomes),
        report=report,
        software=stated.software,
        platform=stated.platform,
        run_by=run_by,
        evaluation=evaluation,
    )


def refuse_result(
    study: Study,
    *,
    plan: Digest,
    data: Digest,
    stated: StatedResult,
    refusal: RuleViolation,
    handed_in_by: PractitionerId,
) -> StudyResultRefused:
    """Record that a result was refused; the study still awaits one.

    Args:
        study: The study.
        plan: Digest of the plan that the result is of.
        data: Digest of the cases that came.
        stated: What was handed in.
        refusal: Why it is not taken in.
        handed_in_by: Who handed it in.

    Raises:
        RuleViolation: no result is awaited.
    """
    awaited(study, plan)
    return StudyResultRefused(
        data=data,
        rule=refusal.rule,
        evidence=refusal.evidence,
        next_step=refusal.next_step,
        software=stated.software,
        platform=stated.platform,
        handed_in_by=handed_in_by,
    )


def confirm_result(study: Study, signing: Signing) -> StudyConfirmed:
    """Take responsibility for the result, whichever it is.

    Raises:
        RuleViolation: there is no result, it is confirmed, whoever ran the study confirms it, or
            the signature does not hold.
    """
    if study.completed is None:
        raise RuleViolation("study.run", "the study was not run", "Run it first.")
    if study.confirmed:
        raise RuleViolation("study.confirmed-once", "the result is confirmed", "Nothing is left.")
    _require_second(signing, study.completed.run_by, "the result is confirmed by whoever ran it")
    signature = check_signing(
        signing,
        digest=result_digest(study.completed),
        meanings=(Meaning.APPROVED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return StudyConfirmed(signature=signature)


def _planned(study: Study) -> StudyPlanned:
    if study.planned is None:
        raise RuleViolation("study.planned", "the study was not laid down", "Lay it down first.")
    return study.planned


def _require_counted(plan: StudyPlan, figures: Sequence[StudyFigure], cases: int) -> None:
    counted = counted_cases(figures)
    if counted is None and not asks_each_level(plan):
        return
    if counted != cases:
        said = "not counted" if counted is None else f"counted as {counted}"
        raise RuleViolation(
            "study.cases-counted",
            f"the result is of {cases} cases; in its figures they are {said}",
            "Run the study over the same cases again, with this version: vultus study run --cases.",
        )


def _require_second(signing: Signing, first: PractitionerId, evidence: str) -> None:
    if signing.signature.signer == first:
        raise RuleViolation("study.second-person", evidence, "Have a second person sign.")
