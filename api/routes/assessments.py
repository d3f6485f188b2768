"""Assessments: findings reviewed one by one, conclusion, sign-off, amendments."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.admission import CheckedFirst
from api.answers import (
    PATIENCE_S,
    Read,
    Recorded,
    Running,
    found_or_refuse,
    recorded,
    tag,
)
from api.assessment_views import AssessmentDetail, assessment_detail
from api.permissions import Permission
from api.preconditions import IdempotencyKey, SeenVersion
from api.signatures import Approval, signing
from api.signin import Person, allowed
from api.wiring import System
from domain.errors import RuleViolation
from domain.events.assessment import AssessmentEvent
from domain.handling import load_existing, update
from domain.rules import assessment as rules
from domain.rules import report as reports
from domain.rules.assessment import ASSESSMENT
from domain.values.assessment import Assessment
from domain.values.content import Digest
from domain.values.identifiers import AssessmentId, FindingId
from domain.values.signature import Meaning
from projections import assessment as read

ROUTER = APIRouter(prefix="/assessments", tags=["assessments"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.ASSESSMENTS_READ))]
Reviewer = Annotated[Person, Depends(allowed(Permission.ASSESSMENTS_REVIEW))]
Signer = Annotated[Person, Depends(allowed(Permission.ASSESSMENTS_SIGN))]


class ReviewIn(BaseModel):
    """What the practitioner made of a finding."""

    verdict: Literal["accepted", "amended", "rejected"]
    value: float | None = None
    text: str | None = Field(default=None, max_length=2000)
    reason_code: str = Field(default="", max_length=60)
    reason: str = Field(default="", max_length=2000)


class Conclusion(BaseModel):
    """The practitioner's conclusion."""

    text: str = Field(max_length=10_000)


class SignOff(Approval):
    """A signature over exactly what was shown, and what it means."""

    meaning: Literal["authored", "reviewed", "approved"] = "authored"


class AmendmentIn(Approval):
    """A later statement that corrects or adds."""

    text: str = Field(max_length=10_000)


class AmendmentDigest(BaseModel):
    """The digest that an amendment's signature signs."""

    digest: str


@ROUTER.get("/{assessment}")
def show(assessment: str, _person: Reader, reading: Read, response: Response) -> AssessmentDetail:
    """Return an assessment with everything that is shown and signed."""
    # The stream first: it knows whether the content was erased.
    state, version = load_existing(reading.system.log, ASSESSMENT, AssessmentId(assessment).stream)
    row = found_or_refuse(read.assessment(reading.connection, assessment), "assessment")
    tag(response, version)
    return assessment_detail(reading, row, state, version)


@ROUTER.put("/{assessment}/findings/{finding}")
def review_finding(
    assessment: str,
    finding: str,
    review: ReviewIn,
    person: Reviewer,
    system: Running,
    key: IdempotencyKey,
    seen: SeenVersion,
) -> Recorded:
    """Accept, amend or reject one finding."""
    identifier = FindingId(finding)

    def decide(state: Assessment) -> AssessmentEvent:
        if review.verdict == "accepted":
            return rules.accept_finding(state, identifier)
        if review.verdict == "rejected":
            return rules.reject_finding(
                state, identifier, reason_code=review.reason_code, reason=review.reason
            )
        return rules.amend_finding(
            state,
            identifier,
            value=review.value,
            text=review.text,
            reason_code=review.reason_code,
            reason=review.reason,
        )

    return _update(system, assessment, person, key, decide, seen=seen)


@ROUTER.put("/{assessment}/conclusion")
def conclude(
    assessment: str,
    conclusion: Conclusion,
    person: Reviewer,
    system: Running,
    key: IdempotencyKey,
    seen: SeenVersion,
) -> Recorded:
    """Write the conclusion, in place of any before sign-off."""
    decide = partial(rules.record_conclusion, text=conclusion.text)
    return _update(system, assessment, person, key, decide, seen=seen)


@ROUTER.post("/{assessment}/sign-off")
def sign_off(
    assessment: str,
    signed: SignOff,
    person: Signer,
    system: Running,
    key: IdempotencyKey,
    seen: SeenVersion,
) -> Recorded:
    """Take responsibility for exactly what was shown [DRV-12]."""
    _must_not_lag(system)
    signature = signing(system, person, signed, Meaning(signed.meaning))
    decide = partial(rules.sign_off, signing=signature)
    return _update(system, assessment, person, key, decide, seen=seen)


@ROUTER.post("/{assessment}/amendments/digest")
def amendment_digest(
    assessment: str, amendment: Conclusion, _person: Signer, system: Running
) -> AmendmentDigest:
    """Return the digest that the signature of an amendment with this text signs."""
    state, _ = load_existing(system.log, ASSESSMENT, AssessmentId(assessment).stream)
    shown = reports.amendment_presentation(state, amendment.text)
    return AmendmentDigest(digest=str(Digest.of(shown)))


@ROUTER.post("/{assessment}/amendments", status_code=201)
def amend(
    assessment: str, amendment: AmendmentIn, person: Signer, system: Running, key: IdempotencyKey
) -> Recorded:
    """Add a signed amendment; nothing before it is changed."""
    signature = signing(system, person, amendment, Meaning.AUTHORED)
    decide = partial(reports.amend_assessment, text=amendment.text, signing=signature)
    return _update(system, assessment, person, key, decide)


def _update(
    system: System,
    assessment: str,
    person: Person,
    key: str,
    decide: object,
    *,
    seen: int | None = None,
) -> Recorded:
    identifier = AssessmentId(assessment)
    state, _ = load_existing(system.log, ASSESSMENT, identifier.stream)
    context = system.context(person.actor, idempotency_key=key, subject=state.subject)
    records = update(
        system.log,
        ASSESSMENT,
        identifier.stream,
        decide,  # type: ignore[arg-type] # each caller passes a rule of assessments
        context,
        expected_version=seen,
    )
    return recorded(records)


def _must_not_lag(system: System) -> None:
    """Nobody signs what may be out of date [DRV-34]."""
    head = system.log.size() - 1
    if not system.runner.reached(head, timeout_s=PATIENCE_S):
        raise RuleViolation(
            "assessment.current",
            f"the screens are {head - system.runner.position()} records behind",
            "Wait a moment, read it again and sign.",
        )
