"""Every way in which figures of an earlier visit can fail to lead back to both visits."""

from copy import deepcopy

from tests.validation.audit.change_stories import EARLIER_CALIBRATION, EARLIER_INFERENCE
from tests.validation.audit.comparison_stories import (
    EARLIER_AT,
    EARLIER_FINDING,
    EARLIER_STREAM,
)
from tests.validation.audit.facts import Fact
from tests.validation.audit.stories import Story
from tests.validation.audit.wrong_changes import invalidated
from tests.validation.audit.wrong_stories import (
    OTHER,
    Change,
    adding,
    consent_fact,
    dropping,
    hiding,
    moving,
    saying,
    setting,
)

FIGURES = "report.comparison.quantities.0"
NOT_BOTH = "measured and accepted in both visits were no figures"


def not_packed(stream: str) -> Change:
    """Return the change that a stream is left out of the bundle."""

    def leave_out(story: Story) -> None:
        for each in story.facts:
            each.packed = each.packed and each.stream != stream

    return leave_out


def reviewed(name: str, finding: str, *, disclosed: bool = True) -> Fact:
    """Return what the practitioner made of an earlier finding."""
    return Fact(EARLIER_STREAM, name, {"finding": finding}, disclosed=disclosed)


def measuring(field: str, value: object) -> Change:
    """Return the change that the earlier run gave, and its assessment showed, something else."""

    def measure(story: Story) -> None:
        for name in ("earlier InferenceCompleted", "earlier AssessmentOpened"):
            story.change(name, f"findings.0.{field}", value)

    return measure


def swapped(story: Story) -> None:
    """Have the report compare with a visit, and the bundle hold another one."""
    story.change("earlier AttemptSubmitted", "captured_at", "2026-02-20T08:00:00.000000Z")


def by_another_model(story: Story) -> None:
    """Have the later run use the release of another model."""
    stream, release = f"model-release-{OTHER}", OTHER
    for name in ("ModelRegistered", "ModelApproved"):
        fact = deepcopy(story.fact(name))
        fact.stream, fact.label = stream, f"other {name}"
        story.insert(fact, after="earlier AssessmentSignedOff")
    story.move("other ModelApproved", after="other ModelRegistered")
    story.change("other ModelRegistered", "manifest.version", "2.0.0")
    story.change("InferenceRequested", "release", release)


