"""Whether a purpose is covered at a moment; granting, declining, withdrawing.

Rules kept here:

1. One purpose is one answer: nothing is implied by another purpose [REQ-IN-077, 209].
2. The last answer counts, until it lapses or is withdrawn; before any answer nothing is covered.
3. Withdrawing needs no reason and takes effect at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.consent import (
    ConsentDeclined,
    ConsentEvent,
    ConsentGranted,
    ConsentWithdrawn,
)
from domain.values.consent import Coverage, Purpose, Wording
from domain.values.identifiers import ConsentId, SubjectId
from domain.values.time import Instant, ServerTime

GIVEN_BY = ("subject", "guardian")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The last answer of one subject to each purpose.

    Attributes:
        answers: By purpose.
    """

    answers: Mapping[Purpose, ConsentEvent] = field(default_factory=dict)


def evolve(consent: Consent, event: ConsentEvent) -> Consent:
    """Return the consent after the event; history is never refused."""
    return replace(consent, answers={**consent.answers, event.purpose: event})


CONSENT = Aggregate(kind=ConsentId.kind, initial=Consent(), evolve=evolve)


def covers(consent: Consent, purpose: Purpose, at: Instant) -> Coverage:
    """Return whether an agreement to the purpose is in force at the moment, and why."""
    answer = consent.answers.get(purpose)
    if answer is None:
        return Coverage(
            purpose=purpose, covered=False, evidence=f"the client was not asked about {purpose}"
        )
    match answer:
        case ConsentGranted():
            return _granted(answer, at)
        case ConsentDeclined():
            evidence = f"the client declined {purpose} under wording {answer.wording.version}"
        case ConsentWithdrawn():
            evidence = f"the client withdrew the agreement to {purpose}"
        case _:
            assert_never(answer)
    return Coverage(purpose=purpose, covered=False, evidence=evidence)


def grant_consent(
    *,
    subject: SubjectId,
    purpose: Purpose,
    wording: Wording,
    given_by: str,
    valid_until: ServerTime | None,
    at: ServerTime,
) -> ConsentGranted:
    """Record that the subject, or a guardian, agreed to one purpose.

    Raises:
        RuleViolation: somebody else agreed, or the agreement has lapsed already.
    """
    if given_by not in GIVEN_BY:
        raise RuleViolation(
            "consent.given-by",
            f"{given_by!r} cannot agree for a client",
            f"Say who agreed: {' or '.join(GIVEN_BY)}.",
        )
    if valid_until is not None and valid_until <= at:
        raise RuleViolation(
            "consent.lapsed",
            f"it would have lapsed at {valid_until}",
            "Choose a date in the future, or none.",
        )
    return ConsentGranted(
        subject=subject,
        purpose=purpose,
        wording=wording,
        given_by=given_by,
        valid_until=valid_until,
    )


def decline_consent(
    consent: Consent, *, subject: SubjectId, purpose: Purpose, wording: Wording, at: ServerTime
) -> ConsentDeclined:
    """Record that the subject declined one purpose.

    Raises:
        RuleViolation: an agreement is in force; it is withdrawn, not declined.
    """
    if covers(consent, purpose, at).covered:
        raise RuleViolation(
            "consent.withdraw-instead",
            f"an agreement to {purpose} is in force",
            "Record that it was withdrawn.",
        )
    return ConsentDeclined(subject=subject, purpose=purpose, wording=wording)


def withdraw_consent(
    consent: Consent, *, subject: SubjectId, purpose: Purpose, reason: str
) -> ConsentWithdrawn:
    """Record that the subject took back the agreement to one purpose.

    Raises:
        RuleViolation: there is no agreement to take back.
    """
    if not isinstance(consent.answers.get(purpose), ConsentGranted):
        raise RuleViolation(
            "consent.granted",
            f"there is no agreement to {purpose}",
            "Nothing is used for this purpose; there is nothing to withdraw.",
        )
    return ConsentWithdrawn(subject=subject, purpose=purpose, reason=reason)


def _granted(answer: ConsentGranted, at: Instant) -> Coverage:
    wording = f"{answer.wording.version} ({answer.wording.language})"
    agreed = f"the {answer.given_by} agreed to {answer.purpose} under wording {wording}"
    lapsed = answer.valid_until is not None and answer.valid_until.us <= at.us
    return Coverage(
        purpose=answer.purpose,
        covered=not lapsed,
        evidence=f"{agreed}, which lapsed at {answer.valid_until}" if lapsed else agreed,
    )
