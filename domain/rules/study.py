"""A study's order: planned, approved by a second person, run, confirmed.

Rules kept here:

1. A plan is approved by a quality manager other than its author before anything is run: limits
   cannot follow results.
2. A study is run once; whether it passed is worked out here from its figures and its plan.
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
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, StudyId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.study import StudyFigure, StudyPlan, asks_each_level, counted_cases, judge_study


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
        case StudyConfirmed():
            return replace(study, confirmed=True)
        case _:
            assert_never(event)


STUDY = Aggregate(kind=StudyId.kind, initial=Study(), evolve=evolve)


def plan_digest(plan: StudyPlan) -> Digest:
    """Return the digest that a person signs to approve a plan: of its canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(plan)))


def result_digest(result: StudyCompleted) -> Digest:
    """Return the digest that a person signs to confirm a result: of its canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(result)))


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


def complete_study(
    study: Study,
    *,
    plan: Digest,
    data: Digest,
    cases: int,
    figures: Sequence[StudyFigure],
    report: ContentReference,
    software: str,
    platform: Digest,
    run_by: PractitionerId,
) -> StudyCompleted:
    """Record what came of a study.

    Args:
        study: The study.
        plan: Digest of the plan under which the figures were worked out.
        data: Digest of the cases.
        cases: Number of cases.
        figures: Every figure of every stratum.
        report: The readable report.
        software: Version of the software that measured.
        platform: Digest of the computing platform's description.
        run_by: Who ran it.

    Raises:
        RuleViolation: the plan is not approved yet, the study was run before, it was run under
            another plan, or its figures do not count the cases.
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
    _require_counted(planned.plan, figures, cases)
    outcomes = judge_study(planned.plan, figures)
    return StudyCompleted(
        data=data,
        cases=cases,
        figures=tuple(figures),
        outcomes=outcomes,
        passed=all(each.met for each in outcomes),
        report=report,
        software=software,
        platform=platform,
        run_by=run_by,
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