WRONG_COMPARISONS: list[tuple[str, Change, str]] = [
    (
        "no earlier assessment",
        not_packed(EARLIER_STREAM),
        f"the visit of {EARLIER_AT}, with which the report compares, is not in the bundle",
    ),
    (
        "another visit in its place",
        swapped,
        "it holds record 21 (AssessmentOpened) of 2026-02-20T08:00:00.250000Z",
    ),
    (
        "another visit in its place by the station's clock",
        setting("earlier AttemptSubmitted", "conditions.clock_offset_ms", 0.0),
        "have the bundle packed again",
    ),
    (
        "a visit without a time",
        setting("earlier AttemptSubmitted", "captured_at", "yesterday"),
        "have the bundle packed again",
    ),
    (
        "earlier assessment recorded after the signature",
        moving("earlier AssessmentOpened", "AssessmentSignedOff"),
        "have the bundle packed again",
    ),
    (
        "another person's visit",
        setting("earlier AssessmentOpened", "subject", OTHER),
        "are about different subjects",
    ),
    (
        "a visit that was later",
        setting("AttemptSubmitted", "captured_at", "2026-01-02T08:00:00.000000Z"),
        "which is not of an earlier visit",
    ),
    (
        "earlier visit never signed",
        dropping("earlier AssessmentSignedOff"),
        "was not signed before",
    ),
    (
        "earlier visit signed by nobody knows whom",
        setting("earlier AssessmentSignedOff", "signature.signer", OTHER),
        "names another signer than",
    ),
    (
        "earlier session hidden",
        hiding("earlier SessionOpened"),
        "has 0 disclosed SessionOpened",
    ),
    (
        "earlier verdict against the capture",
        setting("earlier AttemptJudged", "verdict.acceptable", False),  # noqa: FBT003 - a payload's value
        "which was not judged acceptable",
    ),
    (
        "earlier capture under another camera",
        setting("earlier AttemptSubmitted", "frames.0.camera_serial", "C-x"),
        "used a camera that",
    ),
    (
        "earlier calibration found defective before the signature",
        adding(invalidated(EARLIER_CALIBRATION), "AssessmentOpened"),
        "(AssessmentSignedOff) rests on record 12 (AttemptSubmitted), whose calibration",
    ),
    (
        "earlier calibration locked after the capture",
        moving("earlier CalibrationLocked", "earlier AttemptSubmitted"),
        "before it was locked",
    ),
    (
        "no consent to the earlier analysis",
        adding(consent_fact("ConsentWithdrawn", "ai-analysis"), "repeated DepthReconstructed"),
        "consent to ai-analysis was not in force at record 20 (InferenceRequested)",
    ),
    (
        "earlier run not there",
        not_packed(f"inference-{EARLIER_INFERENCE}"),
        f"inference-{EARLIER_INFERENCE} has 0 disclosed InferenceRequested",
    ),
    (
        "earlier result not there",
        dropping("earlier InferenceCompleted"),
        f"inference-{EARLIER_INFERENCE} has no disclosed result before",
    ),
    (
        "earlier run on foreign frames",
        setting("earlier InferenceRequested", "frames.0", "sha256:x"),
        "ran on a frame that",
    ),
    (
        "earlier value otherwise than measured",
        saying(f"{FIGURES}.earlier", 35.0),
        "left oblique: 35 deg then, but record 20 (InferenceCompleted) gave 38 deg",
    ),
    (
        "earlier value otherwise in the run",
        setting("earlier InferenceCompleted", "findings.0.value", 35.0),
        "otherwise than record 20 (InferenceCompleted) gave it",
    ),
    (
        "earlier value otherwise in run and assessment",
        measuring("value", 35.0),
        "38 deg then, but record 20 (InferenceCompleted) gave 35 deg",
    ),
    (
        "value of now otherwise than measured",
        saying(f"{FIGURES}.now", 45.0),
        "45 deg now, but record 32 (InferenceCompleted) gave 41.5 deg",
    ),
    (
        "another unit",
        saying(f"{FIGURES}.unit", "rad"),
        "38 rad then, but record 20 (InferenceCompleted) gave 38 deg",
    ),
    (
        "too small a change told from none",
        saying(f"{FIGURES}.detectable_change", 0.5),
        "in record 20 (InferenceCompleted) and record 32 (InferenceCompleted) give 2.5",
    ),
    (
        "something compared that was not measured",
        saying(f"{FIGURES}.label", "Redness, left oblique"),
        "Redness, left oblique; measured and accepted in both visits were Individual typology",
    ),
    ("two units", setting("earlier AssessmentOpened", "findings.0.unit", "rad"), "otherwise than"),
    (
        "units that differ",
        measuring("unit", "rad"),
        NOT_BOTH,
    ),
    (
        "no uncertainty then",
        measuring("uncertainty", None),
        NOT_BOTH,
    ),
    (
        "views that differ",
        setting("earlier AttemptSubmitted", "view", "frontal"),
        NOT_BOTH,
    ),
    (
        "earlier finding rejected after all",
        adding(reviewed("FindingRejected", EARLIER_FINDING), "earlier FindingAccepted"),
        NOT_BOTH,
    ),
    ("earlier finding never accepted", dropping("earlier FindingAccepted"), NOT_BOTH),
    ("finding of now never accepted", dropping("FindingAccepted"), NOT_BOTH),
    (
        "a review hidden",
        adding(
            reviewed("FindingAmended", EARLIER_FINDING, disclosed=False), "earlier FindingAccepted"
        ),
        "are disclosed, so what stands is not known",
    ),
    (
        "two models",
        by_another_model,
        "by skin-colour 1.0.0 in record 20 (InferenceCompleted) with skin-colour 2.0.0 in",
    ),
    (
        "compared though it says that they do not compare",
        saying("report.comparison.conditions_differ", ["Frontal, distance: 1 then, 2 now"]),
        "of which it says that they do not compare",
    ),
]
