"""Facts about studies: planned, approved before the run, completed or refused, confirmed."""

from dataclasses import dataclass

from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, StudyId
from domain.values.signature import ElectronicSignature
from domain.values.study import LimitOutcome, StudyFigure, StudyPlan
from domain.values.study_figures import StudyEvaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlanned:
    """A study was laid down with its limits, before it was run.

    Attributes:
        study: The study.
        plan: Everything it lays down.
        planned_by: Who wrote it; may not approve it.
    """

    study: StudyId
    plan: StudyPlan
    planned_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlanApproved:
    """A second person approved plan and limits.

    Attributes:
        signature: The approval, over the plan's digest.
    """

    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCompleted:
    """The study was run, with whatever result.

    Attributes:
        data: Digest of the cases as they were measured.
        cases: Number of cases.
        figures: Every figure of every stratum.
        outcomes: Whether each limit was met.
        passed: Whether all were.
        report: The readable report.
        software: Version of the software that measured.
        platform: Digest of the computing platform's description.
        run_by: Who ran it.
        evaluation: With what the service worked the figures out of the cases; none where they were
            recorded as they were handed in.
    """

    data: Digest
    cases: int
    figures: tuple[StudyFigure, ...]
    outcomes: tuple[LimitOutcome, ...]
    passed: bool
    report: ContentReference
    software: str
    platform: Digest
    run_by: PractitionerId
    evaluation: StudyEvaluation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResultRefused:
    """A result was handed in whose figures do not follow from its cases, or of other cases.

    Attributes:
        data: Digest of the cases that came; they are not kept.
        rule: The rule that refused them.
        evidence: What was wrong, in words.
        next_step: What would help.
        software: Version of the software that measured, as it was handed in.
        platform: Digest of the computing platform's description, as it was handed in.
        handed_in_by: Who handed it in.
    """

    data: Digest
    rule: str
    evidence: str
    next_step: str
    software: str
    platform: Digest
    handed_in_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyConfirmed:
    """A second person took responsibility for the result, whichever it is.

    Attributes:
        signature: The approval, over the result's digest.
    """

    signature: ElectronicSignature


StudyEvent = StudyPlanned | StudyPlanApproved | StudyCompleted | StudyResultRefused | StudyConfirmed
