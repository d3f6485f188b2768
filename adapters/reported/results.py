"""What was found, what was withheld, and what the practitioner made of it.

Rules kept here:

1. An amended finding shows the practitioner's reading beside the model's; the model's uncertainty
   is not carried over to a reading that is not the model's.
2. An output withheld for several attempts on the same ground is listed once.
"""

from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources
from adapters.reports.results import Reading, ReportFinding, Verdict, WithheldOutput
from domain.values.assessment import Decision, Review
from domain.values.finding import Finding

_VERDICTS = {
    Decision.ACCEPTED: Verdict.ACCEPTED,
    Decision.AMENDED: Verdict.AMENDED,
    Decision.REJECTED: Verdict.REJECTED,
}


def report_findings(sources: Sources) -> tuple[ReportFinding, ...]:
    """Return every finding with the practitioner's verdict."""
    reviews = sources.assessment.reviews
    return tuple(
        _finding(sources, each, reviews.get(each.finding)) for each in sources.assessment.findings
    )


def report_withheld(sources: Sources) -> tuple[WithheldOutput, ...]:
    """Return every output withheld, each ground once."""
    found = dict.fromkeys(
        (each.output, each.evidence, each.next_step) for each in sources.assessment.withheld
    )
    return tuple(
        WithheldOutput(label=_words(output), reason=evidence, next_step=next_step)
        for output, evidence, next_step in found
    )


def _finding(sources: Sources, finding: Finding, review: Review | None) -> ReportFinding:
    origin = sources.origin_of(finding)
    proposed = Reading(value=finding.value, unit=finding.unit, text=finding.text)
    amended = review is not None and review.decision is Decision.AMENDED
    return ReportFinding(
        category=f"{_words(finding.category)}, {view_words(origin.capture.attempt.view).lower()}",
        label=finding.label,
        algorithm=origin.algorithm,
        reading=_amended(finding, review) if review is not None and amended else proposed,
        uncertainty=None if amended else finding.uncertainty,
        coverage_factor=None if amended else finding.coverage_factor,
        confidence=finding.confidence,
        quality_flags=finding.quality_flags,
        limitations=finding.limitations,
        verdict=Verdict.PENDING if review is None else _VERDICTS[review.decision],
        reason="" if review is None else review.reason or _words(review.reason_code),
        original=proposed if amended else None,
        needs_confirmation=finding.needs_confirmation,
    )


def _amended(finding: Finding, review: Review) -> Reading:
    return Reading(
        value=review.value,
        unit=None if review.value is None else finding.unit,
        text=review.text or None,
    )


def _words(word: str) -> str:
    """Return a permanent word as words: ``skin-tone`` as ``Skin tone``."""
    return word.replace("-", " ").capitalize()
