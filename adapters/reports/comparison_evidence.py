"""Which records prove the figures of an earlier visit that a report shows beside its own.

Rules kept here:

1. The earlier visit is taken as the report's own is: session, station, protocol, who captured,
   every run that was laid before the practitioner with its model release.
2. Of its assessment what was found, what the practitioner made of it and the signature are
   disclosed; the conclusion, reports and what was written later stay closed.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from dataclasses import dataclass
from typing import Final

from adapters.captures import captured_at
from adapters.reports.evidence_finder import Finder
from domain.errors import NotFound
from domain.events.assessment import (
    AssessmentOpened,
    AssessmentSignedOff,
    FindingAccepted,
    FindingAmended,
    FindingRejected,
)
from domain.events.capture_session import AttemptSubmitted, PhotographImported, SessionOpened
from domain.events.record import Record
from domain.ledger.report_data import ComparedVisit
from domain.values.time import Instant

_DISCLOSED: Final = (
    AssessmentOpened,
    FindingAccepted,
    FindingAmended,
    FindingRejected,
    AssessmentSignedOff,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierVisit:
    """What was taken of an earlier visit.

    Attributes:
        begun: How its session was opened.
        assessment: The records of its assessment.
    """

    begun: SessionOpened
    assessment: tuple[Record, ...]


def take_comparison(
    found: Finder, visits: tuple[Record, ...], opened: AssessmentOpened, compared: ComparedVisit
) -> EarlierVisit:
    """Take the visit with which a report compares its own.

    Args:
        found: Where it goes.
        visits: Assessments of the subject, before the report.
        opened: The assessment that was reported.
        compared: What the report says of the earlier visit.

    Raises:
        NotFound: the log holds no such visit.
        ContentErased: the subject was erased.
    """
    for record in visits:
        event = record.event
        if (
            isinstance(event, AssessmentOpened)
            and event.session != opened.session
            and str(_taken_at(found, event)) == compared.taken_at
        ):
            assessment = found.part(record.stream, lambda each: isinstance(each, _DISCLOSED))
            return EarlierVisit(begun=found.visit(event), assessment=assessment)
    message = f"the visit of {compared.taken_at}, with which the report compares, is not recorded"
    raise NotFound(message)


def _taken_at(found: Finder, opened: AssessmentOpened) -> Instant | None:
    """Return when the first of the assessed captures was made, as the report says it."""
    moments = [
        record.committed_at if isinstance(event, PhotographImported) else captured_at(event)
        for record in found.stream(opened.session.stream)
        if isinstance(event := record.event, AttemptSubmitted | PhotographImported)
        and event.attempt in opened.attempts
    ]
    return min(moments, key=lambda each: each.us, default=None)
