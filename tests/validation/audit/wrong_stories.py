"""Every way in which a report can fail to lead back to its origins, and the words that say so."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.validation.audit.facts import (
    CAPTURED_AT,
    CONSENT_STREAM,
    RELEASE_STREAM,
    Fact,
    digest,
)
from tests.validation.audit.stories import GRANTED, Story

OTHER = "0198c0de-0000-7000-8000-0000000000ff"
Change = Callable[[Story], object]


def setting(name: str, path: str, value: Any) -> Change:  # noqa: ANN401 - any JSON
    """Return the change of one field of one fact."""
    return lambda story: story.change(name, path, value)


def saying(path: str, value: Any) -> Change:  # noqa: ANN401 - any JSON
    """Return the change of one field of what the report says in its data."""
    return lambda story: story.said.update({path: value})


def dropping(name: str) -> Change:
    """Return the change that a fact was never recorded."""
    return lambda story: story.drop(name)


def hiding(name: str) -> Change:
    """Return the change that a fact is not disclosed."""

    def hide(story: Story) -> None:
        story.fact(name).disclosed = False

    return hide


def adding(fact: Fact, after: str) -> Change:
    """Return the change that another fact was recorded."""
    return lambda story: story.insert(deepcopy(fact), after=after)


def moving(name: str, after: str) -> Change:
    """Return the change that a fact was recorded later."""
    return lambda story: story.move(name, after=after)


def consent_fact(name: str, purpose: str = "clinical-capture") -> Fact:
    """Return an answer about consent."""
    return Fact(CONSENT_STREAM, name, {**GRANTED, "purpose": purpose})


def drop_consent(story: Story) -> None:
    """Drop everything about consent."""
    story.facts = [fact for fact in story.facts if fact.name != "ConsentGranted"]


WRONG: list[tuple[str, Change, str]] = [
    ("no report", dropping("ReportIssued"), "is not a disclosed ReportIssued"),
    ("hidden report", hiding("ReportIssued"), "is not a disclosed ReportIssued"),
    (
        "another document",
        setting("ReportIssued", "document.digest", digest(b"x")),
        "issued another document",
    ),
    (
        "nothing signed",
        setting("ReportIssued", "signed_digest", digest(b"x")),
        "that no disclosed sign-off before it signed",
    ),
    (
        "signed later",
        moving("AssessmentSignedOff", "ReportIssued"),
        "that no disclosed sign-off before it signed",
    ),
    (
        "another signer",
        setting("AssessmentSignedOff", "signature.signer", OTHER),
        "acted",
    ),
    (
        "another person's proof",
        setting("ReauthenticationPerformed", "practitioner", OTHER),
        "re-authentication of another person",
    ),
    ("no assessment", hiding("AssessmentOpened"), "has 0 disclosed AssessmentOpened"),
    ("no session", hiding("SessionOpened"), "has 0 disclosed SessionOpened"),
    (
        "another session",
        setting("AssessmentOpened", "session", OTHER),
        f"capture-session-{OTHER} has 0 disclosed SessionOpened",
    ),
    (
        "another subject",
        setting("SessionOpened", "subject", OTHER),
        "are about different subjects",
    ),
    (
        "unknown attempt",
        setting("AttemptSubmitted", "attempt", OTHER),
        "which no disclosed record submits",
    ),
    (
        "rejected attempt",
        setting("AttemptJudged", "verdict.acceptable", False),  # noqa: FBT003 - a payload's value
        "which was not judged acceptable",
    ),
    ("no verdict", hiding("AttemptJudged"), "which was not judged acceptable"),
    (
        "foreign frame",
        setting("AssessmentOpened", "frames.0", digest(b"x")),
        "which is of none of its attempts",
    ),
    ("no request", hiding("InferenceRequested"), "has 0 disclosed InferenceRequested"),
    ("no result", hiding("InferenceCompleted"), "has no disclosed result before"),
    (
        "run on another session",
        setting("InferenceRequested", "session", OTHER),
        "is about another session",
    ),
    (
        "run on another subject",
        setting("InferenceRequested", "subject", OTHER),
        "is about another subject",
    ),
    (
        "run on another attempt",
        setting("InferenceRequested", "attempt", OTHER),
        "ran on an attempt that",
    ),
    (
        "run on another frame",
        setting("InferenceRequested", "frames.1", digest(b"x")),
        "ran on a frame that",
    ),
    (
        "another model ran",
        setting("InferenceCompleted", "run.model", digest(b"x")),
        "ran another model than",
    ),
    (
        "another model registered",
        setting("ModelRegistered", "manifest.model.digest", digest(b"x")),
        "called for another model than",
    ),
    ("no release", hiding("ModelRegistered"), "has 0 disclosed ModelRegistered"),
    ("not approved", hiding("ModelApproved"), "that was not approved then"),
    (
        "approved too late",
        moving("ModelApproved", "InferenceRequested"),
        "that was not approved then",
    ),
    (
        "suspended before",
        adding(
            Fact(RELEASE_STREAM, "ModelSuspended", {}),
            "ModelApproved",
        ),
        "that was not approved then",
    ),
    (
        "suspended in secret",
        adding(
            Fact(
                RELEASE_STREAM,
                "ModelSuspended",
                {},
                disclosed=False,
            ),
            "ModelApproved",
        ),
        "that was not approved then",
    ),
    (
        "another manifest approved",
        setting("ModelApproved", "signature.digest", digest(b"x")),
        "approved another manifest",
    ),
    (
        "finding changed",
        setting("AssessmentOpened", "findings", [{"finding": OTHER}]),
        "otherwise than any run gave it",
    ),
    (
        "another device",
        setting("SessionOpened", "device", OTHER),
        "is not signed by the device that",
    ),
    (
        "another serial number",
        setting("AttemptSubmitted", "conditions.device_serial", "VS-2"),
        "names another serial number",
    ),
    ("enrolment hidden", hiding("DeviceEnrolled"), "whose enrolment is not disclosed"),
    (
        "configuration hidden",
        hiding("DeviceConfigurationChanged"),
        "has no disclosed device configuration",
    ),
    (
        "foreign camera",
        setting("AttemptSubmitted", "conditions.camera_serials.0", "C-x"),
        "used a camera that",
    ),
    (
        "frame of a foreign camera",
        setting("AttemptSubmitted", "frames.1.camera_serial", "C-x"),
        "used a camera that",
    ),
    (
        "unknown calibration",
        setting("CalibrationRecorded", "calibration.calibration", OTHER),
        "which no record before it holds",
    ),
    (
        "calibration failed",
        setting("CalibrationRecorded", "calibration.passed", False),  # noqa: FBT003 - a payload's value
        "which did not pass",
    ),
    (
        "calibration locked later",
        moving("CalibrationLocked", "AttemptSubmitted"),
        "before it was locked",
    ),
    (
        "calibration defective",
        lambda story: story.insert(
            Fact(
                story.fact("CalibrationLocked").stream,
                "CalibrationInvalidated",
                dict(story.fact("CalibrationLocked").payload),
            ),
            after="CalibrationLocked",
        ),
        "which was known to be defective",
    ),
    (
        "calibration defective in secret",
        lambda story: story.insert(
            Fact(
                story.fact("CalibrationLocked").stream,
                "CalibrationInvalidated",
                {},
                disclosed=False,
            ),
            after="CalibrationLocked",
        ),
        "is not disclosed, so the calibration of",
    ),
    (
        "calibration expired",
        setting("CalibrationRecorded", "calibration.valid_until", CAPTURED_AT),
        "after record 2 (CalibrationRecorded) had expired",
    ),
    (
        "capture without a time",
        setting("AttemptSubmitted", "captured_at", None),
        "after record 2 (CalibrationRecorded) had expired",
    ),
    (
        "depth with another calibration",
        setting("DepthReconstructed", "calibration", OTHER),
        "used another calibration",
    ),
    (
        "depth of something else",
        setting("DepthReconstructed", "inputs.0", digest(b"x")),
        "was made of something that",
    ),
    ("no consent", drop_consent, "is not disclosed as one stream"),
    (
        "consent of two streams",
        adding(Fact(f"consent-{OTHER}", "ConsentGranted", dict(GRANTED)), "SessionOpened"),
        "is not disclosed as one stream",
    ),
    (
        "consent for another purpose",
        setting("SessionOpened", "purpose", "research"),
        "consent to research was not in force at record 8 (SessionOpened)",
    ),
    (
        "consent withdrawn before opening",
        lambda story: story.facts.insert(8, consent_fact("ConsentWithdrawn")),
        "consent to clinical-capture was not in force at record 9 (SessionOpened)",
    ),
    (
        "consent withdrawn before capture",
        adding(consent_fact("ConsentWithdrawn"), "PreconditionsChecked"),
        "consent to clinical-capture was not in force at record 11 (AttemptSubmitted)",
    ),
    (
        "consent declined before capture",
        adding(consent_fact("ConsentDeclined"), "PreconditionsChecked"),
        "consent to clinical-capture was not in force at record 11 (AttemptSubmitted)",
    ),
    (
        "consent to analysis withdrawn",
        adding(consent_fact("ConsentWithdrawn", "ai-analysis"), "AttemptJudged"),
        "consent to ai-analysis was not in force at record 14 (InferenceRequested)",
    ),
    (
        "withdrawal hidden",
        lambda story: story.insert(
            Fact(CONSENT_STREAM, "ConsentWithdrawn", {}, disclosed=False), after="SessionOpened"
        ),
        "so consent at record 11 (AttemptSubmitted) cannot be known",
    ),
    (
        "gate read more of the consent than is here",
        setting("PreconditionsChecked", "based_on.0.version", 3),
        f"rests on version 3 of {CONSENT_STREAM}, which is not in the bundle",
    ),
    (
        "gate read more of the station than is here",
        setting("PreconditionsChecked", "based_on.1.version", 5),
        "rests on version 5 of device-",
    ),
    (
        "gate hidden",
        hiding("PreconditionsChecked"),
        "no disclosed PreconditionsChecked says which consent",
    ),
]
