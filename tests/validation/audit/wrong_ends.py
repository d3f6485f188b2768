"""Every way in which a stream can be cut off at its end, and what the report cannot say of ends."""

from tests.validation.audit.change_stories import CLAIM, EARLIER_CALIBRATION, EARLIER_SESSION
from tests.validation.audit.facts import (
    CONSENT_STREAM,
    DEVICE_STREAM,
    RELEASE_STREAM,
    Fact,
)
from tests.validation.audit.stories import Story
from tests.validation.audit.wrong_changes import invalidated
from tests.validation.audit.wrong_stories import Change, adding, consent_fact, saying

CLAIM_STREAM = f"claim-{CLAIM}"
ENDS = "report.trace.ends"


def cut_off(fact: Fact, after: str) -> Change:
    """Return the change that a fact was recorded, and is left out of the bundle."""
    fact.packed = False
    return adding(fact, after)


def withdrawal() -> Fact:
    """Return that the claim was withdrawn."""
    return Fact(CLAIM_STREAM, "ClaimWithdrawn", {"reason": "other lenses"})


def ends(**changed: int | None) -> Change:
    """Return the change that the report says otherwise how far the claim went, or nothing."""

    def say(story: Story) -> None:
        story.log()
        log = [each for each in story.facts if each.packed]
        known = {each.stream: 0 for each in log}
        for each in log[: [fact.name for fact in log].index("ReportIssued")]:
            known[each.stream] += 1
        known[CLAIM_STREAM] = changed["claim"] or 0
        story.said[ENDS] = [
            {"stream": stream, "version": version} for stream, version in known.items() if version
        ]

    return say


def had(stream: str, records: int) -> str:
    """Return how a missing record is named."""
    return f"{stream} had {records} records when the report was called for, and 1 of them"


WRONG_ENDS: list[tuple[str, Change, str]] = [
    (
        "claim withdrawn before the change, left out",
        cut_off(withdrawal(), "ClaimValidated"),
        had(CLAIM_STREAM, 3),
    ),
    (
        "claim withdrawn after the change, left out",
        cut_off(withdrawal(), "AssessmentOpened"),
        had(CLAIM_STREAM, 3),
    ),
    (
        "release suspended before the run, left out",
        cut_off(Fact(RELEASE_STREAM, "ModelSuspended", {}), "earlier InferenceCompleted"),
        had(RELEASE_STREAM, 3),
    ),
    (
        "calibration found defective, left out",
        cut_off(invalidated(EARLIER_CALIBRATION), "AttemptJudged"),
        had(DEVICE_STREAM, 7),
    ),
    (
        "consent withdrawn before the run, left out",
        cut_off(consent_fact("ConsentWithdrawn", "ai-analysis"), "AttemptJudged"),
        had(CONSENT_STREAM, 3),
    ),
    (
        "verdict taken back, left out",
        cut_off(
            Fact(f"capture-session-{EARLIER_SESSION}", "AttemptJudged", {}),
            "repeated DepthReconstructed",
        ),
        had(f"capture-session-{EARLIER_SESSION}", 10),
    ),
    (
        "the report silent about the claim",
        ends(claim=None),
        f"the report does not say how far {CLAIM_STREAM} went",
    ),
    (
        "the report says that the claim ended before",
        ends(claim=1),
        f"the report says that {CLAIM_STREAM} ended before record",
    ),
    (
        "the report says that the claim went further",
        ends(claim=3),
        had(CLAIM_STREAM, 3),
    ),
    (
        "the report saw less than its signature",
        saying("report.trace.log.size", 5),
        "the report says that it saw 5 records, but record",
    ),
]
