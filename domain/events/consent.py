"""Facts about a subject's agreement, purpose by purpose and wording by wording."""

from dataclasses import dataclass

from domain.values.consent import Purpose, Wording
from domain.values.identifiers import SubjectId
from domain.values.time import ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted:
    """The subject agreed to one purpose under one wording.

    Attributes:
        subject: The subject.
        purpose: What was agreed to.
        wording: The exact text shown.
        given_by: ``subject`` or ``guardian``.
        valid_until: When it lapses, if it does.
    """

    subject: SubjectId
    purpose: Purpose
    wording: Wording
    given_by: str
    valid_until: ServerTime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDeclined:
    """The subject was asked and declined one purpose.

    Attributes:
        subject: The subject.
        purpose: What was declined.
        wording: The exact text shown.
    """

    subject: SubjectId
    purpose: Purpose
    wording: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    """The subject took back the agreement to one purpose.

    Attributes:
        subject: The subject.
        purpose: What was withdrawn.
        reason: Why, or empty; no reason is owed.
    """

    subject: SubjectId
    purpose: Purpose
    reason: str


ConsentEvent = ConsentGranted | ConsentDeclined | ConsentWithdrawn
